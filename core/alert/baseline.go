package alert

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Baseline is what a metric looked like on the days on which nothing was wrong.
type Baseline struct {
	// Sample is the total over those days.
	Sample
	// Days is how many there were.
	Days int `json:"days"`
	// Rate is the bad rate to expect, drawn towards the organisation's others (Prior). Nil means the raw one.
	Rate *float64 `json:"rate,omitempty"`
}

// BaselineDays is how far back a baseline looks.
const BaselineDays = 28

// minBaseline is the fewest conversations, or ratings, that a baseline may rest on.
const minBaseline = 50

// badRate is the bad rate to expect; 0 bad ones in n count as half a bad one in n+1, for no rate is known to be 0.
func (b Baseline) badRate(m Metric) (float64, bool) {
	bad, n := b.rate(m)
	if n < minBaseline {
		return 0, false
	}
	floor := 0.5 / float64(n+1)
	return max(lo.FromPtrOr(b.Rate, float64(bad)/float64(n)), floor), true
}

// trialsPerMonth is how many conversations, or ratings, a month brings.
func (b Baseline) trialsPerMonth(m Metric) float64 {
	_, n := b.rate(m)
	return float64(n) / float64(max(b.Days, 1)) * (Month.Hours() / 24)
}

// Prior is what a segment's rate is drawn towards: the rate of all segments together, with the weight of that many
// conversations. A nil Strength means that the segments do not differ beyond chance: each is then given the pooled rate.
type Prior struct {
	Rate     float64  `json:"rate"`
	Strength *float64 `json:"strength"`
}

// PriorOf estimates the prior from the segments of one dimension (say, all topics) over the same days; ok is false when
// there is nothing to estimate from.
func PriorOf(m Metric, segments []Sample) (Prior, bool) {
	events := lo.Map(segments, func(s Sample, _ int) int64 { bad, _ := s.rate(m); return bad })
	totals := lo.Map(segments, func(s Sample, _ int) int64 { _, n := s.rate(m); return n })
	shrunk, ok := stat.ShrinkRates(events, totals)
	if !ok {
		return Prior{}, false
	}
	return Prior{Rate: shrunk.Pooled, Strength: shrunk.Strength}, true
}

// shrink draws the rate of bad among n towards the prior.
func (p Prior) shrink(bad, n int64) float64 {
	if p.Strength == nil {
		return p.Rate
	}
	return (float64(bad) + p.Rate**p.Strength) / (float64(n) + *p.Strength)
}
