package stat

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// fisherByList adds up the tables one by one from binomial coefficients.
func fisherByList(a, b, c, d int) float64 {
	probability := func(k int) float64 {
		return math.Exp(combin.LogGeneralizedBinomial(float64(a+b), float64(k)) +
			combin.LogGeneralizedBinomial(float64(c+d), float64(a+c-k)) -
			combin.LogGeneralizedBinomial(float64(a+b+c+d), float64(a+c)))
	}
	observed, sum := probability(a), 0.0
	for k := max(0, a+c-(c+d)); k <= min(a+b, a+c); k++ {
		if p := probability(k); p <= observed*(1+1e-7) {
			sum += p
		}
	}
	return math.Min(1, sum)
}

func TestFisherExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.IntRange(0, 60)
		a, b, c, d := cell.Draw(t, "a"), cell.Draw(t, "b"), cell.Draw(t, "c"), cell.Draw(t, "d")
		p, ok := FisherExact(int64(a), int64(b), int64(c), int64(d))
		if want := fisherByList(a, b, c, d); !ok || math.Abs(p-want) > 1e-9 {
			t.Fatalf("wanted %v, got %v", want, p)
		}
		turned, _ := FisherExact(int64(d), int64(c), int64(b), int64(a))
		if math.Abs(turned-p) > 1e-12 {
			t.Fatalf("turned around: %v, %v", p, turned)
		}
	})
	for what, c := range map[string]struct {
		table [4]int64
		want  float64
	}{
		"tea tasting":      {[4]int64{3, 1, 1, 3}, 0.485714285714},
		"nothing at all":   {[4]int64{0, 0, 0, 0}, 1},
		"an empty margin":  {[4]int64{0, 7, 0, 9}, 1},
		"as far as it can": {[4]int64{1, 9, 11, 3}, 0.002759456185},
	} {
		p, ok := FisherExact(c.table[0], c.table[1], c.table[2], c.table[3])
		near(t, what, c.want, p, ok, 1e-11)
	}
	// At this size the test agrees with the normal approximation to its continuity.
	_, z, _ := TwoProportionZ(100_000, 200_000, 100_000, 200_500)
	if p, ok := FisherExact(100_000, 100_000, 100_000, 100_500); !ok || math.Abs(p-z) > 0.002 {
		t.Errorf("large table: %v, normal %v", p, z)
	}
	if p, ok := FisherExact(3_000_000, 0, 0, 3_000_000); !ok || p > 1e-300 {
		t.Errorf("opposite sides: %v", p)
	}
	if _, ok := FisherExact(-1, 2, 3, 4); ok {
		t.Error("a negative count has a p-value")
	}
}

func TestTwoProportionZ(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x1, n1 := drawCounts(t, "first")
		x2, n2 := drawCounts(t, "second")
		z, p, ok := TwoProportionZ(x1, n1, x2, n2)
		if !ok || math.Abs(p-2*distuv.UnitNormal.Survival(math.Abs(z))) > 1e-12 {
			t.Fatalf("z %v, p %v", z, p)
		}
		back, _, _ := TwoProportionZ(x2, n2, x1, n1)
		if math.Abs(back+z) > 1e-9*(1+math.Abs(z)) {
			t.Fatalf("not antisymmetric: %v, %v", z, back)
		}
		// One stratum of CMH without correction is z² times (n-1)/n.
		s, ok := CochranMantelHaenszel([]Table{{x1, n1 - x1, x2, n2 - x2}}, Confidence95)
		n := float64(n1 + n2)
		if s.Chi2 == nil {
			if z != 0 {
				t.Fatalf("z %v but no χ²", z)
			}
		} else if !ok || math.Abs(*s.Chi2-z*z*(n-1)/n) > 1e-8*(1+z*z) {
			t.Fatalf("z² %v, χ² %v", z*z, *s.Chi2)
		}
	})
	if z, p, ok := TwoProportionZ(0, 10, 0, 20); !ok || z != 0 || p != 1 {
		t.Errorf("no events: z %v, p %v", z, p)
	}
	if _, _, ok := TwoProportionZ(0, 0, 0, 20); ok {
		t.Error("no trials, yet a test")
	}
}

