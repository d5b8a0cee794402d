package alert_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/samber/lo"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// healthy are true shares of the ratings 1 to 5 with a mean of 4.41.
var healthy = [5]float64{0.05, 0.03, 0.05, 0.20, 0.67}

func poisson(mean float64, r *rand.Rand) int64 {
	return int64(distuv.Poisson{Lambda: mean, Src: r}.Rand())
}

func binomial(n int64, p float64, r *rand.Rand) int64 {
	if n == 0 {
		return 0
	}
	return int64(distuv.Binomial{N: float64(n), P: p, Src: r}.Rand())
}

func rate(n int64, shares [5]float64, r *rand.Rand) (h stat.Histogram) {
	for range n {
		u := r.Float64()
		for k, share := range shares {
			if u -= share; u < 0 || k == 4 {
				h[k]++
				break
			}
		}
	}
	return h
}

func fires(events []alert.Event) int {
	return lo.CountBy(events, func(e alert.Event) bool { return e.Kind != alert.Resolved })
}

// Hourly evaluation of a healthy CSAT: what a plain threshold, the confident one and a plain one with enough ratings
// cost in false alarms a month. Published simulations of the same three give 92, 0.8 and 1.0.
func TestThresholdFalseAlarms(t *testing.T) {
	t.Parallel()
	const months = 24
	plain := alert.Params{MinN: lo.ToPtr(int64(1)), Hysteresis: lo.ToPtr(0.0), ClearAfter: lo.ToPtr(1)}
	for _, c := range []struct {
		name      string
		rule      alert.Rule
		perHour   float64
		low, high float64
	}{
		{"no guard", rule(alert.CSATAverage, alert.Point, plain), 3, 80, 105},
		{"confident", rule(alert.CSATAverage, alert.Confident, alert.Params{}), 3, 0.25, 1.6},
		{"72 ratings each", rule(alert.CSATAverage, alert.Point, alert.Params{}), 72, 0.5, 1.5},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		_, events := run(c.rule, lo.Times(720*months, func(i int) alert.Observation {
			return hour(i, alert.Sample{Ratings: rate(poisson(c.perHour, r), healthy, r)})
		}))
		got := float64(fires(events)) / months
		t.Logf("%s: %.2f false alarms a month", c.name, got)
		if got < c.low || got > c.high {
			t.Errorf("%s: %.2f false alarms a month, want %g to %g", c.name, got, c.low, c.high)
		}
	}
}

// The chart's false alarms are those it announces, and within the budget, at quiet and busy organisations and although
// only the counts of each window are known.
func TestCusumKeepsItsBudget(t *testing.T) {
	t.Parallel()
	const alarms = 400
	for _, c := range []struct{ monthly, usual, budget float64 }{{300, 0.20, 0.5}, {1500, 0.15, 1}, {9000, 0.10, 4}} {
		r := rand.New(rand.NewPCG(3, 4))
		rule := rule(alert.EscalationRate, alert.Cusum, alert.Params{FalseAlarmsPerMonth: &c.budget, EveryMinutes: lo.ToPtr(360)})
		usual := &alert.Baseline{Days: 28, Rate: &c.usual, Sample: alert.Sample{Trials: int64(math.Round(c.monthly * 28 / 30))}}
		months := alarms / c.budget
		var s alert.State
		var fired, announced float64
		for i := range int(120 * months) {
			n := poisson(c.monthly/120, r)
			o := hour(6*i, alert.Sample{Trials: n, Bad: binomial(n, c.usual, r)})
			o.Usual = usual
			var e *alert.Event
			if s, e = alert.Evaluate(rule, s, o); e != nil && e.Kind != alert.Resolved {
				fired, announced = fired+1, *e.Evidence.FalseAlarmsPerMonth
			}
		}
		got := fired / months
		t.Logf("%g a month at %g: %.3f false alarms a month, announced %.3f, budget %g", c.monthly, c.usual, got, announced, c.budget)
		if got < 0.8*c.budget || got > 1.2*c.budget || math.Abs(got/announced-1) > 0.2 {
			t.Errorf("%g a month at %g: %.3f false alarms a month, announced %.3f, budget %g", c.monthly, c.usual, got, announced, c.budget)
		}
	}
}

