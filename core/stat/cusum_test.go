package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// runLengthBySolving solves (I-Q)a = 1 as a plain linear system.
func runLengthBySolving(p float64, c BernoulliCUSUM) float64 {
	a := mat.NewDense(c.Limit, c.Limit, nil)
	b := mat.NewVecDense(c.Limit, nil)
	for s := range c.Limit {
		a.Set(s, s, 1)
		b.SetVec(s, 1)
	}
	for s := range c.Limit {
		if up := c.Next(s, true); !c.Alarm(up) {
			a.Set(s, up, a.At(s, up)-p)
		}
		down := c.Next(s, false)
		a.Set(s, down, a.At(s, down)-(1-p))
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		return math.Inf(1) // too near singular for elimination with subtraction
	}
	return x.AtVec(0)
}

func TestRunLengthSolvesTheSystem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.02, 1).Draw(t, "p")
		c := BernoulliCUSUM{rapid.IntRange(1, 30).Draw(t, "step"), rapid.IntRange(1, 40).Draw(t, "limit")}
		got, ok := BernoulliRunLength(p, c)
		// Gaussian elimination itself loses digits as run lengths grow.
		if want := runLengthBySolving(p, c); !ok || want < 1e9 && math.Abs(got/want-1) > 1e-6 {
			t.Fatalf("wanted %v, got %v", want, got)
		}
		longer, _ := BernoulliRunLength(p, BernoulliCUSUM{c.Step, c.Limit + 1})
		if longer < got {
			t.Fatalf("a higher limit alarms sooner: %v, %v", got, longer)
		}
		if p < 0.9 {
			if busier, _ := BernoulliRunLength(p+0.1, c); busier > got {
				t.Fatalf("more events alarm later: %v, %v", got, busier)
			}
		}
	})
}

// The table of designs that the documentation shows.
func TestRunLengthTable(t *testing.T) {
	for _, c := range []struct {
		p0         float64
		m          int
		p1         float64
		limit      int
		arl0, arl1 float64
	}{
		{0.05, 12, 0.111, 77, 9294, 149}, {0.05, 12, 0.111, 98, 38448, 196},
		{0.10, 6, 0.194, 50, 9505, 120}, {0.10, 6, 0.194, 62, 36430, 153},
		{0.15, 4, 0.257, 42, 10227, 126}, {0.15, 4, 0.257, 52, 39909, 161},
		{0.20, 3, 0.305, 39, 9822, 151}, {0.30, 2, 0.368, 45, 9915, 349},
	} {
		chart := BernoulliCUSUM{c.m, c.limit}
		p1, ok := BernoulliImpliedRate(c.p0, c.m)
		near(t, "implied rate", c.p1, p1, ok, 5e-4)
		in, ok := BernoulliRunLength(c.p0, chart)
		near(t, "in control", c.arl0, math.Round(in), ok, 0)
		out, ok := BernoulliRunLength(p1, chart)
		near(t, "out of control", c.arl1, math.Round(out), ok, 0)
	}
}

func TestDesignIsTheSmallestLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p0 := rapid.Float64Range(0.01, 0.45).Draw(t, "p0")
		step := rapid.IntRange(1, max(1, int((1-p0)/p0)-1)).Draw(t, "step")
		target := math.Exp(rapid.Float64Range(0, 12).Draw(t, "ln target"))
		d, ok := DesignBernoulli(p0, step, target)
		if !ok || d.Limit < step+1 || d.InControl < target || d.OutOfControl > d.InControl {
			t.Fatalf("%+v", d)
		}
		if again, _ := BernoulliRunLength(p0, d.BernoulliCUSUM); again != d.InControl {
			t.Fatalf("run length %v, design says %v", again, d.InControl)
		}
		if d.Limit > step+1 {
			if less, _ := BernoulliRunLength(p0, BernoulliCUSUM{step, d.Limit - 1}); less >= target {
				t.Fatalf("a limit one lower would do: %v", less)
			}
		}
		// The implied rate is the one whose nearest whole step is this one.
		if m, ok := BernoulliStep(p0, d.Rate1); !ok || m != step {
			t.Fatalf("step %d leads back to %d", step, m)
		}
	})
}

