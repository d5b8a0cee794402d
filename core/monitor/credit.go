package monitor

import (
	"context"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// creditAge is how settled a view's credited resolutions are. Credit is lost when the customer is back within 72 hours,
// so that of younger conversations is not. Returns are linked behind the write: as long as there are versions that have
// not been looked at, any credit may go, and how many was not counted.
type creditAge struct {
	unlinked bool
	// resolved are the conversations of each topic that credit was given for, lost since or not; young are those of them
	// that are younger than 72 hours.
	resolved, young map[string]int64
}

// of is the maturity of what rests on one topic's credit.
func (c creditAge) of(topic string) stat.Maturity {
	return c.maturity(c.resolved[topic], c.young[topic])
}

// all is the maturity of what rests on the credit of all topics.
func (c creditAge) all() stat.Maturity {
	return c.maturity(lo.Sum(lo.Values(c.resolved)), lo.Sum(lo.Values(c.young)))
}

func (c creditAge) maturity(resolved, young int64) stat.Maturity {
	if c.unlinked && resolved > 0 {
		return stat.Maturity{State: stat.Maturing}
	}
	return stat.MaturityOf(resolved-young, resolved)
}

// creditSums are what creditAge is reckoned from.
type creditSums struct {
	view
	young *sum
	// linked is how far returns had been linked before the sums were read.
	linked int64
}

func (v view) askCredit(ctx context.Context) (creditSums, error) {
	linked, err := v.m.reached(ctx, v.org.ID, returnsJob)
	young := v.between(later(v.window.Start, v.asOf.Add(-metric.ReturnWindow)), v.window.End)
	return creditSums{v, young.sum(metric.Grouping{Topic: true}), linked.through}, err
}

// age says how settled the credit of topics is.
func (s creditSums) age(ctx context.Context, topics []roi.TopicCounts) (creditAge, error) {
	head, err := s.m.store.Changes.Head(ctx, s.org.ID)
	if err != nil {
		return creditAge{}, err
	}
	out := creditAge{unlinked: s.linked < head, resolved: map[string]int64{}, young: map[string]int64{}}
	for _, t := range topics {
		out.resolved[t.Topic] += t.ConfirmedKept + t.AssumedKept + t.ConfirmedLost + t.AssumedLost
	}
	for _, c := range s.young.cells {
		for _, m := range []metric.Measure{metric.CreditConfirmed, metric.CreditAssumed, metric.LostConfirmed, metric.LostAssumed} {
			out.young[c.Key.Topic] += c.Values.At(m)
		}
	}
	return out, nil
}

// mature marks a figure that rests on credited resolutions.
func (f Figure) mature(credit stat.Maturity) Figure {
	f.Estimate = f.Estimate.WithMaturity(credit)
	return f
}
