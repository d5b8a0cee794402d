// Package when reads times as clients write them: ISO 8601 dates and timestamps, with a zone or without.
package when

import (
	"errors"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// Moment is a time that was read.
type Moment struct {
	// Time is UTC, cut to microseconds. Of a date it is the first instant of the day.
	Time time.Time
	// End is where a stretch ends that is said to end with it: Time itself, or of a date the first instant of the next day,
	// as far as four digits can write its year.
	End time.Time
	// Zoneless says that no zone was given, so that the one at hand was used.
	Zoneless bool
}

// What can be wrong with a time. The texts finish the sentence "start_date …".
var (
	ErrForm       = errors.New("must be an ISO 8601 date or time, such as 2026-03-01 or 2026-03-01T09:30:00Z")
	ErrYear       = errors.New("must have a year of four digits, from 0001 to 9999")
	ErrCalendar   = errors.New("names a day or time of day that does not exist")
	ErrLeapSecond = errors.New("must not be a leap second: send second 59")
	ErrOffset     = errors.New("must have an offset from UTC of at most 18 hours")
)

// Parse reads YYYY-MM-DD, or that with "T" or a space and HH:MM, HH:MM:SS or fractions of a second behind it, and then
// Z, ±HH, ±HHMM, ±HH:MM or nothing. zone is asked for the zone to use when none is given. Digits beyond the microsecond
// are dropped.
func Parse(text string, zone func() *time.Location) (Moment, error) {
	p := parser{rest: text}
	year, ok := p.number(4)
	if !ok {
		return Moment{}, ErrForm
	}
	if p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' || year == 0 {
		return Moment{}, ErrYear
	}
	month, ok1 := p.after('-', 2)
	day, ok2 := p.after('-', 2)
	if !ok1 || !ok2 {
		return Moment{}, ErrForm
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, time.Month(month)) {
		return Moment{}, ErrCalendar
	}
	if p.rest == "" {
		location := zone()
		return moment(Moment{
			Time: metric.StartOfDay(year, time.Month(month), day, location), End: metric.StartOfDay(year, time.Month(month), day+1, location), Zoneless: true,
		})
	}
	if !p.take('T') && !p.take('t') && !p.take(' ') {
		return Moment{}, ErrForm
	}
	clock, err := p.clock()
	if err != nil {
		return Moment{}, err
	}
	location, err := p.zone()
	if err != nil {
		return Moment{}, err
	}
	zoneless := location == nil
	if zoneless {
		location = zone()
	}
	at := time.Date(year, time.Month(month), day, clock.hour, clock.minute, clock.second, clock.micro*1000, location)
	if location == time.UTC { // the year is the one that was read
		return Moment{Time: at, End: at, Zoneless: zoneless}, nil
	}
	return moment(Moment{Time: at, End: at, Zoneless: zoneless})
}

// last is the last instant that can be written.
var last = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)

// moment puts the time in UTC, where the year must still have four digits.
func moment(m Moment) (Moment, error) {
	m.Time, m.End = m.Time.UTC(), m.End.UTC()
	if m.End.After(last) {
		m.End = last
	}
	if m.Time.Year() < 1 || m.Time.Year() > 9999 {
		return Moment{}, ErrYear
	}
	return m, nil
}

type parser struct{ rest string }

type clock struct{ hour, minute, second, micro int }

func (p *parser) clock() (clock, error) {
	var c clock
	var ok bool
	if c.hour, ok = p.number(2); !ok {
		return c, ErrForm
	}
	if c.minute, ok = p.after(':', 2); !ok {
		return c, ErrForm
	}
	if p.rest != "" && p.rest[0] == ':' {
		if c.second, ok = p.after(':', 2); !ok {
			return c, ErrForm
		}
		if p.take('.') || p.take(',') {
			if c.micro, ok = p.fraction(); !ok {
				return c, ErrForm
			}
		}
	}
	switch {
	case c.second == 60:
		return c, ErrLeapSecond
	case c.hour > 23 || c.minute > 59 || c.second > 60:
		return c, ErrCalendar
	}
	return c, nil
}

// zone reads the zone; nil when there is none.
func (p *parser) zone() (*time.Location, error) {
	if p.rest == "" {
		return nil, nil
	}
	if p.rest == "Z" || p.rest == "z" {
		return time.UTC, nil
	}
	sign := 1
	if p.take('-') {
		sign = -1
	} else if !p.take('+') {
		return nil, ErrForm
	}
	hours, ok := p.number(2)
	if !ok {
		return nil, ErrForm
	}
	minutes := 0
	if p.rest != "" {
		p.take(':')
		if minutes, ok = p.number(2); !ok || p.rest != "" {
			return nil, ErrForm
		}
	}
	offset := hours*60 + minutes
	if minutes > 59 || offset > 18*60 {
		return nil, ErrOffset
	}
	return time.FixedZone("", sign*offset*60), nil
}

// fraction reads digits behind the decimal mark as microseconds.
func (p *parser) fraction() (int, bool) {
	micro, scale, n := 0, 100_000, 0
	for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		micro += int(p.rest[n]-'0') * scale
		scale /= 10
		n++
	}
	p.rest = p.rest[n:]
	return micro, n > 0
}

// number reads exactly n digits.
func (p *parser) number(n int) (int, bool) {
	if len(p.rest) < n {
		return 0, false
	}
	v := 0
	for i := range n {
		c := p.rest[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int(c-'0')
	}
	p.rest = p.rest[n:]
	return v, true
}

// after reads a mark and n digits.
func (p *parser) after(mark byte, n int) (int, bool) {
	if !p.take(mark) {
		return 0, false
	}
	return p.number(n)
}

func (p *parser) take(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
