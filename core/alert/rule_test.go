package alert_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

func TestValidateListsEveryFault(t *testing.T) {
	r := alert.Rule{Metric: "mood", Mode: "psychic", Family: -1,
		Segment: alert.Segment{Platform: "fax", Handler: "nobody", Priority: lo.ToPtr(conversation.Priority("whenever")), Party: "both"},
		Params: alert.Params{MinN: lo.ToPtr(int64(0)), ClearAfter: lo.ToPtr(0), Hysteresis: lo.ToPtr(-0.1),
			FalseAlarmsPerMonth: lo.ToPtr(math.NaN()), Theta: lo.ToPtr(1.0), Lambda: lo.ToPtr(0.0), Sigmas: lo.ToPtr(math.Inf(1)),
			Alpha: lo.ToPtr(0.0), Beta: lo.ToPtr(1.0), CooldownMinutes: lo.ToPtr(-1), EveryMinutes: lo.ToPtr(0),
			WindowMinutes: lo.ToPtr(0), UsualRate: lo.ToPtr(0.5), DetectRate: lo.ToPtr(0.4)}}
	var invalid *conversation.Invalid
	if !errors.As(r.Validate(), &invalid) {
		t.Fatal("it was accepted")
	}
	want := []string{"/id", "/name", "/metric", "/mode", "/family", "/segment/priority", "/segment/platform", "/segment/handler",
		"/segment/party", "/segment/party", "/params/hysteresis", "/params/min_n", "/params/clear_after",
		"/params/false_alarms_per_month", "/params/theta", "/params/lambda", "/params/sigmas", "/params/alpha", "/params/beta",
		"/params/cooldown_minutes", "/params/every_minutes", "/params/window_minutes", "/params/window_minutes", "/params/detect_rate"}
	got := lo.Map(invalid.Faults, func(f conversation.Fault, _ int) string { return f.Field })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidateByMode(t *testing.T) {
	for _, c := range []struct {
		name string
		rule alert.Rule
		want []string
	}{
		{"the default rule", rule(alert.CSATAverage, alert.Confident, alert.Params{}), nil},
		{"a share needs a threshold", rule(alert.EscalationRate, alert.Point, alert.Params{}), []string{"/params/threshold"}},
		{"a share is a fraction", rule(alert.EscalationRate, alert.Point, alert.Params{Threshold: lo.ToPtr(15.0)}), []string{"/params/threshold"}},
		{"a rating is at most 5", rule(alert.CSATAverage, alert.Point, alert.Params{Threshold: lo.ToPtr(5.5)}), []string{"/params/threshold"}},
		{"a mean has no Bernoulli chart", rule(alert.CSATAverage, alert.Cusum, alert.Params{}), []string{"/mode"}},
		{"a question needs both rates", rule(alert.EscalationRate, alert.SPRT, alert.Params{}), []string{"/params/usual_rate", "/params/detect_rate"}},
		{"windows that add up do not overlap", rule(alert.EscalationRate, alert.Cusum, alert.Params{WindowMinutes: lo.ToPtr(120)}), []string{"/params/window_minutes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			if err := c.rule.Validate(); err != nil {
				var invalid *conversation.Invalid
				if !errors.As(err, &invalid) {
					t.Fatal(err)
				}
				got = lo.Map(invalid.Faults, func(f conversation.Fault, _ int) string { return f.Field })
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRuleSurvivesBeingStored(t *testing.T) {
	r := rule(alert.CSATPercent, alert.Cusum, alert.Params{FalseAlarmsPerMonth: lo.ToPtr(1.5), CooldownMinutes: lo.ToPtr(0)})
	r.Segment = alert.Segment{Topic: lo.ToPtr(""), Party: conversation.PartyAI, Platform: conversation.Zendesk}
	var back alert.Rule
	if err := json.Unmarshal([]byte(mustJSON(t, r)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Error(diff)
	}
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		mode          alert.Mode
		metric        alert.Metric
		every, window time.Duration
	}{
		{alert.Confident, alert.CSATAverage, time.Hour, 24 * time.Hour},
		{alert.Cusum, alert.EscalationRate, time.Hour, time.Hour},
		{alert.EWMA, alert.CSATAverage, 24 * time.Hour, 24 * time.Hour},
	} {
		r := rule(c.metric, c.mode, alert.Params{})
		if r.Every() != c.every || r.Window() != c.window {
			t.Errorf("%s: every %s over %s, want every %s over %s", c.mode, r.Every(), r.Window(), c.every, c.window)
		}
	}
}

// The budget of many rules watched together is that of one.
func TestShareBudget(t *testing.T) {
	cusum, volume := rule(alert.EscalationRate, alert.Cusum, alert.Params{}), rule(alert.Conversations, alert.Volume, alert.Params{})
	off, plain := cusum, rule(alert.CSATAverage, alert.Confident, alert.Params{})
	off.Disabled = true
	got := lo.Map(alert.ShareBudget([]alert.Rule{cusum, volume, off, plain}), func(r alert.Rule, _ int) int { return r.Family })
	if diff := cmp.Diff([]int{2, 2, 2, 0}, got); diff != "" {
		t.Error(diff)
	}

	alone, _ := alert.DesignCusum(0.15, nil, 9000, 0.5)
	o := hour(0, alert.Sample{Trials: 10, Bad: 1})
	o.Usual = &alert.Baseline{Days: 28, Sample: alert.Sample{Trials: 8400, Bad: 1260}}
	cusum.Family = 10
	s, _ := alert.Evaluate(cusum, alert.State{}, o)
	if want := 10 * alone.Target; math.Abs(s.Cusum.Design.Target-want) > 1e-6*want {
		t.Errorf("one of ten is designed for a run length of %g, want %g", s.Cusum.Design.Target, want)
	}
}

// The published table of charts has the run lengths to the first alarm: usual rate, what it detects, limit, run lengths.
// Here the time for which an alarm stays open counts too, and the nearest limit is taken, so that it is the one published
// or the one below it.
func TestDesignCusum(t *testing.T) {
	for _, c := range []struct {
		usual, detect, target float64
		step, limit           int
		in, out               float64
	}{
		{0.05, 0.111, 9000, 12, 77, 9294, 149}, {0.05, 0.111, 36000, 12, 98, 38448, 196},
		{0.10, 0.20, 9000, 6, 50, 9505, 120}, {0.10, 0.20, 36000, 6, 62, 36430, 153},
		{0.15, 0.25, 9000, 4, 42, 10227, 126}, {0.15, 0.25, 36000, 4, 52, 39909, 161},
		{0.20, 0.30, 9000, 3, 39, 9822, 151}, {0.30, 0.40, 9000, 2, 45, 9915, 349},
	} {
		d, ok := alert.DesignCusum(c.usual, &c.detect, 9000, 9000/c.target)
		if !ok || d.Step != c.step || d.Limit > c.limit || d.Limit < c.limit-1 {
			t.Errorf("usual %g: %+v, want step %d, limit %d or one less", c.usual, d, c.step, c.limit)
		}
		if d.Limit == c.limit && (math.Abs(d.InControl-c.in) > 1 || math.Abs(d.OutOfControl-c.out) > 1) {
			t.Errorf("usual %g: %+v, want run lengths %g and %g", c.usual, d, c.in, c.out)
		}
	}
	for _, usual := range []float64{0, -0.1, 0.46, 1, math.NaN()} {
		if d, ok := alert.DesignCusum(usual, nil, 9000, 0.5); ok {
			t.Errorf("a usual rate of %g got the chart %+v", usual, d)
		}
	}
	for _, usual := range []float64{0.01, 0.05, 0.2, 0.3, 0.45} {
		for _, monthly := range []float64{90, 360, 9000} {
			d, ok := alert.DesignCusum(usual, nil, monthly, 0.5)
			if !ok || d.Detects <= usual || d.OutOfControl >= d.InControl {
				t.Errorf("usual rate %g at %g a month: %+v, %v", usual, monthly, d, ok)
			}
			if cycle := d.InControl + d.Open; d.Limit > d.Step+1 && math.Abs(math.Log(cycle/d.Target)) > 0.12 {
				t.Errorf("usual rate %g at %g a month: %g from alarm to alarm, asked for %g", usual, monthly, cycle, d.Target)
			}
		}
	}
}
