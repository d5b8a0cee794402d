package storagetest

import (
	"context"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func reopenCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "what was stored is there after the store is opened again: content, cells, order, numbers",
			Reason: "an acknowledged conversation that is gone is the worst fault there is",
			Reopen: survives,
		},
		{
			About: apply, Sentence: "tokens, tombstones and expired cells survive too",
			Reason: "a restart must not bring back what was erased, nor count a replay",
			Reopen: marksSurvive,
		},
		{
			About: gapSave, Sentence: "gaps, organisations, keys and cursors survive",
			Reason: "a restart must not lock anybody out",
			Reopen: restSurvives,
		},
	}
}

func survives(ctx context.Context, s port.Storage, again func() port.Storage) error {
	r, err := enter(ctx, s, 1)
	if err != nil {
		return err
	}
	g := newGen(130)
	for round := range 3 {
		if err := r.fill(g, 20, 30*24*time.Hour); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		before, err := r.s.Changes.Since(ctx, r.org, 0, 1000)
		if err != nil {
			return err
		}
		r.s = again()
		after, err := r.s.Changes.Since(ctx, r.org, 0, 1000)
		if err != nil {
			return err
		}
		if err := same("Since, opened again", before, after); err != nil {
			return err
		}
		highest := before[len(before)-1].Seq
		if err := first(r.everything, func() error { return r.windows(g, 5) }); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		got, err := r.apply(g.patch(key(r.org, 1000+round), noon))
		if err != nil {
			return err
		}
		if seq := got[0].Conversation.Seq; seq <= highest {
			return fmt.Errorf("after it was opened again the store gave the Seq %d, %d was given before", seq, highest)
		}
	}
	return nil
}

func marksSurvive(ctx context.Context, s port.Storage, again func() port.Storage) error {
	r, err := enter(ctx, s, 1)
	if err != nil {
		return err
	}
	g := newGen(131)
	p := g.patch(key(r.org, 500), noon.Add(100*24*time.Hour))
	if err := first(
		func() error { return r.fill(g, 30, 30*24*time.Hour) },
		func() error { return r.expectFresh("first", p, once("a", 1, noon)) },
		func() error { return r.erase(conversation.Query{Topic: ptr("billing")}) },
		func() error { return r.age(noon.Add(15*24*time.Hour), 1000) },
	); err != nil {
		return err
	}
	r.s = again()
	if len(r.gone) == 0 || len(r.expired) == 0 {
		return fmt.Errorf("nothing was erased or expired: the suite has lost its grip")
	}
	var replays []conversation.Patch
	for i := range 30 {
		replays = append(replays, g.patch(key(r.org, i), noon))
	}
	checks := []func() error{
		r.everything,
		func() error { return r.windows(g, 10) },
		func() error { return r.put(replays...) }, // the model expects ErrGone of those that are gone
		r.everything,
	}
	if _, live := r.live[p.Key.UID()]; live {
		checks = append(checks, func() error { return r.expectReplay("again", p, once("a", 1, noon), conversation.Created) })
	}
	return first(checks...)
}

