// Package memory is a store in the memory of one process: maps and a mutex. It forgets everything when it is closed.
// It is the store of trials, and the one that tests put in the place of a real one.
package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Scheme is what the address of this store begins with.
const Scheme = "memory"

// Driver opens an empty store at "memory://".
var Driver = storage.Driver{Scheme: Scheme, Open: open}

// open refuses an address with anything behind the scheme: it would be mistaken for a place where data is kept. Sealing
// does not apply, as nothing reaches a disk.
func open(ctx context.Context, dsn string, _ storage.Options) (port.Storage, error) {
	if dsn != Scheme+"://" {
		return port.Storage{}, fmt.Errorf("the address of the memory store is %s:// and nothing more", Scheme)
	}
	if err := ctx.Err(); err != nil {
		return port.Storage{}, err
	}
	return New(), nil
}

// New makes an empty store.
func New() port.Storage {
	s := &store{
		orgs:    map[tenant.ID]tenant.Org{},
		rooms:   map[tenant.ID]*room{},
		keys:    map[string]tenant.APIKey{},
		leases:  map[string]lease{},
		watches: map[*watch]struct{}{},
		done:    make(chan struct{}),
	}
	return port.Storage{
		Conversations: conversations{s},
		Rollups:       rollups{s},
		Changes:       changes{s},
		Gaps:          gaps{s},
		Orgs:          orgs{s},
		Keys:          keys{s},
		Ledger:        ledger{s},
		Jobs:          jobs{s},
		Ready:         s.ready,
		Close:         s.close,
	}
}

// store is everything, behind one lock.
type store struct {
	mu      sync.RWMutex
	orgs    map[tenant.ID]tenant.Org
	rooms   map[tenant.ID]*room
	keys    map[string]tenant.APIKey
	leases  map[string]lease
	watches map[*watch]struct{}
	// done is closed by close; watching waits for the goroutines behind watches.
	done     chan struct{}
	watching sync.WaitGroup
	closed   bool
}

// room is what one organisation has.
type room struct {
	conversations map[uuid.UUID]conversation.Conversation
	// gone holds the conversations that were deleted or have expired.
	gone map[uuid.UUID]end
	// kept is what expired conversations go on counting.
	kept []kept
	// tokens are in the order of arrival in order.
	tokens  map[token]effect
	order   []token
	cursors map[string]string
	gaps    gapRoom
	ledger  ledgerRoom
	// seq is the last number given to a version.
	seq int64
}

// end is how a conversation went.
type end int

const (
	deleted end = iota + 1
	expired
)

// kept is the cell of one expired conversation, with the instant that decides the windows it is in.
type kept struct {
	startedAt time.Time
	cell      metric.Cell
}

// token and effect are an idempotency key and what its first request did.
type token struct{ route, token string }

type effect struct {
	body   [32]byte
	at     time.Time
	effect conversation.Effect
}

// tokenLife is how long a repeated request is recognised.
const tokenLife = 24 * time.Hour

// room is the organisation's, made when it is first written to. The caller holds the lock for writing.
func (s *store) room(org tenant.ID) *room {
	r, ok := s.rooms[org]
	if !ok {
		r = newRoom()
		s.rooms[org] = r
	}
	return r
}

// look is the organisation's room for reading; an empty one when there is none.
func (s *store) look(org tenant.ID) *room {
	if r, ok := s.rooms[org]; ok {
		return r
	}
	return newRoom()
}

func newRoom() *room {
	return &room{
		conversations: map[uuid.UUID]conversation.Conversation{},
		gone:          map[uuid.UUID]end{},
		tokens:        map[token]effect{},
		cursors:       map[string]string{},
		gaps:          newGapRoom(),
	}
}

// read runs fn under the lock, many at a time, and write alone. Neither runs it for a call that was given up or a store
// that was closed.
func (s *store) read(ctx context.Context, fn func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.serves(ctx); err != nil {
		return err
	}
	return fn()
}

func (s *store) write(ctx context.Context, fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.serves(ctx); err != nil {
		return err
	}
	return fn()
}

func (s *store) serves(ctx context.Context) error {
	if s.closed {
		return port.ErrClosed
	}
	return ctx.Err()
}

func (s *store) ready(ctx context.Context) error { return s.read(ctx, func() error { return nil }) }

// close waits for the lock, and so for calls under way, and for the goroutines of watchers.
func (s *store) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.mu.Unlock()
	s.watching.Wait()
	return nil
}
