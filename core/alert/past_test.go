package alert_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// hourly are buckets of an hour each from a time on.
func hourly(from time.Time, n int, sample func(t time.Time) alert.Sample) []alert.Bucket {
	return lo.Times(n, func(i int) alert.Bucket {
		t := from.Add(time.Duration(i) * time.Hour)
		return alert.Bucket{Span: alert.Span{Start: t, End: t.Add(time.Hour)}, Sample: sample(t)}
	})
}

// An organisation's Monday 9 o'clock is the same hour of the week before and after the clocks change.
func TestHistoryFollowsTheLocalClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	nine := func(t time.Time) bool { l := t.In(berlin); return l.Weekday() == time.Monday && l.Hour() == 9 }
	past := alert.Past{Since: since, Zone: berlin, Buckets: hourly(since, 24*60, func(t time.Time) alert.Sample {
		return alert.Sample{Count: lo.Ternary(nine(t), int64(t.In(berlin).Day()), 1000)}
	})}
	window := alert.Span{Start: time.Date(2026, 4, 13, 9, 0, 0, 0, berlin), End: time.Date(2026, 4, 13, 10, 0, 0, 0, berlin)}
	o := alert.Observe(rule(alert.Conversations, alert.Volume, alert.Params{}), alert.State{}, past, window)
	// Clocks went forward on 29 March. Before 2 March nothing is known.
	if diff := cmp.Diff([]int64{6, 30, 23, 16, 9, 2}, o.History); diff != "" {
		t.Error(diff)
	}
	if o.Count != 13 {
		t.Errorf("count %d, want 13", o.Count)
	}
}

func TestBaselineLeavesAlarmedDaysOut(t *testing.T) {
	since := start
	past := alert.Past{Since: since, Buckets: hourly(since, 24*40, func(t time.Time) alert.Sample {
		return alert.Sample{Trials: 10, Bad: lo.Ternary[int64](t.Day() == 20 && t.Month() == time.January, 9, 1)}
	})}
	window := alert.Span{Start: since.AddDate(0, 0, 30).Add(5 * time.Hour), End: since.AddDate(0, 0, 30).Add(6 * time.Hour)}
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	bad := time.Date(2026, 1, 20, 6, 0, 0, 0, time.UTC)
	alarmed := alert.State{Alarms: []alert.Span{{Start: bad, End: bad.Add(time.Hour)}}}
	with, without := alert.Observe(r, alert.State{}, past, window).Usual, alert.Observe(r, alarmed, past, window).Usual
	if with.Days != 28 || with.Bad != 27*24+9*24 {
		t.Errorf("with the bad day: %d days, %d bad", with.Days, with.Bad)
	}
	if without.Days != 27 || without.Bad != 27*24 {
		t.Errorf("without the bad day: %d days, %d bad", without.Days, without.Bad)
	}
}

func TestBaselineIsDrawnTowardsThePrior(t *testing.T) {
	day := alert.Past{Since: start, Buckets: hourly(start, 24*40, func(time.Time) alert.Sample { return alert.Sample{Trials: 1} })}
	window := alert.Span{Start: start.AddDate(0, 0, 30), End: start.AddDate(0, 0, 30).Add(time.Hour)}
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	if rate := alert.Observe(r, alert.State{}, day, window).Usual.Rate; rate != nil {
		t.Errorf("without a prior the rate is %g", *rate)
	}
	day.Prior = &alert.Prior{Rate: 0.2, Strength: lo.ToPtr(28 * 24.0)}
	if rate := alert.Observe(r, alert.State{}, day, window).Usual.Rate; *rate != 0.1 {
		t.Errorf("half prior, half nothing: %g, want 0.1", *rate)
	}
	day.Prior.Strength = nil
	if rate := alert.Observe(r, alert.State{}, day, window).Usual.Rate; *rate != 0.2 {
		t.Errorf("segments that do not differ: %g, want 0.2", *rate)
	}
}

func TestPriorOf(t *testing.T) {
	p, ok := alert.PriorOf(alert.CSATPercent, []alert.Sample{csat(10, 0, 0, 0, 90), csat(40, 0, 0, 0, 60)})
	if !ok || p.Rate != 0.25 || p.Strength == nil || *p.Strength <= 0 {
		t.Errorf("two unlike segments: %+v, %v", p, ok)
	}
	if p, ok := alert.PriorOf(alert.EscalationRate, nil); ok {
		t.Errorf("no segments gave %+v", p)
	}
}

