package monitor

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// progress remembers how far jobs have come. Where one process has the store to itself, a job's cursor is written down
// only now and then, and by NoteProgress: every step may be repeated, so a crash costs a batch of work at each organisation
// and no truth.
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
		return m.note(ctx, job{name, org}, now)
	}
	m.progress.keep(job{name, org}, now)
	return nil
}

// note writes a job's cursor down.
func (m *Monitor) note(ctx context.Context, j job, r reached) error {
	old := ""
	if r.written > 0 {
		old = strconv.FormatInt(r.written, 10)
	}
	err := m.store.Jobs.SaveCursor(ctx, j.org, j.name, old, strconv.FormatInt(r.through, 10))
	if err != nil && !lost(err) {
		return err
	}
	if !m.store.Shared {
		m.progress.keep(j, reached{r.through, r.through})
	}
	return nil
}

// NoteProgress writes down how far jobs have come where that has not been done. Who runs them calls it when there is
// nothing to do, and at the end, but not while they run: the next process then goes on where this one was, instead of
// building an index for the last few conversations of each organisation.
func (m *Monitor) NoteProgress(ctx context.Context) error {
	var errs []error
	for j, r := range m.progress.moved() {
		errs = append(errs, m.note(ctx, j, r))
	}
	return errors.Join(errs...)
}

func (p *progress) keep(j job, r reached) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.at) >= maxProgress {
		clear(p.at)
	}
	p.at[j] = r
}

// moved are the jobs that have come further than their cursors say.
func (p *progress) moved() map[job]reached {
	p.mu.Lock()
	defer p.mu.Unlock()
	return lo.PickBy(p.at, func(_ job, r reached) bool { return r.through > r.written })
}
