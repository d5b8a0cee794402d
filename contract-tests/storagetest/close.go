package storagetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	ready   = "Storage.Ready"
	closing = "Storage.Close"
)

func closeCases() []Case {
	return []Case{
		{
			About: ready, Sentence: "a store that was opened has every part and can serve",
			Reason: "a missing part is found at the start or by the first customer",
			Check: func(ctx context.Context, s port.Storage) error {
				if missing := s.Missing(); len(missing) > 0 {
					return fmt.Errorf("the store has no %v", missing)
				}
				return s.Ready(ctx)
			},
		},
		{
			About: closing, Sentence: "every call after it fails with ErrClosed, and closing again does no harm",
			Reason: "a write that is accepted by a closed store is lost",
			Check:  in(closed),
		},
		{
			About: closing, Sentence: "waits for calls under way: each is done or refused",
			Reason: "a server that stops must not lose what it has acknowledged",
			Check:  in(closesWaiting),
		},
		{
			About: ready, Sentence: "a call whose context has ended ends with its error and does nothing",
			Reason: "work for callers who left is work taken from others",
			Check:  in(cancelled),
		},
	}
}

// calls is every method of every port, on the first organisation.
func (r *room) calls() map[string]func(ctx context.Context) error {
	s, org, p := r.s, r.org, newGen(120).patch(key(r.org, 500), noon)
	return map[string]func(ctx context.Context) error{
		apply: func(ctx context.Context) error {
			_, err := s.Conversations.Apply(ctx, []conversation.Change{change(p)})
			return err
		},
		get: func(ctx context.Context) error { _, err := s.Conversations.Get(ctx, org, p.Key.UID()); return err },
		list: func(ctx context.Context) error {
			_, err := s.Conversations.List(ctx, org, conversation.Query{})
			return err
		},
		each: func(ctx context.Context) error {
			for _, err := range s.Conversations.Each(ctx, org, conversation.Query{}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		del: func(ctx context.Context) error {
			_, err := s.Conversations.Delete(ctx, org, conversation.Query{}, noon)
			return err
		},
		expire: func(ctx context.Context) error {
			_, err := s.Conversations.Expire(ctx, org, noon.Add(time.Hour), 10)
			return err
		},
		rollup: func(ctx context.Context) error {
			_, err := s.Rollups.Rollup(ctx, org, metric.Selection{Window: always})
			return err
		},
		since: func(ctx context.Context) error { _, err := s.Changes.Since(ctx, org, 0, 10); return err },
		head:  func(ctx context.Context) error { _, err := s.Changes.Head(ctx, org); return err },
		contacts: func(ctx context.Context) error {
			_, err := s.Changes.Contacts(ctx, org, nil, time.Hour, time.Hour)
			return err
		},
		watch: func(ctx context.Context) error { _, err := s.Changes.Watch(ctx); return err },
		gapList: func(ctx context.Context) error {
			_, err := s.Gaps.List(ctx, org, knowledge.Query{AsOf: noon})
			return err
		},
		gapGet:      func(ctx context.Context) error { _, _, err := s.Gaps.Get(ctx, org, 1); return err },
		gapLoad:     func(ctx context.Context) error { _, err := s.Gaps.Load(ctx, org, knowledge.Whole); return err },
		gapLinked:   func(ctx context.Context) error { _, err := s.Gaps.Linked(ctx, org, nil); return err },
		gapSave:     func(ctx context.Context) error { _, err := s.Gaps.Save(ctx, org, 0, knowledge.Commit{}); return err },
		setResolved: func(ctx context.Context) error { return s.Gaps.SetResolved(ctx, org, 1, true, noon) },
		orgCreate:   func(ctx context.Context) error { return s.Orgs.Create(ctx, organisation(50)) },
		orgGet:      func(ctx context.Context) error { _, err := s.Orgs.Get(ctx, org); return err },
		byAddress:   func(ctx context.Context) error { _, err := s.Orgs.ByAddress(ctx, organisation(1).Address); return err },
		orgUpdate: func(ctx context.Context) error {
			_, err := s.Orgs.Update(ctx, org, func(o tenant.Org) (tenant.Org, error) { o.Name = "changed"; return o, nil })
			return err
		},
		orgAll: func(ctx context.Context) error {
			for _, err := range s.Orgs.All(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		keyPut:        func(ctx context.Context) error { return s.Keys.Put(ctx, apiKey(1, 500)) },
		keyPrefix:     func(ctx context.Context) error { _, err := s.Keys.ByPrefix(ctx, "amo_0001"); return err },
		keyList:       func(ctx context.Context) error { _, err := s.Keys.List(ctx, org); return err },
		keyRevoke:     func(ctx context.Context) error { return s.Keys.Revoke(ctx, org, "key-1", noon) },
		"Ledger.Head": func(ctx context.Context) error { _, err := s.Ledger.Head(ctx, org); return err },
		"Ledger.Append": func(ctx context.Context) error {
			start := roi.Genesis(org)
			lines, _ := bookings(start, 5)
			return s.Ledger.Append(ctx, org, start, lines, nil)
		},
		"Ledger.Lines": func(ctx context.Context) error {
			for _, err := range s.Ledger.Lines(ctx, org, roi.LineQuery{}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Ledger.Closings": func(ctx context.Context) error { _, err := s.Ledger.Closings(ctx, org); return err },
		leaseIt: func(ctx context.Context) error {
			_, err := s.Jobs.Lease(ctx, "gaps", "ann", time.Hour, noon)
			return err
		},
		release:    func(ctx context.Context) error { return s.Jobs.Release(ctx, "gaps", "ann") },
		cursorOf:   func(ctx context.Context) error { _, err := s.Jobs.Cursor(ctx, org, "pull"); return err },
		saveCursor: func(ctx context.Context) error { return s.Jobs.SaveCursor(ctx, org, "pull", "", "1") },
		ready:      s.Ready,
	}
}

func closed(r *room) error {
	if err := r.fill(newGen(121), 5, time.Hour); err != nil {
		return err
	}
	if err := r.s.Close(); err != nil {
		return fmt.Errorf("Close: %w", err)
	}
	for name, call := range r.calls() {
		if err := wantError(name, call(r), port.ErrClosed); err != nil {
			return err
		}
	}
	if err := r.s.Close(); err != nil && !errors.Is(err, port.ErrClosed) {
		return fmt.Errorf("Close again: %w", err)
	}
	return nil
}

func closesWaiting(r *room) error {
	g := newGen(122)
	const writers = 20
	patches := make([]conversation.Patch, writers)
	for i := range patches {
		patches[i] = g.patch(key(r.org, i), noon)
	}
	return together(writers+1, func(i int) error {
		if i == writers {
			return r.s.Close()
		}
		got, err := r.s.Conversations.Apply(r, []conversation.Change{change(patches[i])})
		switch {
		case errors.Is(err, port.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("a call while the store closes: wanted success or ErrClosed, got %w", err)
		case len(got) != 1 || got[0].Effect != conversation.Created:
			return fmt.Errorf("a call while the store closes: wanted created, got %+v", got)
		}
		return nil
	})
}

func cancelled(r *room) error {
	if err := r.fill(newGen(123), 5, time.Hour); err != nil {
		return err
	}
	if err := r.s.Keys.Put(r, apiKey(1, 1)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r)
	cancel()
	for name, call := range r.calls() {
		if err := wantError(name, call(ctx), context.Canceled); err != nil {
			return err
		}
	}
	return first(
		r.everything,
		func() error { return allOrgs(r, r.s, organisation(1)) },
		func() error { return wantKeys(r, r.s, 1, apiKey(1, 1)) },
		r.lease("gaps", "bob", 0, true),
		r.cursor("pull", ""),
		func() error { return r.snapshot(nil, nil) },
	)
}
