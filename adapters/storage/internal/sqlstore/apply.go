package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Apply runs every change on the stored version of its conversation; see port.Conversations.
func (s conversations) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	results, durable, err := s.Stage(ctx, changes)
	if err != nil || durable == nil {
		return nil, err
	}
	if err := durable(); err != nil {
		return nil, err
	}
	return results, nil
}

// Stage is Apply in two steps; see groupcommit.Stager.
//
// All that takes thought is done before the write, on several processors, as if every conversation were new, which most
// are: changes are run, and what they make is encoded and sealed. The write then reads what is stored under the
// organisation's lock, and runs again what met something. So writers wait for each other hardly longer than the disk
// takes, and a new conversation costs no read of its own.
func (s conversations) Stage(ctx context.Context, changes []conversation.Change) (results []conversation.Result, durable func() error, err error) {
	if err := ctx.Err(); err != nil || len(changes) == 0 {
		return nil, nil, err
	}
	s.behind.writes.Add(1)
	until := s.in(writeWithin + time.Duration(len(changes))*changeAdds)
	batches := byOrg(changes)
	for _, b := range batches {
		s.holdBack(ctx, until, b.org)
		if err := b.expect(s.spaces.last(b.org), s.dialect.Bulk); err != nil {
			return nil, nil, err
		}
	}
	scouting := true
	store := func(t *tx) error {
		if err := t.scout(batches, scouting); err != nil {
			return err
		}
		for _, b := range batches {
			if err := t.commit(b); err != nil {
				return err
			}
		}
		return nil
	}
	onDisk, err := s.stage(ctx, until, store)
	if err != nil && s.dialect.Taken(err) {
		scouting = false
		onDisk, err = s.stage(ctx, until, store)
	}
	if err != nil {
		return nil, nil, err
	}
	results = make([]conversation.Result, len(changes))
	var moved []tenant.ID
	for _, b := range batches {
		b.answer(results)
		if b.written > 0 {
			moved = append(moved, b.org)
		}
	}
	return results, func() error {
		defer s.stored(moved) // whatever comes of the disk: it was committed, and may well survive
		return onDisk()
	}, nil
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
	// scouted are those of them that were stored when somebody looked before the write, nil where nobody did.
	scouted []*item
	// sealed are the keys with which the items' rows were sealed, empty where they have not been.
	sealed string
	// planned is what the batch stores as far as it is known.
	planned writes
	// base is the number of the organisation's newest version before the batch, written how many versions it stored.
	base, written int64
}

// item is a conversation inside a batch: what is stored, and what the batch has made of it so far.
type item struct {
	uid uuid.UUID
	// changes are the places of its changes in the batch.
	changes []int
	stored  *conversation.Conversation
	// old is what the stored row counts.
	old  entry
	now  *conversation.Conversation
	gone bool
	// dirty says that now differs from what is stored; row is then what is written of it, counted what that counts.
	dirty   bool
	row     Row
	counted entry
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
	it.changes = append(it.changes, len(b.changes))
	b.changes, b.places, b.items = append(b.changes, change), append(b.places, place), append(b.items, it)
}

// expect runs the batch as if nothing of it were stored. sp is the organisation as it was last seen, nil when nobody
// knows its keys yet.
func (b *batch) expect(sp *space, bulk Bulk) (err error) {
	b.outcomes = make([]outcome, len(b.changes))
	for _, c := range b.changes {
		if c.Once != nil {
			b.onces = onces{}
			break
		}
	}
	b.run(b.distinct)
	if sp == nil {
		return nil
	}
	b.sealed = sp.wrapped
	if err := sp.make(b.distinct, bulk); err != nil {
		return err
	}
	b.number()
	b.planned, err = b.writes()
	return err
}

// commit writes the batch.
func (t *tx) commit(b *batch) error {
	sp, err := t.take(b.org)
	if err != nil {
		return err
	}
	again, err := t.read(sp, b)
	if err != nil {
		return err
	}
	b.run(again)
	if b.sealed != sp.wrapped {
		again, b.sealed = b.distinct, sp.wrapped
	}
	if len(again) > 0 {
		if err := sp.make(again, t.dialect.Bulk); err != nil {
			return err
		}
		b.number()
		if b.planned, err = b.writes(); err != nil {
			return err
		}
	}
	w := &b.planned
	b.base = sp.seq
	w.number(b.base)
	sp.seq += b.written
	if err := t.insertRows(w.inserts); err != nil {
		return err
	}
	if err := t.updateRows(w.updates); err != nil {
		return err
	}
	if err := t.moveCells(sp, w.entries, w.cells); err != nil {
		return err
	}
	if err := t.keep(b); err != nil {
		return err
	}
	return t.put(sp)
}

// answer puts the outcomes where the caller looks for them.
func (b *batch) answer(results []conversation.Result) {
	for n, o := range b.outcomes {
		r := conversation.Result{Effect: o.effect, Err: o.err}
		if r.Conversation = o.conv; o.written {
			o.conv.Seq += b.base
		}
		results[b.places[n]] = r
	}
}

// run runs the changes of some of the conversations on what is known to be stored. Changes of different conversations
// know nothing of each other, unless they carry tokens: then all are run, in their order.
func (b *batch) run(items []*item) {
	for _, it := range items {
		it.now, it.dirty = it.stored, false
	}
	if b.onces != nil && len(items) > 0 {
		for n := range b.changes {
			b.outcomes[n] = b.step(n)
		}
		return
	}
	parallel(len(items), func(i int) {
		for _, n := range items[i].changes {
			b.outcomes[n] = b.step(n)
		}
	})
}

// number gives the written versions their places.
func (b *batch) number() {
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
		o.effect = lo.Ternary(next.SameAs(it.now), conversation.Unchanged, conversation.Updated)
	}
	if it.now == nil || !next.SameVersion(it.now) {
		o.conv, o.written = next, true
		it.now, it.dirty = next, true
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
