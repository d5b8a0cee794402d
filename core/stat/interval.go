package stat

import (
	"math"
	"sort"
)

// Interval is a confidence interval: Low <= High, both finite.
type Interval struct {
	Low, High float64
}

// Width is High - Low.
func (i Interval) Width() float64 { return i.High - i.Low }

// Contains reports whether x lies inside, ends included.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// Scale multiplies both ends by factor >= 0; 100 turns fractions into percent.
func (i Interval) Scale(factor float64) Interval { return Interval{i.Low * factor, i.High * factor} }

// Clamp cuts the interval to [low, high].
func (i Interval) Clamp(low, high float64) Interval {
	return Interval{math.Min(math.Max(i.Low, low), high), math.Max(math.Min(i.High, high), low)}
}

// around is the symmetric interval centre ± half, if it is one.
func around(centre, half float64) (Interval, bool) {
	i := Interval{centre - half, centre + half}
	return i, finite(i.Low, i.High)
}

// NormalInterval is value ± z·standardError, for an estimate known to be close to normal.
func NormalInterval(value, standardError, confidence float64) (Interval, bool) {
	z, ok := zFor(confidence)
	if !ok || !(standardError >= 0) {
		return Interval{}, false
	}
	return around(value, z*standardError)
}

// counts reports whether x events of n trials are possible, n at least 1.
func counts(x, n int64) bool { return n > 0 && x >= 0 && x <= n }

// Wilson is the score interval of a proportion, x events of n trials, as fractions (Wilson 1927). No trials, no
// interval. With no events the lower end is exactly 0, with nothing but events the upper end is exactly 1.
func Wilson(x, n int64, confidence float64) (Interval, bool) {
	z, ok := zFor(confidence)
	if !ok || !counts(x, n) {
		return Interval{}, false
	}
	i := score(float64(x)/float64(n), float64(n), z)
	if x == 0 {
		i.Low = 0
	}
	if x == n {
		i.High = 1
	}
	return i, true
}

// score is Wilson's interval of a share p among so many trials, which need not be a whole number.
func score(p, trials, z float64) Interval {
	share := z * z / trials
	centre := (p + share/2) / (1 + share)
	half := math.Sqrt(share*(p*(1-p)+share/4)) / (1 + share)
	return Interval{math.Max(0, centre-half), math.Min(1, centre+half)}
}

// ShareInterval is Wilson's interval for a share with a variance of its own, such as a weighted one: among as many trials
// as would give a plain proportion that variance, at most n. A share of nothing or everything, whose variance says
// nothing, is taken among as many as would give it at the nearest share that could be told from it. z is the normal
// quantile of the confidence.
func ShareInterval(p, variance, n, z float64) Interval {
	trials := n
	q := math.Min(math.Max(p, 1/(n+2)), 1-1/(n+2))
	if variance > 0 {
		trials = math.Min(n, q*(1-q)/variance)
	}
	i := score(p, trials, z)
	return Interval{math.Min(i.Low, p), math.Max(i.High, p)}
}

// rankSlack is how much more often than promised the median may lie outside its ranks, which come in whole numbers: with
// it, five observations have a 95 % interval from the smallest to the largest, which misses once in sixteen times.
const rankSlack = 1.25

// MedianRanks are the ranks, from 1, of the ordered observations between which the median of n lies with the given
// confidence (order statistics, binomial with probability one half). Fewer than five observations have none at 95 %.
func MedianRanks(n int64, confidence float64) (low, high int64, ok bool) {
	if !fraction(confidence) || n <= 0 {
		return 0, 0, false
	}
	below := int64(sort.Search(int(n/2), func(k int) bool {
		outside, _ := BinomialTail(n, 0.5, n-int64(k)) // as often at either end
		return 2*outside > rankSlack*(1-confidence)
	}))
	return below, n + 1 - below, below > 0
}

// AgrestiCoull is the interval of Agresti and Coull (1998) with exact z, cut to 0 and 1: the plain interval after
// adding z²/2 events and z² trials. Without trials that is all of 0 to 1. For reference; the product shows Wilson.
func AgrestiCoull(x, n int64, confidence float64) (Interval, bool) {
	z, ok := zFor(confidence)
	if !ok || x < 0 || x > n {
		return Interval{}, false
	}
	size := float64(n) + z*z
	p := (float64(x) + z*z/2) / size
	half := z * math.Sqrt(p*(1-p)/size)
	return Interval{p - half, p + half}.Clamp(0, 1), true
}

// Difference is the difference p1 - p2 of two proportions with its interval.
type Difference struct {
	Value float64
	Interval
}

// Newcombe is x1/n1 - x2/n2 with the hybrid score interval of Newcombe (1998, method 10), built from the two Wilson
// intervals.
func Newcombe(x1, n1, x2, n2 int64, confidence float64) (Difference, bool) {
	i1, ok1 := Wilson(x1, n1, confidence)
	i2, ok2 := Wilson(x2, n2, confidence)
	if !ok1 || !ok2 {
		return Difference{}, false
	}
	p1, p2 := float64(x1)/float64(n1), float64(x2)/float64(n2)
	d := p1 - p2
	return Difference{d, Interval{
		Low:  math.Max(-1, d-math.Hypot(p1-i1.Low, i2.High-p2)),
		High: math.Min(1, d+math.Hypot(i1.High-p1, p2-i2.Low)),
	}}, true
}

// Ratio is the ratio p1/p2 of two proportions with its interval.
type Ratio struct {
	Value float64
	Interval
}

// RelativeRisk is (x1/n1)/(x2/n2) with the log interval of Katz et al. (1978). When any of the four cells (events and
// non-events of both sides) is zero, half an event and one trial are added on both sides, to the ratio as well as to
// its interval.
func RelativeRisk(x1, n1, x2, n2 int64, confidence float64) (Ratio, bool) {
	z, ok := zFor(confidence)
	if !ok || !counts(x1, n1) || !counts(x2, n2) {
		return Ratio{}, false
	}
	a, m, c, n := float64(x1), float64(n1), float64(x2), float64(n2)
	if x1 == 0 || x2 == 0 || x1 == n1 || x2 == n2 {
		a, m, c, n = a+0.5, m+1, c+0.5, n+1
	}
	value := (a / m) / (c / n)
	// 1/a - 1/m is (m-a)/(a·m): the same without cancellation.
	se := math.Sqrt((m-a)/a/m + (n-c)/c/n)
	r := Ratio{value, Interval{value * math.Exp(-z*se), value * math.Exp(z*se)}}
	return r, finite(r.Value, r.Low, r.High)
}
