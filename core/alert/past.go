package alert

import (
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// Bucket is what a stretch of time held for one rule's metric and segment.
type Bucket struct {
	Span
	Sample
}

// Past is what is known of a rule's metric and segment, from which its observations are made.
type Past struct {
	// Buckets do not overlap and come in the order of their starts. Stretches without a bucket held nothing. A bucket
	// counts where it starts, so buckets should not be longer than the rule's windows.
	Buckets []Bucket
	// Since is when the data begins: before it nothing is known, rather than nothing happened.
	Since time.Time
	// Zone is the organisation's, for days and hours of the week; nil is UTC.
	Zone *time.Location
	// Prior is what the segment's usual rate is drawn towards; nil leaves it as counted.
	Prior *Prior
}

// weeksBack is how many earlier weeks say what is usual for an hour.
const weeksBack = 8

// Sum is all that the span held.
func (p Past) Sum(span Span) Sample {
	first, _ := slices.BinarySearchFunc(p.Buckets, span.Start, func(b Bucket, t time.Time) int { return b.Start.Compare(t) })
	var sum Sample
	for _, b := range p.Buckets[first:] {
		if !b.Start.Before(span.End) {
			break
		}
		sum = sum.Plus(b.Sample)
	}
	return sum
}

// Observe makes the observation of one window, with what is usual by the data before it and the alarms in the rule's
// state. The same window gives the same ID.
func Observe(r Rule, s State, p Past, window Span) Observation {
	window = Span{Start: window.Start.UTC(), End: window.End.UTC()}
	o := Observation{
		ID:     window.Start.Format(time.RFC3339) + "/" + window.End.Format(time.RFC3339),
		Window: window, Missing: window.Start.Before(p.Since), Sample: p.Sum(window),
	}
	if r.Metric.shape() == count {
		o.History = p.history(window)
	} else {
		o.Usual = p.usual(r, s, window)
	}
	return o
}

func (p Past) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// history is the count of the same window on the organisation's clock in each of the last eight weeks, the latest first.
// Alarmed weeks stay in: the median bears them, and a level that lasts becomes the usual one.
func (p Past) history(window Span) []int64 {
	var counts []int64
	for week := 1; week <= weeksBack; week++ {
		earlier := func(t time.Time) time.Time { return t.In(p.zone()).AddDate(0, 0, -7*week) }
		span := Span{Start: earlier(window.Start), End: earlier(window.End)}
		if span.Start.Before(p.Since) {
			break
		}
		counts = append(counts, p.Sum(span).Count)
	}
	return counts
}

// usual is the baseline of the 28 local days before the window's, without those on which the alert was open; nil when
// there is no such day.
func (p Past) usual(r Rule, s State, window Span) *Baseline {
	y, m, d := window.Start.In(p.zone()).Date()
	var b Baseline
	for back := 1; back <= BaselineDays; back++ {
		day := Span{Start: metric.StartOfDay(y, m, d-back, p.zone()), End: metric.StartOfDay(y, m, d-back+1, p.zone())}
		if day.Start.Before(p.Since) {
			break
		}
		if !s.Alarmed(day) {
			b.Sample, b.Days = b.Plus(p.Sum(day)), b.Days+1
		}
	}
	if b.Days == 0 {
		return nil
	}
	if bad, n := b.rate(r.Metric); p.Prior != nil && r.Metric.shape() == proportion {
		b.Rate = lo.ToPtr(p.Prior.shrink(bad, n))
	}
	return &b
}
