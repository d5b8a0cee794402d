package roi_test

import (
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"pgregory.net/rapid"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestMonthBoundsFollowTheClock(t *testing.T) {
	for _, c := range []struct {
		zone       string
		period     roi.Period
		start, end string
	}{
		{"UTC", "2026-02", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"Europe/Berlin", "2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"}, // an hour short
		{"Europe/Berlin", "2026-10", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"}, // an hour long
		{"Asia/Kathmandu", "2026-01", "2025-12-31T18:15:00Z", "2026-01-31T18:15:00Z"},
		{"America/Asuncion", "2017-10", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"},    // midnight of the 1st is skipped
		{"America/Havana", "2015-11", "2015-11-01T04:00:00Z", "2015-12-01T05:00:00Z"},      // and here it comes twice
		{"America/St_Johns", "2009-11", "2009-11-01T02:30:00Z", "2009-12-01T03:30:00Z"},    // the clock went back into October
		{"America/St_Johns", "2009-10", "2009-10-01T02:30:00Z", "2009-11-01T02:30:00Z"},    //
		{"Pacific/Kiritimati", "2026-01", "2025-12-31T10:00:00Z", "2026-01-31T10:00:00Z"},  // +14
		{"Pacific/Pago_Pago", "2026-12", "2026-12-01T11:00:00Z", "2027-01-01T11:00:00Z"},   // −11
		{"Pacific/Apia", "2011-12", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"},        // a day was skipped
		{"Antarctica/Troll", "2026-03", "2026-03-01T00:00:00Z", "2026-03-31T22:00:00Z"},    // two hours short
		{"Australia/Lord_Howe", "2026-04", "2026-03-31T13:00:00Z", "2026-04-30T13:30:00Z"}, // half an hour long
	} {
		start, end, err := c.period.Bounds(zone(t, c.zone))
		if err != nil || !start.Equal(instant(t, c.start)) || !end.Equal(instant(t, c.end)) {
			t.Errorf("%s in %s: %s to %s, %v", c.period, c.zone, start.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339), err)
		}
	}
}

// Months partition time: each instant lies in the bounds of its month, and months follow each other without a gap.
func TestMonthsPartitionTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/St_Johns", "America/Havana", "America/Asuncion",
			"Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo", "America/Sao_Paulo"}).Draw(t, "zone"))
		at := time.Unix(rapid.Int64Range(1_000_000_000, 1_900_000_000).Draw(t, "at"), 0)
		p := roi.PeriodOf(at, loc)
		start, end, err := p.Bounds(loc)
		if err != nil || at.Before(start) || !at.Before(end) {
			t.Fatalf("%s is put in %s, which is %s to %s", at.In(loc), p, start.In(loc), end.In(loc))
		}
		if next, _, _ := p.Next().Bounds(loc); !next.Equal(end) || roi.PeriodOf(end, loc) != p.Next() {
			t.Fatalf("%s ends %s, the next month starts %s", p, end.In(loc), next.In(loc))
		}
	})
}

func TestProrateFee(t *testing.T) {
	for _, c := range []struct {
		name, zone, start, end, currency, fee string
		want                                  []string // cost, then month and cost
	}{
		{"two months", "UTC", "2026-01-31T00:00:00Z", "2026-02-02T00:00:00Z", "USD", "100", []string{"6.80", "2026-01 3.23", "2026-02 3.57"}},
		{"a whole month with a lost hour", "Europe/Berlin", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "EUR", "100", []string{"100.00", "2026-03 100.00"}},
		{"the day of the lost hour", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "EUR", "743", []string{"23.00", "2026-03 23.00"}},
		{"empty", "UTC", "2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z", "USD", "100", []string{"0.00"}},
		{"upside down", "UTC", "2026-02-02T00:00:00Z", "2026-01-31T00:00:00Z", "USD", "100", []string{"0.00"}},
		{"no minor unit", "UTC", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "JPY", "1000", []string{"2000", "2026-01 1000", "2026-02 1000"}},
		{"no fee", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "USD", "0", []string{"0.00", "2026-01 0.00"}},
	} {
		fee, err := money.ParseExact(c.fee)
		if err != nil {
			t.Fatal(err)
		}
		share, err := roi.ProrateFee(fee, instant(t, c.start), instant(t, c.end), zone(t, c.zone), c.currency)
		if err != nil {
			t.Fatal(err)
		}
		cost, _ := share.Cost.Format(c.currency)
		got := append([]string{cost}, lo.Map(share.Months, func(m roi.MonthCost, _ int) string {
			text, _ := m.Cost.Format(c.currency)
			return string(m.Period) + " " + text
		})...)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %q, want %q", c.name, got, c.want)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	}
	if _, err := roi.ProrateFee(money.Whole(1), time.Time{}, instant(t, "2026-01-01T00:00:00Z"), time.UTC, "USD"); err == nil {
		t.Error("a window of two thousand years is reckoned")
	}
}

// Cutting a window in two costs the same, before rounding to cents: at most a cent apart after it.
func TestProrateFeeAdds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, "Europe/Berlin")
		at := rapid.SliceOfN(rapid.Int64Range(1_767_000_000, 1_800_000_000), 3, 3).Draw(t, "at")
		a, b, c := time.Unix(min(at[0], at[1], at[2]), 0), time.Unix(at[0]+at[1]+at[2]-min(at[0], at[1], at[2])-max(at[0], at[1], at[2]), 0), time.Unix(max(at[0], at[1], at[2]), 0)
		fee := money.Whole(rapid.Int64Range(0, 10_000).Draw(t, "fee"))
		cost := func(from, to time.Time) money.Exact {
			share, err := roi.ProrateFee(fee, from, to, loc, "USD")
			if err != nil {
				t.Fatal(err)
			}
			sum := lo.Reduce(share.Months, func(sum money.Exact, m roi.MonthCost, _ int) money.Exact { return sum.Add(m.Cost) }, money.Exact{})
			if sum.Cmp(share.Cost) != 0 {
				t.Fatalf("months add up to %s, the cost is %s", sum, share.Cost)
			}
			return share.Cost
		}
		off := cost(a, c).Sub(cost(a, b)).Sub(cost(b, c))
		if off.Cmp(money.Ratio(1, 100)) > 0 || off.Cmp(money.Ratio(-1, 100)) < 0 {
			t.Fatalf("%s apart", off)
		}
	})
}

func TestParsePeriod(t *testing.T) {
	for text, ok := range map[string]bool{"2026-01": true, "2026-12": true, "2026-00": false, "2026-13": false, "2026-1": false, "26-01": false, "2026-01-01": false, "": false} {
		if p, err := roi.ParsePeriod(text); (err == nil) != ok || ok && string(p) != text {
			t.Errorf("%q: %q, %v", text, p, err)
		}
	}
	if got := roi.Period("2026-12").Next(); got != "2027-01" {
		t.Errorf("after December comes %s", got)
	}
}
