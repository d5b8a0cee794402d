package stat

import (
	"math"
	"testing"

	gonumstat "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func drawCounts(t *rapid.T, label string) (x, n int64) {
	n = rapid.Int64Range(1, 5000).Draw(t, label+" trials")
	return rapid.Int64Range(0, n).Draw(t, label+" events"), n
}

func drawHistogram(t *rapid.T, most int64) Histogram {
	var h Histogram
	for k := range h {
		h[k] = rapid.Int64Range(0, most).Draw(t, "count")
	}
	return h
}

func TestWilsonSolvesTheScoreEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := drawCounts(t, "")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		i, ok := Wilson(x, n, confidence)
		p := float64(x) / float64(n)
		if !ok || !i.Contains(p) || i.Low < 0 || i.High > 1 {
			t.Fatalf("%+v does not hold %v", i, p)
		}
		// Each end q other than 0 and 1 is the rate whose own standard error puts p at exactly z of them.
		z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
		for _, q := range []float64{i.Low, i.High} {
			if q == 0 || q == 1 {
				continue
			}
			if score := math.Abs(p-q) / math.Sqrt(q*(1-q)/float64(n)); math.Abs(score-z) > 1e-6*z {
				t.Fatalf("end %v of %d/%d lies %v standard errors off, not %v", q, x, n, score, z)
			}
		}
		mirror, _ := Wilson(n-x, n, confidence)
		if math.Abs(mirror.Low-(1-i.High)) > 1e-12 || math.Abs(mirror.High-(1-i.Low)) > 1e-12 {
			t.Fatalf("not symmetric: %+v and %+v", i, mirror)
		}
		if more, _ := Wilson(2*x, 2*n, confidence); more.Width() >= i.Width() {
			t.Fatalf("twice the data is not narrower: %+v, %+v", i, more)
		}
		if x < n {
			if next, _ := Wilson(x+1, n, confidence); next.Low <= i.Low && x > 0 || next.High < i.High {
				t.Fatalf("one more event lowers an end: %+v, %+v", i, next)
			}
		}
		if reference, ok := AgrestiCoull(x, n, confidence); !ok || reference.Low > i.Low+1e-12 || reference.High < i.High-1e-12 {
			t.Fatalf("Agresti–Coull %+v does not cover Wilson %+v", reference, i)
		}
	})
}

func TestWilsonEnds(t *testing.T) {
	if i, ok := Wilson(0, 20, Confidence95); !ok || i.Low != 0 || math.Abs(i.High-0.16112515805) > 1e-10 {
		t.Errorf("0 of 20: %+v", i)
	}
	if i, ok := Wilson(20, 20, Confidence95); !ok || i.High != 1 {
		t.Errorf("20 of 20: %+v", i)
	}
	for _, c := range [][2]int64{{0, 0}, {-1, 5}, {6, 5}, {0, -3}} {
		if i, ok := Wilson(c[0], c[1], Confidence95); ok {
			t.Errorf("%v has an interval: %+v", c, i)
		}
	}
	for _, confidence := range []float64{0, 1, -1, 95, math.NaN()} {
		if i, ok := Wilson(3, 5, confidence); ok {
			t.Errorf("confidence %v has an interval: %+v", confidence, i)
		}
	}
}

func TestNewcombeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x1, n1 := drawCounts(t, "first")
		x2, n2 := drawCounts(t, "second")
		d, ok := Newcombe(x1, n1, x2, n2, Confidence95)
		if !ok || !d.Contains(d.Value) || d.Low < -1 || d.High > 1 {
			t.Fatalf("%+v", d)
		}
		back, _ := Newcombe(x2, n2, x1, n1, Confidence95)
		if math.Abs(back.Low+d.High) > 1e-12 || math.Abs(back.High+d.Low) > 1e-12 {
			t.Fatalf("not antisymmetric: %+v, %+v", d, back)
		}
	})
	if _, ok := Newcombe(0, 0, 1, 2, Confidence95); ok {
		t.Error("a side without trials has a difference")
	}
}

func TestRelativeRiskProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x1, n1 := drawCounts(t, "first")
		x2, n2 := drawCounts(t, "second")
		r, ok := RelativeRisk(x1, n1, x2, n2, Confidence95)
		if !ok || !r.Contains(r.Value) || r.Low <= 0 || r.Low == r.High {
			t.Fatalf("%+v", r)
		}
		back, _ := RelativeRisk(x2, n2, x1, n1, Confidence95)
		if math.Abs(back.Value*r.Value-1) > 1e-9 || math.Abs(back.Low*r.High-1) > 1e-9 {
			t.Fatalf("not reciprocal: %+v, %+v", r, back)
		}
	})
	if r, ok := RelativeRisk(45, 150, 120, 700, Confidence95); !ok || r.Value != 1.75 {
		t.Errorf("45/150 against 120/700: %+v", r)
	}
	if r, ok := RelativeRisk(10, 10, 5, 20, Confidence95); !ok || math.Abs(r.Value-(10.5/11)/(5.5/21)) > 1e-12 {
		t.Errorf("no non-events is a zero cell too: %+v", r)
	}
	if _, ok := RelativeRisk(1, 2, 0, 0, Confidence95); ok {
		t.Error("a side without trials has a lift")
	}
}

func TestMeanAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Int64Range(0, 2_592_000), 2, 60).Draw(t, "seconds")
		var s Sums
		values := make([]float64, len(xs))
		for i, x := range xs {
			s, values[i] = s.With(x), float64(x)
		}
		mean, variance := gonumstat.MeanVariance(values, nil)
		exact, ok1 := s.MeanT(0.9)
		raw, ok2 := MeanT(values, 0.9)
		d := distuv.StudentsT{Sigma: 1, Nu: float64(len(xs) - 1)}
		half := d.Quantile(0.95) * math.Sqrt(variance/float64(len(xs)))
		for _, m := range []Mean{exact, raw} {
			if !ok1 || !ok2 || math.Abs(m.Value-mean) > 1e-6 || math.Abs(m.SD-math.Sqrt(variance)) > 1e-6*(1+m.SD) ||
				math.Abs(m.High-mean-half) > 1e-6*(1+half) || !m.Contains(m.Value) {
				t.Fatalf("wanted %v ± %v, got %+v", mean, half, m)
			}
		}
		skewed, ok := s.SkewedMean(0.9)
		if ok != (len(xs) > 2) || ok && (skewed.Low < math.Max(0, exact.Low) || skewed.Low > mean || skewed.High < exact.High) {
			t.Fatalf("%+v does not lean to the right of %+v", skewed, exact)
		}
		if s.Plus(s).Minus(s) != s {
			t.Fatal("adding and taking away is not the identity")
		}
	})
}

func TestVarianceIsExact(t *testing.T) {
	// A float64 formula loses this variance altogether.
	s := Sums{}.With(1_000_000_000).With(1_000_000_001).With(1_000_000_002)
	if v, ok := s.Variance(); !ok || v != 1 {
		t.Errorf("variance %v", v)
	}
	if v, ok := (Sums{N: 3, Sum: 9, SumSq: 27}).Variance(); !ok || v != 0 {
		t.Errorf("equal observations: %v", v)
	}
	for _, s := range []Sums{{}, {N: 1, Sum: 5, SumSq: 25}, {N: 2, Sum: 9, SumSq: 1}, {N: -2}} {
		if v, ok := s.Variance(); ok {
			t.Errorf("%+v has a variance: %v", s, v)
		}
	}
	if _, ok := (Sums{}).Mean(); ok {
		t.Error("nothing has a mean")
	}
	for _, xs := range [][]float64{nil, {1}, {1, math.NaN()}, {1, math.Inf(1)}, {math.MaxFloat64, math.MaxFloat64}} {
		if m, ok := MeanT(xs, 0.95); ok {
			t.Errorf("%v has an interval: %+v", xs, m)
		}
	}
}

func TestMeanRatingInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistogram(t, rapid.SampledFrom([]int64{1, 4, 30, 1000}).Draw(t, "most"))
		i, method, ok := h.MeanInterval(Confidence95)
		if h.N() == 0 {
			if ok {
				t.Fatalf("no ratings, yet %+v", i)
			}
			return
		}
		mean, _ := h.Sums().Mean()
		if !ok || !i.Contains(mean) || i.Low < 1 || i.High > 5 || i.Width() <= 0 {
			t.Fatalf("%v: %+v does not hold %v", h, i, mean)
		}
		variance, _ := h.Sums().Variance()
		if wanted := h.N() >= 30 && variance > 0; (method == MethodStudentT) != wanted {
			t.Fatalf("%v: %s", h, method)
		}
		flipped, _, _ := Histogram{h[4], h[3], h[2], h[1], h[0]}.MeanInterval(Confidence95)
		if math.Abs(flipped.Low-(6-i.High)) > 1e-9 || math.Abs(flipped.High-(6-i.Low)) > 1e-9 {
			t.Fatalf("not symmetric: %+v, %+v", i, flipped)
		}
	})
}

func TestPerksExamples(t *testing.T) {
	p, ok := Histogram{0, 0, 0, 0, 3}.Perks(Confidence95)
	if !ok || p.Mean != 4.5 || p.SD != 0.5 || p.High != 5 || math.Abs(p.Low-3.52001800773) > 1e-9 {
		t.Errorf("%+v", p)
	}
	if p, ok := (Histogram{}).Perks(Confidence95); ok {
		t.Errorf("nothing rated: %+v", p)
	}
	if i, method, ok := (Histogram{0, 0, 0, 0, 5000}).MeanInterval(Confidence95); !ok || method != MethodPerks || i.Width() == 0 {
		t.Errorf("all alike: %+v by %s", i, method)
	}
	if _, _, ok := (Histogram{-1, 5, 0, 0, 0}).MeanInterval(Confidence95); ok {
		t.Error("a negative count has an interval")
	}
}

func TestSkewedIntervalsOfManyEqualShapesAreStudents(t *testing.T) {
	// Without skewness and with many degrees of freedom, nothing is left of the corrections.
	known := []Part{{Variance: 4}, {Variance: 5}}
	i, ok := SkewedDifference(-7, known, Confidence95)
	near(t, "low", -7-3*Z95, i.Low, ok, 1e-12)
	near(t, "high", -7+3*Z95, i.High, ok, 1e-12)
	i, ok = SkewedInterval(1e9, known, Confidence95)
	near(t, "low on a logarithmic scale", 1e9-3*Z95, i.Low, ok, 1e-6)
	// A longer tail of what is taken away moves the lower end.
	i, ok = SkewedDifference(0, []Part{PartOf(-1, 10, 100, 10, 9)}, Confidence95)
	if !ok || -i.Low <= i.High {
		t.Errorf("%+v leans the wrong way", i)
	}
	if _, ok := SkewedInterval(-1, known, Confidence95); ok {
		t.Error("durations below 0 have an interval")
	}
}

func TestMedianRanksHoldTheMedian(t *testing.T) {
	for n := int64(5); n <= 2000; n++ {
		low, high, ok := MedianRanks(n, Confidence95)
		under, _ := BinomialTail(n, 0.5, low)
		over, _ := BinomialTail(n, 0.5, high)
		if !ok || low < 1 || high > n || under-over < 0.9375-1e-9 || under-over > 0.993 {
			t.Fatalf("ranks %d and %d of %d hold the median with %.4f", low, high, n, under-over)
		}
	}
	if _, _, ok := MedianRanks(4, Confidence95); ok {
		t.Error("four observations have an interval")
	}
}

func TestRatingVarianceIsThatOfTheInterval(t *testing.T) {
	for _, h := range []Histogram{{0, 0, 0, 0, 3}, {1, 0, 2, 3, 4}, {0, 0, 0, 0, 60}, {2, 3, 5, 20, 70}} {
		v, ok := h.Sums().RatingVariance()
		want := 0.0
		if m, has := h.MeanT(Confidence95); has && h.N() >= 30 && m.SD > 0 {
			want = m.SD * m.SD / float64(h.N())
		} else {
			p, _ := h.Perks(Confidence95)
			want = p.SD * p.SD
		}
		near(t, "variance of the mean", want, v, ok, 1e-12)
	}
	if _, ok := (Sums{}).RatingVariance(); ok {
		t.Error("no ratings have a variance")
	}
}
