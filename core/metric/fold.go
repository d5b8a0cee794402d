package metric

import (
	"cmp"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Window is a stretch of time on StartedAt: Start inclusive, End exclusive, both UTC. Days are local to Zone.
type Window struct {
	Start, End time.Time
	Zone       *time.Location
}

// Previous is the window of the same length that ends where w starts.
func (w Window) Previous() Window {
	return Window{Start: w.Start.Add(-w.End.Sub(w.Start)), End: w.Start, Zone: w.Zone}
}

// Contains says whether t falls in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.Start) && t.Before(w.End) }

// Grouping says which dimensions tell result cells apart; the others are summed over.
type Grouping struct {
	Day, Topic, Priority, Handler, Platform bool
}

// Filter keeps conversations of one kind; empty fields keep all. Only dimensions of a cell can be filtered this way.
type Filter struct {
	Topic    *string
	Priority *conversation.Priority
	Handler  conversation.Handler
	Platform conversation.Platform
}

// Keeps says whether a cell passes the filter.
func (f Filter) Keeps(k Key) bool {
	return (f.Topic == nil || *f.Topic == k.Topic) && (f.Priority == nil || *f.Priority == k.Priority) &&
		(f.Handler == "" || f.Handler == k.Handler) && (f.Platform == "" || f.Platform == k.Platform)
}

// Selection asks for the cells of a window.
type Selection struct {
	Window Window
	Where  Filter
	By     Grouping
	// SumsOnly leaves out the log cells, which only quantiles are read from: most of a cell of many conversations.
	SumsOnly bool
}

// Group is the key a cell of the finest grain is summed under.
func (s Selection) Group(k Key) Key {
	out := Key{}
	if s.By.Day {
		out.Bucket = LocalDay(k.Bucket, s.Window.zone())
	}
	if s.By.Topic {
		out.Topic = k.Topic
	}
	if s.By.Priority {
		out.Priority = k.Priority
	}
	if s.By.Handler {
		out.Handler = k.Handler
	}
	if s.By.Platform {
		out.Platform = k.Platform
	}
	return out
}

func (w Window) zone() *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}

// LocalDay is the instant, UTC, at which the local day of t begins: the last start of a day that is not after t.
func LocalDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	// Where the clock goes back over midnight, the hour before it comes again on the new day.
	if next := StartOfDay(y, m, d+1, zone); !t.Before(next) {
		return next
	}
	return StartOfDay(y, m, d, zone)
}

// StartOfDay is the first instant, UTC, at which the local calendar shows the date or a later one: where the clock
// skips midnight, the moment it goes on; where midnight comes twice, the first. A date that the zone skipped as a whole
// starts where the next one does.
func StartOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	at := midnight.Add(-26 * time.Hour).In(zone) // no zone is so far ahead of UTC
	for {
		_, offset := at.Zone()
		start := midnight.Add(-time.Duration(offset) * time.Second)
		if start.Before(at) {
			start = at
		}
		_, end := at.ZoneBounds()
		if end.IsZero() || start.Before(end) {
			return start.UTC()
		}
		at = end
	}
}

// Fold adds the contributions of conversations up to the cells a selection asks for, in the order of Sort. It is what
// every store's Rollup must equal.
func Fold(conversations []conversation.Conversation, s Selection) ([]Cell, error) {
	sum := NewSum(s)
	for _, c := range conversations {
		if !s.Window.Contains(c.StartedAt) {
			continue
		}
		if err := sum.Add(Contribution(&c)); err != nil {
			return nil, err
		}
	}
	return sum.Cells(), nil
}

// Sum gathers cells of the finest grain under a selection's grouping.
type Sum struct {
	selection Selection
	cells     map[Key]Vector
}

// NewSum starts an empty sum.
func NewSum(s Selection) *Sum { return &Sum{selection: s, cells: map[Key]Vector{}} }

// Add takes one cell in, if the filter keeps it. The window is the caller's business.
func (s *Sum) Add(c Cell) error {
	if !s.selection.Where.Keeps(c.Key) {
		return nil
	}
	values := c.Values
	if s.selection.SumsOnly {
		values = values.Sums()
	}
	key := s.selection.Group(c.Key)
	total, err := s.cells[key].Plus(values)
	if err != nil {
		return err
	}
	s.cells[key] = total
	return nil
}

// Cells is the sum so far, without empty cells, in the order of Sort.
func (s *Sum) Cells() []Cell {
	out := make([]Cell, 0, len(s.cells))
	for k, v := range s.cells {
		if len(v) > 0 {
			out = append(out, Cell{k, v})
		}
	}
	Sort(out)
	return out
}

// Sort puts cells in the order of bucket, topic, priority, handler, platform.
func Sort(cells []Cell) {
	slices.SortFunc(cells, func(a, b Cell) int {
		return cmp.Or(a.Key.Bucket.Compare(b.Key.Bucket), cmp.Compare(a.Key.Topic, b.Key.Topic),
			cmp.Compare(a.Key.Priority, b.Key.Priority), cmp.Compare(a.Key.Handler, b.Key.Handler),
			cmp.Compare(a.Key.Platform, b.Key.Platform))
	})
}

// Total is the sum of all the cells' values.
func Total(cells []Cell) (Vector, error) {
	var out Vector
	for _, c := range cells {
		var err error
		if out, err = out.Plus(c.Values); err != nil {
			return nil, err
		}
	}
	return out, nil
}
