package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

const apply = "Conversations.Apply"

var errNo = errors.New("the change says no")

func refuse(*conversation.Conversation) (*conversation.Conversation, error) {
	return nil, errNo
}

func applyCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "no changes, no results",
			Reason: "an empty batch is what a filter that keeps nothing leaves",
			Check: in(func(r *room) error {
				got, err := r.s.Conversations.Apply(r, nil)
				if err != nil || len(got) != 0 {
					return fmt.Errorf("wanted no result and no error, got %d and %v", len(got), err)
				}
				return nil
			}),
		},
		{
			About: apply, Sentence: "what was stored is read back, and results come in the order of the changes",
			Reason: "the answer to the nth item of a batch must be about the nth item",
			Check: in(func(r *room) error {
				g := newGen(1)
				var patches []conversation.Patch
				for _, i := range g.Perm(40) {
					patches = append(patches, g.patch(key(r.org, i), noon))
				}
				return first(func() error { return r.put(patches...) }, r.everything)
			}),
		},
		{
			About: apply, Sentence: "several changes of one conversation see each other's outcome",
			Reason: "a ticket and its rating arrive in one delivery",
			Check: in(func(r *room) error {
				g := newGen(2)
				var patches []conversation.Patch
				for i := range 60 {
					patches = append(patches, g.patch(key(r.org, i%7), noon))
				}
				return first(func() error { return r.put(patches...) }, r.everything)
			}),
		},
		{
			About: apply, Sentence: "a later call sees the version the earlier one stored",
			Reason: "an update that forgets what was known loses messages",
			Check: in(func(r *room) error {
				g := newGen(3)
				for range 12 {
					if err := r.put(g.patch(key(r.org, g.IntN(3)), noon)); err != nil {
						return err
					}
				}
				return r.everything()
			}),
		},
		{
			About: apply, Sentence: "created, updated and unchanged are told apart",
			Reason: "senders are answered 201 or 200, and importers count what was new",
			Check:  in(effects),
		},
		{
			About: apply, Sentence: "a change whose Fn fails carries the error and leaves everything else alone",
			Reason: "one bad item must not lose the good ones beside it",
			Check:  in(failures),
		},
		{
			About: apply, Sentence: "a version that equals the stored one is not written",
			Reason: "replays would keep every job behind the write busy for nothing",
			Check:  in(unwritten),
		},
		{
			About: apply, Sentence: "a new stamp alone is unchanged to a reader, and stored",
			Reason: "the next statement is weighed against the stamp",
			Check:  in(stamps),
		},
		{
			About: apply, Sentence: "every stored version has a higher Seq than all before it",
			Reason: "whoever follows the changes would miss one",
			Check:  in(numbers),
		},
		{
			About: apply, Sentence: "one call may hold changes of several organisations",
			Reason: "a server gathers the writes of all its callers into one transaction",
			Check:  severalOrgs,
		},
		{
			About: apply, Sentence: "one call may hold thousands of changes, one query thousands of UIDs",
			Reason: "an import sends what it has",
			Check:  in(thousands),
		},
		{
			About: apply, Sentence: "a call given up before it began stores nothing",
			Reason: "a caller who was told of a failure sends again, or does not",
			Check: in(func(r *room) error {
				ctx, cancel := context.WithCancel(r)
				cancel()
				p := newGen(8).patch(key(r.org, 1), noon)
				_, err := r.s.Conversations.Apply(ctx, []conversation.Change{change(p)})
				return first(func() error { return wantError("Apply", err, context.Canceled) }, r.everything)
			}),
		},
		{
			About: apply, Sentence: "a call given up halfway stores all or nothing, and says which",
			Reason: "half a batch would be counted twice when it is sent again",
			Check:  in(givenUp),
		},
		{
			About: apply, Sentence: "what a caller does to a result does not reach the store",
			Reason: "one request would rewrite the figures of all",
			Check:  in(aliases),
		},
	}
}

