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
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
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

func TestTheAccountAddsUp(t *testing.T) {
	d := newDesk(t)
	_, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
		s.Costs.HumanHourly, s.Costs.HandleSeconds = lo.ToPtr(money.Micro(45_000_000)), lo.ToPtr(480.0)
		return s, nil
	})
	d.must(err)
	start := noon.Add(-48 * time.Hour)
	for i := range 500 { // 500 contacts at 6.00 avoided for 1.00 each
		d.send(said{id: fmt.Sprint("c", i), start: start, topic: "billing", lines: []line{asks, answers, thanks}, facts: cost(1_000_000)})
	}
	account, err := d.m.CostAnalysis(d.ctx, d.window())
	d.must(err)
	for name, want := range map[string]string{"total_ai_cost": "500.00", "total_estimated_human_cost": "3000.00", "cost_savings": "2500.00"} {
		f, _ := account.Total.Get(name)
		if f.Money == nil {
			t.Fatalf("%s is unknown", name)
		}
		if got, err := f.Money.Format("USD"); err != nil || got != want {
			t.Errorf("%s: wanted %s, got %s %v", name, want, got, err)
		}
	}
	d.want(account.Total, "roi_percentage", 500)
	month, err := d.m.LedgerMonth(d.ctx, d.org, "2026-03")
	d.must(err)
	if month.Totals != (roi.Totals{AICost: 500_000_000, HumanCost: 3_000_000_000}) || month.Closed {
		t.Errorf("ledger: %+v, closed %v", month.Totals, month.Closed)
	}
	waterfall, err := d.m.Waterfall(d.ctx, d.window(), roi.Standard)
	d.must(err)
	if n := len(waterfall.Steps); n == 0 || waterfall.Steps[n-1].Amount != 2_500_000_000 {
		t.Errorf("waterfall: %+v", waterfall.Steps)
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

func TestAClosedMonthNeverChanges(t *testing.T) {
	d := newDesk(t)
	february := time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC)
	results := d.send(
		said{id: "a", start: february, topic: "billing", customer: "kim", lines: []line{asks, answers, thanks}, facts: cost(1_500_000)},
		said{id: "b", start: february, topic: "billing", lines: []line{asks, answers, thanks}, facts: cost(500_000)},
	)
	d.work()
	_, err := d.m.CloseMonth(d.ctx, d.org, "2026-03")
	var invalid *conversation.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("closing a month that still runs: %v", err)
	}
	closing, err := d.m.CloseMonth(d.ctx, d.org, "2026-02")
	d.must(err)
	before, err := d.m.LedgerMonth(d.ctx, d.org, "2026-02")
	d.must(err)
	if !before.Closed || before.Totals != closing.Totals || before.Totals.AICost != 2_000_000 {
		t.Fatalf("February: %+v, closed with %+v", before.Totals, closing.Totals)
	}
	// A late cost and a deletion correct it in March, and February stays.
	d.send(said{id: "a", start: february, topic: "billing", lines: []line{asks, answers, thanks}, facts: cost(2_500_000)})
	d.work()
	_, err = d.m.DeleteOne(d.ctx, d.org, results[1].Conversation.UID())
	d.must(err)
	after, err := d.m.LedgerMonth(d.ctx, d.org, "2026-02")
	d.must(err)
	if after.Totals != before.Totals || len(after.Lines) != len(before.Lines) {
		t.Errorf("February changed: %+v, was %+v", after.Totals, before.Totals)
	}
	march, err := d.m.LedgerMonth(d.ctx, d.org, "2026-03")
	d.must(err)
	if want := money.Micro(1_000_000 - 500_000); march.Totals.AICost != want {
		t.Errorf("March corrects by %v, wanted %v: %+v", march.Totals.AICost, want, march.Lines)
	}
	whole, err := d.m.CostAnalysis(d.ctx, monitor.Request{Org: d.org, Start: february.AddDate(0, 0, -19), End: noon})
	d.must(err)
	ai, _ := whole.Total.Get("total_ai_cost")
	if sum := after.Totals.AICost + march.Totals.AICost; ai.Money == nil || *ai.Money != sum {
		t.Errorf("the months add up to %v, the range to %v", sum, ai.Money)
	}
	if n, err := d.m.VerifyLedger(d.ctx, d.org); err != nil || n == 0 {
		t.Errorf("verify: %d lines, %v", n, err)
	}
}

