package monitor

import (
	"context"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// creditMaturity is how settled the view's credited resolutions are. Credit is lost when the customer is back within 72
// hours, so that of younger conversations is not. Returns are linked behind the write: as long as there are versions
// that have not been looked at, any credit may go, and how many was not counted.
func (v view) creditMaturity(ctx context.Context, topics []roi.TopicCounts) (stat.Maturity, error) {
	linked, err := v.m.reached(ctx, v.org.ID, returnsJob)
	if err != nil {
		return stat.Maturity{}, err
	}
	head, err := v.m.store.Changes.Head(ctx, v.org.ID)
	if err != nil {
		return stat.Maturity{}, err
	}
	resolved := lo.SumBy(topics, func(t roi.TopicCounts) int64 {
		return t.ConfirmedKept + t.AssumedKept + t.ConfirmedLost + t.AssumedLost
	})
	if resolved > 0 && linked.through < head {
		return stat.Maturity{State: stat.Maturing}, nil
	}
	from := later(v.window.Start, v.asOf.Add(-metric.ReturnWindow))
	if resolved == 0 || !from.Before(v.window.End) {
		return stat.MaturityOf(resolved, resolved), nil
	}
	young, err := v.between(from, v.window.End).total(ctx)
	if err != nil {
		return stat.Maturity{}, err
	}
	open := lo.SumBy([]metric.Measure{metric.CreditConfirmed, metric.CreditAssumed, metric.LostConfirmed, metric.LostAssumed}, young.At)
	return stat.MaturityOf(resolved-open, resolved), nil
}
