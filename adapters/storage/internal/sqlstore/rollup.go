package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Rollup equals a fold over the rows; see port.Rollups.
func (s rollups) Rollup(ctx context.Context, org tenant.ID, selections ...metric.Selection) (sums [][]metric.Cell, err error) {
	err = s.look(ctx, func(t *tx) error {
		sums, err = t.rollup(org, selections...)
		return err
	})
	for _, cells := range sums {
		public(cells)
	}
	return sums, err
}

func (t *tx) rollup(org tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error) {
	sp, ok, err := t.space(org, "")
	if err != nil {
		return nil, err
	}
	sums := lo.Map(selections, func(s metric.Selection, _ int) *gather { return newGather(s) })
	if ok {
		if err := sp.ours(); err != nil {
			return nil, err
		}
		var summands []summand
		for i, sel := range selections {
			sel.Window.Start, sel.Window.End = micros(ceilMicros(sel.Window.Start)), micros(ceilMicros(sel.Window.End))
			if sel.Window.Start.Before(sel.Window.End) {
				summands = append(summands, lo.Map(plan(sel, sp), func(p piece, _ int) summand { return summand{p, sums[i], p.from.UnixMicro(), p.to.UnixMicro()} })...)
			}
		}
		if err := t.sumUp(sp, summands); err != nil {
			return nil, err
		}
	}
	return lo.Map(sums, func(sum *gather, _ int) []metric.Cell {
		defer sum.release()
		return sum.cells()
	}), nil
}

// summand is a piece of a plan and the sum it counts in.
type summand struct {
	piece
	sum *gather
	// first and end are the piece's times in microseconds.
	first, end int64
}

// sumUp adds summands up. What several of them need is read once.
func (t *tx) sumUp(sp *space, summands []summand) error {
	names := topics{}
	from := lo.GroupBy(summands, func(p summand) *view { return p.view })
	for _, s := range cut(from[nil]) {
		if err := t.sumRows(sp, s); err != nil {
			return err
		}
	}
	for i := range views {
		v := &views[i]
		for _, s := range join(from[v], v) {
			if err := t.sumCells(sp, v, s, names); err != nil {
				return err
			}
		}
	}
	if sp.logged == 0 {
		return nil
	}
	// Rows say everything; cells lack what is still in the log.
	summands = lo.Filter(summands, func(p summand, _ int) bool { return p.view != nil })
	return t.eachLogged(sp.org, func(e entry) error { return addWhere(summands, e) })
}

// addWhere adds an entry to the summands whose time it lies in.
func addWhere(summands []summand, e entry) error {
	for i := range summands {
		p := &summands[i]
		if e.bucket < p.first || e.bucket >= p.end {
			continue
		}
		if err := p.sum.add(e, p.minus); err != nil {
			return err
		}
	}
	return nil
}

// strip is a stretch of time with the summands that need something of it.
type strip struct {
	span
	summands []summand
}

// cut are the stretches that summands need, parted so that each needs either all of a stretch or nothing.
func cut(summands []summand) (out []strip) {
	var cuts []time.Time
	for _, p := range summands {
		cuts = append(cuts, p.from, p.to)
	}
	slices.SortFunc(cuts, time.Time.Compare)
	for i := 1; i < len(cuts); i++ {
		s := strip{span: span{cuts[i-1], cuts[i]}}
		if s.empty() {
			continue
		}
		s.summands = lo.Filter(summands, func(p summand, _ int) bool { return p.contains(s.from) })
		if len(s.summands) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// join are the stretches whose packs the summands from a view need, as few as possible.
func join(summands []summand, v *view) (out []strip) {
	slices.SortFunc(summands, func(a, b summand) int { return a.from.Compare(b.from) })
	for _, p := range summands {
		from := v.pack(p.from)
		if n := len(out); n > 0 && !from.After(out[n-1].to) {
			last := &out[n-1]
			last.to, last.summands = later(last.to, p.to), append(last.summands, p)
		} else {
			out = append(out, strip{span{from, p.to}, []summand{p}})
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// sumCells adds the cells of a view.
func (t *tx) sumCells(sp *space, v *view, s strip, names topics) error {
	var (
		pack       PackKey
		sums, logs sql.RawBytes // nothing of them is kept
	)
	columns, row := `start, sums`, []any{&pack.Start, &sums}
	if !sumsOnly(s.summands) {
		columns, row = columns+`, logs`, append(row, &logs)
	}
	add := func(k cellKey, vector []byte) error {
		return addWhere(s.summands, entry{pack.bucket(k), k.cellDims, vector})
	}
	args := []any{id(sp.org), v.stored(sp), s.from.UnixMicro(), s.to.UnixMicro()}
	return t.each(`SELECT `+columns+` FROM cells WHERE org = ? AND view = ? AND start >= ? AND start < ?`, args, func(scan func(...any) error) error {
		if err := scan(row...); err != nil {
			return err
		}
		if err := eachCell(sums, names, add); err != nil {
			return err
		}
		return eachCell(logs, names, add)
	})
}

// sumsOnly says that none of the summands' sums has log cells.
func sumsOnly(summands []summand) bool {
	return lo.EveryBy(summands, func(p summand) bool { return p.sum.selection.SumsOnly })
}

// sumRows adds what the conversations of a stretch count. They are many where an organisation is large, so they are added
// up once, as finely as any sum tells them apart.
func (t *tx) sumRows(sp *space, s strip) error {
	if len(s.summands) == 1 {
		p := s.summands[0]
		return t.eachRow(sp, s.span, func(e entry) error { return p.sum.add(e, p.minus) })
	}
	var dims dims
	for _, p := range s.summands {
		dims |= need(p.sum.selection)
	}
	all := gatherBy(dims, sumsOnly(s.summands))
	defer all.release()
	all.day = func(bucket int64) int64 { return bucket }
	if err := t.eachRow(sp, s.span, func(e entry) error { return all.add(e, false) }); err != nil {
		return err
	}
	for _, p := range s.summands {
		if err := p.sum.take(all, p.minus); err != nil {
			return err
		}
	}
	return nil
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
