package sqlstore

import (
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
}

// The views, of each grain the narrowest first: there are fewer priorities than topics. Numbers are stored. Narrow views
// answer the common questions from few cells; those with every dimension answer the rest.
var views = []view{
	{1, quarters, byHandler | byPlatform},
	{3, hours, byPriority | byHandler | byPlatform},
	{2, hours, byTopic | byHandler | byPlatform},
	{9, shifts, byTopic | byHandler},
	{4, days, byHandler | byPlatform},
	{5, days, byTopic | byHandler},
	{7, days, byTopic | byHandler | byPlatform},
	{6, days, byAll},
	{8, weeks, byTopic | byHandler},
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

// packed is the stretch of time whose cells of a short grain are one pack; those of a longer grain are packs of their own.
const packed = 6 * time.Hour

// pack is where the pack with the cells of a bucket begins.
func (v view) pack(bucket time.Time) time.Time {
	if v.grain == quarters || v.grain == hours {
		return bucket.Truncate(packed)
	}
	return bucket
}

// place is the cell of the view in which one of the finest grain counts, and its pack. ok is false where the view does
// not reach.
func (v view) place(sp *space, k metric.Key) (pack PackKey, cell cellKey, ok bool) {
	bucket := k.Bucket
	if v.grain == days {
		bucket = metric.LocalDay(bucket, sp.zone)
		if bucket.UnixMicro() < sp.from {
			return pack, cell, false
		}
	} else {
		bucket = bucket.Truncate(v.grain.length())
	}
	start := v.pack(bucket)
	pack = PackKey{View: v.stored(sp), Start: start.UnixMicro()}
	cell.at = int64(bucket.Sub(start) / time.Second)
	if v.dims.has(byTopic) {
		cell.Topic = k.Topic
	}
	if v.dims.has(byPriority) {
		cell.Priority, _ = code(priorityCodes, k.Priority)
	}
	if v.dims.has(byHandler) {
		cell.Handler, _ = code(handlerCodes, k.Handler)
	}
	if v.dims.has(byPlatform) {
		cell.Platform, _ = code(platformCodes, k.Platform)
	}
	return pack, cell, true
}

// need is the dimensions a selection groups or filters by.
func need(s metric.Selection) dims {
	var d dims
	for _, x := range []struct {
		dim  dims
		used bool
	}{
		{byTopic, s.By.Topic || s.Where.Topic != nil},
		{byPriority, s.By.Priority || s.Where.Priority != nil},
		{byHandler, s.By.Handler || s.Where.Handler != ""},
		{byPlatform, s.By.Platform || s.Where.Platform != ""},
	} {
		if x.used {
			d |= x.dim
		}
	}
	return d
}
