package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// learnFrom is how far back handle times are learnt from: long enough for rare topics, short enough to follow change.
const learnFrom = 90 * 24 * time.Hour

// CostAnalysis answers with the account of the window.
func (m *Monitor) CostAnalysis(ctx context.Context, r Request) (CostAnalysis, error) {
	v, err := m.open(ctx, r, CostHours)
	if err != nil {
		return CostAnalysis{}, err
	}
	asked, err := v.askAccount(ctx)
	if err != nil {
		return CostAnalysis{}, err
	}
	askedBefore, err := v.previous().askAccount(ctx)
	if err != nil {
		return CostAnalysis{}, err
	}
	if err := v.read(ctx); err != nil {
		return CostAnalysis{}, err
	}
	s, err := asked.reckon(ctx)
	if err != nil {
		return CostAnalysis{}, err
	}
	before, err := askedBefore.reckon(ctx)
	if err != nil {
		return CostAnalysis{}, err
	}
	return CostAnalysis{
		Frame: v.frame(), Total: append(costFigures(s), moreCostFigures(s)...),
		Previous:   append(costFigures(before), moreCostFigures(before)...),
		Topics:     lo.Map(s.Topics, func(t roi.TopicFigures, _ int) TopicCost { return topicCost(s, t) }),
		Confidence: string(s.Confidence), Assumptions: assumptions(s), BreakEvenNever: s.priced && s.BreakEven.Never,
		Sensitivity: lo.Ternary(s.priced, s.Sensitivity, nil),
	}, nil
}

func moreCostFigures(a account) Figures {
	s := a.Statement
	view := func(name string, f roi.ViewFigures) Figures {
		return Figures{
			count("credited_resolutions_"+name, f.Credited, "roi.credited_"+name+"/v1"),
			amount("cost_savings_"+name, when(a.priced, f.Savings), evidence(f.SavingsEstimate, a.priced)),
			{Name: "roi_percentage_" + name, Decimals: percent, Estimate: evidence(f.PercentEstimate, a.priced)},
		}
	}
	credit := a.credit.all()
	out := Figures{
		count("credited_resolutions", s.Standard.Credited, "roi.credited_standard/v1").mature(credit),
		amount("escalation_drag", s.Drag.Cost, s.Drag.Estimate),
		count("unpriced_conversations", s.Unpriced, "roi.unpriced/v1"),
		breakEven(a).mature(credit),
		payback(a),
	}
	conservative := lo.Map(view("conservative", s.Conservative), func(f Figure, _ int) Figure { return f.mature(credit) })
	return append(append(out, conservative...), view("gross", s.Gross)...)
}

// breakEven is unknown where no number of conversations pays for the fee, which BreakEvenNever tells apart.
func breakEven(a account) Figure {
	e := stat.Unknown("roi.break_even/v1", a.conversations)
	if n := a.BreakEven.Conversations; n != nil && a.priced {
		e = stat.Exact(float64(*n), a.conversations, e.Definition)
	}
	return Figure{Name: "break_even_conversations", Decimals: whole, Estimate: e}
}

func payback(a account) Figure {
	e := stat.Unknown("roi.payback/v1", a.conversations)
	if a.PaybackMonths != nil && a.priced {
		e = stat.Exact(a.PaybackMonths.Float64(), a.conversations, e.Definition)
	}
	return Figure{Name: "payback_months", Decimals: percent, Estimate: e}
}

func topicCost(a account, t roi.TopicFigures) TopicCost {
	credit := a.credit.of(t.Topic)
	return TopicCost{Topic: t.Topic, Figures: Figures{
		count("credited_resolutions", t.Credited, "roi.credited_standard/v1").mature(credit),
		amount("ai_cost", when(t.Priced, &t.AICost), evidence(stat.Exact(t.AICost.Float64(), t.AIConversations, "roi.ai_cost/v1"), t.Priced)),
		amount("estimated_human_cost", t.HumanCost, t.HumanCostEstimate).mature(credit),
		amount("human_cost_per_contact", t.PerContact, t.PerContactEstimate),
		{Name: "handle_seconds", Decimals: whole, Estimate: t.HandleEstimate},
	}}
}

func assumptions(s account) []Assumption {
	hourly := "unknown"
	if s.Rates.Hourly != nil {
		hourly = fmt.Sprintf("%s %s an hour", s.Rates.Hourly.String(), s.Currency)
	}
	return []Assumption{
		{Name: "human_hourly", Value: hourly, Source: string(s.Rates.HourlySource)},
		{Name: "handle_seconds", Value: s.Rates.Any.Seconds.Fixed(0) + " seconds", Source: string(s.Rates.Any.Source)},
	}
}

