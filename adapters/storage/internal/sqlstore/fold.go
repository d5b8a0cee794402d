package sqlstore

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Where several transactions write at a time, the cell log is folded beside the writes. Folds of one organisation take
// turns by a lock of their own; that of the space, which stops writers, they take at their very end, to say how many
// entries they took. Whoever needs both locks takes that of the folds first.

const (
	// foldApartAt is the number of logged entries from which on a fold beside the writes begins, and from which on it leaves
	// the rest to the next.
	foldApartAt = 2 * foldAt
	// foldMost is the number at which a writer waits for a fold: readers have to add all entries.
	foldMost = 8 * foldAt
)

var errNoSpace = errors.New("store: the organisation was removed")

// lockFolds keeps others from folding the organisation's log until the transaction ends.
func (t *tx) lockFolds(org tenant.ID) error {
	if t.dialect.FoldLock == "" {
		return nil
	}
	return t.exec(t.dialect.FoldLock, int64(binary.BigEndian.Uint64(org[:8])))
}

// foldLater has the logs that batches left long folded, and waits for it where they are too long.
func (s *Store) foldLater(ctx context.Context, batches []*batch) {
	if s.dialect.FoldLock == "" {
		return
	}
	for _, b := range batches {
		switch {
		case b.logged >= foldMost:
			// The batch is stored, and a log that was not folded now is folded at another time.
			_ = s.change(ctx, func(t *tx) error {
				_, err := t.foldApart([]tenant.ID{b.org}, foldMost)
				return err
			})
		case b.logged >= foldApartAt:
			s.behind.folds.add([]tenant.ID{b.org})
		}
	}
}

// foldGrown folds logs that have grown until ctx ends, when a burst is over or takes long. One that cannot be folded comes
// again with the next write.
func (s *Store) foldGrown(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.behind.folds.signal:
		}
		if s.behind.gather(ctx) != nil {
			return
		}
		for _, org := range s.behind.folds.take() {
			_ = s.polite(ctx, func(t *tx) error {
				_, err := t.foldApart([]tenant.ID{org}, foldApartAt)
				return err
			})
		}
	}
}

// foldApart folds the logs of organisations, in the order in which all transactions lock them, that have at least so many
// entries. It says whether it left any of them.
func (t *tx) foldApart(orgs []tenant.ID, least int64) (more bool, err error) {
	for _, org := range orgs {
		if err := t.lockFolds(org); err != nil {
			return false, err
		}
	}
	for _, org := range orgs {
		sp, ok, err := t.space(org, "")
		if err != nil {
			return false, err
		}
		if !ok || sp.logged < least {
			continue
		}
		left, err := t.foldOldest(sp)
		if err != nil {
			return false, err
		}
		more = more || left
	}
	return more, nil
}

// foldOldest carries the oldest entries of the log over into the cells, and says whether it left any. Writers may append
// to the log meanwhile.
func (t *tx) foldOldest(sp *space) (left bool, err error) {
	var taken, last int64
	parts := cellParts{}
	err = t.each(`SELECT step, entries FROM cell_log WHERE org = ? ORDER BY step`, []any{id(sp.org)}, func(scan func(...any) error) error {
		if left = taken >= foldApartAt; left {
			return nil
		}
		var entries []byte
		if err := scan(&last, &entries); err != nil {
			return err
		}
		return decodeLog(entries, func(k metric.Key, vector []byte) error {
			taken++
			parts.add(sp, k, vector, views)
			return nil
		})
	})
	if err != nil || taken == 0 {
		return false, err
	}
	if err := t.putParts(sp, parts); err != nil {
		return false, err
	}
	if err := t.exec(`DELETE FROM cell_log WHERE org = ? AND step <= ?`, id(sp.org), last); err != nil {
		return false, err
	}
	n, err := t.execN(`UPDATE spaces SET logged = logged - ? WHERE org = ?`, taken, id(sp.org))
	if err == nil && n == 0 {
		err = errNoSpace
	}
	return left, err
}
