package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestIsotonicProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Bool(), 0, 40).Draw(t, "outcomes")
		fitted := Isotonic(outcomes)
		if len(fitted) != len(outcomes) || !slices.IsSorted(fitted) {
			t.Fatalf("%v", fitted)
		}
		// The closest such sequence has this closed form: max over i <= k of min over j >= k of the mean of i..j.
		for k := range outcomes {
			best := math.Inf(-1)
			for i := 0; i <= k; i++ {
				least := math.Inf(1)
				for j := k; j < len(outcomes); j++ {
					events := 0.0
					for _, yes := range outcomes[i : j+1] {
						events += float64(tally(yes))
					}
					least = math.Min(least, events/float64(j-i+1))
				}
				best = math.Max(best, least)
			}
			if math.Abs(fitted[k]-best) > 1e-12 {
				t.Fatalf("at %d: wanted %v, got %v", k, best, fitted[k])
			}
		}
	})
}

func TestCalibrate(t *testing.T) {
	c, ok := Calibrate([]float64{0.9, 0.1, 0.4, 0.4, 0.6}, []bool{true, false, true, false, false})
	if !ok {
		t.Fatal("no calibration")
	}
	for _, row := range []struct{ score, want float64 }{{-5, 0}, {0.1, 0}, {0.2, 1.0 / 3}, {0.4, 1.0 / 3}, {0.6, 1.0 / 3}, {0.7, 1}, {9, 1}} {
		got, ok := c.At(row.score)
		near(t, "at", row.want, got, ok, 1e-12)
	}
	if _, ok := c.At(math.NaN()); ok {
		t.Error("NaN was calibrated")
	}
	if _, ok := (Calibration{}).At(0.5); ok {
		t.Error("an empty calibration answered")
	}
	if _, ok := Calibrate([]float64{1}, nil); ok {
		t.Error("lengths differ")
	}
	if _, ok := Calibrate([]float64{math.Inf(1)}, []bool{true}); ok {
		t.Error("infinite score")
	}
}

func TestBrierAndReliability(t *testing.T) {
	b, ok := Brier([]float64{0.9, 0.2, 0.6, 0}, []bool{true, false, false, false})
	near(t, "score", (0.01+0.04+0.36)/4, b.Score, ok, 1e-12)
	near(t, "base rate", 0.1875, b.BaseRate, ok, 1e-12)
	near(t, "skill", 1-(0.41/4)/0.1875, *b.Skill, ok, 1e-12)
	if b, ok := Brier([]float64{0.5}, []bool{true}); !ok || b.Skill != nil {
		t.Errorf("all alike: %+v", b)
	}
	for _, bad := range [][]float64{nil, {1.2}, {math.NaN()}} {
		if _, ok := Brier(bad, make([]bool, len(bad))); ok {
			t.Errorf("%v was scored", bad)
		}
	}
	bins, ok := Reliability([]float64{0, 0.05, 0.1, 0.95, 1}, []bool{false, true, false, true, true})
	if !ok || len(bins) != 10 || bins[0].N != 2 || bins[1].N != 1 || bins[9].N != 2 || bins[5].Observed != nil {
		t.Fatalf("%+v", bins)
	}
	near(t, "mean predicted", 0.025, *bins[0].MeanPredicted, ok, 1e-12)
	near(t, "observed", 0.5, *bins[0].Observed, ok, 1e-12)
	if _, ok := Reliability([]float64{0.5}, nil); ok {
		t.Error("lengths differ")
	}
}

func TestSigmoid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score := rapid.Float64().Draw(t, "score")
		p, ok := Sigmoid(score)
		q, _ := Sigmoid(-score)
		if !ok || p < 0 || p > 1 || math.Abs(p+q-1) > 1e-15 {
			t.Fatalf("%v and %v", p, q)
		}
		if back, ok := Logit(p); math.Abs(score) < 20 && (!ok || math.Abs(back-score) > 1e-6) {
			t.Fatalf("%v leads back to %v", score, back)
		}
	})
	if p, ok := LogisticRisk(-2.2, []float64{1.4, 0.9, 1.1, 0.6}, []float64{1, 0, 2, 1}); !ok || math.Abs(p-0.880797077978) > 1e-12 {
		t.Errorf("risk %v", p)
	}
	if p, ok := LogisticRisk(1e308, []float64{1e308}, []float64{10}); !ok || p != 1 {
		t.Errorf("a score beyond float64: %v", p)
	}
	if _, ok := LogisticRisk(0, []float64{1}, nil); ok {
		t.Error("lengths differ")
	}
	if _, ok := LogisticRisk(math.Inf(1), []float64{1}, []float64{math.Inf(-1)}); ok {
		t.Error("infinity minus infinity is a risk")
	}
}

