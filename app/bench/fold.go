//go:build unix

package main

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// checked are selections of the dashboard's windows, and of all time, under the groupings its reads use and the finest.
func checked() (out []metric.Selection) {
	windows := lo.Map(dashboard(), func(l look, _ int) metric.Window {
		return metric.Window{Start: last().Add(-l.length), End: last(), Zone: time.UTC}
	})
	windows = append(windows, metric.Window{Start: epoch().Add(-span), End: epoch().Add(2 * span), Zone: time.UTC})
	for _, w := range lo.UniqBy(windows, func(w metric.Window) time.Time { return w.Start }) {
		for _, by := range []metric.Grouping{
			{Handler: true}, {Topic: true, Handler: true}, {Day: true, Topic: true}, {Topic: true, Priority: true, Handler: true, Platform: true},
		} {
			out = append(out, metric.Selection{Window: w, By: by})
		}
	}
	return out
}

// fold reckons the figures of the selections from every conversation of an organisation, and counts those cells that the
// store's own sums say otherwise.
func fold(ctx context.Context, store port.Storage, t totals) (totals, error) {
	selections := checked()
	sums := lo.Map(selections, func(s metric.Selection, _ int) *metric.Sum { return metric.NewSum(s) })
	t.Conversations, t.Cells, t.Differ = 0, 0, 0
	for c, err := range store.Conversations.Each(ctx, t.Org, conversation.Query{}) {
		if err != nil {
			return t, err
		}
		t.Conversations++
		cell := metric.Contribution(&c)
		for i, s := range selections {
			if !s.Window.Contains(c.StartedAt) {
				continue
			}
			if err := sums[i].Add(cell); err != nil {
				return t, err
			}
		}
	}
	all, err := store.Rollups.Rollup(ctx, t.Org, selections...)
	if err != nil {
		return t, err
	}
	for i, got := range all {
		want := sums[i].Cells()
		t.Cells += len(want)
		t.Differ += max(len(got), len(want)) - lo.CountBy(lo.Zip2(got, want), func(p lo.Tuple2[metric.Cell, metric.Cell]) bool { return reflect.DeepEqual(p.A, p.B) })
	}
	return t, nil
}

// equality says whether the figures of a large store equal a fold over its rows.
func (b *bench) equality(engine string, s *sized) error {
	t, err := s.totals(totals{Org: s.child.Orgs[0], Fold: true})
	if err != nil {
		return err
	}
	b.table.add(row{what: fmt.Sprintf("cells that a fold over %d conversations says otherwise, %s", t.Conversations, engine),
		figure: fmt.Sprintf("%d of %d", t.Differ, t.Cells), value: float64(t.Differ), goal: goal{reach: 0.5}})
	return nil
}
