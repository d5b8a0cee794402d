package groupcommit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// staged is a store that writes at once and whose disk takes one group whenever the test lets it.
type staged struct {
	slow
	disk chan error
}

func newStaged() *staged {
	s := &staged{slow: slow{gate: make(chan struct{})}, disk: make(chan error)}
	close(s.gate)
	return s
}

func (s *staged) Stage(ctx context.Context, changes []conversation.Change) ([]conversation.Result, func() error, error) {
	results, err := s.Apply(ctx, changes)
	durable := func() error {
		err := <-s.disk
		if errors.Is(err, errHopeless) {
			panic(err)
		}
		return err
	}
	return results, durable, err
}

// errHopeless has the disk panic.
var errHopeless = errors.New("hopeless")

func (s *staged) sizes() (sizes []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.groups {
		sizes = append(sizes, len(g))
	}
	return sizes
}

func openStaged() (s *staged, c port.Conversations, closed func()) {
	s = newStaged()
	wrapped := groupcommit.Wrap(port.Storage{Conversations: s, Close: func() error { return nil }}, groupcommit.Options{})
	return s, wrapped.Conversations, func() { _ = wrapped.Close() }
}

func some(from, n int) (calls [][]conversation.Change) {
	org := uuid.UUID{1}
	for i := from; i < from+n; i++ {
		calls = append(calls, []conversation.Change{change(org, fmt.Sprint(i))})
	}
	return calls
}

func answered(calls []chan error) (n int) {
	for _, c := range calls {
		n += len(c)
	}
	return n
}

func TestCallersAreAnsweredWhenTheDiskHasWhatTheyWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, closed := openStaged()
		first := waiting(t, c, &s.slow, some(0, 1))
		few := waiting(t, c, &s.slow, some(1, 31))
		if got := s.sizes(); !slices.Equal(got, []int{1}) || answered(first) != 0 {
			t.Errorf("while the disk is busy few calls wait for it: groups of %v, %d answered", got, answered(first))
		}
		many := waiting(t, c, &s.slow, some(32, 1))
		if got := s.sizes(); !slices.Equal(got, []int{1, 32}) {
			t.Errorf("many are written meanwhile: groups of %v", got)
		}
		s.disk <- nil
		synctest.Wait()
		if answered(first) != 1 || answered(few)+answered(many) != 0 {
			t.Errorf("the disk has the first group: %d and %d calls were answered", answered(first), answered(few)+answered(many))
		}
		s.disk <- nil
		synctest.Wait()
		if answered(few)+answered(many) != 32 {
			t.Errorf("the disk has both groups: %d calls were answered", answered(few)+answered(many))
		}
		last := waiting(t, c, &s.slow, some(33, 1))
		go func() { s.disk <- nil }()
		closed()
		synctest.Wait()
		if answered(last) != 1 {
			t.Error("closing did not wait for the disk")
		}
	})
}

func TestWhatTheDiskRefusesIsRefusedToAllWhoWroteIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, closed := openStaged()
		first := waiting(t, c, &s.slow, some(0, 1))
		rest := waiting(t, c, &s.slow, some(1, 40))
		broken := errors.New("the disk is broken")
		s.disk <- nil
		s.disk <- broken
		go func() { s.disk <- broken }()
		closed()
		if err := <-first[0]; err != nil {
			t.Errorf("the disk took the first group, and its caller was told %v", err)
		}
		for _, a := range rest {
			if err := <-a; !errors.Is(err, broken) {
				t.Errorf("a caller was told %v", err)
			}
		}
		if got := s.sizes(); !slices.Equal(got, []int{1, 32, 8}) {
			t.Errorf("groups of %v: what was written is not tried again", got)
		}
	})
}

func TestADiskThatPanicsRefusesItsGroupAndTakesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, closed := openStaged()
		first := waiting(t, c, &s.slow, some(0, 1))
		s.disk <- errHopeless
		if err := <-first[0]; err == nil || !strings.Contains(err.Error(), "hopeless") {
			t.Errorf("a caller was told %v", err)
		}
		next := waiting(t, c, &s.slow, some(1, 1))
		s.disk <- nil
		if err := <-next[0]; err != nil {
			t.Error(err)
		}
		closed()
	})
}
