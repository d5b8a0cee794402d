package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// behind is the work that follows the writes: search postings and the cell log, and day cells after a change of time
// zone. What is to do is in the database, so that work given up midway goes on at the next start.
type behind struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	// index files and folds, zones builds day cells: the one may have much to do while the other is needed soon.
	index, zones backlog
	// folds are organisations whose logs have grown, news those that other processes are to hear of.
	folds, news backlog
	// long are organisations whose next write waits for a fold.
	long sync.Map
	// folding holds something while somebody folds.
	folding chan struct{}
	// writes counts transactions of callers, by which polite knows whether somebody is writing.
	writes atomic.Int64
	// panics and failures are logged once in a while.
	panics, failures occasion
}

// backlog is the organisations that one kind of work has yet to look at.
type backlog struct {
	mu      sync.Mutex
	pending map[tenant.ID]bool
	signal  chan struct{}
	// endures is for how long the work lets a burst of writes pass.
	endures time.Duration
}

func newBacklog(endures time.Duration) backlog {
	return backlog{pending: map[tenant.ID]bool{}, signal: make(chan struct{}, 1), endures: endures}
}

func (d *backlog) add(orgs []tenant.ID) {
	d.mu.Lock()
	for _, org := range orgs {
		d.pending[org] = true
	}
	d.mu.Unlock()
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

func (d *backlog) take() []tenant.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := lo.Keys(d.pending)
	clear(d.pending)
	return list
}

// calm is how long nobody must have written before work begins, and patience how long work waits for that: a batch of a
// thousand costs hardly more than one. A burst, which is that many transactions within calm, work that nobody waits for
// lets pass for as long as endurance.
const (
	calm      = 100 * time.Millisecond
	patience  = 2 * time.Second
	burst     = 10
	endurance = 10 * time.Second
)

// gather waits until it is calm, or patience is over and what is written is no burst or was endured for so long.
func (b *behind) gather(ctx context.Context, endures time.Duration) error {
	for began := time.Now(); ; {
		before := b.writes.Load()
		if err := sleep(ctx, calm); err != nil {
			return err
		}
		written, waited := b.writes.Load()-before, time.Since(began)
		if written == 0 || waited > endures || waited > patience && written < burst {
			return nil
		}
	}
}

// work starts the work behind the writes.
func (s *Store) work() {
	b := &s.behind
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.folding = make(chan struct{}, 1)
	b.index, b.zones, b.folds, b.news = newBacklog(endurance), newBacklog(patience), newBacklog(patience), newBacklog(0)
	s.run(s.resume)
	s.run(func(ctx context.Context) { b.follow(ctx, &b.index, s.catchUp) })
	s.run(func(ctx context.Context) {
		b.follow(ctx, &b.zones, func(ctx context.Context, orgs []tenant.ID) []tenant.ID {
			return s.failing(ctx, orgs, func(org tenant.ID) error { return s.rebuild(ctx, org) })
		})
	})
	s.run(s.foldGrown)
	if s.dialect.Announce != nil {
		s.run(s.announce)
	}
	if s.dialect.Listen != nil {
		s.run(func(ctx context.Context) {
			s.dialect.Listen(ctx, func(org tenant.ID) { s.watchers.tell([]tenant.ID{org}) })
		})
	}
}

// run starts work that ends when the store closes. Work that panics begins anew a while later.
func (s *Store) run(work func(ctx context.Context)) {
	ctx := s.behind.ctx
	attempt := func() (err error) {
		defer s.contain(&err)
		work(ctx)
		return nil
	}
	s.behind.running.Go(func() {
		for attempt() != nil && sleep(ctx, RetryAfter) == nil {
		}
	})
}

// tellEvery is how long trouble of the work is not logged after some was: what it met may come at every attempt.
const tellEvery = time.Minute

// occasion is when trouble of one kind was last logged, in nanoseconds.
type occasion struct{ last atomic.Int64 }

// now says whether it is time to log some again.
func (o *occasion) now() bool {
	last, now := o.last.Load(), time.Now().UnixNano()
	return (last == 0 || now-last >= int64(tellEvery)) && o.last.CompareAndSwap(last, now)
}

// errPanicked is what becomes of a panic.
var errPanicked = errors.New("store: work behind the writes panicked")

// contain, deferred, makes an error of a panic. The work must not take the process with it, which would meet the same at
// its next start; each of its steps contains its own, so that one organisation's trouble is not another's.
func (s *Store) contain(err *error) {
	p := recover()
	if p == nil {
		return
	}
	*err = fmt.Errorf("%w: %v", errPanicked, p)
	if s.behind.panics.now() {
		s.log.Error("work behind the writes will be tried again", "error", *err, "stack", string(debug.Stack()))
	}
}

