package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Ingest is the one way in: every conversation, however it arrives, goes through here. Arrivals are checked, merged
// into what is stored, read anew and stored in one atomic step; results come in their order. A bad arrival carries its
// own error (*conversation.Invalid, port.ErrGone, port.ErrTokenReused) and never harms the others. An error of the call
// means that nothing was stored, or that what followed a conversation's old place could not be linked anew; sending
// again is safe either way.
func (m *Monitor) Ingest(ctx context.Context, arrivals []Arrival) ([]conversation.Result, error) {
	var (
		now     = m.now()
		changes = make([]conversation.Change, 0, len(arrivals))
		refused map[int]error
		moved   departed
	)
	for i := range arrivals {
		a := &arrivals[i]
		if err := a.Patch.Validate(now); err != nil {
			if refused == nil {
				refused = map[int]error{}
			}
			refused[i] = err
			continue
		}
		settings, err := m.settings(ctx, a.Patch.Key.Org)
		if err != nil {
			return nil, fmt.Errorf("reading the organisation's settings: %w", err)
		}
		s := &step{monitor: m, arrival: a, settings: settings, moved: &moved}
		s.foresee()
		changes = append(changes, conversation.Change{Key: a.Patch.Key, Once: a.Once, Fn: s.next})
	}
	var stored []conversation.Result
	if len(changes) > 0 {
		var err error
		if stored, err = m.store.Conversations.Apply(ctx, changes); err != nil {
			return nil, err
		}
	}
	return inOrder(len(arrivals), stored, refused), m.linkDeparted(ctx, moved.take(), stored)
}

// inOrder are the results of n arrivals, of which some were refused before they came to the store.
func inOrder(n int, stored []conversation.Result, refused map[int]error) []conversation.Result {
	if len(refused) == 0 {
		return stored
	}
	results := make([]conversation.Result, n)
	for i := range results {
		if err, ok := refused[i]; ok {
			results[i].Err = err
			continue
		}
		results[i], stored = stored[0], stored[1:]
	}
	return results
}

// step merges an arrival into what is stored. What it makes of a conversation that is new is worked out before the store
// asks, and once: most are, and a store may ask before it knows.
type step struct {
	monitor  *Monitor
	arrival  *Arrival
	settings tenant.Settings
	moved    *departed
	// fresh and err are what becomes of the arrival if it is new.
	fresh *conversation.Conversation
	err   error
}

// foresee works out what becomes of the arrival if it is new.
func (s *step) foresee() { s.fresh, s.err = s.merge(nil) }

// next is the version after old, nil for none.
func (s *step) next(old *conversation.Conversation) (*conversation.Conversation, error) {
	if old == nil {
		return s.fresh, s.err
	}
	return s.merge(old)
}

func (s *step) merge(old *conversation.Conversation) (*conversation.Conversation, error) {
	c := conversation.Merge(old, &s.arrival.Patch)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Findings = s.monitor.read(c, s.settings)
	s.moved.note(old, c)
	return c, nil
}

// settingsFor is how long settings are used before they are read again.
const settingsFor = 2 * time.Second

// settingsCache keeps settings for the write path, which needs them for every conversation.
type settingsCache struct {
	mu   sync.Mutex
	orgs map[tenant.ID]cachedSettings
}

type cachedSettings struct {
	settings tenant.Settings
	read     time.Time
}

func (m *Monitor) settings(ctx context.Context, org tenant.ID) (tenant.Settings, error) {
	now := m.clock()
	m.cache.mu.Lock()
	cached, ok := m.cache.orgs[org]
	m.cache.mu.Unlock()
	if ok && now.Sub(cached.read) < settingsFor && !now.Before(cached.read) {
		return cached.settings, nil
	}
	o, err := m.store.Orgs.Get(ctx, org)
	if err != nil {
		return tenant.Settings{}, err
	}
	m.cache.mu.Lock()
	m.cache.orgs[org] = cachedSettings{o.Settings, now}
	m.cache.mu.Unlock()
	return o.Settings, nil
}

// Conversation returns one conversation; port.ErrNotFound when the organisation has none of that UID.
func (m *Monitor) Conversation(ctx context.Context, org tenant.ID, uid uuid.UUID) (conversation.Conversation, error) {
	return m.store.Conversations.Get(ctx, org, uid)
}

// Conversations lists one page, newest first. A query out of range is *conversation.Invalid.
func (m *Monitor) Conversations(ctx context.Context, org tenant.ID, q conversation.Query) (conversation.Page, error) {
	if err := q.Validate(); err != nil {
		return conversation.Page{}, err
	}
	return m.store.Conversations.List(ctx, org, q)
}

// Ready answers nil when the store can serve.
func (m *Monitor) Ready(ctx context.Context) error {
	return m.store.Ready(ctx)
}

// lost says whether an error is a lost race that the next round mends.
func lost(err error) bool { return errors.Is(err, port.ErrConflict) }
