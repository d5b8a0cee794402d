package metric

import (
	"maps"
	"math"
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Durations also fall into cells whose bounds grow by a constant factor, so that any quantile is known within 1 %
// (DDSketch: Masson, Rim, Lee 2019). Unlike a digest, such cells subtract.

// Alpha is the relative error of a quantile read from log cells.
const Alpha = 0.01

// Gamma is the factor between the bounds of log cells with relative error alpha: (1+α)/(1−α).
func Gamma(alpha float64) float64 { return (1 + alpha) / (1 - alpha) }

// LogIndex is the log cell of x ≥ 1: ⌈log_γ x⌉.
func LogIndex(alpha, x float64) int {
	i := int(math.Ceil(math.Log(x) / math.Log(Gamma(alpha))))
	for i > 0 && math.Pow(Gamma(alpha), float64(i-1)) >= x { // rounding at an exact bound
		i--
	}
	return i
}

// LogValue is the value that stands for log cell i: 2γ^i/(γ+1).
func LogValue(alpha float64, i int) float64 {
	g := Gamma(alpha)
	return 2 * math.Pow(g, float64(i)) / (g + 1)
}

// logBounds are the upper bounds of the log cells of durations, γ^i, up to MaxSeconds.
var logBounds = func() []float64 {
	bounds := []float64{1}
	for bounds[len(bounds)-1] < MaxSeconds {
		bounds = append(bounds, math.Pow(Gamma(Alpha), float64(len(bounds))))
	}
	return bounds
}()

// FirstLogCell is the least measure of log cells; all others lie below it.
const FirstLogCell = logBlock

// Sums is v without its log cells.
func (v Vector) Sums() Vector {
	n, _ := slices.BinarySearchFunc(v, FirstLogCell, func(e Entry, m Measure) int { return int(e.Measure) - int(m) })
	return v[:n:n]
}

// LogCell is the measure that counts a duration; 0 seconds have a cell of their own, and more than MaxSeconds count as
// MaxSeconds.
func LogCell(kind Seconds, seconds int64) Measure {
	block := logBlock + 1000*Measure(kind)
	if seconds < 1 {
		return block
	}
	i, _ := slices.BinarySearch(logBounds, float64(min(seconds, MaxSeconds)))
	return block + 1 + Measure(i)
}

// Quantile is the value of the log cell in which the p-quantile (0 to 1) of n counted values lies: the first whose
// cumulative count is above p·(n−1). ok is false when nothing was counted.
func (v Vector) Quantile(kind Seconds, p float64) (seconds float64, ok bool) {
	block := logBlock + 1000*Measure(kind)
	cells := lo.Filter(v, func(e Entry, _ int) bool { return e.Measure >= block && e.Measure < block+1000 })
	i, ok := reaches(lo.Map(cells, func(e Entry, _ int) int64 { return e.Value }), p)
	switch {
	case !ok:
		return 0, false
	case cells[i].Measure == block:
		return 0, true
	default:
		return LogValue(Alpha, int(cells[i].Measure-block)-1), true
	}
}

// Median is the median of a duration as a figure to show, within 1 %, with the interval of its ranks widened to the
// bounds of the cells they lie in.
func (v Vector) Median(kind Seconds, definition string) stat.Estimate {
	n, _, _ := v.Moments(kind)
	value, ok := v.Quantile(kind, 0.5)
	low, high, has := stat.MedianRanks(n, stat.Confidence95)
	switch {
	case !ok:
		return stat.Unknown(definition, n)
	case !has:
		return stat.Exact(value, n, definition)
	}
	from, _ := v.Quantile(kind, rankShare(low, n))
	to, _ := v.Quantile(kind, rankShare(high, n))
	bounds := stat.Interval{Low: from / (1 + Alpha), High: to / (1 - Alpha)}
	return stat.WithInterval(value, bounds, stat.Confidence95, stat.MethodRanks, n, definition)
}

// rankShare is a p for which Quantile gives the observation of a rank, counted from 1, of n: half way to the next one, so
// that rounding cannot take it to a neighbour.
func rankShare(rank, n int64) float64 {
	if n < 2 {
		return 0
	}
	return math.Min(1, math.Max(0, (float64(rank)-0.5)/float64(n-1)))
}

// LogQuantile is Quantile over values of 1 and more that are still at hand, with a relative error of its own.
func LogQuantile(alpha float64, values []float64, p float64) (x float64, ok bool) {
	counts := lo.CountValuesBy(values, func(x float64) int { return LogIndex(alpha, x) })
	cells := slices.Sorted(maps.Keys(counts))
	i, ok := reaches(lo.Map(cells, func(c int, _ int) int64 { return int64(counts[c]) }), p)
	if !ok {
		return 0, false
	}
	return LogValue(alpha, cells[i]), true
}

// LowerQuantile is the exact quantile that log cells come close to: the element ⌊p·(n−1)⌋ of the sorted values. ok is
// false without values. p is 0 to 1.
func LowerQuantile(values []float64, p float64) (x float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Floor(p*float64(len(sorted)-1)))], true
}

// reaches is the first of some counts up to which more than p·(n−1) are counted, n being their sum.
func reaches(counts []int64, p float64) (index int, ok bool) {
	rank := p * float64(lo.Sum(counts)-1)
	var seen int64
	for i, n := range counts {
		if seen += n; float64(seen) > rank {
			return i, true
		}
	}
	return 0, false
}
