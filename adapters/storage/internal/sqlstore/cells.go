package sqlstore

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/metric"
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
// of one batch, so a reader has at most so many of them to add.
const foldAt = 1024

// moveCells adds a batch's deltas to the organisation's cells. Small batches only append to a log, which readers add to
// what the cells say; when the log has grown, a batch folds it into the cells. A cell that many small batches touch in
// turn is so read and written once, not once for each.
func (t *tx) moveCells(sp *space, d deltas) error {
	for k, v := range d {
		if len(v) == 0 {
			delete(d, k)
		}
	}
	if len(d) == 0 {
		return nil
	}
	if sp.logged+int64(len(d)) < foldAt {
		entries, err := encodeLog(d)
		if err != nil {
			return err
		}
		sp.logged += int64(len(d))
		sp.step++
		return t.exec(`INSERT INTO cell_log (org, step, entries) VALUES (?, ?, ?)`, id(sp.org), sp.step, entries)
	}
	return t.fold(sp, d)
}

// fold carries the log and d over into the cells.
func (t *tx) fold(sp *space, d deltas) error {
	if sp.logged > 0 {
		if err := t.eachLogged(sp.org, d.add); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM cell_log WHERE org = ?`, id(sp.org)); err != nil {
			return err
		}
		sp.logged = 0
	}
	return t.putDeltas(sp, d, views)
}

// putDeltas adds deltas of the finest grain to the cells of some views.
func (t *tx) putDeltas(sp *space, d deltas, into []view) error {
	sums := map[CellKey]metric.Vector{}
	for k, v := range d {
		for _, view := range into {
			key, ok := view.key(sp, k)
			if !ok {
				continue
			}
			sum, err := sums[key].Plus(v)
			if err != nil {
				return err
			}
			sums[key] = sum
		}
	}
	keys := make([]CellKey, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareCellKeys)
	return t.addToCells(sp, keys, sums)
}

func (t *tx) addToCells(sp *space, keys []CellKey, sums map[CellKey]metric.Vector) error {
	if len(keys) == 0 {
		return nil
	}
	if t.dialect.Bulk != nil {
		old, err := t.dialect.Bulk.LoadCells(t.ctx, t.tx.Tx, id(sp.org), keys)
		if err != nil {
			return err
		}
		values := make([][]byte, len(keys))
		for i, k := range keys {
			if values[i], err = plus(old[k], sums[k]); err != nil {
				return err
			}
		}
		return t.dialect.Bulk.PutCells(t.ctx, t.tx.Tx, id(sp.org), keys, values)
	}
	for _, k := range keys {
		var old []byte
		at := []any{id(sp.org), k.View, k.Bucket, k.Handler, k.Platform, k.Priority, k.Topic}
		found, err := t.first(`SELECT vector FROM cells WHERE org = ? AND view = ? AND bucket = ? AND handler = ? AND platform = ? AND priority = ? AND topic = ?`, at...)(&old)
		if err != nil {
			return err
		}
		value, err := plus(old, sums[k])
		if err != nil {
			return err
		}
		if found {
			err = t.exec(`UPDATE cells SET vector = ? WHERE org = ? AND view = ? AND bucket = ? AND handler = ? AND platform = ? AND priority = ? AND topic = ?`, append([]any{value}, at...)...)
		} else {
			err = t.exec(`INSERT INTO cells (org, view, bucket, handler, platform, priority, topic, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, append(at, value)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plus is a stored vector with more added, as it is stored. It is never nil.
func plus(stored []byte, more metric.Vector) ([]byte, error) {
	old, err := metric.DecodeVector(stored)
	if err != nil {
		return nil, err
	}
	sum, err := old.Plus(more)
	if err != nil {
		return nil, err
	}
	return sum.AppendBinary(make([]byte, 0, len(stored)+4*len(more)))
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

// encodeLog is the stored form of a batch's deltas: bucket, codes, topic and vector of each, with lengths.
func encodeLog(d deltas) ([]byte, error) {
	var out, vector []byte
	for k, v := range d {
		key, _ := view{dims: byAll}.key(nil, k)
		var err error
		if vector, err = v.AppendBinary(vector[:0]); err != nil {
			return nil, err
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
	return out, nil
}

// eachLogged calls fn with every entry of the organisation's log.
func (t *tx) eachLogged(org [16]byte, fn func(metric.Key, metric.Vector) error) error {
	return t.each(`SELECT entries FROM cell_log WHERE org = ?`, []any{org[:]}, func(scan func(...any) error) error {
		var entries []byte
		if err := scan(&entries); err != nil {
			return err
		}
		return decodeLog(entries, fn)
	})
}

func decodeLog(entries []byte, fn func(metric.Key, metric.Vector) error) error {
	d := decoder{rest: string(entries)}
	for d.rest != "" {
		k := CellKey{Bucket: d.signed() * metric.Quarter.Microseconds(), Priority: int64(d.number()), Handler: int64(d.number()), Platform: int64(d.number()), Topic: d.text()}
		vector, err := metric.DecodeVector([]byte(d.text()))
		if err != nil {
			return err
		}
		if d.fault {
			return errLog
		}
		if err := fn(k.key(), vector); err != nil {
			return err
		}
	}
	if d.fault {
		return errLog
	}
	return nil
}
