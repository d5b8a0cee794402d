package monitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestAnEmptyWindowKnowsNothing(t *testing.T) {
	d := newDesk(t)
	dashboard, err := d.m.Dashboard(d.ctx, d.window())
	d.must(err)
	d.want(dashboard.Metrics, "total_conversations", 0)
	d.wantUnknown(dashboard.Metrics, "avg_csat_score", "csat_pct", "escalation_rate", "containment_rate", "resolution_rate",
		"total_ai_cost", "total_estimated_human_cost", "cost_savings", "roi_percentage", "median_resolution_seconds")
}

func TestDashboard(t *testing.T) {
	d := newDesk(t)
	start := noon.Add(-48 * time.Hour)
	d.send(
		said{id: "a", start: start, topic: "billing", lines: []line{asks, answers, thanks}, facts: rated(5)},
		said{id: "b", start: start, topic: "billing", lines: []line{asks, gaveUp, agent}, facts: rated(2)},
		said{id: "c", start: start, topic: "login", lines: []line{asks, agent}, facts: rated(4)},
		said{id: "d", start: start, topic: "login", lines: []line{asks, answers}},
	)
	dashboard, err := d.m.Dashboard(d.ctx, d.window())
	d.must(err)
	f := dashboard.Metrics
	d.want(f, "total_conversations", 4)
	d.want(f, "ai_conversations", 3)
	d.want(f, "escalated_conversations", 1)
	d.want(f, "escalation_rate", 25)
	d.want(f, "ai_escalation_rate", 100.0/3)
	d.want(f, "rated_conversations", 3)
	d.want(f, "avg_csat_score", 11.0/3)
	d.want(f, "ai_avg_csat", 5)
	d.want(f, "human_avg_csat", 4)
	d.want(f, "resolution_rate", 200.0/3) // confirmed, escalated, assumed
	d.want(f, "failed_conversations", 1)
	patterns, err := d.m.EscalationPatterns(d.ctx, d.window())
	d.must(err)
	if got := patterns.Reasons; len(got) != 1 || got[0].Reason != conversation.KnowledgeGap {
		t.Errorf("reasons: wanted one knowledge gap, got %v", got)
	}
	if patterns.Topics[0].Topic != "billing" {
		t.Errorf("topics: wanted billing first, got %v", patterns.Topics[0].Topic)
	}
}

func TestAReturnTakesTheCreditAway(t *testing.T) {
	d := newDesk(t)
	start := noon.Add(-10 * 24 * time.Hour)
	solved := []line{asks, answers, thanks}
	first := said{id: "first", start: start, topic: "billing", customer: "kim", lines: solved}
	back := said{id: "back", start: start.Add(71 * time.Hour), topic: "billing", customer: "kim", lines: solved}
	other := said{id: "other", start: start.Add(time.Hour), topic: "login", customer: "kim", lines: solved}
	for _, order := range [][]said{{first, back, other}, {back, other, first}} {
		d := newDesk(t)
		for _, s := range order {
			d.send(s)
			d.work()
		}
		explained, err := d.m.EscalationExplained(d.ctx, d.window())
		d.must(err)
		d.want(explained.Figures, "durable_72h_rate", 200.0/3)
		account, err := d.m.CostAnalysis(d.ctx, d.window())
		d.must(err)
		d.want(account.Total, "credited_resolutions", 2)
	}
	// When the second contact is deleted, the first was not returned to after all.
	results := d.send(first, back)
	d.work()
	d.now = d.now.Add(time.Minute)
	_, err := d.m.DeleteOne(d.ctx, d.org, results[1].Conversation.UID())
	d.must(err)
	account, err := d.m.CostAnalysis(d.ctx, d.window())
	d.must(err)
	d.want(account.Total, "credited_resolutions", 1)
}

// topical embeds by whether a text speaks of money, so that questions without a common word can mean the same.
func TestABadArrivalHarmsNoOther(t *testing.T) {
	d := newDesk(t)
	bad := d.patch(said{id: "", lines: []line{asks}})
	good := d.patch(said{id: "good", lines: []line{asks}})
	results, err := d.m.Ingest(d.ctx, []monitor.Arrival{{Patch: bad}, {Patch: good}})
	d.must(err)
	var invalid *conversation.Invalid
	if !errors.As(results[0].Err, &invalid) || invalid.Faults[0].Field != "/conversation_id" {
		t.Errorf("bad: %v", results[0].Err)
	}
	if results[1].Err != nil || results[1].Effect != conversation.Created {
		t.Errorf("good: %+v", results[1])
	}
}

