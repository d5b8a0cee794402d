package sqlstore

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// writes are what a batch stores.
type writes struct {
	inserts, updates []Row
	// entries are what the batch adds to the cell log, cells how many.
	entries []byte
	cells   int64
	// base is what the numbers of the rows count from.
	base int64
}

// number has the rows counted from another number.
func (w *writes) number(base int64) {
	for _, rows := range [][]Row{w.inserts, w.updates} {
		for i := range rows {
			rows[i].Seq += base - w.base
		}
	}
	w.base = base
}

// make encodes and seals what is to be written of some conversations, in the form in which the bulk, if any, sends it.
func (sp *space) make(items []*item, bulk Bulk) error {
	errs := make([]error, len(items))
	parallel(len(items), func(i int) {
		if it := items[i]; it.dirty {
			it.row, it.counted, errs[i] = sp.rowOf(it.now)
			if bulk != nil && errs[i] == nil {
				it.row.Form = bulk.Form(&it.row)
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// writes puts together what the batch stores.
func (b *batch) writes() (w writes, err error) {
	delta := newDeltas(len(b.distinct))
	w.inserts = make([]Row, 0, len(b.distinct)) // most are new
	for _, it := range b.distinct {
		if !it.dirty {
			continue
		}
		if err := delta.add(it.counted); err != nil {
			return writes{}, err
		}
		it.row.Seq = it.now.Seq
		if it.stored == nil {
			w.inserts = append(w.inserts, it.row)
			continue
		}
		if err := delta.take(it.old); err != nil {
			return writes{}, err
		}
		w.updates = append(w.updates, it.row)
	}
	w.entries, w.cells = delta.encode()
	return w, nil
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
