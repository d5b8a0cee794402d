package sqlstore

import (
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// deltas is what a batch adds to the cells of the finest grain.
type deltas struct {
	entries []entry
	// places are those of the entries by their cells.
	places map[finestCell]int
}

// finestCell is a cell of the finest grain by its beginning, in microseconds.
type finestCell struct {
	bucket int64
	cellDims
}

// newDeltas has room for a number of entries.
func newDeltas(n int) deltas {
	return deltas{entries: make([]entry, 0, n), places: make(map[finestCell]int, n)}
}

// add adds an entry; its vector stays as it is.
func (d *deltas) add(e entry) (err error) {
	cell := finestCell{e.bucket, e.cellDims}
	place, met := d.places[cell]
	if !met {
		d.places[cell] = len(d.entries)
		d.entries = append(d.entries, e)
		return nil
	}
	sum := &d.entries[place]
	sum.vector, err = appendSum(nil, sum.vector, e.vector)
	return err
}

// take takes an entry away.
func (d *deltas) take(e entry) (err error) {
	if e.vector, err = negative(e.vector); err != nil {
		return err
	}
	return d.add(e)
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
	if sp.logged >= foldMost {
		t.behind.long.Store(sp.org, true)
	}
	return t.later(`INSERT INTO cell_log (org, step, entries) VALUES (?, ?, ?)`, id(sp.org), sp.step, entries)
}

// encode is the stored form of a batch's deltas, and how many there are. Deltas that move nothing are left out.
func (d *deltas) encode() (out []byte, n int64) {
	size := 0
	for _, e := range d.entries {
		size += len(e.vector) + len(e.Topic) + roomForKey
	}
	out = make([]byte, 0, size)
	for _, e := range d.entries {
		if len(e.vector) > 0 {
			n++
			out = appendEntry(out, e)
		}
	}
	return out, n
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