func TestCompareProportionsPicksTheTest(t *testing.T) {
	for _, c := range []struct {
		x1, n1, x2, n2 int64
		want           Test
	}{
		{45, 150, 120, 700, TestZ},
		{5, 10, 5, 10, TestZ},        // exactly 5 expected everywhere
		{4, 10, 5, 10, TestFisher},   // 4.5 expected
		{10, 10, 12, 12, TestFisher}, // no non-events
		{0, 1000, 0, 1000, TestFisher},
		{1, 20, 100, 200, TestZ},
	} {
		got, ok := CompareProportions(c.x1, c.n1, c.x2, c.n2)
		if !ok || got.Test != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if _, ok := CompareProportions(1, 0, 1, 2); ok {
		t.Error("no trials, yet a comparison")
	}
}

func TestBenjaminiHochberg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 40).Draw(t, "p")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		adjusted, rejected, ok := BenjaminiHochberg(p, q)
		if !ok || len(adjusted) != len(p) || len(rejected) != len(p) {
			t.Fatal("lengths differ")
		}
		// The step-up rule as first written: reject the k smallest for the largest k with p(k) <= k·q/m.
		sorted := slices.Sorted(slices.Values(p))
		k := 0
		for i, v := range sorted {
			if v <= float64(i+1)*q/float64(len(p))*(1+1e-12) {
				k = i + 1
			}
		}
		for i := range p {
			if adjusted[i] < p[i] || adjusted[i] > 1 {
				t.Fatalf("%v adjusted to %v", p[i], adjusted[i])
			}
			if want := k > 0 && p[i] <= sorted[k-1]; rejected[i] != want {
				t.Fatalf("p %v among %v at %v: rejected %v", p[i], sorted, q, rejected[i])
			}
			for j := range p {
				if p[i] <= p[j] && adjusted[i] > adjusted[j] {
					t.Fatal("the order of p is lost")
				}
			}
		}
	})
	if _, rejected, _ := BenjaminiHochberg([]float64{0.03, 0.9, 0.01, 0.8, 0.7, 0.6, 0.5, 0.55, 0.02, 0.95}, 0.1); !rejected[0] {
		t.Error("0.03·10/3 is 0.1 in decimals")
	}
	for _, p := range [][]float64{{1.1}, {-0.1}, {math.NaN()}} {
		if _, _, ok := BenjaminiHochberg(p, 0.1); ok {
			t.Errorf("%v was adjusted", p)
		}
	}
}

func TestCMHExample(t *testing.T) {
	// Berkeley admissions, as in R's mantelhaen.test(UCBAdmissions).
	tables := []Table{{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}}
	s, ok := CochranMantelHaenszel(tables, Confidence95)
	if !ok {
		t.Fatal("no answer")
	}
	near(t, "chi2", 1.52460666044, *s.Chi2, ok, 1e-9)
	near(t, "corrected", 1.42694622859, *s.Chi2Corrected, ok, 1e-9)
	near(t, "odds ratio", 0.904696828259, *s.OddsRatio, ok, 1e-9)
	near(t, "odds low", 0.771907361759, s.OddsRatioInterval.Low, ok, 1e-9)
	near(t, "risk difference", -0.0184251961909, *s.RiskDifference, ok, 1e-9)
	near(t, "risk high", 0.010228435588, s.RiskDifferenceInterval.High, ok, 1e-9)
	e := StratifiedDifference(tables, 100, "x/v1")
	near(t, "shown in percent", 100**s.RiskDifference, *e.Value, e.N == 4526, 1e-12)
	near(t, "large strata need no correction", 100*s.RiskDifferenceInterval.High, *e.High, true, 1e-2)
	if e := StratifiedDifference([]Table{{5, 0, 5, 0}}, 1, "x/v1"); *e.Value != 0 || e.Low != nil {
		t.Errorf("ten that agree are not certainty: %+v", e)
	}
	more, _ := CochranMantelHaenszel(append(tables, Table{0, 0, 0, 0}, Table{0, 0, 3, 4}, Table{1, 0, 0, 0}), Confidence95)
	if *more.Chi2 != *s.Chi2 || *more.OddsRatio != *s.OddsRatio || *more.RiskDifference != *s.RiskDifference {
		t.Error("strata that say nothing changed the answer")
	}
}

func TestCMHWithoutAnswer(t *testing.T) {
	s, ok := CochranMantelHaenszel(nil, Confidence95)
	if !ok || s != (Stratified{}) {
		t.Errorf("no strata: %+v", s)
	}
	s, _ = CochranMantelHaenszel([]Table{{5, 0, 7, 0}}, Confidence95)
	if s.Chi2 != nil || s.OddsRatio != nil || s.RiskDifference == nil || *s.RiskDifference != 0 {
		t.Errorf("only yes: %+v", s)
	}
	s, _ = CochranMantelHaenszel([]Table{{0, 4, 3, 2}}, Confidence95)
	if s.OddsRatio == nil || *s.OddsRatio != 0 || s.OddsRatioInterval != nil {
		t.Errorf("odds of 0: %+v", s)
	}
	if _, ok := CochranMantelHaenszel([]Table{{-1, 4, 3, 2}}, Confidence95); ok {
		t.Error("a negative count was analysed")
	}
}