func effects(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	say := func(text string) conversation.Patch {
		m := []conversation.Message{{Sender: conversation.Customer, Content: text, At: noon}}
		return conversation.NewPatch(key(r.org, 1), conversation.Facts{}, m, stamp, noon)
	}
	got, err := r.apply(say("hello"), say("hello"), say("and more"), say("hello"))
	if err != nil {
		return err
	}
	want := []conversation.Effect{conversation.Created, conversation.Unchanged, conversation.Updated, conversation.Unchanged}
	for i, effect := range want {
		if got[i].Effect != effect {
			return fmt.Errorf("change %d: wanted %s, got %s", i, effect, got[i].Effect)
		}
	}
	again, err := r.apply(say("and more"))
	if err != nil {
		return err
	}
	if again[0].Effect != conversation.Unchanged {
		return fmt.Errorf("sent again in a later call: wanted unchanged, got %s", again[0].Effect)
	}
	return r.everything()
}

func failures(r *room) error {
	g := newGen(4)
	if err := r.put(g.patch(key(r.org, 1), noon)); err != nil {
		return err
	}
	good, better := g.patch(key(r.org, 2), noon), g.patch(key(r.org, 3), noon)
	got, err := r.s.Conversations.Apply(r, []conversation.Change{
		change(good), {Key: key(r.org, 1), Fn: refuse}, {Key: key(r.org, 9), Fn: refuse}, change(better),
	})
	if err != nil || len(got) != 4 {
		return fmt.Errorf("Apply: wanted 4 results and no error, got %d and %v", len(got), err)
	}
	return first(
		func() error { return sameResult("before the bad ones", r.take(good), got[0]) },
		func() error { return wantError("a change of a stored conversation", got[1].Err, errNo) },
		func() error { return wantError("a change of a new conversation", got[2].Err, errNo) },
		func() error { return sameResult("after the bad ones", r.take(better), got[3]) },
		r.everything,
	)
}

func unwritten(r *room) error {
	g := newGen(5)
	p, other := g.patch(key(r.org, 1), noon), g.patch(key(r.org, 2), noon)
	if err := r.put(p, other); err != nil {
		return err
	}
	before, err := r.s.Conversations.Get(r, r.org, p.Key.UID())
	if err != nil {
		return err
	}
	head, err := r.s.Changes.Head(r, r.org)
	if err != nil {
		return err
	}
	got, err := r.apply(p, p)
	if err != nil {
		return err
	}
	after, err := r.s.Conversations.Get(r, r.org, p.Key.UID())
	if err != nil {
		return err
	}
	if after.Seq != before.Seq || got[0].Conversation.Seq != before.Seq {
		return fmt.Errorf("the Seq moved from %d to %d, the result says %d", before.Seq, after.Seq, got[0].Conversation.Seq)
	}
	fresh, err := r.s.Changes.Since(r, r.org, head, 10)
	if err != nil || len(fresh) > 0 {
		return fmt.Errorf("wanted no change after the head, got %d and %v", len(fresh), err)
	}
	return r.everything()
}

func stamps(r *room) error {
	say := func(topic string, minutes int) conversation.Patch {
		stamp := conversation.Stamp{Trust: conversation.Signed, At: noon.Add(time.Duration(minutes) * time.Minute)}
		return conversation.NewPatch(key(r.org, 1), conversation.Facts{Topic: conversation.State(&topic, stamp)}, nil, stamp, noon)
	}
	got, err := r.apply(say("billing", 0), say("billing", 10))
	if err != nil {
		return err
	}
	if got[1].Effect != conversation.Unchanged {
		return fmt.Errorf("wanted unchanged, got %s", got[1].Effect)
	}
	// Later than the first stamp and earlier than the second: the topic stays only if the second one was kept.
	return first(func() error { return r.put(say("shipping", 5)) }, r.everything)
}