func TestRetentionKeepsTheFigures(t *testing.T) {
	d := newDesk(t)
	d.send(said{id: "old", start: noon.AddDate(0, 0, -20), lines: []line{asks, answers, thanks}, facts: rated(5)})
	org, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
		s.RetentionDays = lo.ToPtr(7)
		return s, nil
	})
	d.must(err)
	if n, err := d.m.Retain(d.ctx, org); err != nil || n != 1 {
		t.Fatalf("retain: %d, %v", n, err)
	}
	page, err := d.m.Conversations(d.ctx, d.org, conversation.Query{})
	d.must(err)
	dashboard, err := d.m.Dashboard(d.ctx, d.window())
	d.must(err)
	d.want(dashboard.Metrics, "avg_csat_score", 5)
	if len(page.Conversations) != 0 {
		t.Errorf("the text is still there: %+v", page.Conversations)
	}
}

func TestNoPredictionWithoutEnoughRatings(t *testing.T) {
	d := newDesk(t)
	start := noon.Add(-48 * time.Hour)
	d.send(said{id: "rated", start: start, lines: []line{asks, answers}, facts: rated(5)}, said{id: "silent", start: start, lines: []line{asks, answers}})
	p, err := d.m.PredictedCSAT(d.ctx, d.window())
	d.must(err)
	d.wantUnknown(p.Figures, "predicted_csat_pct")
	d.want(p.Figures, "csat_pct", 100)
	if p.Why == "" || p.ModelVersion != "" {
		t.Errorf("a model from one rating: %+v", p)
	}
}

func TestPredictionsOfTheUnrated(t *testing.T) {
	d := newDesk(t)
	bad := line{conversation.Customer, "This is useless, it still does not work!!"}
	for i := range 900 { // two in three end well; every third customer says nothing
		s := said{id: fmt.Sprint("c", i), start: noon.Add(-time.Duration(3*i) * time.Hour), lines: []line{asks, answers, thanks}}
		score := 5
		if i%9 < 3 {
			s.lines, score = []line{asks, gaveUp, bad}, 1
		}
		if i%3 != 2 {
			s.facts = rated(score)
		}
		d.send(s)
	}
	p, err := d.m.PredictedCSAT(d.ctx, d.window())
	d.must(err)
	f, _ := p.Figures.Get("predicted_csat_pct")
	if p.Why != "" || f.Estimate.Value == nil || *f.Estimate.Value < 55 || *f.Estimate.Value > 75 || p.Predicted != 80 {
		t.Errorf("predicted %v of %d (%s), wanted about two thirds of 80", show(f.Estimate.Value), p.Predicted, p.Why)
	}
}

func TestLiveRisk(t *testing.T) {
	d := newDesk(t)
	refuses := line{conversation.AI, "I'm sorry, but I can't do that."}
	again := line{conversation.Customer, "No, that is not what I asked. How do I change my delivery address?"}
	send := func(i int, start time.Time) {
		calm := []line{asks, answers, thanks}
		angry := []line{asks, refuses, again, refuses, again, agent}
		d.send(said{id: fmt.Sprint("a", i), start: start, topic: "billing", lines: angry}, said{id: fmt.Sprint("c", i), start: start, topic: "billing", lines: calm})
	}
	running := func() (found []monitor.AtRisk) {
		d.send(
			said{id: "stuck", start: d.now.Add(-time.Hour), topic: "billing", lines: []line{asks, refuses, again, refuses, again, refuses}},
			said{id: "well", start: d.now.Add(-time.Hour), topic: "billing", lines: []line{asks, answers}},
		)
		explained, err := d.m.EscalationExplained(d.ctx, d.window())
		d.must(err)
		return explained.AtRisk
	}
	if got := running(); len(got) != 1 || got[0].ConversationID != "stuck" || got[0].Calibrated {
		t.Errorf("by default weights: %+v", got)
	}
	for i := range 300 {
		send(i, noon.Add(-time.Duration(30+12*i)*time.Hour))
	}
	d.now = d.now.Add(2 * time.Hour) // what was learnt is kept for an hour
	if got := running(); len(got) != 1 || got[0].ConversationID != "stuck" || !got[0].Calibrated || *got[0].Risk.Value < 0.9 {
		t.Errorf("learnt from 600 conversations: %+v", got)
	}
}

