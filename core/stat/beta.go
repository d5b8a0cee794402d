package stat

import "math"

const (
	// lentzTiny stands in for a zero denominator inside a continued fraction.
	lentzTiny = 1e-300
	// maxTerms bounds every series and continued fraction; they need about the square root of the largest count.
	maxTerms = 1_000_000
	// converged is when a further term of a continued fraction changes nothing but the last bit.
	converged = 4e-16
)

// stirlingError is ln Γ(a) minus Stirling's formula (a-1/2)ln a - a + ln(2π)/2. Working with this small remainder, not
// with ln Γ itself, keeps tails of large counts exact where ln Γ would cancel (Loader 2000).
func stirlingError(a float64) float64 {
	if a < 16 {
		lg, _ := math.Lgamma(a)
		return lg - (a-0.5)*math.Log(a) + a - 0.5*math.Log(2*math.Pi)
	}
	a2 := a * a
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-1.0/1188/a2)/a2)/a2)/a2) / a
}

// deviance is a·ln(a/m) + m - a without cancellation when a and m are close (Loader 2000).
func deviance(a, m float64) float64 {
	if math.Abs(a-m) >= 0.1*(a+m) {
		return a*math.Log(a/m) + m - a
	}
	v := (a - m) / (a + m)
	sum, term := (a-m)*v, 2*a*v
	for j := 1.0; j < 1000; j++ {
		term *= v * v
		next := sum + term/(2*j+1)
		if next == sum {
			break
		}
		sum = next
	}
	return sum
}

// betaFront is x^a·y^b·Γ(a+b)/(Γ(a)Γ(b)) with y = 1 - x given apart, so that neither loses its digits.
func betaFront(a, b, x, y float64) float64 {
	n := a + b
	log := stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n*x) - deviance(b, n*y)
	return math.Sqrt(a/n*b/(2*math.Pi)) * math.Exp(log)
}

// betaIncomplete is the regularised incomplete beta function I_x(a, b) for a, b > 0, with y = 1 - x given apart.
func betaIncomplete(a, b, x, y float64) float64 {
	switch {
	case x <= 0:
		return 0
	case y <= 0:
		return 1
	case x < (a+1)/(a+b+2):
		return math.Min(1, betaFront(a, b, x, y)*betaFraction(a, b, x)/a)
	default:
		return math.Max(0, 1-betaFront(b, a, y, x)*betaFraction(b, a, y)/b)
	}
}

// betaFraction is the continued fraction of the incomplete beta function by the modified Lentz method.
func betaFraction(a, b, x float64) float64 {
	c, d := 1.0, lentz(1-(a+b)*x/(a+1))
	h := d
	for i := 1; i <= maxTerms; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = lentz(1+even*d), 1+even/c
		c = awayFromZero(c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = lentz(1+odd*d), 1+odd/c
		c = awayFromZero(c)
		h *= d * c
		if math.Abs(d*c-1) <= converged {
			break
		}
	}
	return h
}

func awayFromZero(x float64) float64 {
	if math.Abs(x) < lentzTiny {
		return lentzTiny
	}
	return x
}

func lentz(x float64) float64 { return 1 / awayFromZero(x) }

// BetaCDF is P(X <= x) for a beta distributed X with shapes a, b > 0: the regularised incomplete beta function.
func BetaCDF(x, a, b float64) (float64, bool) {
	if !(a > 0) || !(b > 0) || !finite(x, a, b) {
		return 0, false
	}
	return answer(betaIncomplete(a, b, x, 1-x))
}

// BetaQuantile is the x with P(X <= x) = p for a beta distributed X with shapes a, b > 0 and 0 <= p <= 1.
func BetaQuantile(p, a, b float64) (float64, bool) {
	if !probability(p) || !(a > 0) || !(b > 0) || !finite(a, b) {
		return 0, false
	}
	return bisect(0, 1, func(x float64) bool { return betaIncomplete(a, b, x, 1-x) < p }), true
}

// bisect returns the point of [low, high] at which below turns from true to false, to the last bit float64 can tell.
func bisect(low, high float64, below func(float64) bool) float64 {
	for range 1100 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if below(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	if !below(low) {
		return low
	}
	return high
}

// BinomialTail is P(X >= observed) for X binomial with n trials of probability rate.
func BinomialTail(n int64, rate float64, observed int64) (float64, bool) {
	switch {
	case n < 0 || !probability(rate):
		return 0, false
	case observed <= 0:
		return 1, true
	case observed > n:
		return 0, true
	}
	return answer(betaIncomplete(float64(observed), float64(n-observed)+1, rate, 1-rate))
}

// StudentTCDF is P(T <= t) for Student's t with df > 0 degrees of freedom.
func StudentTCDF(t, df float64) (float64, bool) {
	if !(df > 0) || !finite(t, df) {
		return 0, false
	}
	tail := studentTwoSided(t, df) / 2
	if t > 0 {
		return 1 - tail, true
	}
	return tail, true
}

// studentTwoSided is P(|T| >= |t|).
func studentTwoSided(t, df float64) float64 {
	square := t * t
	if math.IsInf(square, 1) {
		return 0
	}
	return betaIncomplete(df/2, 0.5, df/(df+square), square/(df+square))
}

// StudentTQuantile is the t with P(T <= t) = p for Student's t with df > 0 degrees of freedom and 0 < p < 1.
func StudentTQuantile(p, df float64) (float64, bool) {
	if !fraction(p) || !(df > 0) || !finite(df) {
		return 0, false
	}
	if p == 0.5 {
		return 0, true
	}
	t, ok := studentHalfWidth(2*math.Min(p, 1-p), df)
	if p < 0.5 {
		t = -t
	}
	return t, ok
}

// studentHalfWidth is the t >= 0 with P(|T| >= t) = tail. Newton's method on the tail, kept inside a bracket.
func studentHalfWidth(tail, df float64) (float64, bool) {
	low, high := 0.0, 1.0
	for studentTwoSided(high, df) > tail {
		low, high = high, 2*high
		if math.IsInf(high, 1) {
			return 0, false
		}
	}
	logConstant := -0.5*math.Log(2*math.Pi) + stirlingError((df+1)/2) - stirlingError(df/2) +
		df/2*math.Log1p(1/df) - 0.5
	t := (low + high) / 2
	for range 200 {
		over := studentTwoSided(t, df) - tail
		if over > 0 {
			low = t
		} else {
			high = t
		}
		density := math.Exp(logConstant - (df+1)/2*math.Log1p(t*t/df))
		next := t + over/(2*density)
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-t) <= 1e-15*t {
			return answer(next)
		}
		t = next
	}
	return answer(t)
}
