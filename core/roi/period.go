package roi

import (
	"fmt"
	"time"
)

// Period is a calendar month in an organisation's time zone, "2026-01". Periods order as texts do.
type Period string

const periodLayout = "2006-01"

// ParsePeriod reads "YYYY-MM".
func ParsePeriod(text string) (Period, error) {
	if _, err := time.Parse(periodLayout, text); err != nil || len(text) != len(periodLayout) {
		return "", fmt.Errorf("%q is not a month of the form YYYY-MM", text)
	}
	return Period(text), nil
}

// PeriodOf is the month whose Bounds in loc t lies in. It is the month on the local calendar, except in an hour that is
// repeated across midnight: there the new month has begun.
func PeriodOf(t time.Time, loc *time.Location) Period {
	p := Period(t.In(loc).Format(periodLayout))
	if _, end, err := p.Bounds(loc); err == nil && !t.Before(end) {
		return p.Next()
	}
	return p
}

// Next is the month after p, which must be valid.
func (p Period) Next() Period {
	t, err := time.Parse(periodLayout, string(p))
	if err != nil {
		return p
	}
	return Period(t.AddDate(0, 1, 0).Format(periodLayout))
}

// Bounds returns the first instant of the month in loc and the first instant of the next one. Where the clock skips
// local midnight, the month starts when the clock jumps; where midnight comes twice, at the first of the two, and where
// the clock goes back from midnight into the old month, after that repeated hour.
func (p Period) Bounds(loc *time.Location) (start, end time.Time, err error) {
	t, err := time.Parse(periodLayout, string(p))
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("%q is not a month of the form YYYY-MM", p)
	}
	return firstInstant(t, loc), firstInstant(t.AddDate(0, 1, 0), loc), nil
}

// firstInstant finds when the local clock of loc first shows midnight, or a later reading, after the old day. The
// midnight is given as if it were UTC.
func firstInstant(midnight time.Time, loc *time.Location) time.Time {
	const around = 26 * time.Hour // more than any offset, so one reading is before the change of clocks and one after
	_, before := midnight.Add(-around).In(loc).Zone()
	_, after := midnight.Add(around).In(loc).Zone()
	early, late := midnight.Add(-time.Duration(before)*time.Second), midnight.Add(-time.Duration(after)*time.Second)
	if late.Before(early) {
		early, late = late, early
	}
	if _, offset := early.In(loc).Zone(); early.Add(time.Duration(offset) * time.Second).Before(midnight) {
		return late
	}
	return early
}
