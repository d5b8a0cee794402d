package storagetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func parallelCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "200 writers with replays on 50 conversations end in one state, cells and all",
			Reason: "a lost race loses a message or counts one twice",
			Check:  in(func(r *room) error { return r.crowd(200, r.s) }),
		},
		{
			About: apply, Sentence: "calls that touch the same conversations in different orders do not block each other",
			Reason: "two batches that wait for each other wait for ever",
			Check:  in(func(r *room) error { return r.crossing(r.s) }),
		},
		{
			About: apply, Sentence: "nobody sees half a call",
			Reason: "a figure read in between would be one nobody can explain",
			Check:  in(halves),
		},
		{
			About: rollup, Sentence: "equals the fold after arrivals, erasures, retention and changes of time zone at the same time",
			Reason: "a drift that only a race makes is found by nobody",
			Check:  in(func(r *room) error { return r.storm(400, r.s) }),
		},
		{
			About: rollup, Sentence: "what one call asks for is of one state",
			Reason: "figures of one answer would not add up while conversations come in",
			Check:  in(oneState),
		},
		{
			About: since, Sentence: "whoever follows while others write misses nothing",
			Reason: "a number that appears late is a conversation no job ever sees",
			Check:  in(func(r *room) error { return r.pursuit(r.s) }),
		},
	}
}

