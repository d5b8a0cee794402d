package sqlstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// behind is the work that follows the writes: search postings, and day cells after a change of time zone. What is to do
// is in the database, so that work given up midway goes on at the next start.
type behind struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	pending map[tenant.ID]bool
	signal  chan struct{}
	// writes counts transactions of callers, by which yield knows whether somebody is writing.
	writes atomic.Int64
}

// pause gathers writes before they are worked on: a batch of a hundred costs hardly more than one.
const pause = 50 * time.Millisecond

// work starts the work behind the writes.
func (s *Store) work() {
	b := &s.behind
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.pending = map[tenant.ID]bool{}
	b.signal = make(chan struct{}, 1)
	b.run(func(ctx context.Context) {
		if s.resume(ctx) == nil {
			s.follow(ctx)
		}
	})
	if s.dialect.Listen != nil {
		b.run(func(ctx context.Context) {
			s.dialect.Listen(ctx, func(org tenant.ID) { s.watchers.tell([]tenant.ID{org}) })
		})
	}
}

// run starts a goroutine that ends when the store closes.
func (b *behind) run(fn func(ctx context.Context)) {
	b.running.Add(1)
	go func() {
		defer b.running.Done()
		fn(b.ctx)
	}()
}

func (b *behind) stop() {
	b.cancel()
	b.running.Wait()
}

func (b *behind) wake(orgs []tenant.ID) {
	b.mu.Lock()
	for _, org := range orgs {
		b.pending[org] = true
	}
	b.mu.Unlock()
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// share is how many times as long as a transaction of its own the work lets writers go first, while there are any.
const share = 4

// polite runs a transaction of the work, and lets writers go first afterwards if any came meanwhile.
func (s *Store) polite(ctx context.Context, fn func(*tx) error) error {
	before, began := s.behind.writes.Load(), time.Now()
	err := s.change(ctx, fn)
	if err != nil || s.behind.writes.Load() == before {
		return err
	}
	return sleep(ctx, share*min(time.Since(began), time.Second))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (b *behind) take() []tenant.ID {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []tenant.ID
	for org := range b.pending {
		list = append(list, org)
	}
	clear(b.pending)
	return list
}

// resume finds what an earlier process left undone.
func (s *Store) resume(ctx context.Context) error {
	var left []tenant.ID
	err := s.look(ctx, func(t *tx) error {
		query := `SELECT s.org FROM spaces s LEFT JOIN search_state i ON i.org = s.org WHERE s.complete_from <> ? OR s.seq > COALESCE(i.through, 0)`
		return t.each(query, []any{allComplete}, func(scan func(...any) error) error {
			var org tenant.ID
			err := scan(&org)
			left = append(left, org)
			return err
		})
	})
	if err == nil && len(left) > 0 {
		s.behind.wake(left)
	}
	return err
}

// follow works on what is pending until the store closes. Work that fails is tried again a while later.
func (s *Store) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.behind.signal:
		}
		if sleep(ctx, pause) != nil {
			return
		}
		var failed []tenant.ID
		for _, org := range s.behind.take() {
			if s.catchUp(ctx, org) != nil {
				failed = append(failed, org)
			}
		}
		if len(failed) > 0 {
			if sleep(ctx, retryAfter) != nil {
				return
			}
			s.behind.wake(failed)
		}
	}
}

// catchUp does everything that one organisation's writes left to do.
func (s *Store) catchUp(ctx context.Context, org tenant.ID) error {
	for {
		complete, err := s.rebuild(ctx, org)
		if err != nil {
			return err
		}
		if complete {
			break
		}
	}
	before := s.behind.writes.Load()
	if err := s.indexAll(ctx, org); err != nil {
		return err
	}
	if s.behind.writes.Load() != before {
		return nil // whoever wrote has woken us again
	}
	return s.settle(ctx, org)
}
