package when

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParse(t *testing.T) {
	zone := berlin(t)
	for text, want := range map[string]string{
		"2026-03-01":                     "2026-02-28T23:00:00Z date zoneless",
		"2026-07-01":                     "2026-06-30T22:00:00Z date zoneless",
		"2026-03-01T09:30":               "2026-03-01T08:30:00Z zoneless",
		"2026-03-01 09:30:15.5":          "2026-03-01T08:30:15.5Z zoneless",
		"2026-03-01T09:30:15.1234567Z":   "2026-03-01T09:30:15.123456Z",
		"2026-03-01T09:30:15,000001z":    "2026-03-01T09:30:15.000001Z",
		"2026-03-01t09:30:15+05:45":      "2026-03-01T03:45:15Z",
		"2026-03-01T09:30-03":            "2026-03-01T12:30:00Z",
		"2026-03-01T09:30:00-0330":       "2026-03-01T13:00:00Z",
		"2024-02-29T23:59:59.999999999Z": "2024-02-29T23:59:59.999999Z",
		"0001-01-01T00:00:00Z":           "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":           "9999-12-31T23:59:59Z",
	} {
		m, err := Parse(text, func() *time.Location { return zone })
		got := m.Time.Format(time.RFC3339Nano)
		if m.End != m.Time {
			got += " date"
		}
		if m.Zoneless {
			got += " zoneless"
		}
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrForm, "x": ErrForm, "2026": ErrForm, "2026-3-1": ErrForm, "2026-03-01T": ErrForm, "2026-03-01T09": ErrForm, "2026-03-01T09:30:": ErrForm,
		"2026-03-01T09:30:00.": ErrForm, "2026-03-01T09:30:00ZZ": ErrForm, "2026-03-01T09:30:00+1": ErrForm, "2026-03-01T09:30:00+01:": ErrForm,
		"2026-03-01T09:30:00+01:00x": ErrForm, "+2026-03-01": ErrForm, "2026-03-01T09:30:00.5.5Z": ErrForm, "２０２６-03-01": ErrForm,
		"0000-01-01": ErrYear, "10000-01-01": ErrYear, "9999-12-31T23:59:59-01:00": ErrYear, "0001-01-01T00:00:00+01:00": ErrYear,
		"2026-02-29": ErrCalendar, "2026-13-01": ErrCalendar, "2026-00-01": ErrCalendar, "2026-01-00": ErrCalendar, "2026-01-32": ErrCalendar,
		"2026-01-01T24:00:00Z": ErrCalendar, "2026-01-01T00:60:00Z": ErrCalendar, "2026-01-01T00:00:61Z": ErrCalendar,
		"2016-12-31T23:59:60Z": ErrLeapSecond, "2026-01-01T00:00:00+18:01": ErrOffset, "2026-01-01T00:00:00+00:60": ErrOffset,
	} {
		if _, err := Parse(text, func() *time.Location { return time.UTC }); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestMonthsAreAsLongAsInTheCalendar(t *testing.T) {
	for year := 1; year <= 9999; year++ {
		for month := time.January; month <= time.December; month++ {
			if got, want := daysIn(year, month), time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day(); got != want {
				t.Fatalf("%s %d has %d days, want %d", month, year, got, want)
			}
		}
	}
}

// Days are as long as the clocks make them, and begin where the clocks do when they skip midnight.
func TestDatesAreLocalDays(t *testing.T) {
	for day, want := range map[string]string{
		"Europe/Berlin 2026-03-28":    "2026-03-27T23:00:00Z 24h0m0s",
		"Europe/Berlin 2026-03-29":    "2026-03-28T23:00:00Z 23h0m0s",
		"Europe/Berlin 2026-10-25":    "2026-10-24T22:00:00Z 25h0m0s",
		"Europe/Berlin 2026-12-31":    "2026-12-30T23:00:00Z 24h0m0s",
		"America/Santiago 2025-09-06": "2025-09-06T04:00:00Z 24h0m0s",
		"America/Santiago 2025-09-07": "2025-09-07T04:00:00Z 23h0m0s",
		"America/Havana 2026-11-01":   "2026-11-01T04:00:00Z 25h0m0s",
		"Pacific/Apia 2011-12-30":     "2011-12-30T10:00:00Z 0s",
		"America/New_York 9999-12-31": "9999-12-31T05:00:00Z 18h59m59.999999s",
	} {
		name, date, _ := strings.Cut(day, " ")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(date, func() *time.Location { return zone })
		if got := m.Time.Format(time.RFC3339) + " " + m.End.Sub(m.Time).String(); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", day, got, err, want)
		}
	}
}

// A time of the year 10000 cannot be written.
func TestTheLastDayEndsWithTheLastYear(t *testing.T) {
	for _, zone := range []*time.Location{time.UTC, berlin(t), time.FixedZone("", -18*3600)} {
		m, err := Parse("9999-12-31", func() *time.Location { return zone })
		if err != nil {
			t.Fatal(err)
		}
		if m.End.Year() != 9999 || !m.End.After(m.Time) {
			t.Errorf("in %s the day from %s ends at %s", zone, m.Time, m.End)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2026-03-01", "2026-03-01T09:30:00.5+02:00", "9999-12-31T23:59:60-18:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text, func() *time.Location { return time.UTC })
		if err != nil {
			return
		}
		again, err := Parse(m.Time.Format(time.RFC3339Nano), nil)
		if err != nil || !again.Time.Equal(m.Time) || m.Time.Nanosecond()%1000 != 0 {
			t.Errorf("%q was read as %s, and that as %s, %v", text, m.Time, again.Time, err)
		}
	})
}
