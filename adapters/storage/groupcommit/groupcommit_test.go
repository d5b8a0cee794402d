package groupcommit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"
	"go.uber.org/goleak"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/testfile"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/contract-tests/storagetest"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func opened(t *testing.T, driver storage.Driver, dsn string) port.Storage {
	t.Helper()
	s, err := storage.Open(context.Background(), dsn, storage.Options{}, driver)
	if err != nil {
		t.Fatal(err)
	}
	s = groupcommit.Wrap(s, groupcommit.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) port.Storage { return opened(t, memory.Driver, "memory://") }, storagetest.Options{})
	})
	t.Run("sqlite", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) port.Storage {
			path := testfile.New(t, func(dsn string) error { return sqlite.Migrate(context.Background(), dsn) })
			return opened(t, sqlite.Driver, "sqlite://"+path)
		}, storagetest.Options{})
	})
}

// The tests below run in a bubble of their own clock, in which Wait returns when every goroutine waits for another.

// slow is a store whose Apply waits until it is let go, and notes how calls were grouped.
type slow struct {
	port.Conversations
	gate   chan struct{}
	mu     sync.Mutex
	groups [][]conversation.Change
	fail   func([]conversation.Change) error
}

func (s *slow) Apply(_ context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, changes)
	if s.fail != nil {
		if err := s.fail(changes); err != nil {
			return nil, err
		}
	}
	out := make([]conversation.Result, len(changes))
	for i, c := range changes {
		conv, err := c.Fn(nil)
		out[i] = conversation.Result{Conversation: conv, Err: err, Effect: conversation.Created}
	}
	return out, nil
}

func store(s *slow, o groupcommit.Options) (port.Conversations, func()) {
	wrapped := groupcommit.Wrap(port.Storage{Conversations: s, Close: func() error { return nil }}, o)
	return wrapped.Conversations, func() { _ = wrapped.Close() }
}

func change(org tenant.ID, id string) conversation.Change {
	key := conversation.Key{Org: org, Platform: conversation.Custom, ID: id}
	return conversation.Change{Key: key, Fn: func(*conversation.Conversation) (*conversation.Conversation, error) {
		return &conversation.Conversation{Key: key}, nil
	}}
}

// waiting sends calls one after the other and returns when all wait: the first is with the store.
func waiting(t *testing.T, c port.Conversations, s *slow, calls [][]conversation.Change) (answers []chan error) {
	t.Helper()
	for _, changes := range calls {
		answer := make(chan error, 1)
		answers = append(answers, answer)
		go func() {
			results, err := c.Apply(context.Background(), changes)
			for i := range results {
				if err == nil && results[i].Conversation.ID != changes[i].Key.ID {
					err = fmt.Errorf("wanted the answer of %s, got that of %s", changes[i].Key.ID, results[i].Conversation.ID)
				}
			}
			answer <- err
		}()
		synctest.Wait()
	}
	return answers
}

func TestWhatWaitsGoesTogetherAndInTurns(t *testing.T) {
	synctest.Test(t, whatWaitsGoesTogetherAndInTurns)
}

func whatWaitsGoesTogetherAndInTurns(t *testing.T) {
	s := &slow{gate: make(chan struct{})}
	c, closed := store(s, groupcommit.Options{Group: 4})
	loud, quiet := uuid.New(), uuid.New()
	var calls [][]conversation.Change
	for i := range 7 {
		calls = append(calls, []conversation.Change{change(loud, fmt.Sprint("loud ", i))})
	}
	calls = append(calls, []conversation.Change{change(quiet, "quiet")})
	answers := waiting(t, c, s, calls)
	close(s.gate)
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	closed()
	var got []string
	for _, g := range s.groups {
		var ids []string
		for _, c := range g {
			ids = append(ids, c.Key.ID)
		}
		got = append(got, strings.Join(ids, ", "))
	}
	want := "loud 0 | loud 1, quiet, loud 2, loud 3 | loud 4, loud 5, loud 6"
	if strings.Join(got, " | ") != want {
		t.Errorf("groups: %s\nwanted: %s", strings.Join(got, " | "), want)
	}
}

