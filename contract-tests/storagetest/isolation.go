package storagetest

import (
	"context"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func isolationCases() []Case {
	return []Case{
		{
			About: list, Sentence: "the same data under 50 organisations reads in each as it does under one",
			Reason: "one organisation must never see another's customers, in no figure and no list",
			Check:  isolation,
		},
		{
			About: apply, Sentence: "the same identifier in two organisations, written in parallel, is two conversations",
			Reason: "platforms number their tickets alike",
			Check:  sameIDs,
		},
		{
			About: del, Sentence: "takes nothing of another organisation, nor does Expire",
			Reason: "one organisation's erasure would be another's loss",
			Check:  foreignRemovals,
		},
		{
			About: gapLoad, Sentence: "gaps of the same ids and the same conversations stay apart",
			Reason: "ids of gaps begin at 1 in every organisation",
			Check:  foreignGaps,
		},
	}
}

// tenants fills organisations 1 to n, each with the same conversations.
func tenants(ctx context.Context, s port.Storage, n, conversations int) ([]*room, error) {
	rooms := make([]*room, n)
	for i := range rooms {
		r, err := enter(ctx, s, i+1)
		if err != nil {
			return nil, err
		}
		if err := r.fill(newGen(80), conversations, 30*24*time.Hour); err != nil {
			return nil, err
		}
		rooms[i] = r
	}
	return rooms, nil
}

func isolation(ctx context.Context, s port.Storage) error {
	rooms, err := tenants(ctx, s, 50, 12)
	if err != nil {
		return err
	}
	g := newGen(81)
	for _, r := range []*room{rooms[0], rooms[7], rooms[49]} {
		if err := first(
			r.everything,
			func() error { return r.walk(conversation.Query{}, conversation.Query{Search: "refund"}) },
			func() error { return r.lists(conversation.Query{Customer: ptr("ann")}) },
			func() error { return follows(r) },
			func() error { return r.windows(g, 10) },
		); err != nil {
			return fmt.Errorf("organisation %s: %w", r.org, err)
		}
		n := 0
		for c, err := range s.Conversations.Each(ctx, r.org, conversation.Query{}) {
			if err != nil {
				return err
			}
			if n++; c.Org != r.org {
				return fmt.Errorf("Each of %s yields a conversation of %s", r.org, c.Org)
			}
		}
		if n != len(r.live) {
			return fmt.Errorf("Each of %s: wanted %d, got %d", r.org, len(r.live), n)
		}
	}
	return empty(ctx, s, orgID(99))
}

// empty checks that an organisation nobody wrote to has nothing.
func empty(ctx context.Context, s port.Storage, org uid) error {
	page, err := s.Conversations.List(ctx, org, conversation.Query{Total: true})
	if err != nil {
		return fmt.Errorf("List: %w", err)
	}
	sums, err := s.Rollups.Rollup(ctx, org, metric.Selection{Window: always})
	if err != nil {
		return fmt.Errorf("Rollup: %w", err)
	}
	head, err := s.Changes.Head(ctx, org)
	if err != nil {
		return fmt.Errorf("Head: %w", err)
	}
	gaps, err := s.Gaps.List(ctx, org, knowledge.Query{})
	if err != nil {
		return fmt.Errorf("Gaps.List: %w", err)
	}
	if len(page.Conversations)+len(sums[0])+len(gaps) > 0 || head != 0 || page.Total == nil || *page.Total != 0 {
		return fmt.Errorf("an organisation nobody wrote to has %d conversations (total %s), %d cells, %d gaps, the head %d",
			len(page.Conversations), show(page.Total), len(sums[0]), len(gaps), head)
	}
	return nil
}

func sameIDs(ctx context.Context, s port.Storage) error {
	a, err := enter(ctx, s, 1)
	if err != nil {
		return err
	}
	b, err := enter(ctx, s, 2)
	if err != nil {
		return err
	}
	if err := together(2, func(i int) error {
		r := []*room{a, b}[i]
		g := newGen(uint64(82 + i))
		for range 100 {
			if err := r.put(g.patch(key(r.org, g.IntN(5)), noon)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return first(a.everything, b.everything)
}

func foreignRemovals(ctx context.Context, s port.Storage) error {
	rooms, err := tenants(ctx, s, 3, 15)
	if err != nil {
		return err
	}
	a, b, c := rooms[0], rooms[1], rooms[2]
	g := newGen(84)
	return first(
		func() error { return a.erase(conversation.Query{}) },
		func() error { return b.age(noon.Add(1000*time.Hour), 1000) },
		a.everything, b.everything, c.everything,
		func() error { return c.put(g.patch(key(c.org, 0), noon), g.patch(key(c.org, 1), noon)) }, // no tombstone of theirs
		c.everything,
	)
}

func foreignGaps(ctx context.Context, s port.Storage) error {
	rooms, err := tenants(ctx, s, 2, 15)
	if err != nil {
		return err
	}
	a, b := rooms[0], rooms[1]
	ca, err := a.linked()
	if err != nil {
		return err
	}
	if err := b.snapshot(nil, nil); err != nil {
		return err
	}
	cb, err := b.linked()
	if err != nil {
		return err
	}
	cb.Records[0].ResolvedAt = noon
	cb.Records[0].History = []knowledge.Step{{State: knowledge.Resolved, At: noon}}
	return first(
		func() error { return s.Gaps.SetResolved(ctx, b.org, 1, true, noon) },
		func() error { return b.snapshot(cb.Records, cb.Links) },
		func() error { return a.snapshot(ca.Records, ca.Links) },
		func() error { return b.erase(conversation.Query{}) },
		func() error { return a.snapshot(ca.Records, ca.Links) },
		func() error { return a.gaps(knowledge.Query{}, ca.Records, ca.Links) },
		func() error { return a.gap(1, ca.Records, ca.Links) },
	)
}
