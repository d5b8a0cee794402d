package stat

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// sound reports what is wrong with an estimate, if anything.
func sound(e Estimate) string {
	switch {
	case e.Value != nil && !finite(*e.Value):
		return "value is not finite"
	case (e.Low == nil) != (e.High == nil):
		return "half an interval"
	case e.Low != nil && (!finite(*e.Low, *e.High) || *e.Low > *e.High):
		return "the interval is upside down or not finite"
	case e.Low != nil && e.Value == nil:
		return "an interval around nothing"
	case (e.Low == nil) != (e.Method == MethodNone):
		return "method and interval disagree"
	case e.N < 0 || e.Denominator < 0 || !finite(e.Confidence):
		return "counts"
	case e.Maturity.State == "":
		return "no maturity"
	}
	return ""
}

func TestEveryConstructorMakesSoundEstimates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any64, anyFloat := rapid.Int64(), rapid.SampledFrom([]float64{0, 1, 100, -1, math.NaN(), math.Inf(1), math.MaxFloat64, 1e-320})
		small := rapid.Int64Range(-3, 50)
		x1, n1, x2, n2 := small.Draw(t, "x1"), small.Draw(t, "n1"), small.Draw(t, "x2"), small.Draw(t, "n2")
		scale, value := anyFloat.Draw(t, "scale"), anyFloat.Draw(t, "value")
		sums := Sums{small.Draw(t, "n"), any64.Draw(t, "sum"), any64.Draw(t, "sumsq")}
		h := Histogram{x1, n1, x2, n2, small.Draw(t, "fives")}
		for what, e := range map[string]Estimate{
			"proportion": Proportion(x1, n1, scale, "a/v1"),
			"rating":     MeanRating(h, "a/v1"),
			"mean":       MeanOf(sums, scale, "a/v1"),
			"difference": ProportionDifference(x1, n1, x2, n2, scale, "a/v1"),
			"stratified": StratifiedDifference([]Table{{x1, n1, x2, n2}, {x2, x1, n1, n2}}, scale, "a/v1"),
			"lift":       Lift(x1, n1, x2, n2, "a/v1"),
			"interval":   WithInterval(value, Interval{scale, anyFloat.Draw(t, "high")}, scale, MethodDelta, 3, "a/v1"),
			"odds":       StratifiedOddsRatio([]Table{{x1, n1, x2, n2}, {x2, x1, n1, n2}}, "a/v1"),
			"incidence":  IncidenceBy([]Exits{{1, x1, n1, x2}, {3, x2, n2, x1}}, value, scale, "a/v1"),
			"change":     Change(Proportion(x1, n1, 1, "a/v1"), MeanOf(sums, 1, "a/v1"), "a/v1"),
			"exact":      Exact(value, 3, "a/v1"),
		} {
			if fault := sound(e); fault != "" {
				t.Fatalf("%s: %s: %+v", what, fault, e)
			}
			if _, err := json.Marshal(e); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if i, ok := e.Interval(); ok && what != "interval" && !i.Contains(*e.Value) {
				t.Fatalf("%s: %+v does not hold %v", what, i, *e.Value)
			}
		}
	})
}

