package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
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
func (s changes) Since(ctx context.Context, org tenant.ID, after int64, limit int) ([]conversation.Conversation, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	var p passage
	err := s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		p, err = t.passage(sp, s.recent.from(org, after, limit), limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.recent.keep(p)
	return p.list, nil
}

// passage is a part of what was stored in an organisation: the versions there were above one number up to that of the
// last, in their order. A version never changes and none is added among them; which are still there the database says.
type passage struct {
	org   tenant.ID
	after int64
	list  []conversation.Conversation
	// size is how many bytes they are as they are stored, at most.
	size int
}

// through is the number up to which the passage has all there is.
func (p passage) through() int64 {
	if n := len(p.list); n > 0 {
		return p.list[n-1].Seq
	}
	return p.after
}

// longPassage is how many stored bytes end a passage, so that it takes no more memory where conversations are long.
const longPassage = 1 << 20

// passage is what a kept one has become, and what follows it.
func (t *tx) passage(sp *space, kept passage, limit int) (passage, error) {
	p := passage{org: kept.org, after: kept.after, size: kept.size}
	p.list = make([]conversation.Conversation, 0, max(0, min(sp.seq-p.after, int64(limit))))
	if err := t.eachRemaining(kept, func(c *conversation.Conversation) { p.list = append(p.list, *c) }); err != nil {
		return p, err
	}
	switch {
	case len(p.list) == 0:
		p.size = 0
	case len(p.list) == limit || p.size >= longPassage:
		return p, nil
	}
	err := t.since(sp, kept.through(), limit-len(p.list), func(v version) (more bool, err error) {
		t.lasting = true
		p.list, p.size = append(p.list, conversation.Conversation{}), p.size+len(v.content)
		return p.size < longPassage, sp.openContentIn(&p.list[len(p.list)-1], nil, v.uid, v.seq, v.content)
	})
	return p, err
}

// eachRemaining calls fn with the versions of a passage that were neither replaced nor removed since it was read.
func (t *tx) eachRemaining(p passage, fn func(*conversation.Conversation)) error {
	if len(p.list) == 0 {
		return nil
	}
	query := `SELECT seq FROM conversations WHERE org = ? AND seq > ? AND seq <= ? ORDER BY seq`
	var seq int64
	return t.eachKept(query, []any{id(p.org), p.after, p.through()}, func(scan func(...any) error) error {
		if err := scan(&seq); err != nil {
			return err
		}
		for ; len(p.list) > 0 && p.list[0].Seq <= seq; p.list = p.list[1:] {
			if c := &p.list[0]; c.Seq == seq {
				fn(c)
			}
		}
		return nil
	})
}

// recent is the passage that was read last.
type recent struct {
	mu sync.Mutex
	passage
}

func (r *recent) keep(p passage) {
	if len(p.list) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passage = p
}

// from is the part of the passage that begins with the first version after a number; without any where one between may not
// have been read.
func (r *recent) from(org tenant.ID, after int64, limit int) passage {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := passage{org: org, after: after}
	if r.org == org && r.after <= after {
		n, _ := slices.BinarySearchFunc(r.list, after+1, func(c conversation.Conversation, seq int64) int { return cmp.Compare(c.Seq, seq) })
		p.list, p.size = r.list[n:min(n+limit, len(r.list))], r.size
	}
	return p
}

// version is a row of what was stored, as it lies there. Its content is valid until the next is read.
type version struct {
	row, seq int64
	uid      uuid.UUID
	content  sql.RawBytes
}

// since calls fn with at most limit versions in the order of their numbers, while it wants more.
func (t *tx) since(sp *space, after int64, limit int, fn func(version) (more bool, err error)) error {
	var v version
	err := t.eachKept(`SELECT id, uid, seq, content FROM conversations WHERE org = ? AND seq > ? ORDER BY seq LIMIT ?`, []any{id(sp.org), after, limit}, func(scan func(...any) error) error {
		if err := scan(&v.row, &v.uid, &v.seq, &v.content); err != nil {
			return err
		}
		if more, err := fn(v); err != nil || !more {
			return cmp.Or(err, errEnough)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends a reading in which nothing went wrong.
var errEnough = errors.New("no more rows are wanted")

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
