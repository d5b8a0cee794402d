package sqlstore

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// gather adds stored vectors up under the groups of a selection, in a table: a row for each group, a column for each
// measure that was met.
type gather struct {
	selection metric.Selection
	// by are the dimensions that tell groups apart, where those that filter, each with the value asked for. never says
	// that no cell has it.
	by, where dims
	wanted    cellDims
	never     bool
	// end is the measure from which on nothing is added.
	end uint64
	*table
	// last is the group that was added to last.
	last *group
	// day is what a cell's time counts as, nil where times are not told apart.
	day func(bucket int64) int64
	// met is the time that was met last, its day what that counts as.
	met, metDay int64
}

// table is the memory of a gather.
type table struct {
	// columns are those of measures, counted from 1, 0 where there is none; measures are those of columns.
	columns  []int32
	measures []metric.Measure
	groups   map[groupKey]*group
	// free are values that belong to no group yet, room is what they are cut from. All of them are 0.
	free, room []int64
}

// tables are those that are done with.
var tables = sync.Pool{New: func() any {
	return &table{columns: make([]int32, fewColumns), groups: map[groupKey]*group{}, room: make([]int64, fewValues)}
}}

const (
	// fewColumns is how many measures a table has columns for until it meets a higher one.
	fewColumns = 8192
	// fewValues is how many values a table has room for at first, maxValues and maxGroups how many values and groups one had
	// at most that is used again: it does not shrink.
	fewValues, maxValues, maxGroups = 1 << 12, 1 << 14, 1 << 12
)

// more is values with room for n of them.
func (t *table) more(values []int64, n int) []int64 {
	if n <= cap(values) {
		return values[:n]
	}
	size := max(n, 2*len(values))
	if size > len(t.free) {
		t.room = make([]int64, max(size, min(2*len(t.room), maxValues)))
		t.free = t.room
	}
	out := t.free[:n:size]
	t.free = t.free[size:]
	copy(out, values)
	return out
}

// release gives a gather's memory to the next one. Nothing of the gather may be used any more.
func (g *gather) release() {
	t := g.table
	g.table, g.last = nil, nil
	if len(t.groups) > maxGroups || len(t.columns) > fewColumns || len(t.room) > maxValues {
		return
	}
	for _, m := range t.measures {
		t.columns[m] = 0
	}
	t.measures = t.measures[:0]
	clear(t.groups)
	clear(t.room)
	tables.Put(t)
}

// groupKey tells groups apart; day is in microseconds, 0 where times are not told apart.
type groupKey struct {
	day int64
	cellDims
}

type group struct {
	groupKey
	// values are those of columns; columns beyond their end are 0.
	values []int64
}

func newGather(s metric.Selection) *gather {
	g := gatherBy(dimsBy(s.By), s.SumsOnly)
	g.selection = s
	g.where, g.wanted, g.never = dimsWhere(s.Where)
	if s.By.Day {
		g.day = func(bucket int64) int64 { return s.Group(metric.Key{Bucket: micros(bucket)}).Bucket.UnixMicro() }
	}
	return g
}

// gatherBy gathers everything by some dimensions.
func gatherBy(by dims, sumsOnly bool) *gather {
	g := &gather{by: by, met: math.MinInt64, end: allMeasures, table: tables.Get().(*table)}
	g.free = g.room
	if sumsOnly {
		g.end = uint64(metric.FirstLogCell)
	}
	return g
}

// dimsBy are the dimensions that a grouping tells apart.
func dimsBy(by metric.Grouping) dims {
	return byTopic.when(by.Topic) | byPriority.when(by.Priority) | byHandler.when(by.Handler) | byPlatform.when(by.Platform)
}

// dimsWhere are the dimensions that a filter looks at, and the values it keeps.
func dimsWhere(f metric.Filter) (where dims, wanted cellDims, never bool) {
	var known bool
	if f.Topic != nil {
		where, wanted.Topic = byTopic, *f.Topic
	}
	if f.Priority != nil {
		where |= byPriority
		wanted.Priority, known = code(priorityCodes, *f.Priority)
		never = !known
	}
	if f.Handler != "" {
		where |= byHandler
		wanted.Handler, known = code(handlerCodes, f.Handler)
		never = never || !known
	}
	if f.Platform != "" {
		where |= byPlatform
		wanted.Platform, known = code(platformCodes, f.Platform)
		never = never || !known
	}
	return where, wanted, never
}