func numbers(r *room) error {
	g := newGen(6)
	highest := int64(0)
	for range 8 {
		var patches []conversation.Patch
		for _, i := range g.Perm(6)[:3] {
			patches = append(patches, g.patch(key(r.org, i), noon))
		}
		got, err := r.apply(patches...)
		if err != nil {
			return err
		}
		var seqs []int64
		for _, x := range got {
			stored, err := r.s.Conversations.Get(r, r.org, x.Conversation.UID())
			if err != nil {
				return err
			}
			if stored.Seq != x.Conversation.Seq {
				return fmt.Errorf("the result says Seq %d, the store %d", x.Conversation.Seq, stored.Seq)
			}
			if slices.Contains(seqs, stored.Seq) {
				return fmt.Errorf("two conversations have the Seq %d", stored.Seq)
			}
			if x.Effect != conversation.Unchanged && stored.Seq <= highest {
				return fmt.Errorf("a new version has the Seq %d, %d was given before", stored.Seq, highest)
			}
			seqs = append(seqs, stored.Seq)
		}
		highest = max(highest, slices.Max(seqs))
	}
	return nil
}

func severalOrgs(ctx context.Context, s port.Storage) error {
	a, err := enter(ctx, s, 1)
	if err != nil {
		return err
	}
	b, err := enter(ctx, s, 2)
	if err != nil {
		return err
	}
	g := newGen(7)
	var changes []conversation.Change
	var want []conversation.Result
	for i := range 20 {
		r := []*room{a, b}[i%2]
		p := g.patch(key(r.org, i/4), noon)
		changes, want = append(changes, change(p)), append(want, r.take(p))
	}
	got, err := s.Conversations.Apply(ctx, changes)
	if err != nil || len(got) != len(want) {
		return fmt.Errorf("Apply: wanted %d results, got %d and %v", len(want), len(got), err)
	}
	for i := range want {
		if err := sameResult(fmt.Sprintf("result %d", i), want[i], got[i]); err != nil {
			return err
		}
	}
	return first(a.everything, b.everything)
}

func givenUp(r *room) error {
	g := newGen(9)
	for at := range 4 {
		ctx, cancel := context.WithCancel(r)
		var patches []conversation.Patch
		var changes []conversation.Change
		for i := range 4 {
			p := g.patch(key(r.org, 10*at+i), noon)
			c := change(p)
			if i == at {
				c.Fn = func(old *conversation.Conversation) (*conversation.Conversation, error) {
					cancel()
					return step(p)(old)
				}
			}
			patches, changes = append(patches, p), append(changes, c)
		}
		_, err := r.s.Conversations.Apply(ctx, changes)
		cancel()
		if err == nil {
			for _, p := range patches {
				r.take(p)
			}
		} else if err := wantError("Apply", err, context.Canceled); err != nil {
			return err
		}
		if err := r.everything(); err != nil {
			return fmt.Errorf("given up at change %d: %w", at, err)
		}
	}
	return nil
}

func aliases(r *room) error {
	if err := r.fill(newGen(10), 10, time.Hour); err != nil {
		return err
	}
	page, err := r.s.Conversations.List(r, r.org, conversation.Query{})
	if err != nil {
		return err
	}
	for _, c := range page.Conversations {
		for i := range c.Messages {
			c.Messages[i].Content = "scribble"
		}
		for i := range c.Facts.Tags.Value {
			c.Facts.Tags.Value[i] = "scribble"
		}
		for i := range c.Findings.Escalation.Evidence {
			c.Findings.Escalation.Evidence[i].Words = "scribble"
		}
		if s := c.Findings.ResolutionSeconds; s != nil {
			*s = -1
		}
	}
	return r.everything()
}

func thousands(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	var patches []conversation.Patch
	for i := range 3000 {
		at := noon.Add(time.Duration(i%1000) * time.Minute)
		facts := conversation.Facts{Topic: conversation.State(ptr("billing"), stamp), CreatedAt: conversation.State(&at, stamp)}
		patches = append(patches, conversation.NewPatch(key(r.org, i), facts, nil, stamp, noon))
	}
	if err := r.put(patches...); err != nil {
		return err
	}
	all := r.listed(conversation.Query{})
	return first(
		func() error { return r.lists(conversation.Query{UIDs: uids(all[5:]...)}) },
		func() error { return r.erase(conversation.Query{UIDs: uids(all[:2500]...)}) },
		func() error { return r.lists(conversation.Query{}) },
		r.cells,
	)
}
