package stat

import (
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// near fails unless got is an answer within tolerance of want, relative to want's size or absolute below 1.
func near(t *testing.T, what string, want, got float64, ok bool, tolerance float64) {
	t.Helper()
	if !ok || !(math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: wanted %.16g, got %.16g (ok %v)", what, want, got, ok)
	}
}

func TestNormalAgainstGonum(t *testing.T) {
	normal := distuv.UnitNormal
	for _, p := range []float64{1e-12, 1e-9, 1e-7, 2e-6, 1e-4, 0.01, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999, 1 - 1e-9} {
		z, ok := NormalQuantile(p)
		near(t, "quantile", normal.Quantile(p), z, ok, 1e-9)
		tail, ok := NormalTail(z)
		near(t, "tail of quantile", 1-p, tail, ok, 1e-14)
	}
	for z := -8.0; z <= 8; z += 0.37 {
		tail, ok := NormalTail(z)
		near(t, "tail", normal.Survival(z), tail, ok, 1e-14)
		p, ok := TwoSidedP(z)
		near(t, "two-sided p", 2*normal.Survival(math.Abs(z)), p, ok, 1e-14)
		chi, ok := ChiSquared1Tail(z * z)
		near(t, "chi-squared", distuv.ChiSquared{K: 1}.Survival(z*z), chi, ok, 1e-12)
	}
	z, ok := zFor(Confidence95)
	near(t, "z of 95 %", Z95, z, ok, 1e-15)
	if z, _ := NormalQuantile(1e-300); math.Abs(math.Erfc(-z/math.Sqrt2)/2/1e-300-1) > 1e-9 {
		t.Errorf("quantile of 1e-300 does not lead back: %v", z)
	}
}

func TestStudentTAgainstGonum(t *testing.T) {
	for _, df := range []float64{1, 2, 3, 4.5, 7, 10, 29, 99, 1000, 123456} {
		d := distuv.StudentsT{Sigma: 1, Nu: df}
		for _, x := range []float64{-40, -3, -1, -0.2, 0, 0.5, 1.7, 2.3, 12, 300} {
			got, ok := StudentTCDF(x, df)
			near(t, "t CDF", d.CDF(x), got, ok, 1e-11)
		}
		for _, p := range []float64{0.0005, 0.025, 0.2, 0.5, 0.6, 0.975, 0.9995} {
			got, ok := StudentTQuantile(p, df)
			near(t, "t quantile", d.Quantile(p), got, ok, 1e-8)
			back, ok := StudentTCDF(got, df)
			near(t, "t there and back", p, back, ok, 1e-12)
		}
	}
	// With one degree of freedom the quantile is a tangent.
	got, ok := StudentTQuantile(0.975, 1)
	near(t, "Cauchy", math.Tan(math.Pi*0.475), got, ok, 1e-13)
}

func TestBetaAndGammaAgainstGonum(t *testing.T) {
	shapes := []float64{0.2, 0.5, 1, 3.5, 20, 400, 5000}
	for _, a := range shapes {
		for _, b := range shapes {
			d := distuv.Beta{Alpha: a, Beta: b}
			for _, x := range []float64{0.001, 0.2, 0.5, a / (a + b), 0.93} {
				got, ok := BetaCDF(x, a, b)
				near(t, "beta CDF", d.CDF(x), got, ok, 1e-10)
			}
			for _, p := range []float64{0.025, 0.5, 0.975} {
				x, ok := BetaQuantile(p, a, b)
				near(t, "beta quantile", d.Quantile(p), x, ok, 1e-8)
			}
		}
		for _, rate := range []float64{0.5, 3} {
			d := distuv.Gamma{Alpha: a, Beta: rate}
			for _, x := range []float64{0.01, 0.5 * a / rate, a / rate, 1.3 * a / rate, 3 * a / rate} {
				got, ok := GammaCDF(x, a, rate)
				near(t, "gamma CDF", d.CDF(x), got, ok, 1e-10)
			}
			for _, p := range []float64{0, 0.025, 0.5, 0.975} {
				x, ok := GammaQuantile(p, a, rate)
				near(t, "gamma quantile", d.Quantile(p), x, ok, 1e-8)
			}
		}
	}
}

func TestTailsAgainstGonum(t *testing.T) {
	for _, n := range []int64{1, 5, 40, 1000, 30000} {
		for _, rate := range []float64{0.01, 0.3, 0.5, 0.97} {
			d := distuv.Binomial{N: float64(n), P: rate}
			mean := float64(n) * rate
			for _, x := range []int64{1, int64(mean), int64(mean) + 1, int64(mean*1.1) + 2, n} {
				if x < 1 || x > n {
					continue
				}
				got, ok := BinomialTail(n, rate, x)
				near(t, "binomial tail", d.Survival(float64(x-1)), got, ok, 1e-9)
			}
		}
	}
	for _, mean := range []float64{0.1, 1, 10, 333, 80000} {
		d := distuv.Poisson{Lambda: mean}
		for _, y := range []int64{1, int64(mean), int64(mean) + 1, int64(mean * 1.2), 2*int64(mean) + 5} {
			if y < 1 {
				continue
			}
			got, ok := PoissonTail(mean, y)
			near(t, "Poisson tail", d.Survival(float64(y-1)), got, ok, 1e-9)
		}
	}
}

// exactBinomialTail adds the probabilities in whole numbers: rate is a/b.
func exactBinomialTail(n, a, b, from int64) float64 {
	sum, power := new(big.Int), func(x, y int64) *big.Int { return new(big.Int).Exp(big.NewInt(x), big.NewInt(y), nil) }
	for k := from; k <= n; k++ {
		term := new(big.Int).Binomial(n, k)
		term.Mul(term, power(a, k))
		sum.Add(sum, term.Mul(term, power(b-a, n-k)))
	}
	f, _ := new(big.Rat).SetFrac(sum, power(b, n)).Float64()
	return f
}

// Far tails must be right in their leading digits, not just small: they are compared with small alarm budgets.
func TestFarTailsKeepTheirDigits(t *testing.T) {
	for _, c := range []struct{ n, a, b, from int64 }{{200, 1, 10, 60}, {1000, 3, 20, 260}, {50, 1, 100, 12}, {3000, 1, 2, 1700}} {
		want := exactBinomialTail(c.n, c.a, c.b, c.from)
		got, ok := BinomialTail(c.n, float64(c.a)/float64(c.b), c.from)
		if !ok || math.Abs(got/want-1) > 1e-11 {
			t.Errorf("%+v: wanted %.15g, got %.15g", c, want, got)
		}
	}
	want, term := 0.0, math.Exp(-10)
	for k := 1.0; k < 200; k++ {
		if term *= 10 / k; k >= 60 {
			want += term
		}
	}
	if got, ok := PoissonTail(10, 60); !ok || math.Abs(got/want-1) > 1e-11 {
		t.Errorf("Poisson tail: wanted %.15g, got %.15g", want, got)
	}
}

func TestNegativeBinomialTail(t *testing.T) {
	for _, c := range []struct{ mean, phi float64 }{{0.5, 2}, {10, 1.6}, {40, 5}} {
		size, p := c.mean/(c.phi-1), 1/c.phi
		cumulative := 0.0
		for y := range int64(200) {
			got, ok := NegativeBinomialTail(c.mean, c.phi, y)
			near(t, "negative binomial tail", 1-cumulative, got, ok, 1e-11)
			a, _ := math.Lgamma(float64(y) + size)
			b, _ := math.Lgamma(size)
			d, _ := math.Lgamma(float64(y) + 1)
			cumulative += math.Exp(a - b - d + size*math.Log(p) + float64(y)*math.Log1p(-p))
		}
	}
	poisson, _ := PoissonTail(10, 20)
	plain, _ := CountTail(10, 1.5, 20)
	wide, _ := CountTail(10, 1.6, 20)
	if plain != poisson || wide <= poisson {
		t.Errorf("Poisson %v, at the limit %v, overdispersed %v", poisson, plain, wide)
	}
}

func TestDegenerateTails(t *testing.T) {
	for what, c := range map[string]struct {
		want, got float64
		ok        bool
	}{
		"nothing expected, nothing seen": pair(1)(PoissonTail(0, 0)),
		"nothing expected, one seen":     pair(0)(PoissonTail(0, 1)),
		"no trials":                      pair(1)(BinomialTail(0, 0.5, 0)),
		"more than the trials":           pair(0)(BinomialTail(5, 0.5, 6)),
		"rate 0":                         pair(0)(BinomialTail(5, 0, 1)),
		"rate 1":                         pair(1)(BinomialTail(5, 1, 5)),
		"overdispersed nothing":          pair(0)(NegativeBinomialTail(0, 2, 1)),
	} {
		near(t, what, c.want, c.got, c.ok, 0)
	}
}

func pair(want float64) func(float64, bool) struct {
	want, got float64
	ok        bool
} {
	return func(got float64, ok bool) struct {
		want, got float64
		ok        bool
	} {
		return struct {
			want, got float64
			ok        bool
		}{want, got, ok}
	}
}

func TestImpossibleParametersHaveNoAnswer(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	refused := map[string]func() (float64, bool){
		"normal quantile of 0":  func() (float64, bool) { return NormalQuantile(0) },
		"normal quantile of 1":  func() (float64, bool) { return NormalQuantile(1) },
		"normal quantile NaN":   func() (float64, bool) { return NormalQuantile(nan) },
		"normal tail NaN":       func() (float64, bool) { return NormalTail(nan) },
		"p of NaN":              func() (float64, bool) { return TwoSidedP(nan) },
		"chi-squared below 0":   func() (float64, bool) { return ChiSquared1Tail(-1) },
		"t with no freedom":     func() (float64, bool) { return StudentTQuantile(0.9, 0) },
		"t of NaN":              func() (float64, bool) { return StudentTCDF(nan, 3) },
		"beta shape 0":          func() (float64, bool) { return BetaCDF(0.5, 0, 1) },
		"beta quantile beyond":  func() (float64, bool) { return BetaQuantile(1.1, 2, 2) },
		"gamma quantile of 1":   func() (float64, bool) { return GammaQuantile(1, 2, 2) },
		"gamma rate 0":          func() (float64, bool) { return GammaCDF(1, 1, 0) },
		"Poisson mean below 0":  func() (float64, bool) { return PoissonTail(-1, 2) },
		"Poisson mean infinite": func() (float64, bool) { return PoissonTail(inf, 2) },
		"binomial rate 2":       func() (float64, bool) { return BinomialTail(3, 2, 1) },
		"binomial minus trials": func() (float64, bool) { return BinomialTail(-3, 0.5, 0) },
		"underdispersed":        func() (float64, bool) { return NegativeBinomialTail(3, 0.5, 1) },
	}
	for what, f := range refused {
		if got, ok := f(); ok || got != 0 {
			t.Errorf("%s: got %v, %v", what, got, ok)
		}
	}
}
