package stat

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestShrinkRatesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 12).Draw(t, "groups")
		events, totals := make([]int64, groups), make([]int64, groups)
		for i := range totals {
			totals[i] = rapid.Int64Range(0, 300).Draw(t, "total")
			events[i] = rapid.Int64Range(0, totals[i]).Draw(t, "events")
		}
		s, ok := ShrinkRates(events, totals)
		var n int64
		for _, total := range totals {
			n += total
		}
		if ok != (n > 0) {
			t.Fatalf("%d trials, ok %v", n, ok)
		}
		if !ok {
			return
		}
		if s.Rho < 0 || s.Rho > 1 || (s.Rho == 0) != (s.Strength == nil) {
			t.Fatalf("%+v", s)
		}
		for i, rate := range s.Shrunk {
			raw := s.Pooled
			if totals[i] > 0 {
				raw = float64(events[i]) / float64(totals[i])
			}
			if rate < math.Min(raw, s.Pooled)-1e-12 || rate > math.Max(raw, s.Pooled)+1e-12 {
				t.Fatalf("%v is not between %v and %v", rate, raw, s.Pooled)
			}
		}
	})
}

func TestShrinkRatesGuards(t *testing.T) {
	for what, c := range map[string]struct {
		events, totals []int64
		rho            float64
		shrunk         []float64
	}{
		"one group":             {[]int64{3}, []int64{10}, 0, []float64{0.3}},
		"one group with trials": {[]int64{3, 0}, []int64{10, 0}, 0, []float64{0.3, 0.3}},
		"no events":             {[]int64{0, 0}, []int64{10, 4}, 0, []float64{0, 0}},
		"only events":           {[]int64{10, 4}, []int64{10, 4}, 0, []float64{1, 1}},
		"groups of one":         {[]int64{1, 0, 1, 0}, []int64{1, 1, 1, 1}, 0, []float64{0.5, 0.5, 0.5, 0.5}},
		"nothing in common":     {[]int64{50, 0}, []int64{50, 50}, 1, []float64{1, 0}},
		"exactly alike":         {[]int64{1, 2}, []int64{10, 20}, 0, []float64{0.1, 0.1}},
	} {
		s, ok := ShrinkRates(c.events, c.totals)
		if !ok || s.Rho != c.rho || (s.Strength == nil) != (c.rho == 0) {
			t.Errorf("%s: %+v", what, s)
		}
		for i := range c.shrunk {
			near(t, what, c.shrunk[i], s.Shrunk[i], ok, 1e-12)
		}
	}
	for _, bad := range [][2][]int64{{{1}, {1, 2}}, {{3}, {2}}, {{1}, {0}}, {{-1}, {2}}, {{0}, {-2}}, {nil, nil}} {
		if s, ok := ShrinkRates(bad[0], bad[1]); ok {
			t.Errorf("%v shrank to %+v", bad, s)
		}
	}
	// Kleinman's weights by hand: see the derivation of E[S] in the paper.
	s, ok := ShrinkRates([]int64{2, 9, 1, 30}, []int64{10, 30, 2, 200})
	near(t, "rho", 0.0381304333067, s.Rho, ok, 1e-10)
	near(t, "strength", 25.2257706844, *s.Strength, ok, 1e-8)
}
