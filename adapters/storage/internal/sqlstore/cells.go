package sqlstore

import (
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

// moveCells adds a batch's deltas, as entries of the log, to the organisation's cells. They are folded into the packs
// beside the writes; until then readers add them to what the packs say. Cells that many batches touch in turn are so read
// and written once, not once for each.
func (t *tx) moveCells(sp *space, entries []byte, n int64) error {
	if n == 0 {
		return nil
	}
	sp.logged += n
	sp.step++
	if sp.logged >= foldAt {
		t.grown = append(t.grown, sp.org)
	}
	return t.later(`INSERT INTO cell_log (org, step, entries) VALUES (?, ?, ?)`, id(sp.org), sp.step, entries)
}

// encodeLog is the stored form of a batch's deltas, and how many there are. Deltas that move nothing are left out.
func encodeLog(d deltas) (out []byte, n int64, err error) {
	var vector []byte
	for k, v := range d {
		if len(v) == 0 {
			continue
		}
		n++
		if vector, err = v.AppendBinary(vector[:0]); err != nil {
			return nil, 0, err
		}
		out = appendEntry(out, k, vector)
	}
	return out, n, nil
}

// entry is what is to be added to a cell of the finest grain.
type entry struct {
	// bucket is when the cell begins, in microseconds.
	bucket int64
	cellDims
	vector []byte
}

// eachLogged calls fn with every entry of the organisation's log. Vectors may be kept.
func (t *tx) eachLogged(org tenant.ID, fn func(entry) error) error {
	names := topics{}
	return t.each(`SELECT entries FROM cell_log WHERE org = ?`, []any{id(org)}, func(scan func(...any) error) error {
		var entries []byte
		if err := scan(&entries); err != nil {
			return err
		}
		return decodeLog(entries, names, fn)
	})
}

func decodeLog(entries []byte, names topics, fn func(entry) error) error {
	return eachCell(entries, names, func(k cellKey, vector []byte) error {
		return fn(entry{k.at * metric.Quarter.Microseconds(), k.cellDims, vector})
	})
}
