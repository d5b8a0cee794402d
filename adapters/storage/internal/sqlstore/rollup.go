package sqlstore

import (
	"context"
	"database/sql"
	"strconv"

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
		return sum.cells(), nil
	}
	return t.sumPlan(sp, plan(sel, sp), sum)
}

// sumPlan adds up the pieces of a plan.
func (t *tx) sumPlan(sp *space, pieces []piece, sum *gather) ([]metric.Cell, error) {
	var err error
	for _, p := range pieces {
		if p.view == nil {
			err = t.eachRow(sp, p.span, func(e entry) error { return sum.add(e, p.minus) })
		} else {
			err = t.sumCells(sp, p, sum)
		}
		if err != nil {
			return nil, err
		}
	}
	if sp.logged > 0 {
		// Rows say everything; cells lack what is still in the log.
		err = t.eachLogged(sp.org, func(e entry) error {
			for _, p := range pieces {
				if p.view != nil && p.contains(micros(e.bucket)) {
					if err := sum.add(e, p.minus); err != nil {
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
	return sum.cells(), nil
}

// sumCells adds the cells of one piece of a plan.
func (t *tx) sumCells(sp *space, p piece, sum *gather) error {
	var (
		pack       PackKey
		sums, logs sql.RawBytes // nothing of them is kept
	)
	columns, row := `start, sums`, []any{&pack.Start, &sums}
	if !sum.selection.SumsOnly {
		columns, row = columns+`, logs`, append(row, &logs)
	}
	from, to := p.from.UnixMicro(), p.to.UnixMicro()
	add := func(k cellKey, vector []byte) error {
		bucket := pack.bucket(k)
		if bucket < from || bucket >= to {
			return nil
		}
		return sum.add(entry{bucket, k.cellDims, vector}, p.minus)
	}
	args := []any{id(sp.org), p.view.stored(sp), p.view.pack(p.from).UnixMicro(), to}
	return t.each(`SELECT `+columns+` FROM cells WHERE org = ? AND view = ? AND start >= ? AND start < ?`, args, func(scan func(...any) error) error {
		if err := scan(row...); err != nil {
			return err
		}
		if err := eachCell(sums, sum.names, add); err != nil {
			return err
		}
		return eachCell(logs, sum.names, add)
	})
}

// rowsAtOnce is how many rows are read as one: handing a row over costs a database more than finding it. More than that
// come one by one.
const rowsAtOnce = 8192

// eachRow calls add with what each conversation of a span counts, those that expired too. Vectors may be kept.
func (t *tx) eachRow(sp *space, s span, add func(entry) error) error {
	err := t.eachCounted("conversations", sp, s, add)
	if err != nil || sp.gone == 0 { // then none has expired
		return err
	}
	return t.eachCounted("remains", sp, s, func(e entry) error {
		if err := add(e); err != nil {
			return err
		}
		return add(entry{e.bucket, e.cellDims, oneExpired})
	})
}

// eachCounted is eachRow for one table.
func (t *tx) eachCounted(table string, sp *space, s span, add func(entry) error) error {
	rows := `SELECT cell FROM ` + table + ` WHERE org = ? AND started_at >= ? AND started_at < ?`
	args := []any{id(sp.org), s.from.UnixMicro(), s.to.UnixMicro()}
	var (
		n     int
		cells []byte
	)
	// The limit is part of the text: for one that is bound SQLite would prepare the statement anew each time.
	if err := t.get(`SELECT COUNT(*), `+t.dialect.Joined+` FROM (`+rows+` LIMIT `+strconv.Itoa(rowsAtOnce+1)+`) AS r`, args...)(&n, &cells); err != nil {
		return err
	}
	names := topics{}
	if n <= rowsAtOnce {
		return decodeLog(cells, names, add)
	}
	return t.each(rows, args, func(scan func(...any) error) error {
		var cell []byte
		if err := scan(&cell); err != nil {
			return err
		}
		return decodeLog(cell, names, add)
	})
}
