package alert_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func TestSentences(t *testing.T) {
	usual := &alert.Baseline{Days: 28, Sample: alert.Sample{Ratings: stat.Histogram{50, 30, 50, 200, 670}, Trials: 1000, Bad: 100,
		Seconds: stat.Sums{N: 1000, Sum: 400000, SumSq: 170000000}}}
	for _, c := range []struct {
		rule   alert.Rule
		sample alert.Sample
		usual  *alert.Baseline
		want   string
	}{
		{rule(alert.CSATAverage, alert.Confident, alert.Params{}), csat(8, 3, 5, 7, 18), usual, ""},
		{rule(alert.CSATAverage, alert.Confident, alert.Params{}), csat(10, 4, 5, 8, 14), usual,
			"Average CSAT 3.29 (n=41, at most 3.80 at 95 %) is below 4.0; a healthy month would see this less than 0.01 times."},
		{rule(alert.CSATAverage, alert.Point, alert.Params{}), csat(8, 3, 5, 7, 18), nil,
			"Average CSAT 3.59 (n=41, 3.09 to 4.08 at 95 %) is below 4.0."},
		{rule(alert.CSATPercent, alert.Point, alert.Params{Threshold: lo.ToPtr(0.8)}), csat(8, 3, 5, 7, 18), nil,
			"CSAT 61.0 % (n=41, 45.7 % to 74.3 % at 95 %) is below 80.0 %."},
		{rule(alert.EscalationRate, alert.Confident, alert.Params{Threshold: lo.ToPtr(0.15)}), alert.Sample{Trials: 100, Bad: 30}, nil,
			"Escalation rate 30.0 % (n=100, at least 21.9 % at 95 %) is above 15.0 %."},
		{rule(alert.HandleTime, alert.Point, alert.Params{Threshold: lo.ToPtr(500.0)}), alert.Sample{Seconds: stat.Sums{N: 40, Sum: 24000, SumSq: 15000000}}, nil,
			"Mean handle time 600 s (n=40, 560 s to 640 s at 95 %) is above 500 s."},
	} {
		o := hour(0, c.sample)
		o.Usual = c.usual
		_, e := alert.Evaluate(c.rule, alert.State{}, o)
		got := ""
		if e != nil {
			got = e.Sentence
		}
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestThresholdAboveClearsBelow(t *testing.T) {
	r := rule(alert.EscalationRate, alert.Point, alert.Params{Threshold: lo.ToPtr(0.20), Hysteresis: lo.ToPtr(0.05)})
	var firing []bool
	var s alert.State
	for i, bad := range []int64{20, 21, 16, 15, 21, 15, 15} {
		s, _ = alert.Evaluate(r, s, hour(i, alert.Sample{Trials: 100, Bad: bad}))
		firing = append(firing, s.Firing)
	}
	if diff := cmp.Diff([]bool{false, true, true, true, true, true, false}, firing); diff != "" {
		t.Error(diff)
	}
}

// The binary rounding of limit + hysteresis must not keep an alert open: 3.9 + 0.2 is a little more than 4.1.
func TestHysteresisIsDecimal(t *testing.T) {
	th := alert.Threshold{Limit: 3.9, Hysteresis: 0.2, MinN: 1, ClearAfter: 1, LowIsBad: true}
	if _, kind := th.Step(alert.Level{Firing: true}, 10, lo.ToPtr(4.1)); kind != alert.Resolved {
		t.Errorf("4.1 made %q", kind)
	}
}

func TestVolumeSaysWhyItDoesNotJudge(t *testing.T) {
	r := rule(alert.Conversations, alert.Volume, alert.Params{})
	o := hour(0, alert.Sample{Count: 500})
	o.History = []int64{5, 5}
	s, e := alert.Evaluate(r, alert.State{}, o)
	if e != nil || s.Note != "no volume alert yet: there are 2 weeks of history, 3 are needed" {
		t.Errorf("two weeks of history: %v, %q", e, s.Note)
	}
	o.History = []int64{5, 6, 4}
	if _, e = alert.Evaluate(r, alert.State{}, o); e == nil {
		t.Error("three weeks of history: 500 instead of 5 did not fire")
	}
}

// A quiet organisation's hours are put together until a conversation is expected in them.
func TestVolumeWidensItsWindow(t *testing.T) {
	r := rule(alert.Conversations, alert.Volume, alert.Params{})
	var s alert.State
	var e *alert.Event
	// Each week one conversation in six hours, each time in another one: every hour's median is 0, that of four hours 1.
	for i := range 4 {
		o := hour(i, alert.Sample{Count: 3})
		o.History = lo.Times(6, func(week int) int64 { return lo.Ternary[int64](week == i, 1, 0) })
		if s, e = alert.Evaluate(r, s, o); i < 3 && (e != nil || !strings.Contains(s.Note, "widened")) {
			t.Fatalf("hour %d was judged alone: %v, %q", i, e, s.Note)
		}
	}
	if e == nil || e.Evidence.N != 12 || *e.Evidence.Usual != 1 || e.Evidence.Parameters["hours"] != 4 {
		t.Errorf("12 conversations where 1 is usual: %+v", e)
	}
	s = alert.State{}
	for i := range 169 {
		o := hour(i, alert.Sample{Count: 0})
		o.History = []int64{0, 0, 0}
		if s, e = alert.Evaluate(r, s, o); e != nil {
			t.Fatal(e.Sentence)
		}
		if i == 167 && !strings.Contains(s.Note, "fewer than one conversation a week") {
			t.Errorf("after a week of nothing: %q", s.Note)
		}
	}
}

// A rise too small for any one hour adds up.
func TestSustainedVolume(t *testing.T) {
	r := rule(alert.Conversations, alert.Volume, alert.Params{})
	var s alert.State
	for i := range 30 {
		o := hour(i, alert.Sample{Count: 29})
		o.History = []int64{20, 19, 21, 20, 22, 18, 20, 20}
		var e *alert.Event
		if s, e = alert.Evaluate(r, s, o); e != nil {
			if i < 2 || e.Evidence.Method != "conversations.sustained_volume/v1" || *e.Evidence.Statistic < *e.Evidence.Limit ||
				!strings.HasPrefix(e.Sentence, "More conversations than usual for some time: 29") {
				t.Errorf("hour %d: %+v", i, e)
			}
			return
		}
	}
	t.Error("29 an hour instead of 20 was never told")
}

func TestSilence(t *testing.T) {
	r := rule(alert.Conversations, alert.Silence, alert.Params{})
	at := func(i int, n int64, missing bool) alert.Observation {
		o := hour(i, alert.Sample{Count: n})
		o.History, o.Missing = []int64{3, 3, 4, 2}, missing
		return o
	}
	var kinds []string
	var s alert.State
	// The chance of none in k hours is e^-3k; the limit is 0.5/720, so three hours are needed.
	for i, o := range []alert.Observation{at(0, 0, false), at(1, 0, false), at(2, 0, true), at(3, 0, false), at(4, 0, false), at(5, 1, false), at(6, 0, false)} {
		var e *alert.Event
		s, e = alert.Evaluate(r, s, o)
		kinds = append(kinds, lo.TernaryF(e == nil, func() string { return "" }, func() string { return string(e.Kind) }))
		if i == 3 && *e.Evidence.Usual != 9 {
			t.Errorf("expected in the silence: %g, want 9", *e.Evidence.Usual)
		}
	}
	if diff := cmp.Diff([]string{"", "", "", "fired", "", "resolved", ""}, kinds); diff != "" {
		t.Error(diff)
	}
	// Nights in which nothing is usual are no silence.
	s = alert.State{}
	for i := range 100 {
		o := hour(i, alert.Sample{})
		o.History = []int64{0, 0, 1, 0}
		var e *alert.Event
		if s, e = alert.Evaluate(r, s, o); e != nil {
			t.Fatal(e.Sentence)
		}
	}
}

// With the same n each day the limits are those of the textbook.
func TestEWMALimits(t *testing.T) {
	r := rule(alert.HandleTime, alert.EWMA, alert.Params{})
	usual := &alert.Baseline{Days: 28, Sample: alert.Sample{Seconds: stat.Sums{N: 100, Sum: 40000, SumSq: 16990000}}}
	chart := stat.EWMA{Mean: 400, SD: 100.0 / 5, Lambda: 0.2, L: 3}
	var s alert.State
	z := chart.Mean
	for i, x := range []int64{410, 420, 425, 430, 470, 480} {
		o := hour(24*i, alert.Sample{Seconds: stat.Sums{N: 25, Sum: 25 * x, SumSq: 25 * x * x}})
		o.Usual = usual
		var e *alert.Event
		s, e = alert.Evaluate(r, s, o)
		z = chart.Next(z, float64(x))
		limits, _ := chart.Limits(i + 1)
		if (e != nil) != (z > limits.High) && i < 5 {
			t.Errorf("day %d: event %v at %g with the limit %g", i, e, z, limits.High)
		}
		if math.Abs(s.EWMA.Average-z) > 1e-9 || math.Abs(3*math.Sqrt(s.EWMA.Variance)-(limits.High-400)) > 1e-9 {
			t.Errorf("day %d: %+v, want %g with the limit %g", i, s.EWMA, z, limits.High)
		}
	}
	if !s.Firing {
		t.Error("six days at 480 s instead of 400 s did not fire")
	}
}

// What is usual is not learned from the trouble itself.
func TestUsualIsFrozenWhileFiring(t *testing.T) {
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	o := hour(0, alert.Sample{Trials: 100, Bad: 60})
	o.Usual = usualRate(840, 8400)
	s, e := alert.Evaluate(r, alert.State{}, o)
	if e == nil {
		t.Fatal("60 of 100 instead of 10 did not fire")
	}
	next := hour(1, alert.Sample{Trials: 10, Bad: 6})
	next.Usual = usualRate(3000, 8400)
	after, _ := alert.Evaluate(r, s, next)
	if after.Cusum.Design != s.Cusum.Design {
		t.Errorf("the design moved from %+v to %+v", s.Cusum.Design, after.Cusum.Design)
	}
}

func TestCusumNeedsABaseline(t *testing.T) {
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	for _, c := range []struct {
		usual *alert.Baseline
		want  string
	}{
		{nil, "not judged: it is not known yet what is usual"},
		{usualRate(5, 49), "not judged: what is usual rests on 49, at least 50 are needed"},
		{usualRate(600, 1000), "not judged: no chart can watch a usual rate of 60.0 % for a higher one"},
	} {
		o := hour(0, alert.Sample{Trials: 10, Bad: 10})
		o.Usual = c.usual
		if s, e := alert.Evaluate(r, alert.State{}, o); e != nil || s.Note != c.want {
			t.Errorf("%v, note %q, want %q", e, s.Note, c.want)
		}
	}
	// No bad one in a thousand is still a rate that can be watched.
	o := hour(0, alert.Sample{Trials: 20, Bad: 10})
	o.Usual = usualRate(0, 1000)
	if _, e := alert.Evaluate(r, alert.State{}, o); e == nil {
		t.Error("10 of 20 instead of none in a thousand did not fire")
	}
}

// Known outcomes are taken in their order.
func TestCusumTakesOutcomesInOrder(t *testing.T) {
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	o := hour(0, alert.Sample{})
	o.Usual, o.Outcomes = usualRate(840, 8400), []bool{false, true, false, false, true}
	s, _ := alert.Evaluate(r, alert.State{}, o)
	m := s.Cusum.Design.Step
	if want := m - 2 + m; s.Cusum.Statistic != want || s.Cusum.Trials != 4 || s.Cusum.Bad != 2 {
		t.Errorf("%+v, want the sum %d over 4 with 2 bad", s.Cusum, want)
	}
}

// Wrong answers come no more often than asked for, and each question is answered once.
func TestSPRT(t *testing.T) {
	t.Parallel()
	const questions = 1500
	p := alert.Params{UsualRate: lo.ToPtr(0.15), DetectRate: lo.ToPtr(0.25)}
	for _, c := range []struct {
		truth, low, high float64 // bounds on the share of yes
	}{{0.15, 0.01, 0.05}, {0.25, 0.90, 0.99}} {
		r := rand.New(rand.NewPCG(8, 9))
		yes := 0
		for range questions {
			var s alert.State
			for i := 0; s.SPRT == nil || s.SPRT.Verdict == stat.Undecided; i++ {
				var e *alert.Event
				s, e = alert.Evaluate(rule(alert.EscalationRate, alert.SPRT, p), s, hour(i, alert.Sample{Trials: 5, Bad: binomial(5, c.truth, r)}))
				if e != nil {
					yes++
				}
			}
		}
		if got := float64(yes) / questions; got < c.low || got > c.high {
			t.Errorf("at a rate of %g %.3f of the questions were answered yes, want %g to %g", c.truth, got, c.low, c.high)
		}
	}
	s, e := alert.Evaluate(rule(alert.EscalationRate, alert.SPRT, p), alert.State{}, hour(0, alert.Sample{Trials: 50, Bad: 25}))
	if e == nil || s.SPRT.Verdict != stat.Changed || !strings.HasPrefix(e.Sentence, "The question is answered: Escalation rate is 50.0 % (n=50") {
		t.Errorf("25 of 50: %+v", e)
	}
	s, e = alert.Evaluate(rule(alert.EscalationRate, alert.SPRT, p), s, hour(1, alert.Sample{Trials: 500}))
	if e != nil || s.Note != "the question is answered: changed after 50" {
		t.Errorf("a second answer: %v, %q", e, s.Note)
	}
}

func TestAlarmed(t *testing.T) {
	span := func(from, to int) alert.Span {
		return alert.Span{Start: start.Add(time.Duration(from) * time.Hour), End: start.Add(time.Duration(to) * time.Hour)}
	}
	closed := alert.State{Alarms: []alert.Span{span(10, 12)}, LastAt: span(0, 40).End}
	open := closed
	open.Firing = true
	for _, c := range []struct {
		state alert.State
		span  alert.Span
		want  bool
	}{
		{closed, span(0, 10), false}, {closed, span(0, 11), true}, {closed, span(11, 20), true}, {closed, span(12, 20), false},
		{open, span(0, 10), false}, {open, span(12, 20), true}, {open, span(40, 41), false},
	} {
		if got := c.state.Alarmed(c.span); got != c.want {
			t.Errorf("firing %v, %v to %v: %v", c.state.Firing, c.span.Start, c.span.End, got)
		}
	}
}

// The notified fires are at least a cool-down apart, and none is held back that is further away than that.
func TestNotified(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOf(rapid.IntRange(0, 90)).Draw(t, "gaps")
		at := start
		fires := lo.Map(gaps, func(g int, _ int) time.Time { at = at.Add(time.Duration(g) * time.Minute); return at })
		told := alert.Notified(fires, time.Hour)
		for i, fire := range fires {
			last := lo.Filter(told, func(k int, _ int) bool { return k < i })
			due := len(last) == 0 || fire.Sub(fires[last[len(last)-1]]) >= time.Hour
			if due != lo.Contains(told, i) {
				t.Fatalf("fire %d at %v: due %v, told %v", i, fire, due, told)
			}
		}
	})
}