// A rule that has to learn what is usual from the 28 days before raises the false alarms it is allowed, no more and not
// fewer, at a few ratings a day and at many.
func TestLearningCusumKeepsItsBudget(t *testing.T) {
	t.Parallel()
	const years, budget = 100, 0.5
	shares := [][5]float64{{0.08, 0.04, 0.04, 0.14, 0.70}, {0.15, 0.06, 0.06, 0.13, 0.60}}
	for _, perDay := range []float64{3, 12, 50, 150} {
		r := rand.New(rand.NewPCG(8, uint64(perDay)))
		rule := rule(alert.CSATPercent, alert.Cusum, alert.Params{FalseAlarmsPerMonth: lo.ToPtr(budget), EveryMinutes: lo.ToPtr(24 * 60)})
		var fired, months float64
		for year := range years {
			buckets := lo.Times(alert.BaselineDays+360, func(i int) alert.Bucket {
				day := start.AddDate(0, 0, i)
				return alert.Bucket{Span: alert.Span{Start: day, End: day.AddDate(0, 0, 1)},
					Sample: alert.Sample{Ratings: rate(poisson(perDay, r), shares[year%2], r)}}
			})
			outlook := alert.PreviewPast(rule, alert.Past{Buckets: buckets, Since: start},
				alert.Span{Start: buckets[alert.BaselineDays].Start, End: buckets[len(buckets)-1].End})
			fired, months = fired+float64(outlook.Fired), months+float64(outlook.Judged)/30
		}
		t.Logf("%g ratings a day: %.3f false alarms a month in %.0f judged months", perDay, fired/months, months)
		if got := fired / months; got < 0.8*budget || got > 1.2*budget || months < 0.75*12*years {
			t.Errorf("%g ratings a day: %.3f false alarms a month in %.0f judged months, budget %g", perDay, got, months, budget)
		}
	}
}

// weekly runs a rule over hourly counts, each with the counts of the same hour in up to eight earlier weeks.
func weekly(r alert.Rule, hours int, draw func(i int) int64) (alert.State, []alert.Event) {
	var s alert.State
	var events []alert.Event
	past := make([][]int64, 168)
	for i := range hours {
		o := hour(i, alert.Sample{Count: draw(i)})
		o.History = past[i%168]
		var e *alert.Event
		if s, e = alert.Evaluate(r, s, o); e != nil {
			events = append(events, *e)
		}
		past[i%168] = append([]int64{o.Count}, o.History[:min(len(o.History), 7)]...)
	}
	return s, events
}

func TestVolumeAndSilenceKeepTheirBudget(t *testing.T) {
	t.Parallel()
	const months, budget = 36, 0.5
	for _, c := range []struct {
		mode          alert.Mode
		mean, overdsp float64
	}{
		{alert.Volume, 0.3, 1}, {alert.Volume, 3, 1}, {alert.Volume, 30, 1}, {alert.Volume, 200, 1}, {alert.Volume, 30, 2.5},
		{alert.Silence, 0.3, 1}, {alert.Silence, 1, 1}, {alert.Silence, 3, 1},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		_, events := weekly(rule(alert.Conversations, c.mode, alert.Params{}), 720*months, func(int) int64 {
			if c.overdsp == 1 {
				return poisson(c.mean, r)
			}
			// A Poisson whose mean is gamma distributed: variance is overdsp times the mean.
			return poisson(distuv.Gamma{Alpha: c.mean / (c.overdsp - 1), Beta: 1 / (c.overdsp - 1), Src: r}.Rand(), r)
		})
		got := float64(fires(events)) / months
		t.Logf("%s at %g an hour, dispersion %g: %.2f false alarms a month", c.mode, c.mean, c.overdsp, got)
		if got > 1.2*budget {
			t.Errorf("%s at %g an hour, dispersion %g: %.2f false alarms a month, budget %g", c.mode, c.mean, c.overdsp, got, budget)
		}
	}
}