// Every estimate of every read names a definition of the dictionary, and has an interval exactly where that one does.
func TestEveryFigureIsDefined(t *testing.T) {
	d := newDesk(t)
	_, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
		s.Costs.HumanHourly, s.Costs.MonthlyFee = lo.ToPtr(money.Micro(30_000_000)), 10_000_000
		return s, nil
	})
	d.must(err)
	for i := range 60 {
		start := noon.Add(-time.Duration(30+i) * time.Hour)
		topic := []string{"billing", "login"}[i%2]
		escalated := lo.Times(1+i%3, func(int) line { return asks })
		escalated = append(escalated, gaveUp, agent, agent)
		d.send(
			said{id: fmt.Sprint("a", i), start: start, topic: topic, lines: []line{asks, answers, thanks}, facts: rated(1 + i%5)},
			said{id: fmt.Sprint("e", i), start: start, topic: topic, lines: escalated, facts: rated(1 + i%4)},
			said{id: fmt.Sprint("h", i), start: start, topic: topic, lines: append([]line{asks, agent}, lo.Times(i%4, func(int) line { return agent })...), facts: rated(2 + i%4)},
		)
	}
	for name, f := range d.everyFigure() {
		e := f.Estimate
		definition, ok := metric.Define(e.Definition)
		if !ok {
			t.Errorf("%s names %q, which the dictionary does not have", name, e.Definition)
		}
		if e.Low != nil && definition.Interval == "" {
			t.Errorf("%s has an interval by %s, of which %s says nothing", name, e.Method, e.Definition)
		}
		// From 20 observations on, all that have one show it.
		if e.Known() && e.N >= 20 && e.Low == nil && definition.Interval != "" {
			t.Errorf("%s is known from %d and shows no interval; %s promises %q", name, e.N, e.Definition, definition.Interval)
		}
		if f.Decimals != 0 && f.Money == nil && e.Known() && e.N >= 20 && e.Low == nil {
			t.Errorf("%s is a share or a mean without an interval", name)
		}
	}
}

// everyFigure asks every read of figures.
func (d *desk) everyFigure() map[string]monitor.Figure {
	d.Helper()
	r := d.window()
	all := map[string]monitor.Figure{}
	add := func(read string, lists ...monitor.Figures) {
		for k, figures := range lists {
			for _, f := range figures {
				all[fmt.Sprintf("%s %d %s", read, k, f.Name)] = f
			}
		}
	}
	dashboard, err := d.m.Dashboard(d.ctx, r)
	d.must(err)
	add("dashboard", dashboard.Metrics, dashboard.Previous, dashboard.Change)
	trends, err := d.m.CSATTrends(d.ctx, r)
	d.must(err)
	add("trends", trends.Total, trends.Previous)
	add("day", lo.Map(trends.Points, func(p monitor.TrendPoint, _ int) monitor.Figures { return p.Figures })...)
	patterns, err := d.m.EscalationPatterns(d.ctx, r)
	d.must(err)
	add("patterns", patterns.Total, patterns.Previous)
	add("escalating topic", lo.Map(patterns.Topics, func(p monitor.TopicEscalation, _ int) monitor.Figures { return p.Figures })...)
	account, err := d.m.CostAnalysis(d.ctx, r)
	d.must(err)
	add("account", account.Total, account.Previous)
	add("costly topic", lo.Map(account.Topics, func(p monitor.TopicCost, _ int) monitor.Figures { return p.Figures })...)
	comparison, err := d.m.CSATComparison(d.ctx, r, csat.CombinedMix)
	d.must(err)
	add("silence", comparison.Silence.Figures)
	add("view", lo.Map(comparison.Views, func(p monitor.ComparisonView, _ int) monitor.Figures { return p.Figures })...)
	add("satisfied topic", lo.Map(comparison.Topics, func(p monitor.TopicSatisfaction, _ int) monitor.Figures { return p.Figures })...)
	explained, err := d.m.EscalationExplained(d.ctx, r)
	d.must(err)
	add("explained", explained.Figures)
	add("turn", lo.Map(explained.ByTurn, func(p monitor.TurnShare, _ int) monitor.Figures {
		return monitor.Figures{{Name: fmt.Sprint(p.Turn), Decimals: 1, Estimate: p.Estimate}}
	})...)
	alone := func(read string, estimates ...stat.Estimate) {
		for i, e := range estimates {
			all[fmt.Sprintf("%s %d", read, i)] = monitor.Figure{Name: read, Estimate: e}
		}
	}
	alone("reason", lo.Map(append(explained.Reasons, patterns.Reasons...), func(c monitor.ReasonCount, _ int) stat.Estimate { return c.Estimate })...)
	alone("avoidable", lo.Map(explained.Avoidable, func(c monitor.AvoidableCount, _ int) stat.Estimate { return c.Estimate })...)
	alone("outcome", lo.Map(explained.Outcomes, func(c monitor.OutcomeCount, _ int) stat.Estimate { return c.Estimate })...)
	alone("scale", lo.Map(comparison.Scales, func(c monitor.ScaleCount, _ int) stat.Estimate { return c.Estimate })...)
	alone("shrunk", lo.Map(comparison.Topics, func(t monitor.TopicSatisfaction, _ int) stat.Estimate { return t.Shrunk })...)
	alone("risk", lo.Map(explained.AtRisk, func(c monitor.AtRisk, _ int) stat.Estimate { return c.Risk })...)
	prediction, err := d.m.PredictedCSAT(d.ctx, r)
	d.must(err)
	add("prediction", prediction.Figures)
	if explained.Change != nil {
		add("change", monitor.Figures{{Name: "change", Decimals: 1, Estimate: explained.Change.Difference}})
	}
	return all
}
