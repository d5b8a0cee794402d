package monitor

import (
	"context"
	"strconv"
	"sync"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// progress remembers how far jobs have come. Where one process has the store to itself, a job's cursor is written down
// only now and then: every step may be repeated, so a crash costs a batch of work at each organisation and no truth.
type progress struct {
	mu sync.Mutex
	at map[job]reached
}

type job struct {
	name string
	org  tenant.ID
}

// reached is the last version a job has looked at, and the one its stored cursor names.
type reached struct{ through, written int64 }

// maxProgress bounds what is remembered; beyond it, all is read from the store again.
const maxProgress = 20_000

// reached is how far a job has come with an organisation.
func (m *Monitor) reached(ctx context.Context, org tenant.ID, name string) (reached, error) {
	p := &m.progress
	if !m.store.Shared {
		p.mu.Lock()
		r, ok := p.at[job{name, org}]
		p.mu.Unlock()
		if ok {
			return r, nil
		}
	}
	cursor, err := m.store.Jobs.Cursor(ctx, org, name)
	at := seq(cursor)
	return reached{at, at}, err
}

// reach notes that a job has come further. Somebody who was faster is no error.
func (m *Monitor) reach(ctx context.Context, org tenant.ID, name string, was reached, through int64) error {
	now := reached{through, was.written}
	if m.store.Shared || through-was.written >= batch {
		now.written = through
		old := ""
		if was.written > 0 {
			old = strconv.FormatInt(was.written, 10)
		}
		if err := m.store.Jobs.SaveCursor(ctx, org, name, old, strconv.FormatInt(through, 10)); err != nil && !lost(err) {
			return err
		}
	}
	if m.store.Shared {
		return nil
	}
	p := &m.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.at) >= maxProgress {
		clear(p.at)
	}
	p.at[job{name, org}] = now
	return nil
}
