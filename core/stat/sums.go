package stat

import (
	"math"
	"math/big"
)

// Sums are the additive sums of whole-number observations: how many, their sum, and the sum of their squares. They
// can be added and subtracted exactly, so they may live in cells that late events correct.
type Sums struct {
	N     int64 `json:"n"`
	Sum   int64 `json:"sum"`
	SumSq int64 `json:"sumsq"`
}

// With returns the sums with one more observation x. The caller caps x so that the squares fit: at 30 days in seconds
// there is room for 1.3 million entries.
func (s Sums) With(x int64) Sums { return Sums{s.N + 1, s.Sum + x, s.SumSq + x*x} }

// Plus adds two sets of sums.
func (s Sums) Plus(o Sums) Sums { return Sums{s.N + o.N, s.Sum + o.Sum, s.SumSq + o.SumSq} }

// Minus takes o away again: s.Plus(o).Minus(o) is s.
func (s Sums) Minus(o Sums) Sums { return Sums{s.N - o.N, s.Sum - o.Sum, s.SumSq - o.SumSq} }

// Mean is Sum/N; without observations there is none.
func (s Sums) Mean() (float64, bool) {
	if s.N <= 0 {
		return 0, false
	}
	return float64(s.Sum) / float64(s.N), true
}

// Variance is the sample variance (N·SumSq - Sum²)/(N(N-1)), formed in whole numbers of any size and divided last, so
// equal observations give exactly 0. Fewer than two observations, or sums no observations can have, give none.
func (s Sums) Variance() (float64, bool) {
	if s.N < 2 {
		return 0, false
	}
	n := big.NewInt(s.N)
	numerator := new(big.Int).Mul(n, big.NewInt(s.SumSq))
	sum := big.NewInt(s.Sum)
	numerator.Sub(numerator, sum.Mul(sum, big.NewInt(s.Sum)))
	if numerator.Sign() < 0 {
		return 0, false
	}
	denominator := new(big.Int).Mul(n, big.NewInt(s.N-1))
	v, _ := new(big.Rat).SetFrac(numerator, denominator).Float64()
	return v, true
}

// Mean is a mean with its standard deviation (divisor n - 1), degrees of freedom, and Student t interval.
type Mean struct {
	Value, SD float64
	DF        int64
	Interval
}

// MeanT is the Student t interval of the mean, not cut to any range. It needs two observations.
func (s Sums) MeanT(confidence float64) (Mean, bool) {
	mean, ok1 := s.Mean()
	variance, ok2 := s.Variance()
	if !ok1 || !ok2 {
		return Mean{}, false
	}
	return meanT(mean, math.Sqrt(variance), s.N, confidence)
}

// SkewedMean is the mean of observations that cannot be negative and have a long right tail, such as handle times, with
// the interval of SkewedInterval. It needs three observations.
func (s Sums) SkewedMean(confidence float64) (Mean, bool) {
	m, ok := s.MeanT(confidence)
	if !ok || s.N < 3 || s.Sum < 0 {
		return Mean{}, false
	}
	m.Interval, ok = SkewedInterval(m.Value, []Part{PartOf(1, m.Value, m.SD*m.SD, s.N, s.N-1)}, confidence)
	return m, ok
}

// RatingVariance is the variance of the mean of ratings from 1 to 5 by the rule of Histogram.MeanInterval: the sample's
// over n from 30 ratings on, and below, or when all are equal, the one after adding a fifth of a rating to each score.
func (s Sums) RatingVariance() (float64, bool) {
	if v, ok := s.Variance(); ok && s.N >= smallSample && v > 0 {
		return v / float64(s.N), true
	}
	if s.N <= 0 {
		return 0, false
	}
	// 3 and 11 are the sums of a fifth of each score and of its square.
	total := float64(s.N) + 1
	mean := (float64(s.Sum) + 3) / total
	return answer(math.Max(0, (float64(s.SumSq)+11)/total-mean*mean) / (total + 1))
}

// MeanT is the Student t interval of the mean of raw values, not cut to any range. It needs two values.
func MeanT(values []float64, confidence float64) (Mean, bool) {
	mean, ok := Average(values)
	if !ok || len(values) < 2 {
		return Mean{}, false
	}
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return meanT(mean, math.Sqrt(squares/float64(len(values)-1)), int64(len(values)), confidence)
}

// Average is the arithmetic mean of values; an empty list, or one holding NaN or an infinity, has none.
func Average(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	return answer(sum / float64(len(values)))
}

func meanT(mean, sd float64, n int64, confidence float64) (Mean, bool) {
	if !fraction(confidence) {
		return Mean{}, false
	}
	df := n - 1
	t, ok := studentHalfWidth(1-confidence, float64(df))
	if !ok {
		return Mean{}, false
	}
	i, ok := around(mean, t*sd/math.Sqrt(float64(n)))
	return Mean{mean, sd, df, i}, ok && finite(sd)
}