func TestEstimateOnTheWire(t *testing.T) {
	got, _ := json.Marshal(Unknown("csat.mean/v1", 0))
	want := `{"value":null,"n":0,"denominator":0,"low":null,"high":null,"confidence":0,"method":"none",` +
		`"definition":"csat.mean/v1","maturity":{"state":"final","mature_share":null}}`
	if string(got) != want {
		t.Errorf("\nwanted %s\ngot    %s", want, got)
	}
	e := Proportion(152, 1000, 100, "escalation.rate/v1")
	if *e.Value != 15.2 || e.N != 1000 || e.Denominator != 1000 || e.Confidence != 0.95 || e.Method != MethodWilson {
		t.Errorf("%+v", e)
	}
	if e := MeanRating(Histogram{2, 3, 5, 20, 70}, "csat.mean/v1"); *e.Value != 4.53 || e.Method != MethodStudentT {
		t.Errorf("%+v", e)
	}
	if e := MeanRating(Histogram{}, "csat.mean/v1"); e.Known() {
		t.Errorf("nothing rated is worth %v", *e.Value)
	}
	if e := Proportion(0, 0, 100, "x/v1"); e.Known() {
		t.Errorf("no trials are worth %v", *e.Value)
	}
	if e := MeanOf(Sums{}.With(30).With(50), 1, "x/v1"); !e.Known() || *e.Value != 40 || e.Low != nil {
		t.Errorf("two observations: %+v", e)
	}
	if e := MeanOf(Sums{}.With(9).With(9).With(9), 1, "x/v1"); *e.Value != 9 || e.Low != nil {
		t.Errorf("equal observations look certain: %+v", e)
	}
	if e := MeanOf(Sums{}.With(9).With(9).With(8), 1, "x/v1"); !(*e.Low < 8.5) || e.Method != MethodSkewedT {
		t.Errorf("three observations: %+v", e)
	}
	if e := Proportion(3, 10, 1, "x/v1").Per(40).WithMaturity(MaturityOf(30, 40)); e.N != 10 || e.Denominator != 40 ||
		e.Maturity.State != Maturing || *e.Maturity.MatureShare != 0.75 {
		t.Errorf("%+v", e)
	}
}

func TestMaturity(t *testing.T) {
	if m := MaturityOf(0, 0); m.State != Final || m.MatureShare != nil {
		t.Errorf("nothing to settle: %+v", m)
	}
	if m := MaturityOf(5, 5); m.State != Final || *m.MatureShare != 1 {
		t.Errorf("all settled: %+v", m)
	}
	if m := MaturityOf(0, 5); m.State != Maturing || *m.MatureShare != 0 {
		t.Errorf("none settled: %+v", m)
	}
}

func TestRoundAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1_000_000_000).Draw(t, "n")
		if rapid.Bool().Draw(t, "round") { // the ties are among these
			n = rapid.SampledFrom([]int64{8, 16, 40, 160, 200, 400, 1000, 2000, 16_000, 200_000, 1_000_000_000}).Draw(t, "round n")
		}
		x := rapid.Int64Range(-5*n, 5*n).Draw(t, "x")
		scale := rapid.SampledFrom([]int64{1, 100}).Draw(t, "scale")
		decimals := rapid.IntRange(0, 2).Draw(t, "decimals")
		exact := new(big.Rat).SetFrac64(x, n)
		exact.Mul(exact, big.NewRat(scale, 1))
		want := exact.FloatString(decimals) // rounds half away from zero
		if zero, _ := new(big.Rat).SetString(want); zero.Sign() == 0 && want[0] == '-' {
			want = want[1:]
		}
		if got := Round(float64(scale*x)/float64(n), decimals); got != want {
			t.Fatalf("%d/%d: wanted %s, got %s", x, n, want, got)
		}
	})
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		value    float64
		decimals int
		want     string
	}{
		{100.0 / 16, 1, "6.3"}, {12.5, 1, "12.5"}, {15.2, 1, "15.2"}, {900.0 / 160, 1, "5.6"}, {0, 1, "0.0"}, {-6.25, 1, "-6.3"}, {-0.001, 1, "0.0"},
		{0.05, 1, "0.1"}, {0.35, 1, "0.4"}, {-0.05, 1, "-0.1"}, {4.125, 2, "4.13"}, {9.0 / 8, 2, "1.13"}, {4.53, 2, "4.53"}, {1.005, 2, "1.01"}, {62.5, 0, "63"}, {62.4999, 0, "62"}, {1e21, 1, "1000000000000000000000.0"},
	} {
		if got := Round(c.value, c.decimals); got != c.want {
			t.Errorf("%v: wanted %s, got %s", c.value, c.want, got)
		}
	}
}
