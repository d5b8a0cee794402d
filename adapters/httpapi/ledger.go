package httpapi

import (
	"errors"
	"net/http"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

func (c *call) waterfall() error {
	request, q, err := c.windowed()
	if err != nil {
		return err
	}
	found, err := c.api.Monitor.Waterfall(c.r.Context(), request, roi.View(or(q, "view", string(roi.Standard))))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Waterfall{
		Frame: showFrame(found.Frame), View: string(found.View),
		Steps: lo.Map(found.Steps, func(s roi.Step, _ int) wire.WaterfallStep {
			return wire.WaterfallStep{
				Name: s.Name, Amount: amount(s.Amount, found.Currency), Conversations: s.Conversations,
				Running: amount(s.Running, found.Currency), ROIPercentage: percentage(s.Percent),
			}
		}),
	})
}

func percentage(p *money.Exact) wire.Number {
	if p == nil {
		return ""
	}
	return wire.Number(p.FixedAway(1))
}

func (c *call) ledgerMonth() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	period := roi.Period(or(q, "period", ""))
	if period == "" {
		if period, err = c.api.Monitor.CurrentPeriod(c.r.Context(), c.who.org); err != nil {
			return err
		}
	}
	month, err := c.api.Monitor.LedgerMonth(c.r.Context(), c.who.org, period)
	if err != nil {
		return err
	}
	out := wire.LedgerMonth{
		Frame: showFrame(month.Frame), Period: string(month.Period), Closed: month.Closed, Count: len(month.Lines),
		Totals: wire.LedgerTotals{
			AICost: amount(month.Export.AICost, month.Currency), HumanCost: amount(month.Export.HumanCost, month.Currency),
			Savings: amount(month.Export.Savings, month.Currency), ROIPercentage: wire.Number(lo.FromPtr(month.Export.Percent)),
		},
		Lines: lo.Map(month.Lines, func(l roi.Line, i int) wire.LedgerLine {
			return showLine(l, amount(month.Export.Rounded[i], month.Currency))
		}),
	}
	if month.Closing != nil {
		out.ClosedAt = showTime(&month.Closing.ClosedAt)
	}
	return c.answer(http.StatusOK, out)
}

func showLine(l roi.Line, rounded wire.Number) wire.LedgerLine {
	out := wire.LedgerLine{
		Kind: string(l.Kind), Ref: l.Ref, Topic: word(l.Topic), Amount: rounded, Exact: wire.Number(l.Amount.String()),
		Model: word(l.Model), Rate: word(l.Rate), CorrectsPeriod: word(l.CorrectsPeriod), PostedAt: showTime(&l.PostedAt),
	}
	if l.Seq > 0 {
		out.Seq, out.Hash = &l.Seq, lo.ToPtr(l.Hash.String())
	}
	return out
}

func (c *call) closeMonth() error {
	f := &form{}
	var period string
	err := c.manage(f, fields{
		"period": f.text(7, func(v string) { period = v }),
	})
	if err != nil {
		return err
	}
	closing, err := c.api.Monitor.CloseMonth(c.r.Context(), c.who.org, roi.Period(period))
	if err != nil {
		return err
	}
	org, err := c.api.Monitor.Org(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	figures, currency := closing.Totals.Figures(), org.Settings.Currency
	return c.answer(http.StatusOK, wire.ClosedMonth{
		Success: true, Period: string(closing.Period), ClosedAt: closing.ClosedAt, Lines: closing.Head.Seq,
		Hash: closing.Head.Hash.String(),
		Totals: wire.LedgerTotals{
			AICost: amount(closing.Totals.AICost, currency), HumanCost: amount(closing.Totals.HumanCost, currency),
			Savings: amount(closing.Totals.HumanCost-closing.Totals.AICost, currency), ROIPercentage: wire.Number(lo.FromPtr(figures.PercentText())),
		},
	})
}

func (c *call) verifyLedger() error {
	lines, err := c.api.Monitor.VerifyLedger(c.r.Context(), c.who.org)
	var bad *roi.BadLine
	switch {
	case errors.As(err, &bad):
		return c.answer(http.StatusOK, wire.LedgerCheck{Success: true, Lines: lines, Fault: lo.ToPtr(bad.Error())})
	case err != nil:
		return err
	}
	return c.answer(http.StatusOK, wire.LedgerCheck{Success: true, Intact: true, Lines: lines})
}
