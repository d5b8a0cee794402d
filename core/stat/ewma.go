package stat

import (
	"math"
	"slices"
)

// EWMA is an exponentially weighted moving average chart (Lucas & Saccucci 1990). The average starts at Mean.
type EWMA struct {
	Mean   float64 // what is normal
	SD     float64 // standard deviation of one observation, >= 0; for a mean of n values that is sd/√n
	Lambda float64 // weight of the newest observation, 0 < Lambda <= 1
	L      float64 // half width of the limits in standard errors
}

// Next is the average after observation x: λx + (1-λ)z.
func (c EWMA) Next(z, x float64) float64 {
	if !finite(x) {
		return z
	}
	return c.Lambda*x + (1-c.Lambda)*z
}

// Limits are the limits at the t-th observation, t from 1: Mean ± L·SD·√(λ/(2-λ)·(1-(1-λ)^(2t))).
func (c EWMA) Limits(t int) (Interval, bool) {
	if t < 1 || !c.valid() {
		return Interval{}, false
	}
	return around(c.Mean, c.half()*math.Sqrt(1-math.Pow(1-c.Lambda, 2*float64(t))))
}

// AsymptoticLimits are the limits for large t, the same at each point.
func (c EWMA) AsymptoticLimits() (Interval, bool) {
	if !c.valid() {
		return Interval{}, false
	}
	return around(c.Mean, c.half())
}

func (c EWMA) valid() bool {
	return c.Lambda > 0 && c.Lambda <= 1 && c.SD >= 0 && c.L >= 0 && finite(c.Mean, c.SD, c.L)
}

func (c EWMA) half() float64 { return c.L * c.SD * math.Sqrt(c.Lambda/(2-c.Lambda)) }

// Median is the middle value, or the mean of the middle two; an empty list, or one holding NaN, has none.
func Median(values []float64) (float64, bool) {
	if len(values) == 0 || slices.ContainsFunc(values, math.IsNaN) {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return answer(sorted[mid])
	}
	return answer(sorted[mid-1] + (sorted[mid]-sorted[mid-1])/2)
}

// madToSD turns a median absolute deviation into the standard deviation of a normal distribution with that deviation.
const madToSD = 1.4826

// Baseline is what past counts of the same hour of the week lead one to expect.
type Baseline struct {
	Expected float64 // their median
	Spread   float64 // max(1.4826·MAD, √median)
}

// SeasonalBaseline summarises past counts, each >= 0, robustly: one odd week does not move it.
func SeasonalBaseline(history []float64) (Baseline, bool) {
	median, ok := Median(history)
	if !ok || slices.Min(history) < 0 {
		return Baseline{}, false
	}
	deviations := make([]float64, len(history))
	for i, x := range history {
		deviations[i] = math.Abs(x - median)
	}
	mad, ok := Median(deviations)
	return Baseline{median, math.Max(madToSD*mad, math.Sqrt(median))}, ok
}
