package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"sync"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Since reads the versions after a number; see port.Changes. Those who follow the changes read the same versions one
// after the other, so the last ones that were read are kept. None of them is ever forgotten, and its number given to
// another: who follows has seen all up to a number.
func (s changes) Since(ctx context.Context, org tenant.ID, after int64, limit int) (out []conversation.Conversation, err error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	size := 0
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		if out, ok, err = t.sinceKept(org, after, limit); ok || err != nil {
			return err
		}
		err = t.since(sp, after, limit, func(_ int64, c conversation.Conversation, content int) error {
			out = append(out, c)
			size += content
			return nil
		})
		t.lasting = len(out) > 0
		return err
	})
	if err != nil {
		return nil, err
	}
	if size > 0 {
		s.recent.keep(org, out, size)
	}
	return out, nil
}

// sinceKept answers Since from what was read last; ok is false when that is not all of it.
func (t *tx) sinceKept(org tenant.ID, after int64, limit int) (out []conversation.Conversation, ok bool, err error) {
	kept := t.recent.of(org)
	if len(kept) == 0 || kept[len(kept)-1].Seq <= after {
		return nil, false, nil
	}
	ok = true
	err = t.eachKept(`SELECT seq FROM conversations WHERE org = ? AND seq > ? ORDER BY seq LIMIT ?`, []any{id(org), after, limit}, func(scan func(...any) error) error {
		var seq int64
		if err := scan(&seq); err != nil {
			return err
		}
		n, found := slices.BinarySearchFunc(kept, seq, func(c conversation.Conversation, seq int64) int { return cmp.Compare(c.Seq, seq) })
		if ok = ok && found; ok {
			out = append(out, kept[n])
		}
		return nil
	})
	if !ok || err != nil {
		return nil, false, err
	}
	return out, true, nil
}

// recent are the versions that were read last, of one organisation, in the order of their numbers. A version never
// changes, and whether it is still there the database says.
type recent struct {
	mu   sync.Mutex
	org  tenant.ID
	list []conversation.Conversation
}

// maxRecent bounds the stored bytes of what is kept.
const maxRecent = 1 << 20

func (r *recent) keep(org tenant.ID, list []conversation.Conversation, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.org, r.list = org, nil
	if size <= maxRecent {
		r.list = list
	}
}

func (r *recent) of(org tenant.ID) []conversation.Conversation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.org != org {
		return nil
	}
	return r.list
}

// since calls fn with at most limit conversations in the order of their numbers, and the length of what is stored of each.
func (t *tx) since(sp *space, after int64, limit int, fn func(row int64, c conversation.Conversation, size int) error) error {
	return t.eachKept(`SELECT id, uid, seq, content FROM conversations WHERE org = ? AND seq > ? ORDER BY seq LIMIT ?`, []any{id(sp.org), after, limit}, func(scan func(...any) error) error {
		var (
			row, seq int64
			uid      uuid.UUID
			content  sql.RawBytes // read where it lies: nothing of it is kept
		)
		if err := scan(&row, &uid, &seq, &content); err != nil {
			return err
		}
		c, err := sp.openContent(uid, seq, content)
		if err != nil {
			return err
		}
		return fn(row, c, len(content))
	})
}

// Head is the number of the newest version there is; see port.Changes.
func (s changes) Head(ctx context.Context, org tenant.ID) (seq int64, err error) {
	err = s.look(ctx, func(t *tx) error {
		_, err := t.first(`SELECT seq FROM conversations WHERE org = ? ORDER BY seq DESC LIMIT 1`, id(org))(&seq)
		return err
	})
	return seq, err
}

// Watch sends the organisations that stored something; see port.Changes.
func (s changes) Watch(ctx context.Context) (<-chan tenant.ID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	leave, err := s.gate.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	w := &watch{pending: map[tenant.ID]bool{}, wake: make(chan struct{}, 1), out: make(chan tenant.ID)}
	s.watchers.add(w)
	s.behind.running.Go(func() {
		defer close(w.out)
		defer s.watchers.remove(w)
		w.run(ctx, s.behind.ctx)
	})
	return w.out, nil
}

// stored tells whoever listens that organisations have new versions.
func (s *Store) stored(orgs []tenant.ID) {
	if len(orgs) == 0 {
		return
	}
	s.watchers.tell(orgs)
	s.behind.news.add(orgs)
	s.behind.index.add(orgs)
}

// watchers are those who watch for changes.
type watchers struct {
	mu  sync.Mutex
	all map[*watch]struct{}
}

func (ws *watchers) add(w *watch) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*watch]struct{}{}
	}
	ws.all[w] = struct{}{}
}

func (ws *watchers) remove(w *watch) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

func (ws *watchers) tell(orgs []tenant.ID) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		w.add(orgs)
	}
}

// watch gathers organisations until its reader takes them, so that a slow reader holds nobody up and misses nobody.
type watch struct {
	mu      sync.Mutex
	pending map[tenant.ID]bool
	wake    chan struct{}
	out     chan tenant.ID
}

func (w *watch) add(orgs []tenant.ID) {
	w.mu.Lock()
	for _, org := range orgs {
		w.pending[org] = true
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it will wake anyway
	}
}

func (w *watch) take() []tenant.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := lo.Keys(w.pending)
	clear(w.pending)
	return list
}

func (w *watch) run(ctx, closed context.Context) {
	for {
		for _, org := range w.take() {
			select {
			case w.out <- org:
			case <-ctx.Done():
				return
			case <-closed.Done():
				return
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		case <-closed.Done():
			return
		}
	}
}
