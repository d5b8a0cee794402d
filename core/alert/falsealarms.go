package alert

import (
	"math"
	"sort"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// thresholdFalseAlarms is how often a month without trouble would fire a point or confident rule, when every evaluation
// has n values drawn from what is usual. Nil when that is not known. The hysteresis, which makes it somewhat less, is
// left out.
func thresholdFalseAlarms(r Rule, set settings, n int64, usual *Baseline) *float64 {
	if usual == nil {
		return nil
	}
	p, ok := fireChance(r, r.threshold(set), n, usual.Sample)
	if !ok {
		return nil
	}
	monthly := set.evaluationsPerMonth() * onset(p, float64(set.every)/float64(set.window))
	return &monthly
}

// onset is the chance that an evaluation is bad and the one before it was not, when a bad one has chance p and each
// window brings the share fresh of new values. Windows that overlap go wrong together: their values correlate by
// 1-fresh, and for a normal value the chance of crossing is at most φ(u)·√(2·fresh)/√(2π), u being the limit.
func onset(p, fresh float64) float64 {
	apart := p * (1 - p)
	if fresh >= 1 || p <= 0 {
		return apart
	}
	u, ok := stat.NormalQuantile(p)
	if !ok {
		return apart
	}
	return math.Min(apart, math.Exp(-u*u/2)/math.Sqrt(2*math.Pi)*math.Sqrt(fresh/math.Pi))
}

// fireChance is the chance that n values drawn from the usual sample fire the threshold.
func fireChance(r Rule, t Threshold, n int64, usual Sample) (float64, bool) {
	switch r.Metric.shape() {
	case proportion:
		return shareFires(r, t, n, usual)
	case ratings:
		switch {
		case r.Mode == Confident && n < exactConfident:
			return histogramsFire(t, int(n), usual.Ratings)
		case r.Mode == Point && n <= exactPoint:
			return ratingsBelow(t, int(n), usual.Ratings)
		}
	}
	return meanFires(r, t, n, usual.sums(r.Metric))
}

// shareFires is exact: the fewest bad ones that fire, and the binomial chance of that many.
func shareFires(r Rule, t Threshold, n int64, usual Sample) (float64, bool) {
	bad, trials := usual.rate(r.Metric)
	if trials == 0 {
		return 0, false
	}
	fires := func(bad int) bool {
		s := shareSample(r.Metric, int64(bad), n)
		if r.Mode == Confident {
			low, high := s.interval(r.Metric)
			return t.Confidently(n, low, high)
		}
		value, _ := s.value(r.Metric)
		return value != nil && t.beyond(*value)
	}
	fewest := sort.Search(int(n)+1, fires)
	if fewest > int(n) {
		return 0, true
	}
	return stat.BinomialTail(n, float64(bad)/float64(trials), int64(fewest))
}

// exactConfident is the n from which the interval is Student's and the normal approximation is used instead of counting;
// exactPoint is where counting point mode ends.
const (
	exactConfident = 30
	exactPoint     = 300
)

// ratingsBelow is the exact chance that the mean of n ratings is below the limit, from the distribution of their sum.
func ratingsBelow(t Threshold, n int, usual stat.Histogram) (float64, bool) {
	shares, ok := sharesOf(usual)
	if !ok {
		return 0, false
	}
	sums := []float64{1} // sums[k]: chance that the ratings, less 1 each, sum to k
	for range n {
		next := make([]float64, len(sums)+4)
		for k, p := range sums {
			for rating, share := range shares {
				next[k+rating] += p * share
			}
		}
		sums = next
	}
	var chance float64
	for k, p := range sums {
		if t.beyond(float64(k+n) / float64(n)) {
			chance += p
		}
	}
	return math.Min(chance, 1), true
}

// histogramsFire is the exact chance that n ratings fire confident mode, over every histogram they can form.
func histogramsFire(t Threshold, n int, usual stat.Histogram) (float64, bool) {
	shares, ok := sharesOf(usual)
	if !ok {
		return 0, false
	}
	// term[k][h] is shareₖ^h/h!, so that a histogram's chance is n! times the product of its terms.
	var term [5][]float64
	for k, share := range shares {
		term[k] = make([]float64, n+1)
		term[k][0] = 1
		for h := 1; h <= n; h++ {
			term[k][h] = term[k][h-1] * share / float64(h)
		}
	}
	var chance float64
	var h stat.Histogram
	var fill func(star, left int, product float64)
	fill = func(star, left int, product float64) {
		if product == 0 {
			return
		}
		if star == 4 {
			h[4] = int64(left)
			if i, _, ok := h.MeanInterval(confidence); ok && t.Confidently(int64(n), &i.Low, &i.High) {
				chance += product * term[4][left]
			}
			return
		}
		for c := 0; c <= left; c++ {
			h[star] = int64(c)
			fill(star+1, left-c, product*term[star][c])
		}
	}
	fill(0, n, math.Gamma(float64(n)+1))
	return math.Min(chance, 1), true
}

func sharesOf(h stat.Histogram) (shares [5]float64, ok bool) {
	n := h.N()
	if n == 0 {
		return shares, false
	}
	for k := range h {
		shares[k] = float64(h[k]) / float64(n)
	}
	return shares, true
}

// meanFires takes the mean of n values as normal.
func meanFires(r Rule, t Threshold, n int64, usual stat.Sums) (float64, bool) {
	average, ok1 := usual.Mean()
	variance, ok2 := usual.Variance()
	if !ok1 || !ok2 || variance == 0 {
		return 0, false
	}
	distance := (average - t.Limit) / math.Sqrt(variance/float64(n))
	if !t.LowIsBad {
		distance = -distance
	}
	if r.Mode == Confident {
		distance += stat.Z95
	}
	return stat.NormalTail(distance)
}
