package sqlstore

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Rollup equals a fold over the rows; see port.Rollups.
func (s rollups) Rollup(ctx context.Context, org tenant.ID, sel metric.Selection) (cells []metric.Cell, err error) {
	err = s.look(ctx, func(t *tx) error {
		cells, err = t.rollup(org, sel)
		return err
	})
	return public(cells), err
}

func (t *tx) rollup(org tenant.ID, sel metric.Selection) ([]metric.Cell, error) {
	sum := newGather(sel)
	sp, ok, err := t.space(org, "")
	if err != nil {
		return nil, err
	}
	if !ok || !sel.Window.Start.Before(sel.Window.End) {
		return sum.cells()
	}
	return t.sumPlan(sp, plan(sel, sp), sum)
}

// sumPlan adds up the pieces of a plan.
func (t *tx) sumPlan(sp *space, pieces []piece, sum *gather) ([]metric.Cell, error) {
	var err error
	for _, p := range pieces {
		if p.view == nil {
			err = t.eachRow(sp, p.span, func(k metric.Key, vector []byte) error { return sum.add(k, vector, p.minus) })
		} else {
			err = t.sumCells(sp, p, sum)
		}
		if err != nil {
			return nil, err
		}
	}
	if sp.logged > 0 {
		// Rows say everything; cells lack what is still in the log.
		err = t.eachLogged(sp.org, func(k metric.Key, vector []byte) error {
			for _, p := range pieces {
				if p.view != nil && p.contains(k.Bucket) {
					if err := sum.add(k, vector, p.minus); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return sum.cells()
}

// sumCells adds the cells of one piece of a plan.
func (t *tx) sumCells(sp *space, p piece, sum *gather) error {
	args := []any{id(sp.org), p.view.stored(sp), p.view.pack(p.from).UnixMicro(), p.to.UnixMicro()}
	return t.each(`SELECT start, pack FROM cells WHERE org = ? AND view = ? AND start >= ? AND start < ?`, args, func(scan func(...any) error) error {
		var pack Pack
		if err := scan(&pack.Start, &pack.Cells); err != nil {
			return err
		}
		return eachCell(pack.Cells, func(k cellKey, vector []byte) error {
			bucket := pack.bucket(k)
			if !p.contains(bucket) {
				return nil
			}
			return sum.add(k.key(bucket), vector, p.minus)
		})
	})
}

// eachRow calls add with what each conversation of a span counts, those that expired too.
func (t *tx) eachRow(sp *space, s span, add func(metric.Key, []byte) error) error {
	const columns = `SELECT started_at, topic, priority, handler, platform, vector FROM `
	for _, table := range []string{"conversations", "remains"} {
		args := []any{id(sp.org), s.from.UnixMicro(), s.to.UnixMicro()}
		err := t.each(columns+table+` WHERE org = ? AND started_at >= ? AND started_at < ?`, args, func(scan func(...any) error) error {
			var r Row
			if err := scan(&r.StartedAt, &r.Topic, &r.Priority, &r.Handler, &r.Platform, &r.Vector); err != nil {
				return err
			}
			if err := add(r.cellKey(), r.Vector); err != nil || table == "conversations" {
				return err
			}
			return add(r.cellKey(), oneExpired)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
