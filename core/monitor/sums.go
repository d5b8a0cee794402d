package monitor

import (
	"context"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// sums are what an answer is reckoned from: a view and those derived from it first say which they need, and then read all
// of them at once, so that the figures of one answer are of one state of the store.
type sums struct{ asked []*sum }

// sum is one of them; its cells are there once it was read.
type sum struct {
	metric.Selection
	// aiAgent keeps the conversations of one agent.
	aiAgent *string
	cells   []metric.Cell
}

// sum asks for the view's cells.
func (v view) sum(by metric.Grouping) *sum {
	return v.ask(sum{Selection: metric.Selection{Window: v.window, Where: v.where, By: by, SumsOnly: true}, aiAgent: v.aiAgent})
}

// ask asks for a sum, once for the same one. A window without length needs no asking.
func (v view) ask(s sum) *sum {
	if !s.Window.Start.Before(s.Window.End) {
		return &s
	}
	for _, other := range v.sums.asked {
		if other.Selection == s.Selection && other.aiAgent == s.aiAgent {
			return other
		}
	}
	v.sums.asked = append(v.sums.asked, &s)
	return &s
}

// total is the whole of a sum.
func (s *sum) total() (metric.Vector, error) { return metric.Total(s.cells) }

// ages are the sums of conversations that are settled and of those that are young.
type ages struct{ settled, young *sum }

// byAge asks for the view's sum apart for conversations that started before and after limit, with what quantiles are read
// from if that is needed.
func (v view) byAge(limit time.Time, quantiles bool) ages {
	between := func(start, end time.Time) *sum {
		return v.ask(sum{Selection: metric.Selection{Window: v.between(start, end).window, Where: v.where, SumsOnly: !quantiles}, aiAgent: v.aiAgent})
	}
	start, end := v.window.Start, v.window.End
	return ages{settled: between(start, earlier(limit, end)), young: between(later(limit, start), end)}
}

// totals are the two sums and both together.
func (a ages) totals() (settled, young, all metric.Vector, err error) {
	if settled, err = a.settled.total(); err != nil {
		return nil, nil, nil, err
	}
	if young, err = a.young.total(); err != nil {
		return nil, nil, nil, err
	}
	all, err = settled.Plus(young)
	return settled, young, all, err
}

// read reads all sums that were asked for. Cells do not know the AI agent, so those of one are reckoned from its
// conversations.
func (v view) read(ctx context.Context) error {
	asked := v.sums.asked
	v.sums.asked = nil
	ofAgent, ofAll := lo.FilterReject(asked, func(s *sum, _ int) bool { return s.aiAgent != nil })
	if len(ofAll) > 0 {
		cells, err := v.m.store.Rollups.Rollup(ctx, v.org.ID, lo.Map(ofAll, func(s *sum, _ int) metric.Selection { return s.Selection })...)
		if err != nil {
			return err
		}
		for i, s := range ofAll {
			s.cells = cells[i]
		}
	}
	if len(ofAgent) > 0 {
		return v.fold(ctx, ofAgent)
	}
	return nil
}

// fold reckons sums of the view's AI agent in one pass over its conversations.
func (v view) fold(ctx context.Context, asked []*sum) error {
	q := conversation.Query{Start: asked[0].Window.Start, End: asked[0].Window.End, AIAgent: v.aiAgent}
	for _, s := range asked {
		q.Start, q.End = earlier(q.Start, s.Window.Start), later(q.End, s.Window.End)
	}
	folds := lo.Map(asked, func(s *sum, _ int) *metric.Sum { return metric.NewSum(s.Selection) })
	for c, err := range v.m.store.Conversations.Each(ctx, v.org.ID, q) {
		if err != nil {
			return err
		}
		cell := metric.Contribution(&c)
		for i, s := range asked {
			if !s.Window.Contains(c.StartedAt) {
				continue
			}
			if err := folds[i].Add(cell); err != nil {
				return err
			}
		}
	}
	for i, s := range asked {
		s.cells = folds[i].Cells()
	}
	return nil
}
