package sqlstore

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

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
const foldAt = 4096

// settle folds the logs of organisations that nobody writes to, in the order in which all transactions lock them.
func (s *Store) settle(ctx context.Context, orgs []tenant.ID) error {
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

// moveCells adds a batch's deltas, as entries of the log, to the organisation's cells. Small batches only append to a log, which readers add to
// what the cells say; when the log has grown, a batch folds it into the cells. A cell that many small batches touch in
// turn is so read and written once, not once for each.
func (t *tx) moveCells(sp *space, entries []byte, n int64) error {
	if n == 0 {
		return nil
	}
	if sp.logged+n >= foldAt {
		return t.fold(sp, entries)
	}
	sp.logged += n
	sp.step++
	return t.exec(`INSERT INTO cell_log (org, step, entries) VALUES (?, ?, ?)`, id(sp.org), sp.step, entries)
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

// cellParts are vectors that are to be added to cells.
type cellParts map[CellKey][][]byte

// add puts a vector of the finest grain into the cells of some views.
func (p cellParts) add(sp *space, k metric.Key, vector []byte, into []view) {
	for _, v := range into {
		if key, ok := v.key(sp, k); ok {
			p[key] = append(p[key], vector)
		}
	}
}

// addToCell adds a vector to a cell where the database can do so itself, by a function of its own named csm_add.
const addToCell = `INSERT INTO cells (org, view, bucket, handler, platform, priority, topic, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (org, view, bucket, handler, platform, priority, topic) DO UPDATE SET vector = csm_add(vector, excluded.vector)`

// putParts adds the vectors to their cells.
func (t *tx) putParts(sp *space, parts cellParts) error {
	keys := make([]CellKey, 0, len(parts))
	for k := range parts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareCellKeys)
	if t.dialect.Bulk != nil {
		return t.putManyParts(sp, keys, parts)
	}
	for _, k := range keys {
		sum, err := AddVectors(parts[k]...)
		if err != nil {
			return err
		}
		if len(sum) == 0 {
			continue
		}
		if err := t.exec(addToCell, id(sp.org), k.View, k.Bucket, k.Handler, k.Platform, k.Priority, k.Topic, sum); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putManyParts(sp *space, keys []CellKey, parts cellParts) error {
	if len(keys) == 0 {
		return nil
	}
	stored, err := t.dialect.Bulk.LoadCells(t.ctx, t.conn.Conn, sp.org, keys)
	if err != nil {
		return err
	}
	var fresh, moved []StoredCell
	for _, k := range keys {
		was, known := stored[k]
		sum, err := AddVectors(append(parts[k], was)...)
		switch {
		case err != nil:
			return err
		case known:
			moved = append(moved, StoredCell{k, sum})
		case len(sum) > 0:
			fresh = append(fresh, StoredCell{k, sum})
		}
	}
	if err := t.dialect.Bulk.InsertCells(t.ctx, t.conn.Conn, sp.org, fresh); err != nil {
		return err
	}
	return t.dialect.Bulk.UpdateCells(t.ctx, t.conn.Conn, sp.org, moved)
}

func compareCellKeys(a, b CellKey) int {
	for _, c := range [...]int64{a.View - b.View, a.Bucket - b.Bucket, a.Handler - b.Handler, a.Platform - b.Platform, a.Priority - b.Priority} {
		if c != 0 {
			return int(min(max(c, -1), 1))
		}
	}
	if a.Topic < b.Topic {
		return -1
	}
	if a.Topic > b.Topic {
		return 1
	}
	return 0
}

var errLog = errors.New("store: not an entry of the cell log")

// encodeLog is the stored form of a batch's deltas, and how many there are: bucket, codes, topic and vector of each, with
// lengths. Deltas that move nothing are left out.
func encodeLog(d deltas) (out []byte, n int64, err error) {
	var vector []byte
	for k, v := range d {
		if len(v) == 0 {
			continue
		}
		n++
		key, _ := view{dims: byAll}.key(nil, k)
		if vector, err = v.AppendBinary(vector[:0]); err != nil {
			return nil, 0, err
		}
		out = binary.AppendVarint(out, key.Bucket/metric.Quarter.Microseconds())
		out = binary.AppendUvarint(out, uint64(key.Priority))
		out = binary.AppendUvarint(out, uint64(key.Handler))
		out = binary.AppendUvarint(out, uint64(key.Platform))
		out = binary.AppendUvarint(out, uint64(len(key.Topic)))
		out = append(out, key.Topic...)
		out = binary.AppendUvarint(out, uint64(len(vector)))
		out = append(out, vector...)
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
	d := decoder{rest: string(entries)}
	for d.rest != "" {
		k := CellKey{
			Bucket: d.signed() * metric.Quarter.Microseconds(), Priority: int64(d.number()), Handler: int64(d.number()),
			Platform: int64(d.number()), Topic: d.text(),
		}
		size := d.count(1)
		end := len(entries) - len(d.rest) + size
		if d.fault {
			return errLog
		}
		vector := entries[end-size : end]
		d.rest = d.rest[size:]
		if err := fn(k.key(), vector); err != nil {
			return err
		}
	}
	if d.fault {
		return errLog
	}
	return nil
}
