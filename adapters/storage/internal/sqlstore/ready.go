package sqlstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/csm-monitor/csm-monitor/core/port"
)

// refusal remembers that a write could not be stored, until one of a like size was.
type refusal struct {
	last atomic.Pointer[port.Unavailable]
	// trying is held by who tries whether writes can be stored again: one at a time, however many ask.
	trying sync.Mutex
}

// note looks at how a write ended. One that went well proves nothing: it may have had nothing to store.
func (r *refusal) note(err error) {
	var refused *port.Unavailable
	if errors.As(err, &refused) {
		r.last.Store(refused)
	}
}

// trial is of how many bytes the write is that proves that writes can be stored: a full disk may have room for a small one.
const trial = 64 << 10

// ready reads, and writes only where the last write that was refused has not been followed by one that proves that
// writes are stored again: nobody else might write on a server that is taken out of service for being unready.
func (s *Store) ready(ctx context.Context) error {
	err := s.look(ctx, func(t *tx) error {
		var one int
		return t.get(`SELECT 1`)(&one)
	})
	last := s.refusal.last.Load()
	if err != nil || last == nil {
		return err
	}
	if !s.refusal.trying.TryLock() {
		return unwritable(last)
	}
	defer s.refusal.trying.Unlock()
	value := make([]byte, trial)
	_, _ = rand.Read(value) // which never fails; zeros would be compressed
	if err := s.changeUntil(ctx, s.in(writeWithin), func(t *tx) error { return t.putFact("trial", value) }); err != nil {
		return unwritable(err)
	}
	s.refusal.last.CompareAndSwap(last, nil) // what was refused meanwhile is not disproved
	return nil
}

func unwritable(err error) error { return fmt.Errorf("store: %w: %w", port.ErrUnwritable, err) }
