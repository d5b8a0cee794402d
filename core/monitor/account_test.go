package monitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

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

// What rests on credited resolutions says that it moves: while returns are linked behind the write, and for the 72 hours
// in which a customer may be back.
func TestCreditMatures(t *testing.T) {
	d := newDesk(t)
	_, err := d.m.UpdateSettings(d.ctx, d.org, func(s tenant.Settings) (tenant.Settings, error) {
		s.Costs.HumanHourly, s.Costs.HandleSeconds = lo.ToPtr(money.Micro(45_000_000)), lo.ToPtr(480.0)
		return s, nil
	})
	d.must(err)
	for i, hours := range []int{100, 95, 90, 80, 24} {
		topic := lo.Ternary(hours == 90, "returns", "billing")
		d.send(said{id: fmt.Sprint("c", i), start: noon.Add(-time.Duration(hours) * time.Hour), topic: topic, lines: []line{asks, answers, thanks}, facts: cost(1_000_000)})
	}
	check := func(when, total, billing, returns string) {
		t.Helper()
		account, err := d.m.CostAnalysis(d.ctx, monitor.Request{Org: d.org, Start: noon.AddDate(0, 0, -30), End: noon})
		d.must(err)
		want := func(rows monitor.Figures, of, maturity string, names ...string) {
			t.Helper()
			for _, name := range names {
				f, ok := rows.Get(name)
				if got := fmt.Sprint(f.Estimate.Maturity.State, " ", show(f.Estimate.Maturity.MatureShare)); !ok || got != maturity {
					t.Errorf("%s, %s of %s: %s, want %s", when, name, of, got, maturity)
				}
			}
		}
		want(account.Total, "all", total, "total_estimated_human_cost", "cost_savings", "roi_percentage", "credited_resolutions",
			"cost_savings_conservative", "break_even_conversations")
		want(account.Total, "all", "final unknown", "total_ai_cost", "credited_resolutions_gross", "payback_months")
		for _, row := range account.Topics {
			want(row.Figures, row.Topic, lo.Ternary(row.Topic == "billing", billing, returns), "credited_resolutions", "estimated_human_cost")
			want(row.Figures, row.Topic, "final unknown", "ai_cost", "human_cost_per_contact", "handle_seconds")
		}
		if len(account.Topics) != 2 {
			t.Errorf("topics: %+v", account.Topics)
		}
	}
	check("before returns are linked", "maturing unknown", "maturing unknown", "maturing unknown")
	d.work()
	d.now = noon
	check("with one of five younger than 72 hours", "maturing 0.8", "maturing 0.75", "final 1")
	d.now = noon.Add(72 * time.Hour)
	check("72 hours later", "final 1", "final 1", "final 1")
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

func TestTheAICostOfATopicNobodyPricedIsUnknown(t *testing.T) {
	d := newDesk(t)
	d.send(
		said{id: "a", start: noon.Add(-time.Hour), topic: "billing", lines: []line{asks, answers, thanks}},
		said{id: "b", start: noon.Add(-time.Hour), topic: "login", lines: []line{asks, answers, thanks}, facts: cost(0)},
		said{id: "c", start: noon.Add(-time.Hour), topic: "returns", lines: []line{asks, agent}},
	)
	account, err := d.m.CostAnalysis(d.ctx, d.window())
	d.must(err)
	for _, topic := range account.Topics {
		switch topic.Topic {
		case "billing":
			d.wantUnknown(topic.Figures, "ai_cost")
		default: // reported as nothing, and without the AI
			d.want(topic.Figures, "ai_cost", 0)
		}
	}
}
