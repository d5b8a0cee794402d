package memory

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type rollups struct{ *store }

// Rollup adds up what every conversation contributes, and what expired ones did.
func (s rollups) Rollup(ctx context.Context, org tenant.ID, sel metric.Selection) (cells []metric.Cell, err error) {
	err = s.read(ctx, func() error {
		sum, r := metric.NewSum(sel), s.look(org)
		for _, c := range r.conversations {
			if !sel.Window.Contains(c.StartedAt) {
				continue
			}
			if err := sum.Add(metric.Contribution(&c)); err != nil {
				return err
			}
		}
		for _, k := range r.kept {
			if !sel.Window.Contains(k.startedAt) {
				continue
			}
			if err := sum.Add(k.cell); err != nil {
				return err
			}
		}
		cells = sum.Cells()
		return nil
	})
	return cells, err
}