func simulateLogistic(n int, seed uint64) ([][]float64, []bool) {
	random := rand.New(rand.NewPCG(seed, 1))
	rows, outcomes := make([][]float64, n), make([]bool, n)
	for i := range rows {
		rows[i] = []float64{100 + 20*random.NormFloat64(), random.Float64(), 7}
		outcomes[i] = random.Float64() < sigmoid(-4+0.05*rows[i][0]-2*rows[i][1])
	}
	return rows, outcomes
}

func TestFitLogisticFindsTheMaximum(t *testing.T) {
	rows, outcomes := simulateLogistic(4000, 9)
	m, ok := FitLogistic(rows, outcomes)
	if !ok || m.Ridge != 0 || m.Weights[2] != 0 {
		t.Fatalf("%+v", m)
	}
	near(t, "first weight", 0.05, m.Weights[0], ok, 0.01)
	near(t, "second weight", -2, m.Weights[1], ok, 0.2)
	// At the maximum the residuals are orthogonal to each feature.
	var residuals [3]float64
	predicted := make([]float64, len(rows))
	for i, row := range rows {
		p, _ := m.Risk(row)
		predicted[i] = p
		for j, x := range []float64{1, row[0], row[1]} {
			residuals[j] += x * (float64(tally(outcomes[i])) - p)
		}
	}
	for _, r := range residuals {
		near(t, "residual", 0, r, true, 1e-6)
	}
	if b, _ := Brier(predicted, outcomes); b.Skill == nil || *b.Skill < 0.1 {
		t.Errorf("%+v", b)
	}
}

func TestFitLogisticWhenSeparated(t *testing.T) {
	m, ok := FitLogistic([][]float64{{1}, {2}, {3}, {4}, {5}, {6}}, []bool{false, false, false, true, true, true})
	if !ok || m.Ridge <= 0 || !finite(m.Intercept, m.Weights[0]) || m.Weights[0] <= 0 {
		t.Fatalf("%+v", m)
	}
	low, _ := m.Risk([]float64{1})
	high, _ := m.Risk([]float64{6})
	near(t, "centre", 1, low+high, true, 1e-6)
	twice, ok := FitLogistic([][]float64{{1, 2}, {2, 4}, {3, 6}, {4, 8}}, []bool{false, true, false, true})
	if !ok || twice.Ridge <= 0 {
		t.Errorf("the same feature twice: %+v", twice)
	}
}

func TestFitLogisticWithoutAnswer(t *testing.T) {
	for what, c := range map[string]struct {
		rows     [][]float64
		outcomes []bool
	}{
		"nothing":        {nil, nil},
		"all alike":      {[][]float64{{1}, {2}}, []bool{true, true}},
		"ragged":         {[][]float64{{1}, {2, 3}}, []bool{true, false}},
		"lengths differ": {[][]float64{{1}}, []bool{true, false}},
		"NaN":            {[][]float64{{1}, {math.NaN()}}, []bool{true, false}},
	} {
		if m, ok := FitLogistic(c.rows, c.outcomes); ok {
			t.Errorf("%s: %+v", what, m)
		}
	}
	m, ok := FitLogistic([][]float64{{}, {}, {}, {}}, []bool{true, false, false, false})
	p, _ := m.Risk(nil)
	near(t, "no features leave the base rate", 0.25, p, ok, 1e-9)
}

func drawDurations(t *rapid.T, outcomes []Outcome) []Duration {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Duration {
		return Duration{float64(rapid.IntRange(1, 12).Draw(t, "time")), rapid.SampledFrom(outcomes).Draw(t, "outcome")}
	}), 1, 50).Draw(t, "durations")
}

func TestIncidenceWithoutCensoringIsAShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := drawDurations(t, []Outcome{Happened, Competing})
		exits, _ := Tally(durations)
		steps, ok := CumulativeIncidence(exits)
		if !ok {
			t.Fatal("no answer")
		}
		for by := 0.0; by <= 13; by++ {
			events := 0.0
			for _, d := range durations {
				if d.Outcome == Happened && d.Time <= by {
					events++
				}
			}
			if got := At(steps, by, 0); math.Abs(got-events/float64(len(durations))) > 1e-12 {
				t.Fatalf("by %v: %v of %d, got %v", by, events, len(durations), got)
			}
		}
	})
}

