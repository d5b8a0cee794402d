package csat_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func ratings(h stat.Histogram) stat.Sums { return h.Sums() }

func TestCaseMixCanTurnTheSign(t *testing.T) {
	// On each topic people do better; the AI gets the easy one.
	easy := csat.Stratum{Name: "easy", AI: ratings(stat.Histogram{0, 0, 0, 50, 50}), Human: ratings(stat.Histogram{0, 0, 0, 4, 6})}
	hard := csat.Stratum{Name: "hard", AI: ratings(stat.Histogram{2, 2, 2, 2, 2}), Human: ratings(stat.Histogram{10, 20, 20, 25, 25})}
	c := csat.Compare([]csat.Stratum{easy, hard}, csat.DefaultMinRatings, csat.CombinedMix, stat.Confidence95)
	if *c.AICrude <= *c.HumanCrude {
		t.Fatalf("crude: AI %v, people %v", *c.AICrude, *c.HumanCrude)
	}
	if *c.AI >= *c.Human || *c.Difference >= 0 {
		t.Errorf("on the same mix: AI %v, people %v", *c.AI, *c.Human)
	}
	if *c.SupportShare != 1 || c.Supported != 2 {
		t.Errorf("%+v", c)
	}
}

func TestVerdict(t *testing.T) {
	good, bad := ratings(stat.Histogram{0, 0, 0, 0, 50}), ratings(stat.Histogram{50, 0, 0, 0, 0})
	one := stat.Sums{N: 1, Sum: 5, SumSq: 25}
	for name, c := range map[string]struct {
		strata []csat.Stratum
		want   csat.Verdict
	}{
		"nothing":          {nil, csat.NotComparable},
		"AI alone":         {[]csat.Stratum{{Name: "a", AI: good}}, csat.NotComparable},
		"too few people":   {[]csat.Stratum{{Name: "a", AI: good, Human: one}}, csat.NotComparable},
		"AI higher":        {[]csat.Stratum{{Name: "a", AI: good, Human: bad}}, csat.AIHigher},
		"AI lower":         {[]csat.Stratum{{Name: "a", AI: bad, Human: good}}, csat.AILower},
		"alike":            {[]csat.Stratum{{Name: "a", AI: good, Human: good}}, csat.NoDifference},
		"a small part":     {[]csat.Stratum{{Name: "a", AI: ratings(stat.Histogram{5}), Human: ratings(stat.Histogram{0, 0, 0, 0, 5})}, {Name: "b", AI: good}}, csat.NotComparable},
		"exactly one half": {[]csat.Stratum{{Name: "a", AI: ratings(stat.Histogram{25}), Human: ratings(stat.Histogram{0, 0, 0, 0, 25})}, {Name: "b", AI: good}}, csat.AILower},
	} {
		if got := csat.Compare(c.strata, csat.DefaultMinRatings, csat.CombinedMix, stat.Confidence95).Verdict(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTargetsWeighDifferently(t *testing.T) {
	strata := []csat.Stratum{
		{Name: "a", AI: ratings(stat.Histogram{0, 0, 0, 90}), Human: ratings(stat.Histogram{0, 0, 10})},
		{Name: "b", AI: ratings(stat.Histogram{0, 10}), Human: ratings(stat.Histogram{90})},
	}
	combined := csat.Compare(strata, 5, csat.CombinedMix, stat.Confidence95)
	ai := csat.Compare(strata, 5, csat.AIMix, stat.Confidence95)
	if math.Abs(*combined.Human-2) > 1e-12 || math.Abs(*ai.Human-(0.9*3+0.1*1)) > 1e-12 {
		t.Errorf("people on the combined mix %v, on the AI's cases %v", *combined.Human, *ai.Human)
	}
}

func strata() *rapid.Generator[[]csat.Stratum] {
	side := rapid.Custom(func(t *rapid.T) stat.Sums {
		return stat.Histogram(rapid.SliceOfN(rapid.Int64Range(0, 20), 5, 5).Draw(t, "counts")).Sums()
	})
	return rapid.Custom(func(t *rapid.T) []csat.Stratum {
		out := make([]csat.Stratum, rapid.IntRange(0, 6).Draw(t, "strata"))
		for i := range out {
			out[i] = csat.Stratum{Name: fmt.Sprint(i), AI: side.Draw(t, "ai"), Human: side.Draw(t, "human")}
		}
		return out
	})
}

// TestComparisonHolds: means stay on the scale, the interval holds the difference, the order of strata does not matter, and
// swapping the sides turns the sign on the combined mix.
func TestComparisonHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strata().Draw(t, "strata")
		c := csat.Compare(s, 5, csat.CombinedMix, stat.Confidence95)
		rated := slices.ContainsFunc(s, func(s csat.Stratum) bool { return s.AI.N+s.Human.N > 0 })
		if (c.SupportShare != nil) != rated || rated && (*c.SupportShare < 0 || *c.SupportShare > 1) {
			t.Fatalf("support %v", lo.FromPtr(c.SupportShare))
		}
		if c.Difference == nil {
			if c.Interval != nil || c.AI != nil || lo.FromPtr(c.SupportShare) != 0 {
				t.Fatalf("half a comparison: %+v", c)
			}
			return
		}
		if *c.AI < 1 || *c.AI > 5 || *c.Human < 1 || *c.Human > 5 || *c.Difference < c.Interval.Low || *c.Difference > c.Interval.High {
			t.Fatalf("%+v", c)
		}
		turned := slices.Clone(s)
		slices.Reverse(turned)
		if again := csat.Compare(turned, 5, csat.CombinedMix, stat.Confidence95); *again.Difference != *c.Difference || *again.StandardError != *c.StandardError {
			t.Fatalf("the order of the strata changes %v to %v", *c.Difference, *again.Difference)
		}
		for i := range turned {
			turned[i].AI, turned[i].Human = turned[i].Human, turned[i].AI
		}
		if swapped := csat.Compare(turned, 5, csat.CombinedMix, stat.Confidence95); math.Abs(*swapped.Difference+*c.Difference) > 1e-9 {
			t.Fatalf("%v one way, %v the other", *c.Difference, *swapped.Difference)
		}
	})
}

func ExampleCompare() {
	c := csat.Compare([]csat.Stratum{{
		Name: "billing", AI: stat.Histogram{0, 0, 0, 30, 70}.Sums(), Human: stat.Histogram{10, 10, 20, 30, 30}.Sums(),
	}}, csat.DefaultMinRatings, csat.CombinedMix, stat.Confidence95)
	fmt.Printf("%.2f against %.2f: %s\n", *c.AI, *c.Human, c.Verdict())
	// Output: 4.70 against 3.60: higher
}
