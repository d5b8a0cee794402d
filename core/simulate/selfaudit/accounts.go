package selfaudit

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/simulate"
)

// moneyFinding is whether the account adds up and comes near the truth.
type moneyFinding struct {
	// months is how many were closed; equal says that each closed with exactly what the headline said, and that after
	// late deliveries the lines in force for each month still add up to what its headline says, but for a millionth a
	// correction.
	months int
	equal  bool
	// lines is how long the ledger is, corrections how many of its lines correct a closed month.
	lines, corrections int64
	// costExact says that the AI's cost is the planted one to the millionth.
	costExact bool
	// saved and savedTruth are the human cost avoided; inside says that the interval holds the truth.
	saved, savedTruth float64
	inside            bool
	// credited and creditedTruth are the resolutions the AI is credited with.
	credited, creditedTruth float64
}

// month is the request for a calendar month.
func (b *bench) month(period roi.Period) (monitor.Request, error) {
	start, end, err := period.Bounds(time.UTC)
	return monitor.Request{Org: b.org, Start: start, End: end}, err
}

// headline is what the cost analysis says of a month.
func (b *bench) headline(ctx context.Context, period roi.Period) (t roi.Totals, err error) {
	request, err := b.month(period)
	if err != nil {
		return t, err
	}
	analysis, err := b.m.CostAnalysis(ctx, request)
	if err != nil {
		return t, err
	}
	if t.AICost, err = amount(analysis.Total, "total_ai_cost"); err != nil {
		return t, err
	}
	t.HumanCost, err = amount(analysis.Total, "total_estimated_human_cost")
	return t, err
}

// close closes a month and compares what was booked with what is shown.
func (b *bench) close(ctx context.Context, period roi.Period, f *moneyFinding) error {
	if err := b.work(ctx, b.m.LinkReturns, b.m.CorrectLedger); err != nil {
		return err
	}
	shown, err := b.headline(ctx, period)
	if err != nil {
		return err
	}
	closing, err := b.m.CloseMonth(ctx, b.org, period)
	if err != nil {
		return err
	}
	own, err := b.booked(ctx, period, func(l roi.Line) bool { return l.CorrectsPeriod == "" })
	if err != nil {
		return err
	}
	if f.months == 0 {
		f.equal = true
	}
	f.months++
	f.equal = f.equal && own == shown && (f.months > 1 || closing.Totals == shown)
	return nil
}

// booked adds up the lines of a month that keep lets through.
func (b *bench) booked(ctx context.Context, period roi.Period, keep func(roi.Line) bool) (roi.Totals, error) {
	m, err := b.m.LedgerMonth(ctx, b.org, period)
	if err != nil {
		return roi.Totals{}, err
	}
	return roi.Total(lo.Filter(m.Lines, func(l roi.Line, _ int) bool { return keep(l) }))
}

func (b *bench) readMoney(ctx context.Context, f *moneyFinding) error {
	if err := b.readLedger(ctx, f); err != nil {
		return err
	}
	analysis, err := b.m.CostAnalysis(ctx, b.window())
	if err != nil {
		return err
	}
	cost, err := amount(analysis.Total, "total_ai_cost")
	if err != nil {
		return err
	}
	planted, err := b.plantedCost()
	if err != nil {
		return err
	}
	f.costExact = cost == planted
	return b.readSavings(analysis, f)
}

// readLedger checks the whole ledger at the end of the organisation's life.
func (b *bench) readLedger(ctx context.Context, f *moneyFinding) error {
	if _, err := b.m.VerifyLedger(ctx, b.org); err != nil {
		return err
	}
	inForce := map[roi.Period][]roi.Line{}
	for l, err := range b.store.Ledger.Lines(ctx, b.org, roi.LineQuery{}) {
		if err != nil {
			return err
		}
		f.lines++
		if l.CorrectsPeriod != "" {
			f.corrections++
		}
		inForce[l.Origin()] = append(inForce[l.Origin()], l)
	}
	for _, period := range []roi.Period{"2026-01", "2026-02"} {
		shown, err := b.headline(ctx, period)
		if err != nil {
			return err
		}
		lines, err := roi.Total(inForce[period])
		if err != nil {
			return err
		}
		// A line that is reversed may take along the millionth that did not divide evenly among its month's.
		apart := lines.HumanCost - shown.HumanCost
		slack := money.Micro(lo.CountBy(inForce[period], func(l roi.Line) bool { return l.CorrectsPeriod != "" }))
		f.equal = f.equal && lines.AICost == shown.AICost && -slack <= apart && apart <= slack
	}
	// The open month: what closing it now would book is what is shown.
	shown, err := b.headline(ctx, "2026-03")
	if err != nil {
		return err
	}
	own, err := b.booked(ctx, "2026-03", func(l roi.Line) bool { return l.CorrectsPeriod == "" })
	f.equal = f.equal && own == shown
	return err
}

// plantedCost is what the AI cost in the measured months: reported costs, the price of the others, and two monthly fees.
func (b *bench) plantedCost() (money.Micro, error) {
	truth := b.truth.Between(b.window().Start, b.window().End)
	reported, err := truth.ReportedCost()
	if err != nil {
		return 0, err
	}
	others, err := b.plan.Costs.PerConversation.Mul(truth.Count(func(c simulate.Case) bool { return c.Handler.AIInvolved() && c.Cost == nil }))
	if err != nil {
		return 0, err
	}
	return money.Sum(reported, others, b.plan.Costs.MonthlyFee, b.plan.Costs.MonthlyFee)
}

// readSavings compares with the planted working time of the cases the AI really is to be credited with.
func (b *bench) readSavings(analysis monitor.CostAnalysis, f *moneyFinding) error {
	credited := b.truth.Credited(metric.ReturnWindow)
	topics := lo.KeyBy(b.plan.Topics, func(t simulate.Topic) string { return t.Name })
	hourly := b.plan.Costs.HumanHourly.Float64()
	for _, c := range b.truth.Between(b.window().Start, b.window().End).Cases {
		if credited[c.ID] && c.Handler == conversation.AIOnly {
			f.creditedTruth++
			f.savedTruth += hourly * topics[c.Topic].HandleSeconds / 3600
		}
	}
	figure, ok := analysis.Total.Get("total_estimated_human_cost")
	interval, known := figure.Estimate.Interval()
	if !ok || !known {
		return fmt.Errorf("the human cost has no interval")
	}
	f.saved, f.inside = *figure.Estimate.Value, interval.Contains(f.savedTruth)
	var err error
	f.credited, err = value(analysis.Total, "credited_resolutions")
	return err
}

// off is the relative error.
func off(got, truth float64) float64 {
	if truth == 0 {
		return 0
	}
	return math.Abs(got-truth) / math.Abs(truth)
}
