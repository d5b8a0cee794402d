package monitor

import (
	"context"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

// account is a statement with what is known of its two sides.
type account struct {
	roi.Statement
	// conversations is how many it is about; priced says that something is known of what the AI cost.
	conversations int64
	priced        bool
	// credit is how settled the credited resolutions are, and with them all that they are worth.
	credit creditAge
}

// accountSums are what the account of a view is reckoned from. Closed months keep the terms they were closed with, so that
// the account of a month is what its lines add up to, and that of a year what its months do.
type accountSums struct {
	view
	// inputs lack the topics, and the rates where those are learnt.
	inputs roi.Inputs
	topics []pricedTopics
	// rates are learnt from this sum; nil where nothing is open: then the newest closed month speaks for the view.
	rates  *sum
	credit creditSums
}

// pricedTopics are the topics of a stretch with the terms of its month if that is closed.
type pricedTopics struct {
	*sum
	terms *roi.Terms
}

func (v view) askAccount(ctx context.Context) (accountSums, error) {
	out := accountSums{view: v}
	closings, err := v.closings(ctx)
	if err != nil {
		return out, err
	}
	in := roi.Inputs{Currency: v.org.Settings.Currency, Human: humanCost(v.org.Settings.Costs), SetUp: v.org.Settings.Costs.SetUp}
	if in.SetUp != 0 {
		in.MonthlySavings = lo.Map(closings, func(c roi.Closing, _ int) money.Micro { return c.Totals.HumanCost - c.Totals.AICost })
	}
	from, last := v.window.Start, (*roi.Terms)(nil)
	for i, c := range closings {
		start, end, err := c.Period.Bounds(v.org.Settings.Location())
		if err != nil {
			return out, err
		}
		if !end.After(from) {
			continue
		}
		if until := earlier(end, v.window.End); from.Before(until) {
			last = &closings[i].Terms
			out.topics = append(out.topics, pricedTopics{v.between(from, until).sum(metric.Grouping{Topic: true}), last})
			fee, err := v.between(later(start, from), until).bookedFee(*last, start, end)
			if err != nil {
				return out, err
			}
			in.Fee += fee
			from = until
		}
	}
	if from.Before(v.window.End) || last == nil {
		open := v.between(from, v.window.End)
		fee, err := open.fee(v.org.Settings.Costs.MonthlyFee)
		if err != nil {
			return out, err
		}
		in.Fee += fee
		in.Model = costModel(v.org.Settings.Costs)
		out.rates = v.askRates()
		out.topics = append(out.topics, pricedTopics{open.sum(metric.Grouping{Topic: true}), nil})
	} else {
		in.Model, in.Rates = last.Model, &last.Rates
	}
	out.inputs = in
	out.credit, err = v.askCredit(ctx)
	return out, err
}

// reckon reckons the account from what was read.
func (s accountSums) reckon(ctx context.Context) (account, error) {
	var out account
	in := s.inputs
	for _, part := range s.topics {
		for _, c := range part.cells {
			row := topicCounts(c)
			row.Terms = part.terms
			in.Topics = append(in.Topics, row)
			out.conversations += c.Values.At(metric.Conversations)
		}
	}
	if s.rates != nil {
		rates, err := s.view.rates(s.rates)
		if err != nil {
			return account{}, err
		}
		in.Rates = &rates
	}
	var err error
	if out.credit, err = s.credit.age(ctx, in.Topics); err != nil {
		return account{}, err
	}
	if out.Statement, err = roi.State(in); err != nil {
		return account{}, err
	}
	usage := func(field func(roi.Usage) int64) int64 {
		return lo.SumBy(in.Topics, func(t roi.TopicCounts) int64 { return field(t.Usage) })
	}
	out.priced = out.conversations > 0 && (in.Fee > 0 || usage(func(u roi.Usage) int64 { return u.ReportedN }) > 0 ||
		out.Unpriced < usage(func(u roi.Usage) int64 { return u.Unreported }))
	return out, nil
}

// closings are the closed months, where they matter: a month that still runs cannot be closed, so a window inside it
// needs none, unless the payback does.
func (v view) closings(ctx context.Context) ([]roi.Closing, error) {
	zone := v.org.Settings.Location()
	running, _, err := roi.PeriodOf(v.asOf, zone).Bounds(zone)
	if err != nil || !v.window.Start.Before(running) && v.org.Settings.Costs.SetUp == 0 {
		return nil, err
	}
	return v.m.store.Ledger.Closings(ctx, v.org.ID)
}

func earlier(a, b time.Time) time.Time { return lo.Ternary(a.Before(b), a, b) }
func later(a, b time.Time) time.Time   { return lo.Ternary(a.After(b), a, b) }

// bookedFee is what a closed month, from start to end, was charged for the view's part of it.
func (v view) bookedFee(terms roi.Terms, start, end time.Time) (money.Micro, error) {
	if v.window.Start.Equal(start) && v.window.End.Equal(end) && !v.filtered() {
		return terms.Fee, nil
	}
	return v.fee(terms.Model.MonthlyFee)
}