func TestIncidenceByIsWilsonsWithoutCensoring(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := drawDurations(t, []Outcome{Happened, Competing})
		exits, _ := Tally(durations)
		by := float64(rapid.IntRange(0, 13).Draw(t, "by"))
		var events int64
		for _, d := range durations {
			events += tally(d.Outcome == Happened && d.Time <= by)
		}
		got, want := IncidenceBy(exits, by, 100, "x/v1"), Proportion(events, int64(len(durations)), 100, "x/v1")
		if math.Abs(*got.Value-*want.Value) > 1e-9 || math.Abs(*got.Low-*want.Low) > 1e-6 || math.Abs(*got.High-*want.High) > 1e-6 {
			t.Fatalf("by %v: %v–%v, wanted %v–%v", by, *got.Low, *got.High, *want.Low, *want.High)
		}
	})
}

func TestIncidenceOfTheUnseen(t *testing.T) {
	open := []Exits{{Time: 2, Censored: 5}}
	if e := IncidenceBy(open, 10, 100, "x/v1"); e.Known() {
		t.Errorf("nobody was watched for 10 turns: %+v", e)
	}
	if e := IncidenceBy(open, 1, 100, "x/v1"); !e.Known() || *e.Value != 0 || e.N != 5 {
		t.Errorf("five were watched for a turn: %+v", e)
	}
	mixed := []Exits{{Time: 1, Happened: 2, Competing: 4}, {Time: 2, Censored: 4}}
	if e := IncidenceBy(mixed, 10, 100, "x/v1"); *e.Value != 20 || *e.High < 60-1e-9 {
		t.Errorf("the four last seen waiting may all have escalated: %v–%v", *e.Low, *e.High)
	}
	if e := IncidenceBy(mixed, 1, 100, "x/v1"); *e.High >= 60 {
		t.Errorf("all were watched for one turn: %v", *e.High)
	}
}

func TestCurvesAreMonotoneAndNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := drawDurations(t, []Outcome{Censored, Happened, Competing})
		exits, _ := Tally(durations)
		incidence, _ := CumulativeIncidence(exits)
		survival, median, ok := KaplanMeier(exits)
		if !ok {
			t.Fatal("no answer")
		}
		last := 1.0
		for _, s := range survival {
			if s.Share > last || s.Share < 0 {
				t.Fatalf("survival %v after %v", s.Share, last)
			}
			last = s.Share
			if naive := 1 - s.Share; At(incidence, s.Time, 0) > naive+1e-12 {
				t.Fatalf("incidence exceeds one minus survival at %v", s.Time)
			}
		}
		if (median == nil) != (last > 0.5+1e-10) {
			t.Fatalf("median %v, survival ends at %v", median, last)
		}
		slices.Reverse(durations)
		if again, _ := Tally(durations); !slices.Equal(again, exits) {
			t.Fatal("the order of the durations matters")
		}
	})
}

func TestMedianForgivesRounding(t *testing.T) {
	for n := 2; n <= 400; n += 2 {
		exits := make([]Exits, n)
		for i := range exits {
			exits[i] = Exits{Time: float64(i + 1), Happened: 1}
		}
		if _, median, ok := KaplanMeier(exits); !ok || *median != float64(n/2) {
			t.Fatalf("median of 1…%d: %v", n, *median)
		}
	}
}

func TestSurvivalWithoutAnswer(t *testing.T) {
	if _, ok := Tally([]Duration{{math.NaN(), Happened}}); ok {
		t.Error("NaN has a place in time")
	}
	if _, ok := Tally([]Duration{{1, 3}}); ok {
		t.Error("outcome 3 is known")
	}
	for _, bad := range [][]Exits{{{Time: 2}, {Time: 1}}, {{Time: 1, Happened: -1}}} {
		if _, _, ok := KaplanMeier(bad); ok {
			t.Errorf("%+v has a curve", bad)
		}
		if _, ok := CumulativeIncidence(bad); ok {
			t.Errorf("%+v has an incidence", bad)
		}
	}
	if steps, median, ok := KaplanMeier(nil); !ok || len(steps) != 0 || median != nil {
		t.Error("nothing watched gives no steps")
	}
}
