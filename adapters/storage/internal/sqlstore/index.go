package sqlstore

import (
	"context"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// indexedAtOnce is how many conversations one step of the index takes in.
const indexedAtOnce = 256

// indexAll files everything the organisation has stored.
func (s *Store) indexAll(ctx context.Context, org tenant.ID) error {
	for {
		more, err := s.indexSome(ctx, org)
		if !more || err != nil {
			return err
		}
	}
}

// indexSome is one step: it reads what is new and makes tokens of it outside of any write, then files them in a short
// one. Another process may have been faster; then the step has done nothing and the next goes on from there.
func (s *Store) indexSome(ctx context.Context, org tenant.ID) (more bool, err error) {
	var (
		through, last int64
		read          int
		began         = time.Now()
		filed         = map[PostingKey][]posting{}
	)
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		if through, _, err = t.searchState(org, ""); err != nil || through >= sp.seq {
			return err
		}
		last = sp.seq // versions that were replaced or removed meanwhile need no filing
		return t.since(sp, through, indexedAtOnce, func(row int64, c conversation.Conversation) error {
			read++
			if read == indexedAtOnce {
				last = c.Seq
			}
			sp.postingsOf(row, &c, filed)
			return nil
		})
	})
	if err != nil || last == 0 {
		return false, err
	}
	err = s.change(ctx, func(t *tx) error {
		// Taken first, so that a conversation removed meanwhile is not filed again behind its removal.
		if _, _, err := t.space(org, t.dialect.Lock); err != nil {
			return err
		}
		now, at, err := t.searchState(org, t.dialect.Lock)
		if err != nil || now != through {
			return err
		}
		if err := t.changePostings(org, filed, putIn); err != nil {
			return err
		}
		if read < indexedAtOnce {
			at = max(at, began.UnixMicro())
		}
		return t.exec(`INSERT INTO search_state (org, through, at) VALUES (?, ?, ?) ON CONFLICT (org) DO UPDATE SET through = excluded.through, at = excluded.at`, id(org), last, at)
	})
	return read == indexedAtOnce, err
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
