package sqlstore

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Apply runs every change on the stored version of its conversation; see port.Conversations.
func (s conversations) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	s.behind.writes.Add(1)
	groups := byOrg(changes)
	var results []conversation.Result
	var moved []tenant.ID
	err := s.change(ctx, func(t *tx) error {
		results = make([]conversation.Result, len(changes))
		moved = moved[:0]
		for _, g := range groups {
			stored, err := t.apply(g, changes, results)
			if err != nil {
				return err
			}
			if stored {
				moved = append(moved, g.org)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.stored(moved)
	return results, nil
}

// group is the places of one organisation's changes.
type group struct {
	org    tenant.ID
	places []int
}

// byOrg parts changes by organisation, in the order of organisations, so that all transactions lock them in one order.
func byOrg(changes []conversation.Change) []group {
	var groups []group
	at := map[tenant.ID]int{}
	for i := range changes {
		org := changes[i].Key.Org
		g, ok := at[org]
		if !ok {
			g = len(groups)
			at[org] = g
			groups = append(groups, group{org: org})
		}
		groups[g].places = append(groups[g].places, i)
	}
	slices.SortFunc(groups, func(a, b group) int { return bytes.Compare(a.org[:], b.org[:]) })
	return groups
}

// current is a conversation inside a batch: what is stored, and what the batch has made of it so far.
type current struct {
	uid  uuid.UUID
	old  *oldRow
	now  *conversation.Conversation
	gone bool
	// dirty says that now differs from what is stored.
	dirty bool
}

func (t *tx) apply(g group, changes []conversation.Change, results []conversation.Result) (stored bool, err error) {
	sp, err := t.take(g.org)
	if err != nil {
		return false, err
	}
	b := &batch{tx: t, space: sp, items: map[uuid.UUID]*current{}}
	uids := make([]uuid.UUID, len(g.places))
	for n, i := range g.places {
		uids[n] = changes[i].Key.UID()
		if b.items[uids[n]] == nil {
			c := &current{uid: uids[n]}
			b.items[uids[n]] = c
			b.order = append(b.order, c)
		}
	}
	if err := b.load(); err != nil {
		return false, err
	}
	if err := b.recall(lo.Map(g.places, func(i, _ int) *conversation.Once { return changes[i].Once })); err != nil {
		return false, err
	}
	for n, i := range g.places {
		results[i] = b.run(changes[i], b.items[uids[n]])
	}
	if err := b.store(); err != nil {
		return false, err
	}
	return sp.seq != sp.before.seq, t.put(sp)
}

// batch is the changes of one organisation inside a transaction.
type batch struct {
	*tx
	*space
	items map[uuid.UUID]*current
	order []*current
	onces onces
}

// run is one change.
func (b *batch) run(change conversation.Change, c *current) conversation.Result {
	if c.gone {
		return conversation.Result{Err: port.ErrGone}
	}
	memo, err := b.onces.find(change.Once)
	if err != nil {
		return conversation.Result{Err: err}
	}
	if memo != nil && c.now != nil {
		return conversation.Result{Conversation: *c.now, Effect: memo.effect}
	}
	next, err := change.Fn(copyOf(c.now))
	if err != nil {
		return conversation.Result{Err: err}
	}
	next.Key = change.Key
	effect := conversation.Created
	write := true
	if c.now != nil {
		effect = lo.Ternary(next.SameAs(*c.now), conversation.Unchanged, conversation.Updated)
		write = !next.SameVersion(*c.now)
	}
	if write {
		b.seq++
		next.Seq = b.seq
		c.now, c.dirty = &next, true
	}
	b.onces.note(change.Once, effect)
	return conversation.Result{Conversation: *c.now, Effect: effect}
}

// store writes what the batch made, moves the cells and keeps the tokens.
func (b *batch) store() error {
	var inserts, updates []Row
	delta := deltas{}
	for _, c := range b.order {
		if !c.dirty {
			continue
		}
		row, cell, err := b.rowOf(c.now)
		if err != nil {
			return err
		}
		if err := delta.add(cell.Key, cell.Values); err != nil {
			return err
		}
		if c.old == nil {
			inserts = append(inserts, row)
			continue
		}
		if err := delta.take(c.old.key, c.old.vector); err != nil {
			return err
		}
		updates = append(updates, row)
	}
	if err := b.insertRows(inserts); err != nil {
		return err
	}
	if err := b.updateRows(updates); err != nil {
		return err
	}
	if err := b.moveCells(b.space, delta); err != nil {
		return err
	}
	if b.dialect.Announce != nil && len(inserts)+len(updates) > 0 {
		if err := b.dialect.Announce(b.ctx, b.tx.tx.Tx, b.org); err != nil {
			return err
		}
	}
	return b.keep()
}

// oldRow is what a stored row added to the cells.
type oldRow struct {
	key    metric.Key
	vector metric.Vector
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
