package stat

import "math"

// Confidence95 is the confidence of every interval the product shows unless a caller asks for another.
const Confidence95 = 0.95

// Z95 is the standard normal quantile of 0.975: half the width, in standard errors, of a 95 % interval.
const Z95 = 1.959963984540054

// erfinvFloor is the tail below which 1 - 2p has lost too many digits for Erfinv to invert.
const erfinvFloor = 1e-6

func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// fraction reports whether p lies strictly between 0 and 1; NaN does not.
func fraction(p float64) bool { return p > 0 && p < 1 }

// probability reports whether p lies between 0 and 1, both included; NaN does not.
func probability(p float64) bool { return p >= 0 && p <= 1 }

// answer passes on a finite value and turns anything else into "no answer".
func answer(x float64) (float64, bool) {
	if !finite(x) {
		return 0, false
	}
	return x, true
}

// NormalTail is P(Z >= z) for a standard normal Z. NaN has no answer.
func NormalTail(z float64) (float64, bool) { return answer(math.Erfc(z/math.Sqrt2) / 2) }

// TwoSidedP is P(|Z| >= |z|) for a standard normal Z: the two-sided p-value of a z statistic.
func TwoSidedP(z float64) (float64, bool) { return answer(math.Erfc(math.Abs(z) / math.Sqrt2)) }

// ChiSquared1Tail is P(X >= x) for a chi-squared X with one degree of freedom, x >= 0.
func ChiSquared1Tail(x float64) (float64, bool) {
	if !(x >= 0) {
		return 0, false
	}
	return answer(math.Erfc(math.Sqrt(x / 2)))
}

// NormalQuantile is the z with P(Z <= z) = p, for 0 < p < 1.
func NormalQuantile(p float64) (float64, bool) {
	if !fraction(p) {
		return 0, false
	}
	if p >= erfinvFloor && 1-p >= erfinvFloor {
		return math.Sqrt2 * math.Erfinv(2*p-1), true
	}
	if p > 0.5 {
		return farQuantile(1 - p), true
	}
	return -farQuantile(p), true
}

// farQuantile is the z with P(Z >= z) = tail for a small tail: Newton's method on the logarithm of the tail, which is
// nearly a parabola out there, started from the leading terms of its expansion.
func farQuantile(tail float64) float64 {
	r := math.Sqrt(-2 * math.Log(tail))
	z := r - (math.Log(r)+0.5*math.Log(2*math.Pi))/r
	for range 20 {
		q := math.Erfc(z/math.Sqrt2) / 2
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		if q == 0 || density == 0 {
			return z
		}
		step := (math.Log(q) - math.Log(tail)) * q / density
		z += step
		if math.Abs(step) < 1e-14*z {
			return z
		}
	}
	return z
}

// zFor is the half width, in standard errors, of a two-sided normal interval with the given confidence.
func zFor(confidence float64) (float64, bool) {
	if !fraction(confidence) {
		return 0, false
	}
	return answer(math.Sqrt2 * math.Erfinv(confidence))
}