func TestAFullQueueRefuses(t *testing.T) { synctest.Test(t, aFullQueueRefuses) }

func aFullQueueRefuses(t *testing.T) {
	s := &slow{gate: make(chan struct{})}
	c, closed := store(s, groupcommit.Options{Queue: 2})
	org := uuid.New()
	answers := waiting(t, c, s, [][]conversation.Change{{change(org, "with the store")}, {change(org, "waits 1")}, {change(org, "waits 2")}})
	_, err := c.Apply(context.Background(), []conversation.Change{change(org, "too many")})
	if after, ok := port.RetryAfter(err); !errors.Is(err, port.ErrUnavailable) || !ok || after <= 0 {
		t.Errorf("wanted unavailable with a time, got %v", err)
	}
	close(s.gate)
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	closed()
}

func TestOneCallersTroubleIsNotAnothers(t *testing.T) {
	trouble := errors.New("trouble")
	for name, fail := range map[string]func([]conversation.Change) error{
		"an error": func(changes []conversation.Change) error {
			for _, c := range changes {
				if c.Key.ID == "bad" {
					return trouble
				}
			}
			return nil
		},
		"a panic": func(changes []conversation.Change) error {
			for _, c := range changes {
				if c.Key.ID == "bad" {
					panic("trouble")
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &slow{gate: make(chan struct{}), fail: fail}
				c, closed := store(s, groupcommit.Options{})
				org := uuid.New()
				answers := waiting(t, c, s, [][]conversation.Change{{change(org, "first")}, {change(org, "good")}, {change(org, "bad")}, {change(org, "better")}})
				close(s.gate)
				for i, a := range answers {
					if err := <-a; (err != nil) != (i == 2) {
						t.Errorf("call %d: %v", i, err)
					}
				}
				closed()
			})
		})
	}
}

func TestAStoreThatIsAwayIsAskedOnce(t *testing.T) { synctest.Test(t, aStoreThatIsAwayIsAskedOnce) }

func aStoreThatIsAwayIsAskedOnce(t *testing.T) {
	s := &slow{gate: make(chan struct{}), fail: func([]conversation.Change) error {
		return &port.Unavailable{After: time.Second, Cause: errors.New("away")}
	}}
	c, closed := store(s, groupcommit.Options{})
	org := uuid.New()
	answers := waiting(t, c, s, [][]conversation.Change{{change(org, "a")}, {change(org, "b")}, {change(org, "c")}})
	close(s.gate)
	for _, a := range answers {
		if err := <-a; !errors.Is(err, port.ErrUnavailable) {
			t.Error(err)
		}
	}
	closed()
	if len(s.groups) != 2 {
		t.Errorf("asked %d times for two groups", len(s.groups))
	}
}

// A store that took long to say that it is away is not waited for by those who came meanwhile, once for each of their groups.
func TestWhoWaitsForAStoreThatIsAwayIsToldWithTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{gate: make(chan struct{}), fail: func([]conversation.Change) error {
			time.Sleep(15 * time.Second)
			return &port.Unavailable{After: time.Second, Cause: errors.New("away")}
		}}
		c, closed := store(s, groupcommit.Options{Group: 1})
		org := uuid.New()
		answers := waiting(t, c, s, [][]conversation.Change{{change(org, "a")}, {change(org, "b")}, {change(org, "c")}})
		close(s.gate)
		for _, a := range answers {
			if err := <-a; !errors.Is(err, port.ErrUnavailable) {
				t.Error(err)
			}
		}
		if len(s.groups) != 1 {
			t.Errorf("asked %d times", len(s.groups))
		}
		s.fail = nil
		if err := <-waiting(t, c, s, [][]conversation.Change{{change(org, "d")}})[0]; err != nil {
			t.Errorf("the store is back: %v", err)
		}
		closed()
	})
}