// The account of a closed month is what its lines add up to, whatever prices and handle times do later, and that of a
// longer range what its months do.
func TestTheAccountOfAClosedMonthIsItsLines(t *testing.T) {
	d := newDesk(t)
	price := func(each, hourly money.Micro) {
		_, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
			s.Costs.PerConversation, s.Costs.HumanHourly, s.Costs.MonthlyFee = each, lo.ToPtr(hourly), 10_000_000
			return s, nil
		})
		d.must(err)
	}
	day := func(month time.Month) time.Time { return time.Date(2026, month, 5, 9, 0, 0, 0, time.UTC) }
	fill := func(month time.Month, minutes int) {
		for i := range 25 {
			d.send(
				said{id: fmt.Sprint("ai", month, i), start: day(month), topic: "billing", lines: []line{asks, answers, thanks}},
				said{id: fmt.Sprint("human", month, i), start: day(month), topic: "billing", lines: append([]line{asks}, lo.Times(minutes+i%3, func(int) line { return agent })...)},
			)
		}
		d.work()
	}
	shown := func(start, end time.Time) (t roi.Totals) {
		account, err := d.m.CostAnalysis(d.ctx, monitor.Request{Org: d.org, Start: start, End: end})
		d.must(err)
		ai, _ := account.Total.Get("total_ai_cost")
		human, _ := account.Total.Get("total_estimated_human_cost")
		if human.Estimate.Low == nil || !(*human.Estimate.Low < *human.Estimate.Value && *human.Estimate.Value < *human.Estimate.High) {
			d.Errorf("the human cost from %s on has no interval: %+v", start.Format(time.DateOnly), human.Estimate)
		}
		return roi.Totals{AICost: *ai.Money, HumanCost: *human.Money}
	}
	d.now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	first := func(m time.Month) time.Time { return time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC) }
	price(1_000_000, 30_000_000)
	fill(time.January, 3)
	_, err := d.m.CloseMonth(d.ctx, d.org, "2026-01")
	d.must(err)
	price(500_000, 36_000_000)
	fill(time.February, 6)
	_, err = d.m.CloseMonth(d.ctx, d.org, "2026-02")
	d.must(err)
	price(100_000, 60_000_000)
	fill(time.March, 9)
	d.send(said{id: "late", start: day(time.January), topic: "billing", lines: []line{asks, answers, thanks}})
	d.work()

	var sum roi.Totals
	for m, period := range []roi.Period{"2026-01", "2026-02", "2026-03"} {
		var lines []roi.Line
		for l, err := range d.store.Ledger.Lines(d.ctx, d.org, roi.LineQuery{}) {
			d.must(err)
			if l.Origin() == period {
				lines = append(lines, l)
			}
		}
		got := shown(first(time.Month(m+1)), first(time.Month(m+2)))
		if period == "2026-03" {
			month, err := d.m.LedgerMonth(d.ctx, d.org, period)
			d.must(err)
			lines = lo.Filter(month.Lines, func(l roi.Line, _ int) bool { return l.CorrectsPeriod == "" })
		}
		want, err := roi.Total(lines)
		d.must(err)
		if got != want || got.HumanCost == 0 {
			t.Errorf("%s shows %+v, its lines add up to %+v", period, got, want)
		}
		sum.AICost, sum.HumanCost = sum.AICost+got.AICost, sum.HumanCost+got.HumanCost
	}
	if whole := shown(first(time.January), first(time.April)); whole != sum {
		t.Errorf("the range shows %+v, its months add up to %+v", whole, sum)
	}
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
	prediction, err := d.m.PredictedCSAT(d.ctx, r)
	d.must(err)
	add("prediction", prediction.Figures)
	if explained.Change != nil {
		add("change", monitor.Figures{{Name: "change", Decimals: 1, Estimate: explained.Change.Difference}})
	}
	return all
}

func TestTheAccountSaysWhatItRestsOn(t *testing.T) {
	d := newDesk(t)
	february := time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC)
	for i := range 30 { // 30 contacts at 3.90 avoided for 0.90 each: the defaults are 29.25 an hour and 480 seconds
		d.send(said{id: fmt.Sprint("c", i), start: february, topic: "billing", lines: []line{asks, answers, thanks}, facts: cost(900_000)})
	}
	_, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
		s.Costs.MonthlyFee, s.Costs.SetUp = 28_000_000, 620_000_000
		return s, nil
	})
	d.must(err)
	month := monitor.Request{Org: d.org, Start: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	account, err := d.m.CostAnalysis(d.ctx, month)
	d.must(err)
	d.want(account.Total, "break_even_conversations", 10) // 28 / (3.90 − 0.90), rounded up
	d.wantUnknown(account.Total, "payback_months")        // no month is closed yet
	row, ok := lo.Find(account.Sensitivity, func(s roi.Sensitivity) bool { return s.Input == "handle_seconds" })
	if !ok || row.Source != roi.SourceDefault || row.Low.Setting != "-50 %" || row.Low.HumanCost != 58_500_000 || account.Confidence != "low" {
		t.Errorf("a default handle time: %+v, confidence %q", row, account.Confidence)
	}
	_, err = d.m.CloseMonth(d.ctx, d.org, "2026-02")
	d.must(err)
	account, err = d.m.CostAnalysis(d.ctx, month)
	d.must(err)
	d.want(account.Total, "payback_months", 10) // 620 / (117 − 27 − 28)
	if account.BreakEvenNever {
		t.Error("3.90 avoided for 0.90 never pays")
	}
}