// tell logs that the work failed for an organisation, unless it was only broken off, or panicked, which is logged already.
func (s *Store) tell(ctx context.Context, org tenant.ID, err error) {
	if ctx.Err() != nil || errors.Is(err, port.ErrClosed) || errors.Is(err, errPanicked) || !s.behind.failures.now() {
		return
	}
	s.log.Warn("work behind the writes failed and will be tried again", "org", org, "error", err)
}

// share is how many times as long as a step of its own the work lets writers go first, while there are any.
const share = 5

// politely runs a step of the work, and lets writers go first afterwards if any came meanwhile, until it is calm.
func (s *Store) politely(ctx context.Context, step func() error) error {
	b := &s.behind
	before, began := b.writes.Load(), time.Now()
	err := step()
	over := time.Now().Add(min(share*time.Since(began), time.Second))
	for err == nil && time.Now().Before(over) && b.writes.Load() != before {
		before = b.writes.Load()
		err = sleep(ctx, min(calm, time.Until(over)))
	}
	return err
}

// polite runs a transaction of the work, and lets writers go first afterwards if any came meanwhile.
func (s *Store) polite(ctx context.Context, fn func(*tx) error) error {
	return s.politely(ctx, func() error { return s.change(ctx, fn) })
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

// announce tells other processes what was stored, outside of the writes: a server lets those who announce commit one
// after the other. What cannot be told is lost: it is a hint.
func (s *Store) announce(ctx context.Context) {
	for done := false; !done; {
		select {
		case <-ctx.Done():
			done = true // what was stored last is still told
		case <-s.behind.news.signal:
		}
		if orgs := s.behind.news.take(); len(orgs) > 0 {
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), RetryAfter)
			_ = s.dialect.Announce(within, s.write.DB, orgs)
			cancel()
		}
	}
}

// resume finds what an earlier process left undone.
func (s *Store) resume(ctx context.Context) {
	left := func(query string, args ...any) (orgs []tenant.ID) {
		// What cannot be read now is found at the next start, or with the organisation's next write.
		_ = s.look(ctx, func(t *tx) error {
			return t.each(query, args, func(scan func(...any) error) error {
				var org tenant.ID
				err := scan(&org)
				orgs = append(orgs, org)
				return err
			})
		})
		return orgs
	}
	s.behind.zones.add(left(`SELECT org FROM spaces WHERE complete_from <> ?`, allComplete))
	s.behind.index.add(left(`SELECT s.org FROM spaces s LEFT JOIN search_state i ON i.org = s.org WHERE s.logged > 0 OR s.seq > COALESCE(i.through, 0)`))
}

// follow does one kind of work for whatever is pending until the store closes. Work returns the organisations where it
// failed; they are tried again a while later, and hold up no other meanwhile.
func (b *behind) follow(ctx context.Context, d *backlog, work func(context.Context, []tenant.ID) (failed []tenant.ID)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.signal:
		}
		if b.gather(ctx, d.endures) != nil {
			return
		}
		if failed := work(ctx, d.take()); len(failed) > 0 {
			time.AfterFunc(RetryAfter, func() { d.add(failed) })
		}
	}
}

// catchUp files what writes left to file in some organisations, and folds what they left in their logs.
func (s *Store) catchUp(ctx context.Context, orgs []tenant.ID) (failed []tenant.ID) {
	orgs = inLockOrder(orgs)
	before := s.behind.writes.Load()
	for left := orgs; len(left) > 0; {
		err := s.politely(ctx, func() (err error) {
			left, err = s.indexSome(ctx, left)
			return err
		})
		if err != nil {
			failed = s.failing(ctx, orgs, func(org tenant.ID) error { return s.indexAll(ctx, org) })
			break
		}
	}
	for _, some := range lo.Chunk(lo.Without(orgs, failed...), settledAtOnce) {
		if s.behind.writes.Load() != before {
			s.behind.index.add(some) // when it is calm
		} else if s.settle(ctx, some) != nil {
			failed = append(failed, s.failing(ctx, some, func(org tenant.ID) error { return s.settle(ctx, []tenant.ID{org}) })...)
		}
	}
	return failed
}

// settledAtOnce is how many organisations' logs one transaction folds.
const settledAtOnce = 16

// failing works for one organisation after the other, so that one for which it fails holds up no other, and returns those.
func (s *Store) failing(ctx context.Context, orgs []tenant.ID, work func(tenant.ID) error) []tenant.ID {
	return lo.Filter(orgs, func(org tenant.ID, _ int) bool {
		err := work(org)
		if err != nil {
			s.tell(ctx, org, err)
		}
		return err != nil
	})
}