func TestACallGivenUpInTheQueueIsNotStored(t *testing.T) {
	synctest.Test(t, aCallGivenUpInTheQueueIsNotStored)
}

func aCallGivenUpInTheQueueIsNotStored(t *testing.T) {
	s := &slow{gate: make(chan struct{})}
	c, closed := store(s, groupcommit.Options{})
	org := uuid.New()
	answers := waiting(t, c, s, [][]conversation.Change{{change(org, "with the store")}})
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() {
		_, err := c.Apply(ctx, []conversation.Change{change(org, "given up")})
		gone <- err
	}()
	synctest.Wait()
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("wanted canceled, got %v", err)
	}
	close(s.gate)
	if err := <-answers[0]; err != nil {
		t.Error(err)
	}
	closed()
	if len(s.groups) != 1 || len(s.groups[0]) != 1 {
		t.Errorf("stored %v", s.groups)
	}
}

func TestCloseStoresWhatWaits(t *testing.T) { synctest.Test(t, closeStoresWhatWaits) }

func closeStoresWhatWaits(t *testing.T) {
	s := &slow{gate: make(chan struct{})}
	c, closed := store(s, groupcommit.Options{Group: 1})
	org := uuid.New()
	answers := waiting(t, c, s, [][]conversation.Change{{change(org, "a")}, {change(org, "b")}, {change(org, "c")}})
	done := make(chan struct{})
	go func() {
		closed()
		close(done)
	}()
	close(s.gate)
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	<-done
	if _, err := c.Apply(context.Background(), []conversation.Change{change(org, "late")}); !errors.Is(err, port.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
}

// A writer looks around before it takes what waits; by then nothing may wait any more.
func TestCallsGivenUpWhileTheWriterLooksAround(t *testing.T) {
	s := &slow{gate: make(chan struct{})}
	close(s.gate)
	c, stop := store(s, groupcommit.Options{})
	defer stop()
	org := uuid.New()
	for n := range 20_000 {
		ctx, giveUp := context.WithCancel(t.Context())
		go giveUp()
		if _, err := c.Apply(ctx, []conversation.Change{change(org, fmt.Sprint(n))}); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	ctx, late := context.WithTimeout(t.Context(), 10*time.Second)
	defer late()
	if _, err := c.Apply(ctx, []conversation.Change{change(org, "last")}); err != nil {
		t.Fatalf("nothing is stored any more: %v", err)
	}
}

// meeting is a store whose Apply, once it is to meet, returns when two of them are under way.
type meeting struct {
	slow
	meet atomic.Bool
	pair chan struct{}
}

func (m *meeting) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	if m.meet.Load() {
		select {
		case m.pair <- struct{}{}:
		case <-m.pair:
		case <-time.After(10 * time.Second):
			return nil, errors.New("nobody else writes any more")
		}
	}
	return m.slow.Apply(ctx, changes)
}

// Two writers may look around for the same calls; the one that then gets none must go on.
func TestAWriterThatCameTooLateGoesOn(t *testing.T) {
	m := &meeting{slow: slow{gate: make(chan struct{})}, pair: make(chan struct{})}
	close(m.gate)
	wrapped := groupcommit.Wrap(port.Storage{Conversations: m, Close: func() error { return nil }}, groupcommit.Options{Writers: 2, Group: 40})
	defer func() { _ = wrapped.Close() }()
	org := uuid.New()
	crowd := func(calls, changes int) {
		var callers sync.WaitGroup
		for range calls {
			callers.Go(func() {
				all := lo.RepeatBy(changes, func(int) conversation.Change { return change(org, uuid.NewString()) })
				if _, err := wrapped.Conversations.Apply(t.Context(), all); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
	}
	for range 2000 {
		crowd(3, 1)
	}
	m.meet.Store(true)
	crowd(2, 40) // each a group of its own
}