// Of the limits from step+1 up no other comes nearer.
func TestCycleDesignIsTheNearestLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p0 := rapid.Float64Range(0.01, 0.45).Draw(t, "p0")
		step := rapid.IntRange(1, max(1, int((1-p0)/p0)-1)).Draw(t, "step")
		target := math.Exp(rapid.Float64Range(0, 12).Draw(t, "ln target"))
		d, ok := DesignBernoulliCycle(p0, step, target)
		if !ok || d.Limit < step+1 {
			t.Fatalf("%+v", d)
		}
		off := func(limit int) float64 {
			run, ok1 := BernoulliRunLength(p0, BernoulliCUSUM{step, limit})
			back, ok2 := BernoulliReturn(p0, BernoulliCUSUM{step, limit})
			if !ok1 || !ok2 {
				t.Fatalf("no cycle at limit %d", limit)
			}
			return math.Abs(math.Log((run + back) / target))
		}
		for _, other := range []int{d.Limit - 1, d.Limit + 1} {
			if other > step && off(other) < off(d.Limit)-1e-9 {
				t.Fatalf("limit %d is nearer than %d", other, d.Limit)
			}
		}
	})
}

func TestReturnOfSimulatedCharts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		p     float64
		chart BernoulliCUSUM
	}{{0.2, BernoulliCUSUM{3, 17}}, {0.05, BernoulliCUSUM{12, 30}}, {0.4, BernoulliCUSUM{1, 8}}, {0.3, BernoulliCUSUM{5, 2}}} {
		want, ok := BernoulliReturn(c.p, c.chart)
		total, runs := 0, 4000
		for range runs {
			for s := c.chart.Limit; s > 0; total++ {
				s = min(c.chart.Next(s, random.Float64() < c.p), c.chart.Limit)
			}
		}
		if mean := float64(total) / float64(runs); !ok || math.Abs(mean/want-1) > 0.06 {
			t.Errorf("%+v: simulated %v, computed %v", c, mean, want)
		}
	}
	if got, ok := BernoulliReturn(0.9, BernoulliCUSUM{30, 5000}); ok {
		t.Errorf("a return beyond all numbers: %v", got)
	}
}

func TestRunLengthOfSimulatedCharts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	chart := BernoulliCUSUM{4, 20}
	want, _ := BernoulliRunLength(0.2, chart)
	total, runs := 0, 4000
	for range runs {
		for s := 0; !chart.Alarm(s); total++ {
			s = chart.Next(s, random.Float64() < 0.2)
		}
	}
	if mean := float64(total) / float64(runs); math.Abs(mean/want-1) > 0.06 {
		t.Errorf("simulated %v, computed %v", mean, want)
	}
}

func TestChartsWithoutAnswer(t *testing.T) {
	if _, ok := BernoulliImpliedRate(0.3, 3); ok {
		t.Error("a step that already drifts upwards detects a rate")
	}
	if _, ok := DesignBernoulli(0.5, 1, 100); ok {
		t.Error("a design without a rate to detect")
	}
	if _, ok := DesignBernoulli(0.1, 6, math.Inf(1)); ok {
		t.Error("a design without false alarms")
	}
	for _, c := range []struct {
		p float64
		c BernoulliCUSUM
	}{{0, BernoulliCUSUM{3, 5}}, {1.1, BernoulliCUSUM{3, 5}}, {0.2, BernoulliCUSUM{0, 5}}, {0.2, BernoulliCUSUM{3, 0}}, {0.001, BernoulliCUSUM{1, 500}}} {
		if got, ok := BernoulliRunLength(c.p, c.c); ok {
			t.Errorf("%+v runs %v", c, got)
		}
	}
	for _, c := range [][2]float64{{0.2, 0.2}, {0.3, 0.2}, {0, 0.2}, {0.2, 1}} {
		if m, ok := BernoulliStep(c[0], c[1]); ok {
			t.Errorf("%v has step %d", c, m)
		}
	}
	if _, ok := FalseAlarms(100, 0); ok {
		t.Error("alarms at run length 0")
	}
	if n, ok := FalseAlarms(9000, 18000); !ok || n != 0.5 {
		t.Errorf("false alarms %v", n)
	}
}

func TestLikelihoodCUSUMs(t *testing.T) {
	w, ok := BernoulliLogLikelihood(0.15, 0.3)
	near(t, "event", math.Ln2, w.Event, ok, 1e-12)
	near(t, "non-event", math.Log(0.7/0.85), w.NonEvent, ok, 1e-12)
	if s := w.Next(0, false); s != 0 {
		t.Errorf("the floor is 0, not %v", s)
	}
	if s := w.Next(w.Next(0, true), true); math.Abs(s-2*w.Event) > 1e-15 {
		t.Errorf("two events: %v", s)
	}
	s := 0.0
	for i, expected := range []float64{10, 10, 12, 8, 10} {
		s = PoissonCUSUM(s, expected, []int64{11, 16, 20, 13, 17}[i], 1.5)
	}
	near(t, "Poisson CUSUM", 6.76069713514, s, true, 1e-10)
	if s := PoissonCUSUM(3, 10, 12, -1); s != 3 {
		t.Errorf("an impossible factor moved the statistic to %v", s)
	}
}

