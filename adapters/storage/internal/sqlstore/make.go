package sqlstore

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// state is what of an organisation the outcomes of a batch rest on: while it stays the same, nothing was stored, removed
// or sealed anew.
type state struct {
	seq, gone int64
	wrapped   string
}

func (sp *space) state() state { return state{sp.seq, sp.gone, sp.wrapped} }

// oldRow is what a stored row added to the cells.
type oldRow struct {
	key    metric.Key
	vector metric.Vector
}

// made is what a batch will write. The numbers of versions are their places in the batch.
type made struct {
	inserts, updates     []Row
	insertSeq, updateSeq []int64
	// entries are what the batch adds to the cell log, cells how many.
	entries []byte
	cells   int64
}

// make encodes and seals what the batch will write.
func (b *batch) make(sp *space) error {
	var dirty []*item
	for _, it := range b.distinct {
		if it.dirty {
			dirty = append(dirty, it)
		}
	}
	rows, cells, errs := make([]Row, len(dirty)), make([]metric.Cell, len(dirty)), make([]error, len(dirty))
	parallel(len(dirty), func(i int) { rows[i], cells[i], errs[i] = sp.rowOf(dirty[i].now) })
	b.made = made{}
	delta := deltas{}
	for i, it := range dirty {
		if errs[i] != nil {
			return errs[i]
		}
		if err := delta.add(cells[i].Key, cells[i].Values); err != nil {
			return err
		}
		if it.stored == nil {
			b.made.inserts, b.made.insertSeq = append(b.made.inserts, rows[i]), append(b.made.insertSeq, it.now.Seq)
			continue
		}
		if err := delta.take(it.old.key, it.old.vector); err != nil {
			return err
		}
		b.made.updates, b.made.updateSeq = append(b.made.updates, rows[i]), append(b.made.updateSeq, it.now.Seq)
	}
	var err error
	b.made.entries, b.made.cells, err = encodeLog(delta)
	return err
}

// parallel calls fn for 0 to n-1, on all processors where there is enough to do. A panic of fn is the caller's.
func parallel(n int, fn func(int)) {
	const enough = 16
	workers := min(runtime.GOMAXPROCS(0), n/enough)
	if workers < 2 {
		for i := range n {
			fn(i)
		}
		return
	}
	var (
		next     atomic.Int64
		wait     sync.WaitGroup
		panicked atomic.Pointer[any]
	)
	for range workers {
		wait.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panicked.Store(&r)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wait.Wait()
	if r := panicked.Load(); r != nil {
		panic(*r)
	}
}
