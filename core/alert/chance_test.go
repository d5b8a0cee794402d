package alert

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// usualRatings have the shares 5/3/5/20/67 %: a mean of 4.41.
var usualRatings = stat.Histogram{50, 30, 50, 200, 670}

func drawRatings(n int, r *rand.Rand) (h stat.Histogram) {
	for range n {
		u := int64(r.IntN(1000))
		for k := range h {
			if u -= usualRatings[k]; u < 0 {
				h[k]++
				break
			}
		}
	}
	return h
}

// The chance of a false fire that events are announced with is the one that drawing shows.
func TestFireChance(t *testing.T) {
	const draws = 25000
	for _, c := range []struct {
		metric    Metric
		mode      Mode
		threshold float64
		n         int
		within    float64 // of the true chance, beyond what drawing leaves open
	}{
		{CSATAverage, Point, 4, 30, 0}, {CSATAverage, Point, 4.2, 72, 0}, {CSATAverage, Point, 4.35, 400, 0.05},
		{CSATAverage, Confident, 4, 5, 0}, {CSATAverage, Confident, 4.2, 20, 0},
		{CSATPercent, Point, 0.8, 40, 0}, {CSATPercent, Confident, 0.85, 40, 0},
		{EscalationRate, Point, 0.2, 40, 0}, {EscalationRate, Confident, 0.1, 60, 0},
	} {
		rule := Rule{ID: "r", Metric: c.metric, Mode: c.mode, Params: Params{Threshold: &c.threshold, MinN: lo.ToPtr(int64(1))}}
		usual := Sample{Ratings: usualRatings, Trials: 1000, Bad: 130}
		got, ok := fireChance(rule, rule.threshold(rule.settings()), int64(c.n), usual)
		if !ok {
			t.Fatalf("%+v: no answer", c)
		}
		r := rand.New(rand.NewPCG(1, uint64(c.n)))
		fired := 0.0
		for range draws {
			h := drawRatings(c.n, r)
			o := Observation{ID: "o", Sample: Sample{Ratings: h, Trials: int64(c.n), Bad: h[0] + h[1] + h[2]}}
			if judgeThreshold(rule, rule.settings(), o).bad {
				fired++
			}
		}
		want := fired / draws
		if room := 4*math.Sqrt(want*(1-want)/draws) + c.within*want; want == 0 || math.Abs(got-want) > room {
			t.Errorf("%+v: chance %.5f, drawing gives %.5f ± %.5f", c, got, want, room)
		}
	}
}

// Windows of a day looked at every hour go wrong together: far fewer onsets than bad evaluations.
func TestOnsetOfOverlappingWindows(t *testing.T) {
	const hours, perHour, window = 400_000, 3, 24
	r := rand.New(rand.NewPCG(5, 5))
	rule := Rule{ID: "r", Metric: CSATAverage, Mode: Point, Params: Params{Threshold: lo.ToPtr(4.1)}}
	set := rule.settings()
	limit := rule.threshold(set)
	ring := make([]stat.Histogram, window)
	var sum stat.Histogram
	var onsets float64
	before := false
	for i := range hours {
		h := drawRatings(perHour, r)
		sum, ring[i%window] = sum.Plus(h).Minus(ring[i%window]), h
		value, _ := Sample{Ratings: sum}.value(CSATAverage)
		bad := limit.beyond(*value)
		if bad && !before {
			onsets++
		}
		before = bad
	}
	p, _ := fireChance(rule, limit, perHour*window, Sample{Ratings: usualRatings})
	got := onset(p, float64(set.every)/float64(set.window))
	if want := onsets / hours; math.Abs(got/want-1) > 0.3 {
		t.Errorf("onset chance %.6f, drawing gives %.6f", got, want)
	}
}

func TestEWMARunLength(t *testing.T) {
	// With λ = 1 the average is the last value alone.
	beyond3, _ := stat.NormalTail(3)
	if got, ok := ewmaRunLength(1, 3); !ok || math.Abs(got*beyond3-1) > 1e-6 {
		t.Errorf("λ 1: %g, want %g", got, 1/beyond3)
	}
	for _, c := range []struct{ lambda, sigmas float64 }{{0.2, 2}, {0.1, 2}, {0.5, 2.2}} {
		r := rand.New(rand.NewPCG(6, 7))
		const runs = 4000
		total, limit := 0.0, c.sigmas*math.Sqrt(c.lambda/(2-c.lambda))
		for range runs {
			for z := 0.0; z <= limit; total++ {
				z = math.Max(-limit, c.lambda*r.NormFloat64()+(1-c.lambda)*z)
			}
		}
		got, ok := ewmaRunLength(c.lambda, c.sigmas)
		if want := total / runs; !ok || math.Abs(got/want-1) > 0.06 {
			t.Errorf("λ %g, %g sigmas: %.1f, drawing gives %.1f", c.lambda, c.sigmas, got, want)
		}
	}
	// Two-sided charts of λ 0.2 and 2.962 sigmas run 500 points (Lucas & Saccucci 1990), one-sided ones about twice that.
	if got, _ := ewmaRunLength(0.2, 2.962); got < 900 || got > 1050 {
		t.Errorf("λ 0.2, 2.962 sigmas: %.1f, want about 1000", got)
	}
}

// The order drawn for a window has exactly its bad ones, is the same each time, and favours no place.
func TestOrderedIsAFairDraw(t *testing.T) {
	places := make([]float64, 12)
	const draws = 20000
	for i := range draws {
		o := Observation{ID: string(rune('a'+i%26)) + string(rune(i)), Sample: Sample{Trials: 12, Bad: 3}}
		outcomes, again := o.ordered(EscalationRate), o.ordered(EscalationRate)
		if lo.Count(outcomes, true) != 3 || lo.Count(again, true) != 3 {
			t.Fatalf("%v does not have 3 bad ones", outcomes)
		}
		for k, bad := range outcomes {
			if bad != again[k] {
				t.Fatal("the order is not the same each time")
			}
			if bad {
				places[k]++
			}
		}
	}
	for k, n := range places {
		if share := n / draws; math.Abs(share-0.25) > 0.015 {
			t.Errorf("place %d is bad %.3f of the time, want 0.25", k, share)
		}
	}
}

func TestTimes(t *testing.T) {
	for x, want := range map[float64]string{
		0: "less than 0.01 times", 0.0099: "less than 0.01 times", 0.0874: "0.087 times", 0.8: "0.8 times", 0.996: "1 time",
		1: "1 time", 1.25: "1.2 times", 9.96: "10 times", 12: "12 times", 91.7: "92 times",
	} {
		if got := times(x); got != want {
			t.Errorf("times(%g) = %q, want %q", x, got, want)
		}
	}
}
