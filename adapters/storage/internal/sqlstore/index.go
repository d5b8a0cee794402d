package sqlstore

import (
	"context"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	// indexedAtOnce is how many conversations one step of the index takes in at most. The more, the fewer lists are
	// written for each.
	indexedAtOnce = 2048
	// filedAtOnce is how many lists one transaction writes, so that writers do not wait long.
	filedAtOnce = 512
)

// indexAll files everything the organisation has stored.
func (s *Store) indexAll(ctx context.Context, org tenant.ID) error {
	for {
		more, err := s.indexSome(ctx, org)
		if !more || err != nil {
			return err
		}
	}
}

// unfiled is what one step of the index is about to file.
type unfiled struct {
	through, last, at int64
	full              bool
	rows              []int64
	filed             map[PostingKey][]posting
}

// indexSome is one step: it reads what is new and makes tokens of it outside of any write, files them in short
// transactions, and then says so. Filing twice changes nothing, so a step that is given up midway is simply done again.
func (s *Store) indexSome(ctx context.Context, org tenant.ID) (more bool, err error) {
	u, err := s.unindexed(ctx, org)
	if u == nil || err != nil {
		return false, err
	}
	for _, keys := range lo.Chunk(sortedKeys(u.filed), filedAtOnce) {
		if err := s.polite(ctx, func(t *tx) error { return t.filePostings(org, keys, u.filed) }); err != nil {
			return false, err
		}
	}
	err = s.change(ctx, func(t *tx) error {
		if _, err := t.take(org); err != nil {
			return err
		}
		if err := t.unfileRemoved(org, u); err != nil {
			return err
		}
		now, _, err := t.searchState(org, "")
		if err != nil || now >= u.last {
			return err // another process was faster
		}
		return t.exec(`INSERT INTO search_state (org, through, at) VALUES (?, ?, ?) ON CONFLICT (org) DO UPDATE SET through = excluded.through, at = excluded.at`, id(org), u.last, u.at)
	})
	return u.full, err
}

// unfileRemoved takes out again what was removed after it was read. Removals take out what is filed, and hold the same
// lock, so nothing is left of a conversation whichever of the two comes first.
func (t *tx) unfileRemoved(org tenant.ID, u *unfiled) error {
	gone := lo.SliceToMap(u.rows, func(row int64) (int64, bool) { return row, true })
	for _, part := range lo.Chunk(u.rows, maxIn) {
		args := append([]any{id(org)}, lo.ToAnySlice(part)...)
		err := t.each(`SELECT id FROM conversations WHERE org = ? AND id IN `+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
			var row int64
			err := scan(&row)
			delete(gone, row)
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	less := map[PostingKey][]posting{}
	for key, list := range u.filed {
		if list = lo.Filter(list, func(p posting, _ int) bool { return gone[p.row] }); len(list) > 0 {
			less[key] = list
		}
	}
	return t.unfilePostings(org, less)
}

// unindexed reads what the index does not know yet; nil when it knows everything.
func (s *Store) unindexed(ctx context.Context, org tenant.ID) (u *unfiled, err error) {
	began := time.Now()
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		through, at, err := t.searchState(org, "")
		if err != nil || through >= sp.seq {
			return err
		}
		// Versions that were replaced or removed meanwhile need no filing.
		u = &unfiled{through: through, last: sp.seq, at: max(at, began.UnixMicro()), filed: map[PostingKey][]posting{}}
		n := 0
		return t.since(sp, through, indexedAtOnce, func(row int64, c conversation.Conversation) error {
			if n++; n == indexedAtOnce {
				u.full, u.last, u.at = true, c.Seq, at
			}
			u.rows = append(u.rows, row)
			sp.postingsOf(row, &c, u.filed)
			return nil
		})
	})
	return u, err
}

// searchState is how far the index has come: the number of a version, and the time up to which nothing is missing.
func (t *tx) searchState(org tenant.ID, lock string) (through, at int64, err error) {
	_, err = t.first(`SELECT through, at FROM search_state WHERE org = ?`+lock, id(org))(&through, &at)
	return through, at, err
}

// indexedThrough is the time up to which the index covers what was written.
func (t *tx) indexedThrough(sp *space, now time.Time) (time.Time, error) {
	through, at, err := t.searchState(sp.org, "")
	if err != nil {
		return time.Time{}, err
	}
	if through+tailLength >= sp.seq {
		return now.UTC().Truncate(time.Microsecond), nil // searches read the rest themselves
	}
	return micros(at), nil
}