// costFigures are the four figures of the account. Without conversations nothing is known; without any cost of the AI
// neither it nor what depends on it is.
func costFigures(a account) Figures {
	s := a.Statement
	some := a.conversations > 0
	credit := a.credit.all()
	ai := stat.Exact(s.AICost.Float64(), a.conversations, "roi.ai_cost/v1")
	return Figures{
		amount("total_ai_cost", when(a.priced, &s.AICost), evidence(ai, a.priced)),
		amount("total_estimated_human_cost", when(some, s.Standard.HumanCost), evidence(s.Standard.HumanCostEstimate, some)).mature(credit),
		amount("cost_savings", when(a.priced, s.Standard.Savings), evidence(s.Standard.SavingsEstimate, a.priced)).mature(credit),
		Figure{Name: "roi_percentage", Decimals: percent, Estimate: evidence(s.Standard.PercentEstimate, a.priced)}.mature(credit),
	}
}

// when is the amount if it is known, else nil.
func when(known bool, m *money.Micro) *money.Micro {
	if !known {
		return nil
	}
	return m
}

func evidence(e stat.Estimate, known bool) stat.Estimate {
	if !known {
		return stat.Unknown(e.Definition, e.N)
	}
	return e
}

// askRates asks for what handle times are learnt from: the human conversations of the last 90 days of the window, and all
// of a longer one. They are those of the whole organisation, whatever the view filters.
func (v view) askRates() *sum {
	w := v.window
	if from := w.End.Add(-learnFrom); from.Before(w.Start) {
		w.Start = from
	}
	return v.ask(sum{Selection: metric.Selection{
		Window: w, By: metric.Grouping{Topic: true}, Where: metric.Filter{Handler: conversation.HumanOnly}, SumsOnly: true,
	}})
}

// rates learns handle times.
func (v view) rates(from *sum) (roi.Rates, error) {
	return roi.Learn(humanCost(v.org.Settings.Costs), v.org.Settings.Currency, lo.Map(from.cells, func(c metric.Cell, _ int) roi.TopicHandle {
		return roi.TopicHandle{Topic: c.Key.Topic, Handle: handle(c.Values, metric.HandleHuman)}
	}))
}

// filtered says that the view leaves conversations out.
func (v view) filtered() bool { return v.where != (metric.Filter{}) || v.aiAgent != nil }

// fee is the platform's fixed monthly price for the window. It is nobody's topic, so a filtered view has none.
func (v view) fee(monthly money.Micro) (money.Micro, error) {
	end := earlier(v.window.End, v.asOf)
	if v.filtered() || monthly == 0 || !v.window.Start.Before(end) {
		return 0, nil
	}
	share, err := roi.ProrateFee(monthly.Exact(), v.window.Start, end, v.org.Settings.Location(), v.org.Settings.Currency)
	if err != nil {
		return 0, err
	}
	return share.Cost.Micro()
}

func handle(v metric.Vector, kind metric.Seconds) roi.Handle {
	n, sum, squares := v.Moments(kind)
	return roi.Handle{N: n, Sum: sum, Squares: squares}
}

func topicCounts(c metric.Cell) roi.TopicCounts {
	v := c.Values
	return roi.TopicCounts{
		Topic: c.Key.Topic, AIConversations: v.At(metric.AIInvolved), AIOnly: v.At(metric.CreditGross),
		Escalated: v.At(metric.EscalatedAI), ConfirmedKept: v.At(metric.CreditConfirmed), AssumedKept: v.At(metric.CreditAssumed),
		ConfirmedLost: v.At(metric.LostConfirmed), AssumedLost: v.At(metric.LostAssumed),
		Usage: roi.Usage{
			Reported: money.Micro(v.At(metric.AICost)), ReportedN: v.At(metric.AICostReported),
			Unreported: v.At(metric.Unreported), UnreportedResolved: v.At(metric.UnreportedResolved),
			TokensIn: v.At(metric.UnreportedTokensIn), TokensOut: v.At(metric.UnreportedTokensOut), TokenN: v.At(metric.UnreportedTokened),
		},
		HumanOnly: handle(v, metric.HandleHuman), AfterAI: handle(v, metric.HandleAfterAI),
	}
}

func humanCost(c tenant.Costs) roi.HumanCost {
	return roi.HumanCost{Hourly: c.HumanHourly, HandleSeconds: c.HandleSeconds}
}

func costModel(c tenant.Costs) roi.CostModel {
	return roi.CostModel{
		PerConversation: c.PerConversation, PerResolution: c.PerResolution, MonthlyFee: c.MonthlyFee,
		Tokens: roi.TokenPrice{InputPerMillion: c.InputPerMillion.Exact(), OutputPerMillion: c.OutputPerMillion.Exact()},
	}
}