// add takes in one cell if the filter keeps it, or takes it away.
func (g *gather) add(e entry, minus bool) error {
	if g.never || e.only(g.where) != g.wanted {
		return nil
	}
	to := g.group(e)
	measure := uint64(0)
	for vector := e.vector; len(vector) > 0; {
		step, value, n := term(vector)
		if measure += step; n == 0 || measure > math.MaxUint16 {
			return errVector
		}
		if measure >= g.end {
			return nil
		}
		vector = vector[n:]
		if minus {
			value = -value // never the least int64: that is no sum of counts
		}
		// The common case without a call: the group has the column.
		if measure < uint64(len(g.columns)) {
			if column := int(g.columns[measure]) - 1; column >= 0 && column < len(to.values) {
				if sum, ok := plus(to.values[column], value); ok {
					to.values[column] = sum
					continue
				}
			}
		}
		if err := g.addTo(to, measure, value); err != nil {
			return err
		}
	}
	return nil
}

// take takes in all of another gather that tells apart no less, if the filter keeps it, or takes it away.
func (g *gather) take(from *gather, minus bool) error {
	for key, group := range from.groups {
		if g.never || key.only(g.where) != g.wanted {
			continue
		}
		to := g.group(entry{bucket: key.day, cellDims: key.cellDims})
		for i, value := range group.values {
			measure := uint64(from.measures[i])
			if value == 0 || measure >= g.end {
				continue
			}
			if minus {
				value = -value
			}
			if err := g.addTo(to, measure, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// addTo adds a value to a group.
func (g *gather) addTo(to *group, measure uint64, value int64) error {
	column := int(g.column(measure))
	if column > len(to.values) {
		to.values = g.more(to.values, max(column, len(g.measures)))
	}
	sum, ok := plus(to.values[column-1], value)
	if !ok {
		return metric.ErrOverflow
	}
	to.values[column-1] = sum
	return nil
}

// column is that of a measure, a new one where it was not met before.
func (g *gather) column(measure uint64) int32 {
	if measure >= uint64(len(g.columns)) {
		g.columns = append(g.columns, make([]int32, math.MaxUint16+1-len(g.columns))...)
	}
	if g.columns[measure] == 0 {
		g.measures = append(g.measures, metric.Measure(measure))
		g.columns[measure] = int32(len(g.measures))
	}
	return g.columns[measure]
}

// group is the one that a cell counts in.
func (g *gather) group(e entry) *group {
	key := groupKey{cellDims: e.only(g.by)}
	if g.day != nil {
		if e.bucket != g.met {
			g.met, g.metDay = e.bucket, g.day(e.bucket)
		}
		key.day = g.metDay
	}
	if g.last != nil && g.last.groupKey == key {
		return g.last
	}
	if g.last = g.groups[key]; g.last == nil {
		g.last = &group{groupKey: key}
		g.groups[key] = g.last
	}
	return g.last
}

// cells are the sums, without empty ones, in their order.
func (g *gather) cells() []metric.Cell {
	order := make([]int32, len(g.measures))
	sorted := slices.Sorted(slices.Values(g.measures))
	for i, m := range sorted {
		order[i] = g.columns[m] - 1
	}
	out := make([]metric.Cell, 0, len(g.groups))
	for key, group := range g.groups {
		values := make(metric.Vector, 0, len(group.values))
		for i, column := range order {
			if int(column) < len(group.values) && group.values[column] != 0 {
				values = append(values, metric.Entry{Measure: sorted[i], Value: group.values[column]})
			}
		}
		if len(values) == 0 {
			continue
		}
		cell := metric.Cell{Key: key.key(micros(key.day)), Values: values}
		if !g.selection.By.Day {
			cell.Key.Bucket = time.Time{}
		}
		out = append(out, cell)
	}
	metric.Sort(out)
	return out
}
