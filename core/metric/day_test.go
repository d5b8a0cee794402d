package metric_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestStartOfDay(t *testing.T) {
	for _, c := range []struct {
		zone  string
		date  string
		start string
		hours float64
	}{
		{"UTC", "2025-02-28", "2025-02-28T00:00:00Z", 24},
		{"Asia/Kolkata", "2026-01-15", "2026-01-14T18:30:00Z", 24},
		{"Asia/Kathmandu", "2026-01-15", "2026-01-14T18:15:00Z", 24},
		{"Pacific/Kiritimati", "2026-01-15", "2026-01-14T10:00:00Z", 24},
		{"Pacific/Pago_Pago", "2026-01-15", "2026-01-15T11:00:00Z", 24},
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25},
		{"Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00:00Z", 24.5}, // half an hour of summer time
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23},     // midnight is skipped: the day begins at 1
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25},     // the hour before midnight comes twice
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", 24},
		{"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", 25}, // midnight comes twice: the day begins at the first
		{"America/Havana", "2025-03-09", "2025-03-09T05:00:00Z", 23},
		{"Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z", 23},
		{"Asia/Beirut", "2025-03-30", "2025-03-29T22:00:00Z", 23},
		{"Asia/Pyongyang", "2018-05-05", "2018-05-04T15:00:00Z", 24},
		{"Asia/Pyongyang", "2018-05-04", "2018-05-03T15:30:00Z", 23.5},
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0}, // there was no such day
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24},
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", 25}, // one minute past midnight back to 23:01
	} {
		z := zone(t, c.zone)
		date, err := time.Parse(time.DateOnly, c.date)
		if err != nil {
			t.Fatal(err)
		}
		y, m, d := date.Date()
		start, end := metric.StartOfDay(y, m, d, z), metric.StartOfDay(y, m, d+1, z)
		if got := start.Format(time.RFC3339); got != c.start || start.Location() != time.UTC {
			t.Errorf("%s %s: wanted the start %s, got %s", c.zone, c.date, c.start, got)
		}
		if got := end.Sub(start).Hours(); got != c.hours {
			t.Errorf("%s %s: wanted %g hours, got %g", c.zone, c.date, c.hours, got)
		}
	}
}

var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "America/Havana", "America/Sao_Paulo", "America/St_Johns", "America/Asuncion", "Asia/Kolkata",
	"Asia/Kathmandu", "Asia/Beirut", "Asia/Tehran", "Asia/Pyongyang", "Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia",
	"Pacific/Chatham", "Pacific/Kiritimati", "Antarctica/Troll", "Antarctica/Casey", "America/Caracas",
}

// Days cut all of time into pieces: each instant is in one day, and each day starts on a quarter hour.
func TestDaysCoverAllTimeOnce(t *testing.T) {
	for _, name := range zones {
		z := zone(t, name)
		date := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		last := metric.StartOfDay(2000, 1, 1, z)
		for range 27 * 366 {
			date = date.AddDate(0, 0, 1)
			y, m, d := date.Date()
			start := metric.StartOfDay(y, m, d, z)
			if start.Before(last) || start.Sub(last) > 27*time.Hour {
				t.Fatalf("%s: %s begins %s after the day before", name, date.Format(time.DateOnly), start.Sub(last))
			}
			if !start.Equal(metric.Bucket(start)) {
				t.Fatalf("%s: %s begins at %s, on no quarter hour", name, date.Format(time.DateOnly), start)
			}
			if start.After(last) && !metric.LocalDay(start.Add(-1), z).Equal(last) {
				t.Fatalf("%s: the instant before %s is in the day that begins %s", name, start, metric.LocalDay(start.Add(-1), z))
			}
			if got := metric.LocalDay(start, z); !got.Equal(start) {
				t.Fatalf("%s: the start %s is in the day that begins %s", name, start, got)
			}
			last = start
		}
	}
}

func TestLocalDayIsTheLastStartBefore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(946684800, 1893456000).Draw(rt, "at"), 0).UTC()
		day := metric.LocalDay(at, z)
		if day.After(at) || at.Sub(day) >= 27*time.Hour {
			rt.Fatalf("%s is in the day that begins %s", at, day)
		}
		if again := metric.LocalDay(day, z); !again.Equal(day) {
			rt.Fatalf("the start %s is in the day that begins %s", day, again)
		}
		// Every instant of a quarter hour is in the same day, so that days are unions of cells.
		if got := metric.LocalDay(metric.Bucket(at), z); !got.Equal(day) {
			rt.Fatalf("%s is in %s, its cell in %s", at, day, got)
		}
	})
}

func TestBucketAndWindow(t *testing.T) {
	at := time.Date(2026, 1, 15, 16, 29, 59, 999_999_999, time.FixedZone("+0545", 20700))
	if got := metric.Bucket(at).Format(time.RFC3339); got != "2026-01-15T10:30:00Z" {
		t.Errorf("the bucket is %s", got)
	}
	w := metric.Window{Start: at, End: at.Add(time.Hour)}
	if !w.Contains(w.Start) || w.Contains(w.End) || w.Contains(w.Start.Add(-1)) || !w.Contains(w.End.Add(-1)) {
		t.Error("a window holds its start and not its end")
	}
	p := w.Previous()
	if !p.End.Equal(w.Start) || p.End.Sub(p.Start) != time.Hour {
		t.Errorf("the previous window is %s to %s", p.Start, p.End)
	}
}
