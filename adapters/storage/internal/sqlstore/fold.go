package sqlstore

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Writers only append to the cell log. It is folded into the cells beside the writes: what the packs will hold is worked
// out from a snapshot, and a short transaction stores it, unless the log was folded meanwhile by somebody else. Where
// several transactions write at a time, those that store folds of an organisation take turns by a lock of their own, and
// take that of the space, which stops writers, at their very end. Whoever needs both locks takes that of the folds first.

const (
	// foldAt is the number of logged entries from which on a log is folded while others are writing. Each entry is a cell of
	// one batch, and a reader has them all to add, which takes it a few milliseconds.
	foldAt = 2048
	// foldedAtOnce is how many entries one fold takes before it leaves the rest to the next.
	foldedAtOnce = 2 * foldAt
	// foldMost is the number at which writers wait for a fold.
	foldMost = 8 * foldAt
)

var errOvertaken = errors.New("store: the cell log was folded by somebody else")

// lockFolds keeps others from storing folds of the organisation until the transaction ends.
func (t *tx) lockFolds(org tenant.ID) error {
	if t.dialect.FoldLock == "" {
		return nil
	}
	return t.exec(t.dialect.FoldLock, int64(binary.BigEndian.Uint64(org[:8])))
}

// holdBack waits, before an organisation is written to, until a log that has become too long is folded, and not beyond an
// instant unless that is zero. Its writes are stored whatever becomes of that. Nobody may wait for a fold after a write,
// because a fold takes a connection and those of all others who wait for the disk may depend on who waits.
func (s *Store) holdBack(ctx context.Context, until time.Time, org tenant.ID) {
	if _, long := s.behind.long.LoadAndDelete(org); long {
		ctx, cancel := bounded(ctx, until)
		defer cancel()
		_, _ = s.foldSome(ctx, []tenant.ID{org}, foldMost)
	}
}

// foldGrown folds logs that have grown until ctx ends. One that cannot be folded comes again with the next write. Where
// writers have several transactions under way, folding takes processors from them, and begins when a burst is over or takes
// long; where they take turns for one, it does not.
func (s *Store) foldGrown(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.behind.folds.signal:
		}
		if s.dialect.FoldLock != "" && s.behind.gather(ctx, s.behind.folds.endures) != nil {
			return
		}
		for _, org := range s.behind.folds.take() {
			for more, err := true, error(nil); more && err == nil; {
				if more, err = s.foldSome(ctx, []tenant.ID{org}, foldAt); err != nil {
					s.tell(ctx, org, err)
				}
			}
		}
	}
}

// settle folds the logs of organisations that nobody writes to, in the order in which all transactions lock them.
func (s *Store) settle(ctx context.Context, orgs []tenant.ID) error {
	for more := true; more; {
		err := s.politely(ctx, func() (err error) {
			more, err = s.foldSome(ctx, orgs, 1)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// foldSome folds the oldest entries of those logs of some organisations that have at least so many. It says whether it
// left a log that long.
func (s *Store) foldSome(ctx context.Context, orgs []tenant.ID, least int64) (more bool, err error) {
	defer s.contain(&err)
	// One at a time: others would work out the same.
	select {
	case s.behind.folding <- struct{}{}:
		defer func() { <-s.behind.folding }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	var folds []*fold
	err = s.look(ctx, func(t *tx) error {
		for _, org := range orgs {
			sp, ok, err := t.space(org, "")
			if err != nil {
				return err
			}
			if !ok || sp.logged < least {
				continue
			}
			f, err := t.workOut(sp, foldedAtOnce)
			if err != nil {
				return err
			}
			folds = append(folds, f)
			more = more || sp.logged-f.taken >= least
		}
		return nil
	})
	if err != nil || len(folds) == 0 {
		return false, err
	}
	until, _ := ctx.Deadline()
	err = s.changeUntil(ctx, until, func(t *tx) error {
		for _, f := range folds {
			if err := t.lockFolds(f.sp.org); err != nil {
				return err
			}
		}
		for _, f := range folds {
			if err := t.storeFold(f); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errOvertaken):
		return true, nil
	case err != nil:
		return false, err
	}
	return more, nil
}

// fold is what carrying entries of an organisation's log over into the cells stores.
type fold struct {
	// sp is the organisation as it was when the fold was worked out.
	sp *space
	// first and last are the steps of the entries' rows, rows how many those are, taken how many entries.
	first, last, rows, taken int64
	fresh, moved             []Pack
}

// workOut works out what folding the oldest entries of a log would store. Writers may append to the log meanwhile.
func (t *tx) workOut(sp *space, most int64) (*fold, error) {
	if err := sp.ours(); err != nil {
		return nil, err
	}
	f := &fold{sp: sp}
	var entries []entry
	names := topics{}
	err := t.each(`SELECT step, entries FROM cell_log WHERE org = ? ORDER BY step`, []any{id(sp.org)}, func(scan func(...any) error) error {
		if f.taken >= most {
			return nil
		}
		var stored []byte
		if err := scan(&f.last, &stored); err != nil {
			return err
		}
		if f.rows++; f.rows == 1 {
			f.first = f.last
		}
		return decodeLog(stored, names, func(e entry) error {
			f.taken++
			entries = append(entries, e)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	f.fresh, f.moved, err = t.repack(sp, entries, views)
	return f, err
}

// storeFold stores what was worked out. It fails with errOvertaken where that no longer holds, because the entries are
// gone or the day cells are others.
func (t *tx) storeFold(f *fold) error {
	if f.taken == 0 {
		return nil
	}
	gone, err := t.execN(`DELETE FROM cell_log WHERE org = ? AND step >= ? AND step <= ?`, id(f.sp.org), f.first, f.last)
	if err != nil {
		return err
	}
	if gone != f.rows {
		return errOvertaken
	}
	if err := t.putPacks(f.sp, f.fresh, f.moved); err != nil {
		return err
	}
	n, err := t.execN(`UPDATE spaces SET logged = logged - ? WHERE org = ? AND grid = ? AND complete_from = ?`, f.taken, id(f.sp.org), f.sp.grid, f.sp.from)
	if err == nil && n == 0 {
		err = errOvertaken
	}
	f.sp.logged -= f.taken
	return err
}

// foldAll folds the whole log of a locked space in this transaction.
func (t *tx) foldAll(sp *space) error {
	f, err := t.workOut(sp, math.MaxInt64)
	if err != nil {
		return err
	}
	return t.storeFold(f)
}