// Trouble planted after ten quiet weeks is found, and not before; when it is over the alert resolves.
func TestPlantedTroubleIsFound(t *testing.T) {
	t.Parallel()
	const quiet, trouble, after = 1680, 72, 1000
	during := func(i int) bool { return i >= quiet && i < quiet+trouble }
	usual := &alert.Baseline{Days: 28, Sample: alert.Sample{Trials: 8400, Bad: 1260, Ratings: stat.Histogram{420, 252, 420, 1680, 5628}}}
	worse := [5]float64{0.20, 0.10, 0.10, 0.20, 0.40}
	for _, c := range []struct {
		rule   alert.Rule
		within int // hours
		sample func(i int, r *rand.Rand) alert.Sample
	}{
		{rule(alert.CSATAverage, alert.Confident, alert.Params{}), 24, func(i int, r *rand.Rand) alert.Sample {
			return alert.Sample{Ratings: rate(poisson(8, r), lo.Ternary(during(i), worse, healthy), r)}
		}},
		{rule(alert.CSATPercent, alert.Cusum, alert.Params{}), 24, func(i int, r *rand.Rand) alert.Sample {
			return alert.Sample{Ratings: rate(poisson(8, r), lo.Ternary(during(i), worse, healthy), r)}
		}},
		{rule(alert.EscalationRate, alert.Cusum, alert.Params{}), 30, func(i int, r *rand.Rand) alert.Sample {
			n := poisson(12, r)
			return alert.Sample{Trials: n, Bad: binomial(n, lo.Ternary(during(i), 0.27, 0.15), r)}
		}},
		{rule(alert.CSATAverage, alert.EWMA, alert.Params{EveryMinutes: lo.ToPtr(60)}), 24, func(i int, r *rand.Rand) alert.Sample {
			return alert.Sample{Ratings: rate(poisson(8, r), lo.Ternary(during(i), worse, healthy), r)}
		}},
		{rule(alert.Conversations, alert.Volume, alert.Params{}), 6, func(i int, r *rand.Rand) alert.Sample {
			return alert.Sample{Count: poisson(lo.Ternary(during(i), 36.0, 20.0), r)}
		}},
		{rule(alert.Conversations, alert.Silence, alert.Params{}), 6, func(i int, r *rand.Rand) alert.Sample {
			return alert.Sample{Count: lo.Ternary(during(i), 0, poisson(3, r))}
		}},
	} {
		name := fmt.Sprintf("%s %s", c.rule.Metric, c.rule.Mode)
		r := rand.New(rand.NewPCG(11, 12))
		var buckets []alert.Bucket
		for i := range quiet + trouble + after {
			o := hour(i, c.sample(i, r))
			buckets = append(buckets, alert.Bucket{Span: o.Window, Sample: o.Sample})
		}
		var s alert.State
		var events []alert.Event
		past := alert.Past{Buckets: buckets, Since: start}
		for i, b := range buckets {
			o := alert.Observe(c.rule, s, past, b.Span)
			if c.rule.Metric != alert.Conversations {
				o.Usual = usual
			}
			var e *alert.Event
			if s, e = alert.Evaluate(c.rule, s, o); e != nil && i >= quiet-24 {
				events = append(events, *e)
			}
		}
		begun := start.Add(quiet * time.Hour)
		if len(events) < 2 || events[0].Kind != alert.Fired || events[0].At.Before(begun) ||
			events[0].At.After(begun.Add(time.Duration(c.within)*time.Hour)) {
			t.Errorf("%s: trouble from %v was told as %+v", name, begun, lo.Map(events, func(e alert.Event, _ int) string { return e.At.String() + " " + e.Sentence }))
			continue
		}
		t.Logf("%s: found after %s: %s", name, events[0].At.Sub(begun), events[0].Sentence)
		t.Logf("%s", events[1].Sentence)
		if s.Firing {
			t.Errorf("%s: the alert is still open %d hours after the end", name, after)
		}
	}
}
