package sqlstore

import (
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// dims are the dimensions of a cell beside its time.
type dims uint8

const (
	byTopic dims = 1 << iota
	byPriority
	byHandler
	byPlatform
	byAll = byTopic | byPriority | byHandler | byPlatform
)

// has says whether cells kept by d can be summed by o.
func (d dims) has(o dims) bool { return d&o == o }

// when is d where it applies, nothing elsewhere.
func (d dims) when(applies bool) dims {
	if !applies {
		return 0
	}
	return d
}

type grain uint8

const (
	quarters grain = iota
	hours
	shifts
	days
	weeks
)

// length is how long a unit of a grain is, units being counted in UTC; 0 for days, which are the organisation's own.
func (g grain) length() time.Duration {
	switch g {
	case quarters:
		return metric.Quarter
	case hours:
		return time.Hour
	case shifts:
		return 6 * time.Hour
	case weeks:
		return 7 * 24 * time.Hour
	default:
		return 0
	}
}

// view is one way in which cells are kept: a grain of time and the dimensions told apart. The same conversation is in
// all of them, so a sum may be put together from any mixture whose times do not overlap.
type view struct {
	number int64
	grain  grain
	dims   dims
	// from is the number of a view whose cells add up to this one's, 0 where only cells of the finest grain do.
	from int64
}

// The views, of each grain the narrowest first: there are fewer priorities than topics. Numbers are stored. Narrow views
// answer the common questions from few cells; those with every dimension answer the rest.
var views = []view{
	{1, quarters, byHandler | byPlatform, 0},
	{10, hours, byHandler | byPlatform, 3},
	{3, hours, byPriority | byHandler | byPlatform, 0},
	{2, hours, byTopic | byHandler | byPlatform, 0},
	{11, shifts, byHandler | byPlatform, 10},
	{9, shifts, byTopic | byHandler, 2},
	{4, days, byHandler | byPlatform, 7},
	{5, days, byTopic | byHandler, 7},
	{7, days, byTopic | byHandler | byPlatform, 6},
	{6, days, byAll, 0},
	{8, weeks, byTopic | byHandler, 9},
}

// viewOf is the view of a number.
func viewOf(number int64) view {
	return views[slices.IndexFunc(views, func(v view) bool { return v.number == number })]
}

// gridStep parts the numbers of one generation of day cells from the next.
const gridStep = 16

// stored is the number under which a view's cells are found: those of days change with the organisation's time zone.
func (v view) stored(sp *space) int64 {
	if v.grain == days {
		return v.number + sp.grid*gridStep
	}
	return v.number
}

// packed is the stretch of time whose cells of a short grain are one pack. Those of a longer grain are packs of their own,
// and so are those that tell topics apart: they are many, and of a broken day one hour is asked for.
const packed = 6 * time.Hour

// pack is where the pack with the cells of a bucket begins.
func (v view) pack(bucket time.Time) time.Time {
	if v.grain < shifts && !v.dims.has(byTopic) {
		return bucket.Truncate(packed)
	}
	return bucket
}

// locate is where the view's cell that an instant lies in is stored: the start of its pack, in microseconds, and the
// cell's own behind that, in seconds. ok is false where the view does not reach.
func (v view) locate(sp *space, t time.Time) (start, at int64, ok bool) {
	bucket := t.Truncate(v.grain.length())
	if v.grain == days {
		bucket = metric.LocalDay(t, sp.zone)
		if bucket.UnixMicro() < sp.from {
			return 0, 0, false
		}
	}
	pack := v.pack(bucket)
	return pack.UnixMicro(), int64(bucket.Sub(pack) / time.Second), true
}

// need is the dimensions a selection groups or filters by.
func need(s metric.Selection) dims {
	where, _, _ := dimsWhere(s.Where)
	return dimsBy(s.By) | where
}