func restSurvives(ctx context.Context, s port.Storage, again func() port.Storage) error {
	r, err := enter(ctx, s, 1)
	if err != nil {
		return err
	}
	if err := r.fill(newGen(132), 12, time.Hour); err != nil {
		return err
	}
	c, err := r.linked()
	if err != nil {
		return err
	}
	k := apiKey(1, 1)
	if err := first(
		func() error { return s.Orgs.Create(ctx, told(2)) },
		func() error { return s.Keys.Put(ctx, k) },
		r.move("pull", "", "page 7"),
	); err != nil {
		return err
	}
	before, err := s.Gaps.Load(ctx, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	r.s = again()
	after, err := r.s.Gaps.Load(ctx, r.org, knowledge.Whole)
	return first(
		func() error { return err },
		func() error { return same("Load, opened again", before, after) },
		func() error { return r.snapshot(c.Records, c.Links) },
		func() error { return allOrgs(ctx, r.s, organisation(1), told(2)) },
		func() error { return wantKeys(ctx, r.s, 1, k) },
		r.cursor("pull", "page 7"),
	)
}

func secondCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "two processes write the same conversations and end in one state",
			Reason: "two servers take in what one platform sends",
			Second: func(ctx context.Context, a, b port.Storage) error {
				r, err := enter(ctx, a, 1)
				if err != nil {
					return err
				}
				if err := r.crowd(60, a, b); err != nil {
					return err
				}
				r.s = b
				return r.everything()
			},
		},
		{
			About: apply, Sentence: "two processes that write the same conversations in different orders do not block each other",
			Reason: "two batches that wait for each other wait for ever",
			Second: func(ctx context.Context, a, b port.Storage) error {
				r, err := enter(ctx, a, 1)
				if err != nil {
					return err
				}
				return r.crossing(a, b)
			},
		},
		{
			About: rollup, Sentence: "equals the fold after two processes wrote, erased and changed the time zone at the same time",
			Reason: "a server and a worker touch the same cells",
			Second: func(ctx context.Context, a, b port.Storage) error {
				r, err := enter(ctx, a, 1)
				if err != nil {
					return err
				}
				return r.storm(420, a, b)
			},
		},
		{
			About: since, Sentence: "whoever follows in one process misses nothing that another writes",
			Reason: "a worker follows what the servers write",
			Second: func(ctx context.Context, a, b port.Storage) error {
				r, err := enter(ctx, a, 1)
				if err != nil {
					return err
				}
				return r.pursuit(a, b)
			},
		},
		{
			About: watch, Sentence: "names what another process stored",
			Reason: "live pages of one server show what another took in",
			Second: watchesOther,
		},
		{
			About: leaseIt, Sentence: "leases, cursors and versions are the same for both",
			Reason: "two workers would do every job twice",
			Second: coordinates,
		},
		{
			About: closing, Sentence: "closing one leaves the other open",
			Reason: "servers are replaced one after the other",
			Second: func(ctx context.Context, a, b port.Storage) error {
				r, err := enter(ctx, a, 1)
				if err != nil {
					return err
				}
				if err := r.fill(newGen(140), 5, time.Hour); err != nil {
					return err
				}
				if err := a.Close(); err != nil {
					return fmt.Errorf("Close: %w", err)
				}
				r.s = b
				return first(r.everything, func() error { return r.fill(newGen(141), 5, time.Hour) }, r.everything)
			},
		},
	}
}

func watchesOther(ctx context.Context, a, b port.Storage) error {
	r, err := enter(ctx, a, 1)
	if err != nil {
		return err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	hints, err := b.Changes.Watch(watching)
	if err != nil {
		return fmt.Errorf("Watch: %w", err)
	}
	g := newGen(142)
	for n := 0; ; n++ { // a hint may take its time to be listened for, so writing goes on
		if err := r.put(g.patch(key(r.org, n%10), noon)); err != nil {
			return err
		}
		select {
		case org := <-hints:
			if org == r.org {
				return nil
			}
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("nothing was named in all the time of writing")
		}
	}
}

func coordinates(ctx context.Context, a, b port.Storage) error {
	r, err := enter(ctx, a, 1)
	if err != nil {
		return err
	}
	other := &room{Context: ctx, s: b, org: r.org, model: r.model}
	return first(
		r.lease("gaps", "ann", 0, true), other.lease("gaps", "bob", 1, false), other.lease("gaps", "bob", 11, true), r.lease("gaps", "ann", 12, false),
		r.move("pull", "", "1"), other.cursor("pull", "1"), other.move("pull", "1", "2"), r.cursor("pull", "2"),
		func() error { return wantError("SaveCursor", r.move("pull", "1", "3")(), port.ErrConflict) },
		func() error { return r.commitRace(a, b) },
	)
}
