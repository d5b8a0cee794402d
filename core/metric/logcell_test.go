package metric_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

func TestLogCellsKeepTheirPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alpha := rapid.SampledFrom([]float64{0.001, 0.01, 0.05, 0.25}).Draw(t, "alpha")
		x := rapid.Float64Range(1, 1e12).Draw(t, "x")
		i := metric.LogIndex(alpha, x)
		if got := metric.LogValue(alpha, i); math.Abs(got-x) > alpha*x*(1+1e-9) {
			t.Fatalf("%g stands for %g in cell %d", got, x, i)
		}
		if g := metric.Gamma(alpha); i > 0 && math.Pow(g, float64(i-1)) >= x {
			t.Fatalf("%g belongs in a cell before %d", x, i)
		}
	})
}

func TestLogIndexAtExactBounds(t *testing.T) {
	for x, want := range map[float64]int{1: 0, 3: 1, 9: 2, 27: 3, 81: 4, 243: 5, 244: 6, 28: 4, 1.0001: 1} {
		if got := metric.LogIndex(0.5, x); got != want { // γ = 3
			t.Errorf("%g: wanted cell %d, got %d", x, want, got)
		}
	}
}

func TestLogIndexRises(t *testing.T) {
	last := -1
	for s := int64(0); s <= metric.MaxSeconds; s += 1 + s/500 {
		m := int(metric.LogCell(metric.Resolution, s))
		if m < last || m < 3000 || m > 3999 {
			t.Fatalf("%d seconds are in cell %d, %d before", s, m, last)
		}
		last = m
	}
}

func TestEveryDurationIsInTheCellOfItsIndex(t *testing.T) {
	zero := metric.LogCell(metric.Resolution, 0)
	for s := int64(1); s <= metric.MaxSeconds; s++ {
		if got, want := metric.LogCell(metric.Resolution, s), zero+1+metric.Measure(metric.LogIndex(metric.Alpha, float64(s))); got != want {
			t.Fatalf("%d seconds are in cell %d, want %d", s, got, want)
		}
	}
}

// The quantile of cells is close to the exact lower quantile, for whole seconds.
func TestQuantilesAreCloseToExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 100_000), 1, 60).Draw(t, "seconds")
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		var sum metric.Vector
		var positive []float64
		for _, s := range values {
			sum = plus(t, sum, metric.Contribution(&conversation.Conversation{Findings: conversation.Findings{FirstResponseSeconds: &s}}).Values)
			if s > 0 {
				positive = append(positive, float64(s))
			}
		}
		slices.Sort(values)
		exact := float64(values[int(math.Floor(p*float64(len(values)-1)))])
		got, ok := sum.Quantile(metric.FirstResponse, p)
		if !ok || math.Abs(got-exact) > metric.Alpha*exact*(1+1e-9) {
			t.Fatalf("the quantile %g is %g, exactly %g", p, got, exact)
		}
		if _, ok := sum.Quantile(metric.Resolution, p); ok {
			t.Fatal("a duration nobody had has a quantile")
		}
		if len(positive) != len(values) {
			return
		}
		same, ok := metric.LogQuantile(metric.Alpha, positive, p)
		lower, okLower := metric.LowerQuantile(positive, p)
		if !ok || !okLower || same != got || lower != exact {
			t.Fatalf("from the values: %g and %g", same, lower)
		}
	})
}

// What is left without log cells is every measure that no quantile is read from.
func TestSumsLeaveOutLogCellsAlone(t *testing.T) {
	v := metric.Vector{
		{Measure: metric.Conversations, Value: 2}, {Measure: metric.ToEscalation.Sum(), Value: 9},
		{Measure: metric.LogCell(metric.HandleHuman, 0), Value: 1}, {Measure: metric.LogCell(metric.ToEscalation, 9), Value: 1},
	}
	if got := v.Sums(); !slices.Equal(got, v[:2]) {
		t.Errorf("%v is left of %v", got, v)
	}
	if got := v[:1].Sums(); !slices.Equal(got, v[:1]) {
		t.Errorf("%v is left of %v", got, v[:1])
	}
	sum := metric.NewSum(metric.Selection{SumsOnly: true})
	if err := sum.Add(metric.Cell{Values: v}); err != nil || !slices.Equal(sum.Cells()[0].Values, v[:2]) {
		t.Errorf("the sum is %v, %v", sum.Cells(), err)
	}
}

func TestQuantilesOfNothing(t *testing.T) {
	if _, ok := metric.LogQuantile(0.01, nil, 0.5); ok {
		t.Error("nothing has a quantile in cells")
	}
	if _, ok := metric.LowerQuantile(nil, 0.5); ok {
		t.Error("nothing has a quantile")
	}
	if _, ok := metric.Vector(nil).Quantile(metric.Resolution, 0.5); ok {
		t.Error("an empty cell has a quantile")
	}
}

func TestDistinctError(t *testing.T) {
	for p, want := range map[int]float64{14: 0.008125, 0: 1.04, 10: 0.0325} {
		if got := metric.DistinctError(p); math.Abs(got-want) > 1e-12 {
			t.Errorf("p %d: wanted %g, got %g", p, want, got)
		}
	}
}
