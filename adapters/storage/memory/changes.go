package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type changes struct{ *store }

func (s changes) Since(ctx context.Context, org tenant.ID, after int64, limit int) (out []conversation.Conversation, err error) {
	err = s.read(ctx, func() error {
		fresh := lo.Filter(lo.Values(s.look(org).conversations), func(c conversation.Conversation, _ int) bool { return c.Seq > after })
		slices.SortFunc(fresh, func(a, b conversation.Conversation) int { return cmp.Compare(a.Seq, b.Seq) })
		fresh = fresh[:min(max(limit, 0), len(fresh))]
		out = lo.Map(fresh, func(c conversation.Conversation, _ int) conversation.Conversation { return clone(c) })
		return nil
	})
	return out, err
}

func (s changes) Head(ctx context.Context, org tenant.ID) (seq int64, err error) {
	err = s.read(ctx, func() error {
		for _, c := range s.look(org).conversations {
			seq = max(seq, c.Seq)
		}
		return nil
	})
	return seq, err
}

func (s changes) Contacts(ctx context.Context, org tenant.ID, given []conversation.Conversation, before, after time.Duration) (out []conversation.Conversation, err error) {
	excluded := lo.SliceToMap(given, func(c conversation.Conversation) (uuid.UUID, bool) { return c.UID(), true })
	near := func(c, o conversation.Conversation) bool {
		return c.Facts.CustomerID.Value != "" && c.Facts.CustomerID.Value == o.Facts.CustomerID.Value && c.Facts.Topic.Value == o.Facts.Topic.Value &&
			!o.StartedAt.Before(c.StartedAt.Add(-before)) && o.StartedAt.Before(c.EndedAt.Add(after))
	}
	err = s.read(ctx, func() error {
		for uid, o := range s.look(org).conversations {
			if !excluded[uid] && lo.ContainsBy(given, func(c conversation.Conversation) bool { return near(c, o) }) {
				out = append(out, clone(o))
			}
		}
		return nil
	})
	return out, err
}

func (s changes) Watch(ctx context.Context) (<-chan tenant.ID, error) {
	w := &watch{pending: map[tenant.ID]bool{}, wake: make(chan struct{}, 1), out: make(chan tenant.ID)}
	err := s.write(ctx, func() error {
		s.watches[w] = struct{}{}
		s.watching.Add(1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	go func() {
		defer s.watching.Done()
		defer close(w.out)
		w.run(ctx, s.done)
		s.mu.Lock()
		delete(s.watches, w)
		s.mu.Unlock()
	}()
	return w.out, nil
}

// announce tells every watcher; the caller holds the lock for writing.
func (s *store) announce(org tenant.ID) {
	for w := range s.watches {
		w.add(org)
	}
}

// watch gathers organisations until its reader takes them, so that a slow reader holds nobody up and misses nobody.
type watch struct {
	mu      sync.Mutex
	pending map[tenant.ID]bool
	wake    chan struct{}
	out     chan tenant.ID
}

func (w *watch) add(org tenant.ID) {
	w.mu.Lock()
	w.pending[org] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it will wake anyway
	}
}

func (w *watch) take() []tenant.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	orgs := lo.Keys(w.pending)
	clear(w.pending)
	return orgs
}

func (w *watch) run(ctx context.Context, done <-chan struct{}) {
	for {
		for _, org := range w.take() {
			select {
			case w.out <- org:
			case <-ctx.Done():
				return
			case <-done:
				return
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		case <-done:
			return
		}
	}
}