func TestTabularCUSUM(t *testing.T) {
	c := TabularCUSUM{Target: 10, K: 0.5, H: 2}
	high, low := c.Next(0, 0, 12)
	if high != 1.5 || low != 0 || c.Alarm(high, low) {
		t.Errorf("%v, %v", high, low)
	}
	high, low = c.Next(high, low, 11)
	if high != 2 || c.Alarm(high, low) {
		t.Error("at the limit is not beyond it")
	}
	if high, low = c.Next(high, low, 7); low != 2.5 || !c.Alarm(high, low) {
		t.Errorf("%v, %v", high, low)
	}
	if h, l := c.Next(high, low, math.NaN()); h != high || l != low {
		t.Error("NaN moved the statistics")
	}
}

func TestEWMA(t *testing.T) {
	c := EWMA{Mean: 50, SD: 2.0539, Lambda: 0.3, L: 3}
	limits, ok := c.AsymptoticLimits()
	near(t, "NIST upper limit", 52.5884317381, limits.High, ok, 1e-9)
	narrow, ok := c.Limits(1)
	near(t, "first limit is L·λ·σ", 50+3*0.3*2.0539, narrow.High, ok, 1e-12)
	late, ok := c.Limits(200)
	near(t, "limits widen to the asymptote", limits.Low, late.Low, ok, 1e-12)
	near(t, "next", 50.6, c.Next(50, 52), true, 1e-12)
	if z := c.Next(50, math.Inf(1)); z != 50 {
		t.Errorf("infinity moved the average to %v", z)
	}
	for _, bad := range []EWMA{{}, {Lambda: 1.1, L: 3}, {Lambda: 0.2, SD: -1}, {Lambda: 0.2, SD: math.NaN()}} {
		if _, ok := bad.AsymptoticLimits(); ok {
			t.Errorf("%+v has limits", bad)
		}
	}
	if _, ok := c.Limits(0); ok {
		t.Error("observations count from 1")
	}
}

func TestSeasonalBaseline(t *testing.T) {
	b, ok := SeasonalBaseline([]float64{10, 12, 11, 90})
	near(t, "median", 11.5, b.Expected, ok, 0)
	near(t, "spread", math.Sqrt(11.5), b.Spread, ok, 1e-15)
	b, ok = SeasonalBaseline([]float64{0, 40, 80})
	near(t, "wide", 1.4826*40, b.Spread, ok, 1e-12)
	b, ok = SeasonalBaseline([]float64{0, 0})
	near(t, "silence", 0, b.Spread, ok, 0)
	for _, bad := range [][]float64{nil, {-1, 2}, {math.NaN()}, {math.Inf(1)}} {
		if b, ok := SeasonalBaseline(bad); ok {
			t.Errorf("%v: %+v", bad, b)
		}
	}
}

func TestSPRT(t *testing.T) {
	upper, lower, ok := SPRTBounds(0.05, 0.10)
	near(t, "upper", 2.8903717579, upper, ok, 1e-10)
	near(t, "lower", -2.25129179861, lower, ok, 1e-10)
	s, ok := NewSPRT(0.1, 0.2, 0.05, 0.10)
	if !ok {
		t.Fatal("no test")
	}
	random, wrong, runs := rand.New(rand.NewPCG(3, 4)), 0, 2000
	for range runs {
		ratio := 0.0
		for s.Verdict(ratio) == Undecided {
			ratio = s.Next(ratio, random.Float64() < 0.1)
		}
		if s.Verdict(ratio) == Changed {
			wrong++
		}
	}
	if share := float64(wrong) / float64(runs); share > 0.05 || share < 0.02 {
		t.Errorf("wrongly decided for a change in %v of the tests", share)
	}
	for _, bad := range [][4]float64{{0.1, 0.1, 0.05, 0.1}, {0, 0.1, 0.05, 0.1}, {0.1, 0.2, 0, 0.1}, {0.1, 0.2, 0.6, 0.6}} {
		if s, ok := NewSPRT(bad[0], bad[1], bad[2], bad[3]); ok {
			t.Errorf("%v: %+v", bad, s)
		}
	}
}

func BenchmarkDesign(b *testing.B) {
	for b.Loop() {
		DesignBernoulli(0.05, 12, 38000)
	}
}
