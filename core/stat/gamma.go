package stat

import "math"

// gammaFront is x^a·e^(-x)/Γ(a).
func gammaFront(a, x float64) float64 {
	return math.Sqrt(a/(2*math.Pi)) * math.Exp(-stirlingError(a)-deviance(a, x))
}

// gammaLower is the regularised lower incomplete gamma function P(a, x) for a > 0.
func gammaLower(a, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x < a+1:
		return math.Min(1, gammaFront(a, x)*gammaSeries(a, x))
	default:
		return math.Max(0, 1-gammaFront(a, x)*gammaFraction(a, x))
	}
}

func gammaSeries(a, x float64) float64 {
	term := 1 / a
	sum := term
	for n := 1; n <= maxTerms; n++ {
		term *= x / (a + float64(n))
		sum += term
		if term <= sum*1e-17 {
			break
		}
	}
	return sum
}

func gammaFraction(a, x float64) float64 {
	b := x + 1 - a
	c, d := 1/lentzTiny, lentz(b)
	h := d
	for i := 1; i <= maxTerms; i++ {
		n := float64(i)
		term := -n * (n - a)
		b += 2
		d = lentz(term*d + b)
		c = awayFromZero(b + term/c)
		h *= d * c
		if math.Abs(d*c-1) <= converged {
			break
		}
	}
	return h
}

// GammaCDF is P(X <= x) for a gamma distributed X with the given shape > 0 and rate > 0 (mean shape/rate).
func GammaCDF(x, shape, rate float64) (float64, bool) {
	if !(shape > 0) || !(rate > 0) || !finite(x, shape, rate) {
		return 0, false
	}
	return answer(gammaLower(shape, x*rate))
}

// GammaQuantile is the x with P(X <= x) = p for a gamma distributed X with shape > 0, rate > 0, and 0 <= p < 1.
func GammaQuantile(p, shape, rate float64) (float64, bool) {
	if !(p >= 0 && p < 1) || !(shape > 0) || !(rate > 0) || !finite(shape, rate) {
		return 0, false
	}
	high := shape + 1
	for gammaLower(shape, high) < p {
		high *= 2
	}
	return answer(bisect(0, high, func(x float64) bool { return gammaLower(shape, x) < p }) / rate)
}

// PoissonTail is P(Y >= observed) for Y Poisson with mean expected >= 0.
func PoissonTail(expected float64, observed int64) (float64, bool) {
	switch {
	case !(expected >= 0) || !finite(expected):
		return 0, false
	case observed <= 0:
		return 1, true
	}
	return answer(gammaLower(float64(observed), expected))
}

// NegativeBinomialTail is P(Y >= observed) for a count Y with mean expected >= 0 whose variance is dispersion > 1 times
// its mean: the overdispersed counterpart of the Poisson.
func NegativeBinomialTail(expected, dispersion float64, observed int64) (float64, bool) {
	switch {
	case !(expected >= 0) || !(dispersion > 1) || !finite(expected, dispersion):
		return 0, false
	case observed <= 0:
		return 1, true
	case expected == 0:
		return 0, true
	}
	size := expected / (dispersion - 1)
	return answer(betaIncomplete(float64(observed), size, (dispersion-1)/dispersion, 1/dispersion))
}

// OverdispersionLimit is the variance-to-mean ratio of past counts above which a Poisson tail is too sure of itself.
const OverdispersionLimit = 1.5

// CountTail is the tail a volume alert uses: Poisson, or negative binomial once the variance-to-mean ratio of past
// counts exceeds OverdispersionLimit.
func CountTail(expected, dispersion float64, observed int64) (float64, bool) {
	if dispersion > OverdispersionLimit {
		return NegativeBinomialTail(expected, dispersion, observed)
	}
	return PoissonTail(expected, observed)
}
