package csat_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func near(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 1e-9 {
		t.Errorf("%s: %v, want %v", what, lo.FromPtr(got), want)
	}
}

func TestSummary(t *testing.T) {
	s := csat.Summarise(stat.Histogram{2, 3, 5, 20, 70}, lo.ToPtr(int64(250)))
	if s.Rated != 100 || s.Sum != 453 {
		t.Errorf("%+v", s)
	}
	near(t, "average", s.Average, 4.53)
	near(t, "satisfied", s.SatisfiedPct, 90)
	near(t, "response", s.ResponsePct, 40)
}

func TestNothingRatedIsUnknownAndNotZero(t *testing.T) {
	s := csat.Summarise(stat.Histogram{}, lo.ToPtr(int64(7)))
	if s.Average != nil || s.SatisfiedPct != nil {
		t.Errorf("an average of nothing: %+v", s)
	}
	near(t, "nobody of seven answered", s.ResponsePct, 0)
	if csat.Summarise(stat.Histogram{0, 0, 0, 0, 1}, nil).ResponsePct != nil || csat.Summarise(stat.Histogram{1}, lo.ToPtr(int64(0))).ResponsePct != nil {
		t.Error("a response rate of unknown or no offers")
	}
}

func histograms() *rapid.Generator[stat.Histogram] {
	return rapid.Custom(func(t *rapid.T) stat.Histogram {
		return stat.Histogram(rapid.SliceOfN(rapid.Int64Range(0, 1000), 5, 5).Draw(t, "counts"))
	})
}

// TestBoundsHoldWhateverTheSilentThought: however the silent would have answered, the figures stay inside the bounds.
func TestBoundsHoldWhateverTheSilentThought(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answered, silent := histograms().Draw(t, "answered"), histograms().Draw(t, "silent")
		var all stat.Histogram
		for i := range all {
			all[i] = answered[i] + silent[i]
		}
		closed := all.N()
		b, ok := csat.NonResponse(closed, answered)
		if ok != (closed > 0) {
			t.Fatalf("%d closed, ok %v", closed, ok)
		}
		if !ok {
			return
		}
		s := csat.Summarise(all, nil)
		const slack = 1e-9
		if *s.Average < b.Mean.Low-slack || *s.Average > b.Mean.High+slack || *s.SatisfiedPct < b.SatisfiedPct.Low-slack || *s.SatisfiedPct > b.SatisfiedPct.High+slack {
			t.Fatalf("%v and %v silent: %v, %v outside %+v", answered, silent, *s.Average, *s.SatisfiedPct, b)
		}
	})
}

func TestBoundsOfMoreRatingsThanClosed(t *testing.T) {
	b, ok := csat.NonResponse(1, stat.Histogram{0, 0, 0, 0, 4})
	if !ok || b.SatisfiedPct.Low != 100 || b.SatisfiedPct.High != 100 || b.Mean.Low != 5 || b.Mean.High != 5 {
		t.Errorf("%+v", b)
	}
	if _, ok := csat.NonResponse(-3, stat.Histogram{}); ok {
		t.Error("bounds of nothing")
	}
}

func TestWeightByResponse(t *testing.T) {
	w := csat.WeightByResponse([]csat.ResponseCell{{Closed: 100, Rated: 40, Satisfied: 20}, {Closed: 300, Rated: 40, Satisfied: 38}, {Closed: 100}})
	near(t, "crude", w.CrudePct, 72.5)
	near(t, "weighted", w.WeightedPct, 100*(100*0.5+300*0.95)/400)
	near(t, "uncovered", w.UncoveredShare, 0.2)
	if w := csat.WeightByResponse(nil); w.CrudePct != nil || w.WeightedPct != nil || w.UncoveredShare != nil {
		t.Errorf("of nothing: %+v", w)
	}
	w = csat.WeightByResponse([]csat.ResponseCell{{Closed: 5}})
	if w.CrudePct != nil || w.WeightedPct != nil || *w.UncoveredShare != 1 {
		t.Errorf("nobody answered: %+v", w)
	}
}

// TestWeightingChangesNothingWhenAllAnswerAlike: with the same response rate in each cell the weighted figure is the crude.
func TestWeightingChangesNothingWhenAllAnswerAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.Int64Range(1, 9).Draw(t, "closed for each rated")
		cells := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) csat.ResponseCell {
			rated := rapid.Int64Range(1, 500).Draw(t, "rated")
			return csat.ResponseCell{Closed: rated * times, Rated: rated, Satisfied: rapid.Int64Range(0, rated).Draw(t, "satisfied")}
		}), 1, 8).Draw(t, "cells")
		w := csat.WeightByResponse(cells)
		if math.Abs(*w.CrudePct-*w.WeightedPct) > 1e-9 || *w.UncoveredShare != 0 {
			t.Fatalf("%+v: crude %v, weighted %v", cells, *w.CrudePct, *w.WeightedPct)
		}
	})
}

func TestResponseSkew(t *testing.T) {
	if skewed, p, ok := csat.ResponseSkew(60, 100, 200, 1000); !ok || !skewed || p > 0.01 {
		t.Errorf("60 %% against 20 %%: %v, %v, %v", skewed, p, ok)
	}
	if skewed, _, ok := csat.ResponseSkew(20, 100, 200, 1000); !ok || skewed {
		t.Error("alike, and called skewed")
	}
	if skewed, _, ok := csat.ResponseSkew(0, 0, 200, 1000); ok || skewed {
		t.Error("no unhappy conversations, and a verdict")
	}
}

func ExampleSummarise() {
	offered := int64(250)
	s := csat.Summarise(stat.Histogram{2, 3, 5, 20, 70}, &offered)
	fmt.Printf("%.2f, %.0f %% satisfied, %.0f %% answered\n", *s.Average, *s.SatisfiedPct, *s.ResponsePct)
	// Output: 4.53, 90 % satisfied, 40 % answered
}
