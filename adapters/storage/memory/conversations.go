package memory

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type conversations struct{ *store }

// Apply works on copies of what it touches and puts them in place at the end, so that a call that is given up halfway
// leaves no trace.
func (s conversations) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	results := make([]conversation.Result, len(changes))
	err := s.write(ctx, func() error {
		b := batch{store: s.store, versions: map[place]conversation.Conversation{}, tokens: map[tokenPlace]effect{}, seqs: map[tenant.ID]int64{}}
		for i, change := range changes {
			results[i] = b.apply(change)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		b.commit()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// batch is what one Apply is about to store.
type batch struct {
	*store
	versions map[place]conversation.Conversation
	tokens   map[tokenPlace]effect
	seqs     map[tenant.ID]int64
}

type place struct {
	org tenant.ID
	uid uuid.UUID
}

type tokenPlace struct {
	org   tenant.ID
	token token
}

func (b *batch) apply(change conversation.Change) conversation.Result {
	at := place{change.Key.Org, change.Key.UID()}
	if _, gone := b.look(at.org).gone[at.uid]; gone {
		return conversation.Result{Err: port.ErrGone}
	}
	old := b.version(at)
	if once := change.Once; once != nil {
		if first, ok := b.first(at.org, *once); ok {
			if first.body != once.Body {
				return conversation.Result{Err: port.ErrTokenReused}
			}
			return conversation.Result{Conversation: lo.ToPtr(clone(lo.FromPtr(old))), Effect: first.effect}
		}
	}
	next, err := change.Fn(cloneOf(old))
	if err != nil {
		return conversation.Result{Err: err}
	}
	did := conversation.Updated
	switch {
	case old == nil:
		did = conversation.Created
	case next.SameAs(old):
		did = conversation.Unchanged
	}
	if old == nil || !next.SameVersion(old) {
		next = cloneOf(next)
		next.Key, next.Seq = change.Key, b.nextSeq(at.org)
		b.versions[at] = *next
	} else {
		next = old
	}
	if once := change.Once; once != nil {
		b.tokens[tokenPlace{at.org, token{once.Route, once.Token}}] = effect{once.Body, once.At, did}
	}
	return conversation.Result{Conversation: cloneOf(next), Effect: did}
}

// version is the conversation as the changes before this one left it.
func (b *batch) version(at place) *conversation.Conversation {
	if c, ok := b.versions[at]; ok {
		return &c
	}
	if c, ok := b.look(at.org).conversations[at.uid]; ok {
		return &c
	}
	return nil
}

// first is what the request did when it first came, unless that is too long ago.
func (b *batch) first(org tenant.ID, once conversation.Once) (effect, bool) {
	key := token{once.Route, once.Token}
	e, ok := b.tokens[tokenPlace{org, key}]
	if !ok {
		e, ok = b.look(org).tokens[key]
	}
	return e, ok && once.At.Before(e.at.Add(tokenLife))
}

func (b *batch) nextSeq(org tenant.ID) int64 {
	if _, ok := b.seqs[org]; !ok {
		b.seqs[org] = b.look(org).seq
	}
	b.seqs[org]++
	return b.seqs[org]
}

func (b *batch) commit() {
	for at, c := range b.versions {
		b.room(at.org).conversations[at.uid] = c
	}
	for at, e := range b.tokens {
		b.room(at.org).remember(at.token, e)
	}
	for org, seq := range b.seqs {
		b.room(org).seq = seq
		b.announce(org)
	}
}

// remember keeps a token and forgets those that are too old by its time.
func (r *room) remember(t token, e effect) {
	r.tokens[t] = e
	r.order = append(r.order, t)
	for {
		oldest := r.order[0]
		if e.at.Before(r.tokens[oldest].at.Add(tokenLife)) {
			return
		}
		delete(r.tokens, oldest)
		r.order = r.order[1:]
	}
}

func (s conversations) Get(ctx context.Context, org tenant.ID, uid uuid.UUID) (out conversation.Conversation, err error) {
	err = s.read(ctx, func() error {
		c, ok := s.look(org).conversations[uid]
		if !ok {
			return port.ErrNotFound
		}
		out = clone(c)
		return nil
	})
	return out, err
}

func (s conversations) List(ctx context.Context, org tenant.ID, q conversation.Query) (page conversation.Page, err error) {
	err = s.read(ctx, func() error {
		all := s.look(org).matching(q)
		if q.Total {
			page.Total = lo.ToPtr(int64(len(all)))
		}
		if q.Search != "" {
			page.IndexedThrough = time.Now().UTC().Truncate(time.Microsecond)
		}
		rest := behind(all, q.After)
		rest = rest[min(max(q.Offset, 0), len(rest)):]
		limit := cmp.Or(q.Limit, conversation.DefaultLimit)
		if len(rest) > limit {
			rest = rest[:limit]
			last := rest[limit-1]
			page.Next = &conversation.Position{StartedAt: last.StartedAt, UID: last.UID()}
		}
		page.Conversations = lo.Map(rest, func(c conversation.Conversation, _ int) conversation.Conversation { return clone(c) })
		return nil
	})
	return page, err
}

// Each reads what matches at its beginning and then lets go of the lock, so that whoever ranges over it may call the
// store.
func (s conversations) Each(ctx context.Context, org tenant.ID, q conversation.Query) iter.Seq2[conversation.Conversation, error] {
	return func(yield func(conversation.Conversation, error) bool) {
		var all []conversation.Conversation
		err := s.read(ctx, func() error {
			all = behind(s.look(org).matching(q), q.After)
			return nil
		})
		for _, c := range all {
			if err = ctx.Err(); err != nil {
				break
			}
			if !yield(clone(c), nil) {
				return
			}
		}
		if err != nil {
			yield(conversation.Conversation{}, err)
		}
	}
}

func (s conversations) Delete(ctx context.Context, org tenant.ID, q conversation.Query, at time.Time) (receipt conversation.Receipt, err error) {
	receipt = conversation.Receipt{Org: org, At: at}
	err = s.write(ctx, func() error {
		r := s.room(org)
		for _, c := range r.matching(q) {
			uid := c.UID()
			receipt.Conversations++
			receipt.Messages += len(c.Messages)
			receipt.GapLinks += r.gaps.forget(uid)
			delete(r.conversations, uid)
			r.gone[uid] = deleted
		}
		return nil
	})
	return receipt, err
}

func (s conversations) Expire(ctx context.Context, org tenant.ID, cutoff time.Time, limit int) (took int, err error) {
	err = s.write(ctx, func() error {
		r := s.room(org)
		old := r.matching(conversation.Query{End: cutoff})
		slices.Reverse(old)
		old = old[:min(max(limit, 0), len(old))]
		for _, c := range old {
			uid := c.UID()
			r.kept = append(r.kept, kept{c.StartedAt, metric.Contribution(&c)})
			r.gaps.silence(uid)
			delete(r.conversations, uid)
			r.gone[uid] = expired
		}
		took = len(old)
		return nil
	})
	return took, err
}
