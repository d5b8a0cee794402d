package sqlstore

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// piece is a part of a window and where its sum comes from: a view's cells, or the rows where view is nil.
type piece struct {
	span
	view *view
}

// plan cuts a window into pieces that together are exactly it. Whole days come from day cells, what is left of broken
// days from hours, of broken hours from quarter hours, of broken quarter hours from rows. A grain is passed over where
// no view of it has the dimensions asked for, where its cells would straddle a day that is asked for, and, for days,
// where they are not built yet.
func plan(sel metric.Selection, sp *space) []piece {
	w := sel.Window
	inner := span{ceil(w.Start), floor(w.End)}
	if inner.empty() {
		return []piece{{span: span{w.Start, w.End}}}
	}
	p := planner{space: sp, need: need(sel), byDay: sel.By.Day, zone: time.UTC}
	if w.Zone != nil {
		p.zone = w.Zone
	}
	p.rows(span{w.Start, inner.from})
	p.days(inner)
	p.rows(span{inner.to, w.End})
	return p.pieces
}

type planner struct {
	*space
	need   dims
	byDay  bool
	zone   *time.Location
	pieces []piece
}

// best is the narrowest view of a grain that has the dimensions needed, nil when there is none.
func (p *planner) best(g grain) *view {
	for i := range views {
		if views[i].grain == g && views[i].dims.has(p.need) {
			return &views[i]
		}
	}
	return nil
}

func (p *planner) take(s span, v *view) {
	if !s.empty() {
		p.pieces = append(p.pieces, piece{s, v})
	}
}

func (p *planner) rows(s span) { p.take(s, nil) }

// days takes the whole local days inside s.
func (p *planner) days(s span) {
	v := p.best(days)
	if v == nil || p.space.from == noneComplete || p.byDay && p.zone.String() != p.space.zone.String() {
		p.hours(s)
		return
	}
	zone := p.space.zone
	from, to := metric.LocalDay(s.from, zone), metric.LocalDay(s.to, zone)
	if from.Before(s.from) {
		from = nextDay(from, zone)
	}
	if p.space.from != allComplete && from.Before(micros(p.space.from)) {
		from = micros(p.space.from)
	}
	if !from.Before(to) {
		p.hours(s)
		return
	}
	p.hours(span{s.from, from})
	p.take(span{from, to}, v)
	p.hours(span{to, s.to})
}

// hours takes the whole UTC hours inside s.
func (p *planner) hours(s span) {
	if s.empty() {
		return
	}
	v := p.best(hours)
	from, to := s.from.Truncate(time.Hour), s.to.Truncate(time.Hour)
	if from.Before(s.from) {
		from = from.Add(time.Hour)
	}
	if v == nil || !from.Before(to) || p.byDay && !p.daysOnHours(s) {
		p.quarters(s)
		return
	}
	p.quarters(span{s.from, from})
	p.take(span{from, to}, v)
	p.quarters(span{to, s.to})
}

// daysOnHours says whether every local day that begins inside s begins on a whole UTC hour.
func (p *planner) daysOnHours(s span) bool {
	for d := nextDay(metric.LocalDay(s.from, p.zone), p.zone); d.Before(s.to); d = nextDay(d, p.zone) {
		if !d.Equal(d.Truncate(time.Hour)) {
			return false
		}
	}
	return true
}

func (p *planner) quarters(s span) { p.take(s, p.best(quarters)) }

// nextDay is the start of the local day after the one that starts at day.
func nextDay(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.In(zone).Date()
	return metric.StartOfDay(y, m, d+1, zone)
}
