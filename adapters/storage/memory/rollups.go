package memory

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type rollups struct{ *store }

// Rollup adds up what every conversation contributes, and what expired ones did.
func (s rollups) Rollup(ctx context.Context, org tenant.ID, selections ...metric.Selection) (sums [][]metric.Cell, err error) {
	err = s.read(ctx, func() error {
		r := s.look(org)
		for _, sel := range selections {
			cells, err := r.sum(sel)
			if err != nil {
				return err
			}
			sums = append(sums, cells)
		}
		return nil
	})
	return sums, err
}

func (r *room) sum(sel metric.Selection) ([]metric.Cell, error) {
	sum := metric.NewSum(sel)
	for _, c := range r.conversations {
		if !sel.Window.Contains(c.StartedAt) {
			continue
		}
		if err := sum.Add(metric.Contribution(&c)); err != nil {
			return nil, err
		}
	}
	for _, k := range r.kept {
		if !sel.Window.Contains(k.startedAt) {
			continue
		}
		if err := sum.Add(k.cell); err != nil {
			return nil, err
		}
	}
	return sum.Cells(), nil
}
