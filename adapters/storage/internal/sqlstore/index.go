package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// indexedAtOnce is how many conversations one step of the index takes in at most, of all organisations together.
const indexedAtOnce = 1024

// unfiled is what one step of the index is about to file for one organisation.
type unfiled struct {
	org tenant.ID
	// through and gone are the state of the organisation that it rests on: how far the index had come, and how many
	// conversations had been removed.
	through, gone int64
	// last and at are how far the index has come afterwards, full says that there is more to do.
	last, at int64
	full     bool
	// count is how many conversations it holds.
	count int
	// days are the segments to store, by day, and stale those they replace.
	days  map[int64]segment
	stale []segmentPlace
}

// segmentPlace is where a segment is stored. Its number is the version the index had come to when it was stored.
type segmentPlace struct{ day, number int64 }

// indexAll files everything the organisation has stored.
func (s *Store) indexAll(ctx context.Context, org tenant.ID) error {
	for {
		left, err := s.indexSome(ctx, []tenant.ID{org})
		if err != nil || len(left) == 0 {
			return err
		}
	}
}

// indexSome is one step of the index: it reads what is new in some organisations and makes segments of it outside of any
// write, and files them in one transaction. The organisations are in lock order. It returns the organisations that may have more to file.
func (s *Store) indexSome(ctx context.Context, orgs []tenant.ID) (left []tenant.ID, err error) {
	defer s.contain(&err)
	var batch []*unfiled
	count := 0
	for i, org := range orgs {
		if count >= indexedAtOnce {
			left = append(left, orgs[i:]...)
			break
		}
		var u *unfiled
		err := s.look(ctx, func(t *tx) error {
			sp, ok, err := t.space(org, "")
			if !ok || err != nil {
				return err
			}
			u, err = t.unfiled(sp, indexedAtOnce-count)
			return err
		})
		if err != nil {
			return nil, err
		}
		if u != nil {
			batch = append(batch, u)
			count += u.count
		}
	}
	if len(batch) == 0 {
		return left, nil
	}
	var unfinished []tenant.ID
	err = s.change(ctx, func(t *tx) error {
		unfinished = nil
		for _, u := range batch {
			more, err := t.file(u)
			if err != nil {
				return err
			}
			if more {
				unfinished = append(unfinished, u.org)
			}
		}
		return nil
	})
	return inLockOrder(append(left, unfinished...)), err
}

// inLockOrder sorts organisations as all transactions lock them.
func inLockOrder(orgs []tenant.ID) []tenant.ID {
	return slices.SortedFunc(slices.Values(orgs), func(a, b tenant.ID) int { return bytes.Compare(a[:], b[:]) })
}

// file stores what a step made, unless another process was faster, and says whether there is more to file. Where a
// conversation was removed since, the step is made again, now that nobody else can write.
func (t *tx) file(u *unfiled) (more bool, err error) {
	sp, err := t.take(u.org)
	if err != nil {
		return false, err
	}
	through, _, err := t.searchState(u.org, "")
	if err != nil || through != u.through {
		return true, err
	}
	if sp.gone != u.gone {
		if u, err = t.unfiled(sp, indexedAtOnce); u == nil || err != nil {
			return false, err
		}
	}
	for _, place := range u.stale {
		if err := t.dropSegment(u.org, place); err != nil {
			return false, err
		}
	}
	for day, seg := range u.days {
		if err := t.putSegment(u.org, segmentPlace{day, u.last}, seg); err != nil {
			return false, err
		}
	}
	return u.full, t.exec(`INSERT INTO search_state (org, through, at) VALUES (?, ?, ?) ON CONFLICT (org) DO UPDATE SET through = excluded.through, at = excluded.at`, id(u.org), u.last, u.at)
}

// unfiled reads at most limit conversations that the index does not know yet and makes segments of them; nil when it
// knows all.
func (t *tx) unfiled(sp *space, limit int) (*unfiled, error) {
	began := time.Now()
	through, at, err := t.searchState(sp.org, "")
	if err != nil || through >= sp.seq {
		return nil, err
	}
	// Versions that were replaced or removed meanwhile need no filing.
	u := &unfiled{org: sp.org, through: through, gone: sp.gone, last: sp.seq, at: max(at, began.UnixMicro()), days: map[int64]segment{}}
	days := map[int64][]filing{}
	var tokens []int64
	var c conversation.Conversation // each is read where the one before was: nothing of it is kept
	err = t.since(sp, through, limit, func(v version) (more bool, err error) {
		if err := sp.openContentIn(&c, c.Messages, v.uid, v.seq, v.content); err != nil {
			return false, err
		}
		if u.count++; u.count == limit {
			u.full, u.last, u.at = true, v.seq, at
		}
		day, offset := dayOf(c.StartedAt.UnixMicro())
		tokens = t.vocabulary.tokens(tokens[:0], sp, &c)
		days[day] = append(days[day], filing{posting{offset, v.row}, slices.Clone(tokens)})
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	stored, err := t.segmentSizes(sp.org, lo.Keys(days))
	if err != nil {
		return nil, err
	}
	for day, list := range days {
		parts := []segment{newSegment(list)}
		for _, number := range joinable(stored[day], len(list)) {
			place := segmentPlace{day, number}
			part, err := t.loadSegment(sp.org, place)
			if err != nil {
				return nil, err
			}
			u.stale, parts = append(u.stale, place), append(parts, part)
		}
		if u.days[day], err = joined(parts); err != nil {
			return nil, err
		}
	}
	return u, nil
}

const (
	// growth is how many segments of about one size a day has at most: where a new one would be one more, they become one.
	growth = 4
	// largestSegment is the size from which on a segment stays as it is.
	largestSegment = 4096
)

// joinable are the segments of a day, of the given sizes, that are to be joined with a new one.
func joinable(sizes map[int64]int64, size int) (numbers []int64) {
	tier := func(n int64) (tier int) {
		for ; n >= growth; n /= growth {
			tier++
		}
		return tier
	}
	total := int64(size)
	for total < largestSegment {
		var same []int64
		var more int64
		for number, n := range sizes {
			if n < largestSegment && tier(n) <= tier(total) && !slices.Contains(numbers, number) {
				same = append(same, number)
				more += n
			}
		}
		if len(same) < growth-1 {
			break
		}
		numbers = append(numbers, same...)
		total += more
	}
	return numbers
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
