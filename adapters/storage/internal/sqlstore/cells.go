package sqlstore

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// deltas is what a batch adds to the cells of the finest grain.
type deltas map[metric.Key]metric.Vector

func (d deltas) add(k metric.Key, v metric.Vector) error {
	sum, err := d[k].Plus(v)
	if err != nil {
		return err
	}
	d[k] = sum
	return nil
}

func (d deltas) take(k metric.Key, v metric.Vector) error {
	sum, err := d[k].Minus(v)
	if err != nil {
		return err
	}
	d[k] = sum
	return nil
}

// foldAt is the number of logged entries from which on a batch carries them over into the cells. Each entry is a cell
// of one batch, and a reader has at most so many of them to add, which takes it a few milliseconds. When nobody writes,
// the log is folded behind.
const foldAt = 2048

// settle folds the logs of organisations that nobody writes to, in the order in which all transactions lock them.
func (s *Store) settle(ctx context.Context, orgs []tenant.ID) error {
	if s.dialect.FoldLock != "" {
		for more := true; more; {
			if err := s.polite(ctx, func(t *tx) (err error) {
				more, err = t.foldApart(orgs, 1)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	}
	return s.polite(ctx, func(t *tx) error {
		for _, org := range orgs {
			sp, ok, err := t.space(org, t.dialect.Lock)
			if err != nil {
				return err
			}
			if !ok || sp.logged == 0 {
				continue
			}
			if err := t.fold(sp, nil); err != nil {
				return err
			}
			if err := t.put(sp); err != nil {
				return err
			}
		}
		return nil
	})
}

// moveCells adds a batch's deltas, as entries of the log, to the organisation's cells. Small batches only append to a log,
// which readers add to what the cells say; when the log has grown, a batch folds it into the cells, unless logs are folded
// beside the writes (see foldApart). Cells that many small batches touch in turn are so read and written once, not once
// for each.
func (t *tx) moveCells(sp *space, entries []byte, n int64) error {
	if n == 0 {
		return nil
	}
	if sp.logged+n >= foldAt && t.dialect.FoldLock == "" {
		return t.fold(sp, entries)
	}
	sp.logged += n
	sp.step++
	return t.later(`INSERT INTO cell_log (org, step, entries) VALUES (?, ?, ?)`, id(sp.org), sp.step, entries)
}

// fold carries the log, and entries that are not in it yet, over into the cells.
func (t *tx) fold(sp *space, entries []byte) error {
	parts := cellParts{}
	add := func(k metric.Key, vector []byte) error {
		parts.add(sp, k, vector, views)
		return nil
	}
	if sp.logged > 0 {
		if err := t.eachLogged(sp.org, add); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM cell_log WHERE org = ?`, id(sp.org)); err != nil {
			return err
		}
		sp.logged = 0
	}
	if err := decodeLog(entries, add); err != nil {
		return err
	}
	return t.putParts(sp, parts)
}

// encodeLog is the stored form of a batch's deltas, and how many there are. Deltas that move nothing are left out.
func encodeLog(d deltas) (out []byte, n int64, err error) {
	var vector []byte
	for k, v := range d {
		if len(v) == 0 {
			continue
		}
		n++
		_, key, _ := view{dims: byAll}.place(nil, k)
		if vector, err = v.AppendBinary(vector[:0]); err != nil {
			return nil, 0, err
		}
		out = appendCell(out, cellKey{at: k.Bucket.UnixMicro() / metric.Quarter.Microseconds(), cellDims: key.cellDims}, vector)
	}
	return out, n, nil
}

// eachLogged calls fn with every entry of the organisation's log. Vectors may be kept.
func (t *tx) eachLogged(org tenant.ID, fn func(metric.Key, []byte) error) error {
	return t.each(`SELECT entries FROM cell_log WHERE org = ?`, []any{id(org)}, func(scan func(...any) error) error {
		var entries []byte
		if err := scan(&entries); err != nil {
			return err
		}
		return decodeLog(entries, fn)
	})
}

func decodeLog(entries []byte, fn func(metric.Key, []byte) error) error {
	return eachCell(entries, func(k cellKey, vector []byte) error {
		return fn(k.key(micros(k.at*metric.Quarter.Microseconds())), vector)
	})
}