// crowd writes the same patches from many goroutines, some of them more than once, by way of the stores given.
func (r *room) crowd(writers int, stores ...port.Storage) error {
	g := newGen(90)
	patches := make([]conversation.Patch, writers)
	for i := range patches {
		patches[i] = g.patch(key(r.org, i%50), noon)
	}
	if err := together(writers, func(i int) error {
		s := stores[i%len(stores)]
		for _, p := range []conversation.Patch{patches[i], patches[(i*7+1)%writers], patches[i]} {
			got, err := s.Conversations.Apply(r, []conversation.Change{change(p)})
			if err != nil {
				return fmt.Errorf("Apply: %w", err)
			}
			if len(got) != 1 || got[0].Err != nil {
				return fmt.Errorf("Apply: wanted 1 good result, got %+v", got)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range patches {
		r.take(p)
	}
	return r.settled()
}

// crossing writes batches of the same few conversations in many orders, by way of the stores given.
func (r *room) crossing(stores ...port.Storage) error {
	const writers, rounds = 12, 8
	patches := make([][]conversation.Patch, writers)
	for i := range patches {
		g := newGen(uint64(300 + i))
		for range rounds {
			for _, n := range g.Perm(6) {
				patches[i] = append(patches[i], g.patch(key(r.org, n), noon))
			}
		}
	}
	if err := together(writers, func(i int) error {
		for round := range rounds {
			var changes []conversation.Change
			for _, p := range patches[i][6*round : 6*round+6] {
				changes = append(changes, change(p))
			}
			if _, err := stores[i%len(stores)].Conversations.Apply(r, changes); err != nil {
				return fmt.Errorf("Apply: %w", err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, list := range patches {
		for _, p := range list {
			r.take(p)
		}
	}
	return r.settled()
}

// settled compares everything after writes whose order is not known: only UpdatedAt tells which came last.
func (r *room) settled() error {
	for id, want := range r.live {
		got, err := r.s.Conversations.Get(r, r.org, id)
		if err != nil {
			return fmt.Errorf("Get %s: %w", want.ID, err)
		}
		want.UpdatedAt = got.UpdatedAt
		r.live[id] = want
	}
	return r.everything()
}

// halves writes pairs while a reader counts.
func halves(r *room) error {
	g := newGen(91)
	const pairs = 60
	var done atomic.Bool
	return together(2, func(i int) error {
		if i == 0 {
			defer done.Store(true)
			for n := range pairs {
				a, b := g.patch(key(r.org, 2*n), noon), g.patch(key(r.org, 2*n+1), noon)
				if _, err := r.s.Conversations.Apply(r, []conversation.Change{change(a), change(b)}); err != nil {
					return fmt.Errorf("Apply: %w", err)
				}
			}
			return nil
		}
		for !done.Load() {
			page, err := r.s.Conversations.List(r, r.org, conversation.Query{Limit: 2*pairs + 1})
			if err != nil {
				return fmt.Errorf("List: %w", err)
			}
			sums, err := r.s.Rollups.Rollup(r, r.org, metric.Selection{Window: always})
			if err != nil {
				return fmt.Errorf("Rollup: %w", err)
			}
			total, err := metric.Total(sums[0])
			if err != nil {
				return err
			}
			if n, m := len(page.Conversations), total.At(metric.Conversations); n%2 != 0 || m%2 != 0 {
				return fmt.Errorf("of pairs written together, %d are listed and %d counted", n, m)
			}
		}
		return nil
	})
}

// oneState asks for the same in many ways while a writer writes.
func oneState(r *room) error {
	g := newGen(93)
	end := noon.Add(13*time.Hour + 7*time.Minute)
	var asked []metric.Selection
	for _, by := range []metric.Grouping{{}, {Topic: true}, {Handler: true}, {Day: true}, {Topic: true, Priority: true, Platform: true}} {
		asked = append(asked,
			metric.Selection{Window: always, By: by},
			metric.Selection{Window: metric.Window{Start: always.Start, End: end}, By: by, SumsOnly: true},
			metric.Selection{Window: metric.Window{Start: end, End: always.End}, By: by, SumsOnly: true})
	}
	var done atomic.Bool
	return together(2, func(i int) error {
		if i == 0 {
			defer done.Store(true)
			for n := range 60 {
				if _, err := r.s.Conversations.Apply(r, []conversation.Change{change(g.patch(key(r.org, n), noon.Add(time.Duration(n)*20*time.Minute)))}); err != nil {
					return fmt.Errorf("Apply: %w", err)
				}
			}
			return nil
		}
		for !done.Load() {
			sums, err := r.s.Rollups.Rollup(r, r.org, asked...)
			if err != nil {
				return fmt.Errorf("Rollup: %w", err)
			}
			counts := make([]int64, len(sums))
			for i, cells := range sums {
				total, err := metric.Total(cells)
				if err != nil {
					return err
				}
				counts[i] = total.At(metric.Conversations)
			}
			for i := 0; i < len(counts); i += 3 {
				if all := counts[0]; counts[i] != all || counts[i+1]+counts[i+2] != all {
					return fmt.Errorf("of %d conversations, another sum of the same call has %d, and its two parts %d and %d", all, counts[i], counts[i+1], counts[i+2])
				}
			}
		}
		return nil
	})
}

// pursuit follows the changes in one store while writers write by way of all of them.
func (r *room) pursuit(stores ...port.Storage) error {
	const writers, rounds = 8, 25
	var working atomic.Int32
	working.Store(writers)
	seen := map[uid]int64{}
	after := int64(0)
	step := func() (int, error) {
		fresh, err := r.s.Changes.Since(r, r.org, after, 7)
		if err != nil {
			return 0, fmt.Errorf("Since: %w", err)
		}
		for _, c := range fresh {
			seen[c.UID()] = c.Seq
			after = max(after, c.Seq)
		}
		return len(fresh), nil
	}
	if err := together(writers+1, func(i int) error {
		if i < writers {
			defer working.Add(-1)
			g := newGen(uint64(92 + i))
			for range rounds {
				p := g.patch(key(r.org, g.IntN(20)), noon)
				if _, err := stores[i%len(stores)].Conversations.Apply(r, []conversation.Change{change(p)}); err != nil {
					return fmt.Errorf("Apply: %w", err)
				}
			}
			return nil
		}
		for working.Load() > 0 {
			if _, err := step(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for {
		n, err := step()
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	for c, err := range r.s.Conversations.Each(r, r.org, conversation.Query{}) {
		if err != nil {
			return fmt.Errorf("Each: %w", err)
		}
		if seen[c.UID()] != c.Seq {
			return fmt.Errorf("%s is stored with Seq %d, the follower last saw %d", c.ID, c.Seq, seen[c.UID()])
		}
	}
	return nil
}

func propertyCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "patches in any order, repeated, in calls of any size, end in the same conversations and cells",
			Reason: "events arrive late, twice and in pieces",
			Check:  anyOrder,
		},
		{
			About: rollup, Sentence: "cells equal the fold after any sequence of arrivals, replays, deletions and expiries",
			Reason: "a drift of one in a million writes is found by nobody",
			Check: func(ctx context.Context, s port.Storage) error {
				for seed := range uint64(3) {
					r, err := enter(ctx, s, int(seed)+1)
					if err != nil {
						return err
					}
					if err := r.anything(newGen(100+seed), 120); err != nil {
						return fmt.Errorf("seed %d: %w", seed, err)
					}
				}
				return nil
			},
		},
	}
}

// anyOrder sends the same patches to several organisations, to each in an order of its own, and compares the outcomes.
func anyOrder(ctx context.Context, s port.Storage) error {
	for n := range 8 {
		r, err := enter(ctx, s, n+1)
		if err != nil {
			return err
		}
		var patches []conversation.Patch
		same := newGen(110) // the same for every organisation
		for i := range 40 {
			patches = append(patches, same.patch(key(r.org, i%6), noon))
		}
		for _, p := range patches {
			r.take(p)
		}
		g := newGen(111 + uint64(n))
		order := append(g.Perm(len(patches)), g.Perm(len(patches))[:20]...)
		for len(order) > 0 {
			size := min(1+g.IntN(9), len(order))
			var changes []conversation.Change
			for _, i := range order[:size] {
				changes = append(changes, change(patches[i]))
			}
			if _, err := s.Conversations.Apply(ctx, changes); err != nil {
				return fmt.Errorf("Apply: %w", err)
			}
			order = order[size:]
		}
		if err := r.settled(); err != nil {
			return fmt.Errorf("order %d: %w", n, err)
		}
	}
	return nil
}

// anything does what comes to a store in a year, at random.
func (r *room) anything(g gen, steps int) error {
	var sent []conversation.Patch
	fresh := func() conversation.Patch {
		at := noon.Add(time.Duration(g.IntN(40*24)) * time.Hour)
		return g.patch(key(r.org, g.IntN(30)), at)
	}
	for step := range steps {
		var err error
		switch g.IntN(12) {
		case 0:
			err = r.erase(conversation.Query{UIDs: []uid{key(r.org, g.IntN(30)).UID()}})
		case 1:
			n := 1 + g.IntN(3)
			for !r.untied(n) {
				n++
			}
			err = r.age(noon.Add(time.Duration(g.IntN(20*24))*time.Hour), n)
		case 2, 3:
			if len(sent) > 0 {
				err = r.put(one(g, sent...), one(g, sent...))
			}
		default:
			batch := make([]conversation.Patch, 1+g.IntN(4))
			for i := range batch {
				batch[i] = fresh()
			}
			sent = append(sent, batch...)
			err = r.put(batch...)
		}
		if err == nil && step%10 == 9 {
			err = r.rollup(r.selection(g))
		}
		if err == nil && step%40 == 39 {
			err = r.everything()
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
	}
	return r.everything()
}