func TestSampleOf(t *testing.T) {
	v := metric.Vector{
		{Measure: metric.Conversations, Value: 40}, {Measure: metric.AIInvolved, Value: 30},
		{Measure: metric.Escalated, Value: 9}, {Measure: metric.EscalatedAI, Value: 7},
		{Measure: metric.Ratings(conversation.PartyAI, conversation.Scales()[0], 5), Value: 3},
		{Measure: metric.Ratings(conversation.PartyHuman, conversation.Scales()[0], 1), Value: 2},
		{Measure: metric.HandleHuman.Count(), Value: 2}, {Measure: metric.HandleHuman.Sum(), Value: 500},
	}
	ai := rule(alert.CSATAverage, alert.Confident, alert.Params{})
	ai.Segment.Party = conversation.PartyAI
	for _, c := range []struct {
		rule alert.Rule
		want alert.Sample
	}{
		{rule(alert.CSATAverage, alert.Confident, alert.Params{}), csat(2, 0, 0, 0, 3)},
		{ai, csat(0, 0, 0, 0, 3)},
		{rule(alert.EscalationRate, alert.Cusum, alert.Params{}), alert.Sample{Trials: 40, Bad: 9}},
		{rule(alert.AIEscalationRate, alert.Cusum, alert.Params{}), alert.Sample{Trials: 30, Bad: 7}},
		{rule(alert.Conversations, alert.Volume, alert.Params{}), alert.Sample{Count: 40}},
		{rule(alert.HandleTime, alert.EWMA, alert.Params{}), alert.Sample{Seconds: stat.Sums{N: 2, Sum: 500}}},
	} {
		if diff := cmp.Diff(c.want, alert.SampleOf(c.rule, v, nil)); diff != "" {
			t.Errorf("%s of %s: %s", c.rule.Metric, c.rule.Segment.Party, diff)
		}
	}
}

func TestPreview(t *testing.T) {
	fine, bad := csat(0, 0, 0, 5, 35), csat(30, 0, 0, 0, 10)
	days := func(samples ...alert.Sample) []alert.Observation {
		return lo.Map(samples, func(s alert.Sample, i int) alert.Observation { return hour(24*i, s) })
	}
	r := rule(alert.CSATAverage, alert.Point, alert.Params{ClearAfter: lo.ToPtr(1)})
	off := r
	off.Disabled = true
	for _, c := range []struct {
		rule alert.Rule
		seen []alert.Observation
		want string
	}{
		{r, nil, "there is nothing to look back on"},
		{r, days(fine, fine, fine), "would not have fired in 2 days"},
		{r, days(fine, bad, fine), "would have fired once in 2 days"},
		{r, days(bad, fine, bad, bad, fine, bad), "would have fired 3 times in 5 days"},
		{off, days(fine, bad, fine), "would have fired once in 2 days"},
		{r, days(csat(1, 0, 0, 0, 0)), "could not have judged anything in 0 days (not judged: n is 1, at least 30 are needed)"},
	} {
		if got := alert.Preview(c.rule, c.seen); got.Sentence != c.want {
			t.Errorf("%q, want %q", got.Sentence, c.want)
		}
	}
}

// A preview over the past decides as the rule itself would have, hour by hour, and hands over its memory.
func TestPreviewPast(t *testing.T) {
	const days = 90
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	trouble := func(t time.Time) bool { d := int(t.Sub(start).Hours()) / 24; return d == 50 || d == 51 || d == 70 }
	i := 0
	past := alert.Past{Since: start, Buckets: hourly(start, 24*days, func(t time.Time) alert.Sample {
		i++
		return alert.Sample{Trials: 10, Bad: lo.Ternary[int64](trouble(t), 4, lo.Ternary[int64](i%2 == 0, 2, 1))}
	})}
	got := alert.PreviewPast(r, past, alert.Span{Start: start, End: start.AddDate(0, 0, days)})
	if got.Sentence != "would have fired twice in 90 days" || got.Fired != 2 || got.Days != days {
		t.Errorf("%q, %d fired in %g days: %v", got.Sentence, got.Fired, got.Days,
			lo.Map(got.Events, func(e alert.Event, _ int) string { return e.Sentence }))
	}
	if got.Evaluations != 24*days || got.Judged >= got.Evaluations || got.State.Cusum == nil {
		t.Errorf("%d evaluations, %d judged", got.Evaluations, got.Judged)
	}
	var s alert.State
	for _, b := range past.Buckets {
		s, _ = alert.Evaluate(r, s, alert.Observe(r, s, past, b.Span))
	}
	if diff := cmp.Diff(s, got.State); diff != "" {
		t.Errorf("the rule itself would remember otherwise:\n%s", diff)
	}
}
