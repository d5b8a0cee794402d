package sqlstore

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// piece is a part of a sum: the cells of a view, or the rows where view is nil, of a stretch of time, added or taken
// away.
type piece struct {
	span
	view  *view
	minus bool
}

// plan cuts a window into pieces that add up to exactly it. Whole weeks come from week cells, what is left of broken
// weeks from days, of broken days from shifts of six hours, of those from hours, then quarter hours, and of broken quarter
// hours from rows. Of a unit of which the greater part is in the window the whole is taken and the smaller part taken
// away again: a window that ends now is whole units but for its beginning, because nothing lies behind now.
//
// A grain is passed over where no view of it has the dimensions asked for, where its cells would straddle a day that is
// asked for, and, for days, where they are not built yet.
func plan(sel metric.Selection, sp *space) []piece {
	p := planner{grains: grainsFor(sel, sp)}
	p.cover(span{sel.Window.Start.UTC(), sel.Window.End.UTC()}, 0, false)
	return p.pieces
}

// grainOf is a grain a plan may use: the view its cells come from, and where its units begin.
type grainOf struct {
	view *view
	// start is the start of the unit t lies in, next that of the unit after the one that begins at t.
	start, next func(t time.Time) time.Time
	// from is the instant before which the cells are not there.
	from time.Time
}

// grainsFor are the grains that can serve a selection, the coarsest first.
func grainsFor(sel metric.Selection, sp *space) (out []grainOf) {
	zone := sel.Window.Zone
	if zone == nil {
		zone = time.UTC
	}
	dims := need(sel)
	for _, g := range [...]grain{weeks, days, shifts, hours, quarters} {
		v := best(g, dims)
		switch {
		case v == nil:
		case g == weeks && !dims.has(byTopic): // without topics, days are fewer cells
		case g == days:
			if sp.from != noneComplete && (!sel.By.Day || zone.String() == sp.zone.String()) {
				out = append(out, daysOf(v, sp))
			}
		case !sel.By.Day || aligned(sel.Window, zone, g.length()):
			out = append(out, grainOf{
				view:  v,
				start: func(t time.Time) time.Time { return t.Truncate(g.length()) },
				next:  func(t time.Time) time.Time { return t.Add(g.length()) },
			})
		}
	}
	return out
}

// daysOf is the grain of the organisation's own days.
func daysOf(v *view, sp *space) grainOf {
	g := grainOf{
		view:  v,
		start: func(t time.Time) time.Time { return metric.LocalDay(t, sp.zone) },
		next:  func(t time.Time) time.Time { return nextDay(t, sp.zone) },
	}
	if sp.from != allComplete {
		g.from = micros(sp.from)
	}
	return g
}

// best is the narrowest view of a grain that has the dimensions needed, nil when there is none.
func best(g grain, need dims) *view {
	for i := range views {
		if views[i].grain == g && views[i].dims.has(need) {
			return &views[i]
		}
	}
	return nil
}

// aligned says whether the local days a window touches begin and end where units of a length do. The days of its ends are
// looked at whole: units are taken that reach beyond the window, and what lies outside is taken away again.
func aligned(w metric.Window, zone *time.Location, length time.Duration) bool {
	last := nextDay(metric.LocalDay(w.End, zone), zone)
	for d := metric.LocalDay(w.Start, zone); !d.After(last); d = nextDay(d, zone) {
		if !d.Equal(d.Truncate(length)) {
			return false
		}
	}
	return true
}

type planner struct {
	grains []grainOf
	pieces []piece
}

func (p *planner) take(s span, v *view, minus bool) {
	if !s.empty() {
		p.pieces = append(p.pieces, piece{s, v, minus})
	}
}

// cover takes a span from the grain at a level and finer ones.
func (p *planner) cover(s span, level int, minus bool) {
	if s.empty() {
		return
	}
	if level == len(p.grains) {
		p.take(s, nil, minus)
		return
	}
	g := p.grains[level]
	first := g.start(s.from) // of the unit the span begins in
	last := g.start(s.to)    // of the unit it ends in
	if first.Equal(last) || first.Before(g.from) && !g.from.Before(last) {
		p.cover(s, level+1, minus) // no boundary to work from
		return
	}
	from := first
	switch {
	case first.Before(g.from):
		from = g.from
		p.cover(span{s.from, from}, level+1, minus)
	case first.Before(s.from):
		next := g.next(first)
		if before := (span{first, s.from}); before.shorter(span{s.from, next}) {
			p.cover(before, level+1, !minus)
		} else {
			from = next
			p.cover(span{s.from, next}, level+1, minus)
		}
	}
	to := last
	if last.Before(s.to) {
		next := g.next(last)
		if behind := (span{s.to, next}); behind.shorter(span{last, s.to}) {
			to = next
			p.cover(behind, level+1, !minus)
		} else {
			p.cover(span{last, s.to}, level+1, minus)
		}
	}
	p.take(span{from, to}, g.view, minus)
}

// span is a stretch of time, from inclusive, to exclusive.
type span struct{ from, to time.Time }

func (s span) empty() bool               { return !s.from.Before(s.to) }
func (s span) contains(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }
func (s span) shorter(o span) bool       { return s.to.Sub(s.from) < o.to.Sub(o.from) }

// nextDay is the start of the local day after the one that starts at day.
func nextDay(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.In(zone).Date()
	return metric.StartOfDay(y, m, d+1, zone)
}
