package csat

import "github.com/csm-monitor/csm-monitor/core/stat"

// Summary is what a histogram of ratings says, as plain values; nil is unknown.
type Summary struct {
	Rated int64
	Sum   int64
	// Average is 1 to 5; SatisfiedPct is the share of 4 and 5 in per cent; ResponsePct the share of those asked who
	// answered, nil when nobody counted the offers.
	Average      *float64
	SatisfiedPct *float64
	ResponsePct  *float64
}

// Summarise computes them; offered nil is unknown.
func Summarise(h stat.Histogram, offered *int64) Summary {
	sums := h.Sums()
	out := Summary{Rated: sums.N, Sum: sums.Sum}
	if mean, ok := sums.Mean(); ok {
		out.Average = &mean
	}
	out.SatisfiedPct = percent(h.Satisfied(), sums.N)
	if offered != nil {
		out.ResponsePct = percent(sums.N, *offered)
	}
	return out
}

func percent(x, n int64) *float64 {
	if n <= 0 {
		return nil
	}
	p := 100 * float64(x) / float64(n)
	return &p
}

// Bounds are what satisfaction would be had everybody answered: the silent all unhappy, or all happy (Manski 2003).
type Bounds struct {
	SatisfiedPct stat.Interval
	Mean         stat.Interval
}

// NonResponse bounds the figures of closed conversations of which only h were rated. ok is false when nothing closed.
// Ratings of conversations not known to be closed count as closed.
func NonResponse(closed int64, h stat.Histogram) (b Bounds, ok bool) {
	sums := h.Sums()
	n := max(closed, sums.N)
	if n <= 0 {
		return Bounds{}, false
	}
	silent := n - sums.N
	total := float64(n)
	return Bounds{
		SatisfiedPct: stat.Interval{Low: 100 * float64(h.Satisfied()) / total, High: 100 * float64(h.Satisfied()+silent) / total},
		Mean:         stat.Interval{Low: float64(sums.Sum+silent) / total, High: float64(sums.Sum+5*silent) / total},
	}, true
}

// ResponseCell is one kind of conversation: how many closed, were rated, and were satisfied.
type ResponseCell struct{ Closed, Rated, Satisfied int64 }

// Weighted is CSAT had every kind of conversation answered as readily as the others.
type Weighted struct {
	CrudePct    *float64
	WeightedPct *float64
	// UncoveredShare is the share of closed conversations in kinds nobody rated, 0 to 1; nil when nothing closed.
	UncoveredShare *float64
	// Interval is the 95 % interval of WeightedPct, in per cent.
	Interval *stat.Interval
	// Rated is the number of ratings.
	Rated int64
}

// WeightByResponse weighs each cell's share of satisfied customers by its closed conversations. Cells without ratings
// cannot count; UncoveredShare says how much that leaves out.
//
// The interval is Wilson's for as many ratings as would give a plain share the same variance. A kind with few ratings
// that agree is not certain, so its share counts with the variance it has when drawn towards the common one by two
// ratings, and with that of ratings seen: what is rated is a sample of how that kind of customer thinks.
func WeightByResponse(cells []ResponseCell) Weighted {
	var closed, covered, rated, satisfied int64
	var weighted float64
	for _, c := range cells {
		closed += c.Closed
		rated += c.Rated
		satisfied += c.Satisfied
		if c.Rated > 0 {
			covered += c.Closed
			weighted += float64(c.Closed) * float64(c.Satisfied) / float64(c.Rated)
		}
	}
	out := Weighted{CrudePct: percent(satisfied, rated), Rated: rated}
	if covered > 0 {
		share := weighted / float64(covered)
		p := 100 * share
		out.WeightedPct = &p
		if i, ok := stat.Wilson(satisfied, rated, stat.Confidence95); ok {
			common := (i.Low + i.High) / 2
			variance := 0.0
			for _, c := range cells {
				if c.Rated > 0 {
					w, n := float64(c.Closed)/float64(covered), float64(c.Rated)
					q := (float64(c.Satisfied) + pull*common) / (n + pull)
					variance += w * w * q * (1 - q) / n
				}
			}
			i = stat.ShareInterval(share, variance, float64(rated), stat.Z95).Scale(100)
			out.Interval = &i
		}
	}
	if closed > 0 {
		u := float64(closed-covered) / float64(closed)
		out.UncoveredShare = &u
	}
	return out
}

// pull is how many ratings' worth a kind's share is drawn towards the common one for its variance.
const pull = 2

// Estimate is the weighted CSAT as a figure to show.
func (w Weighted) Estimate() stat.Estimate {
	const definition = "csat.satisfied_share_weighted/v1"
	if w.WeightedPct == nil || w.Interval == nil {
		return stat.Unknown(definition, w.Rated)
	}
	return stat.WithInterval(*w.WeightedPct, *w.Interval, stat.Confidence95, stat.MethodWilson, w.Rated, definition)
}

// SkewLevel is the p-value below which unhappy and other customers are said to answer differently often.
const SkewLevel = 0.01

// ResponseSkew tests whether conversations with a negative or frustrated customer are rated as often as the others.
// ok is false when there is nothing to compare.
func ResponseSkew(unhappyRated, unhappy, otherRated, other int64) (skewed bool, p float64, ok bool) {
	_, p, ok = stat.TwoProportionZ(unhappyRated, unhappy, otherRated, other)
	return ok && p < SkewLevel, p, ok
}
