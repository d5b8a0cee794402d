package sqlstore

import (
	"context"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Rollup equals a fold over the rows; see port.Rollups.
func (s rollups) Rollup(ctx context.Context, org tenant.ID, sel metric.Selection) (cells []metric.Cell, err error) {
	err = s.look(ctx, func(t *tx) error {
		cells, err = t.rollup(org, sel)
		return err
	})
	return cells, err
}

func (t *tx) rollup(org tenant.ID, sel metric.Selection) ([]metric.Cell, error) {
	sum := newGather(sel)
	sp, ok, err := t.space(org, "")
	if err != nil {
		return nil, err
	}
	where, args, possible := filterCodes(sel.Where)
	if !ok || !possible || !sel.Window.Start.Before(sel.Window.End) {
		return sum.cells()
	}
	pieces := plan(sel, sp)
	var cells spans
	for _, p := range pieces {
		if p.view == nil {
			err = t.eachRow(sp, p.span, sum.add)
		} else {
			cells = append(cells, p.span)
			err = t.sumCells(sp, p, where, args, sum)
		}
		if err != nil {
			return nil, err
		}
	}
	if sp.logged > 0 && len(cells) > 0 {
		// Rows say everything; cells lack what is still in the log.
		err = t.eachLogged(org, func(k metric.Key, vector []byte) error {
			if !cells.contain(k.Bucket) {
				return nil
			}
			return sum.add(k, vector)
		})
		if err != nil {
			return nil, err
		}
	}
	return sum.cells()
}

// sumCells adds the cells of one piece of a plan.
func (t *tx) sumCells(sp *space, p piece, where string, args []any, sum *gather) error {
	query := `SELECT bucket, topic, priority, handler, platform, vector FROM cells WHERE org = ? AND view = ? AND bucket >= ? AND bucket < ?` + where
	all := append([]any{id(sp.org), p.view.stored(sp), p.from.UnixMicro(), p.to.UnixMicro()}, args...)
	return t.each(query, all, func(scan func(...any) error) error {
		var (
			k      CellKey
			vector []byte
		)
		if err := scan(&k.Bucket, &k.Topic, &k.Priority, &k.Handler, &k.Platform, &vector); err != nil {
			return err
		}
		return sum.add(k.key(), vector)
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
			return add(r.cellKey(), r.Vector)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// span is a stretch of time, from inclusive, to exclusive.
type span struct{ from, to time.Time }

func (s span) empty() bool               { return !s.from.Before(s.to) }
func (s span) contains(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

type spans []span

func (list spans) contain(t time.Time) bool {
	for _, s := range list {
		if s.contains(t) {
			return true
		}
	}
	return false
}

func floor(t time.Time) time.Time { return metric.Bucket(t) }

func ceil(t time.Time) time.Time {
	if b := metric.Bucket(t); b.Before(t) {
		return b.Add(metric.Quarter)
	}
	return t.UTC()
}
