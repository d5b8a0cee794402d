package sqlstore

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Apply runs every change on the stored version of its conversation; see port.Conversations.
//
// All that takes thought is done before the write, on several processors: changes are run on what a read finds, and
// what they make is encoded and sealed. The write then only asks whether the organisation has moved on since; what has
// is run again inside it. So writers wait for each other no longer than the disk takes.
func (s conversations) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	if err := ctx.Err(); err != nil || len(changes) == 0 {
		return nil, err
	}
	s.behind.writes.Add(1)
	batches := byOrg(changes)
	for _, b := range batches {
		if err := s.prepare(ctx, b); err != nil {
			return nil, err
		}
	}
	if err := s.change(ctx, func(t *tx) error {
		for _, b := range batches {
			if err := t.commit(b); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	results := make([]conversation.Result, len(changes))
	var moved []tenant.ID
	for _, b := range batches {
		b.answer(results)
		if b.written > 0 {
			moved = append(moved, b.org)
		}
	}
	s.stored(moved)
	return results, nil
}

// batch is the changes of one organisation.
type batch struct {
	org tenant.ID
	// changes are the organisation's, places theirs among all, items their conversations; outcomes what became of each.
	changes  []conversation.Change
	places   []int
	items    []*item
	outcomes []outcome
	// distinct are the conversations in the order of their first change.
	distinct []*item
	byUID    map[uuid.UUID]*item
	onces    onces
	// seen is the state of the organisation that the outcomes rest on.
	seen state
	made made
	// written is how many versions were stored.
	written int64
}

// item is a conversation inside a batch: what is stored, and what the batch has made of it so far.
type item struct {
	uid    uuid.UUID
	stored *conversation.Conversation
	old    oldRow
	now    *conversation.Conversation
	gone   bool
	// dirty says that now differs from what is stored.
	dirty bool
}

// outcome is what became of one change. The number of a written version is its place among those of the batch, from 1,
// until the organisation's is known.
type outcome struct {
	conv    *conversation.Conversation
	effect  conversation.Effect
	err     error
	written bool
}

// byOrg parts changes by organisation, in the order of organisations, so that all transactions lock them in one order.
func byOrg(changes []conversation.Change) []*batch {
	var out []*batch
	at := map[tenant.ID]*batch{}
	for i := range changes {
		org := changes[i].Key.Org
		b := at[org]
		if b == nil {
			b = &batch{org: org, byUID: map[uuid.UUID]*item{}}
			at[org] = b
			out = append(out, b)
		}
		b.add(i, changes[i])
	}
	slices.SortFunc(out, func(a, b *batch) int { return bytes.Compare(a.org[:], b.org[:]) })
	return out
}

func (b *batch) add(place int, change conversation.Change) {
	uid := change.Key.UID()
	it := b.byUID[uid]
	if it == nil {
		it = &item{uid: uid}
		b.byUID[uid] = it
		b.distinct = append(b.distinct, it)
	}
	b.changes, b.places, b.items = append(b.changes, change), append(b.places, place), append(b.items, it)
}

// prepare does everything but the write.
func (s *Store) prepare(ctx context.Context, b *batch) error {
	var sp *space
	err := s.look(ctx, func(t *tx) error {
		var (
			ok  bool
			err error
		)
		if sp, ok, err = t.space(b.org, ""); err != nil {
			return err
		}
		if !ok {
			sp = nil // nothing stored yet, and no keys to seal with
			return nil
		}
		return t.read(sp, b)
	})
	if sp == nil || err != nil {
		return err
	}
	b.run()
	b.seen = sp.state()
	return b.make(sp)
}

// commit writes the batch. What it rests on is still so, or is read and run again.
func (t *tx) commit(b *batch) error {
	sp, err := t.take(b.org)
	if err != nil {
		return err
	}
	holds, err := t.holds(sp, b)
	if err != nil {
		return err
	}
	if !holds {
		if err := t.read(sp, b); err != nil {
			return err
		}
		b.run()
		b.seen = sp.state()
		if err := b.make(sp); err != nil {
			return err
		}
	}
	for i := range b.made.inserts {
		b.made.inserts[i].Seq = sp.seq + b.made.insertSeq[i]
	}
	for i := range b.made.updates {
		b.made.updates[i].Seq = sp.seq + b.made.updateSeq[i]
	}
	sp.seq += b.written
	if err := t.insertRows(b.made.inserts); err != nil {
		return err
	}
	if err := t.updateRows(b.made.updates); err != nil {
		return err
	}
	if err := t.moveCells(sp, b.made.entries, b.made.cells); err != nil {
		return err
	}
	if err := t.keep(b); err != nil {
		return err
	}
	if t.dialect.Announce != nil && b.written > 0 {
		if err := t.dialect.Announce(t.ctx, t.tx.Tx, b.org); err != nil {
			return err
		}
	}
	b.seen.seq = sp.seq - b.written // where the numbers of this batch begin
	return t.put(sp)
}

// holds says whether what the batch rests on is still so.
func (t *tx) holds(sp *space, b *batch) (bool, error) {
	now := sp.state()
	if b.seen.wrapped == "" || b.seen.wrapped != now.wrapped || b.seen.gone != now.gone {
		return false, nil
	}
	if again, err := t.repeated(b); again || err != nil {
		return false, err
	}
	if b.seen.seq == now.seq {
		return true, nil
	}
	return t.sameVersions(b)
}

// answer puts the outcomes where the caller looks for them.
func (b *batch) answer(results []conversation.Result) {
	for n, o := range b.outcomes {
		r := conversation.Result{Effect: o.effect, Err: o.err}
		if o.conv != nil {
			r.Conversation = *o.conv
			if o.conv != b.items[n].stored {
				r.Conversation.Seq += b.seen.seq
			}
		}
		results[b.places[n]] = r
	}
}

// run runs every change. Changes of different conversations know nothing of each other, unless they carry tokens.
func (b *batch) run() {
	for _, it := range b.distinct {
		it.now, it.dirty = it.stored, false
	}
	b.outcomes = make([]outcome, len(b.changes))
	if len(b.onces) > 0 || len(b.distinct) < len(b.changes) {
		for n := range b.changes {
			b.outcomes[n] = b.step(n)
		}
	} else {
		parallel(len(b.changes), func(n int) { b.outcomes[n] = b.step(n) })
	}
	b.written = 0
	for n := range b.outcomes {
		if o := &b.outcomes[n]; o.written {
			b.written++
			o.conv.Seq = b.written
		}
	}
}

// step is one change.
func (b *batch) step(n int) outcome {
	change, it := b.changes[n], b.items[n]
	if it.gone {
		return outcome{err: port.ErrGone}
	}
	memo, err := b.onces.find(change.Once)
	if err != nil {
		return outcome{err: err}
	}
	if memo != nil && it.now != nil {
		return outcome{conv: it.now, effect: memo.effect}
	}
	next, err := change.Fn(copyOf(it.now))
	if err != nil {
		return outcome{err: err}
	}
	next.Key = change.Key
	o := outcome{conv: it.now, effect: conversation.Created}
	if it.now != nil {
		next.Seq = it.now.Seq
		o.effect = lo.Ternary(next.SameAs(*it.now), conversation.Unchanged, conversation.Updated)
	}
	if it.now == nil || !next.SameVersion(*it.now) {
		o.conv, o.written = &next, true
		it.now, it.dirty = &next, true
	}
	b.onces.note(change.Once, o.effect)
	return o
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
