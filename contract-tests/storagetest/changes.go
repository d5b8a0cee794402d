package storagetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	since    = "Changes.Since"
	head     = "Changes.Head"
	contacts = "Changes.Contacts"
	watch    = "Changes.Watch"
)

func changesCases() []Case {
	return []Case{
		{
			About: since, Sentence: "yields what is above a number, in the order of Seq, at most limit",
			Reason: "a job works through what is new in steps",
			Check:  filled(40, time.Hour, follows),
		},
		{
			About: since, Sentence: "a conversation appears once, with its newest version",
			Reason: "a job would work old versions in over new ones",
			Check:  in(newestOnly),
		},
		{
			About: since, Sentence: "leaves out what was deleted or has expired",
			Reason: "a job would make gaps of what is gone",
			Check: filled(30, 10*time.Hour, func(r *room) error {
				return first(
					func() error { return r.erase(conversation.Query{Topic: ptr("billing")}) },
					func() error { return r.age(noon.Add(4*time.Hour), 100) },
					func() error { return follows(r) },
				)
			}),
		},
		{
			About: since, Sentence: "yields all, though perhaps in more steps, where conversations are long, and what is new among them",
			Reason: "a job would take as much memory as a hundred long conversations, or pass some over",
			Check:  in(followsLong),
		},
		{
			About: head, Sentence: "is the highest Seq that Since can yield, 0 when there is none",
			Reason: "a job knows by it whether it is done",
			Check:  in(heads),
		},
		{
			About: contacts, Sentence: "yields others of the same customer on the same topic within the time around each given one",
			Reason: "a customer who came back would count as content, or a stranger as one who came back",
			Check:  in(findsContacts),
		},
		{
			About: contacts, Sentence: "leaves the given ones out, also those of which more is known by now",
			Reason: "a customer whose name came late would have come back to themselves",
			Check:  in(contactsKnownLate),
		},
		{
			About: watch, Sentence: "names an organisation that stored something",
			Reason: "live pages would stand still",
			Check:  in(watches),
		},
		{
			About: watch, Sentence: "the channel closes when the context ends, also when nobody reads",
			Reason: "every page that was left would keep a goroutine for ever",
			Check:  in(unwatches),
		},
	}
}

// follows reads all changes in steps of several sizes.
func follows(r *room) error {
	for _, step := range []int{1, 7, 1000} {
		var got []conversation.Conversation
		after := int64(0)
		for {
			some, err := r.s.Changes.Since(r, r.org, after, step)
			if err != nil {
				return fmt.Errorf("Since: %w", err)
			}
			if len(some) > step {
				return fmt.Errorf("Since: wanted at most %d, got %d", step, len(some))
			}
			if len(some) == 0 {
				break
			}
			for _, c := range some {
				if c.Seq <= after {
					return fmt.Errorf("Since: Seq %d after %d", c.Seq, after)
				}
				after = c.Seq
			}
			got = append(got, some...)
		}
		slices.SortFunc(got, newestFirst)
		if err := sameList(fmt.Sprintf("Since in steps of %d", step), r.listed(conversation.Query{}), got); err != nil {
			return err
		}
	}
	return nil
}

// followsLong reads long conversations again and again while some of them are replaced and removed.
func followsLong(r *room) error {
	g := newGen(65)
	long := func(n int) conversation.Patch {
		text := make([]byte, 400_000)
		for i := range text {
			text[i] = byte('!' + g.IntN(90))
		}
		stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
		said := conversation.Message{ID: string(text[:8]), Sender: conversation.Customer, Content: string(text), At: noon}
		return conversation.NewPatch(key(r.org, n), conversation.Facts{}, []conversation.Message{said}, stamp, noon)
	}
	return first(
		func() error { return r.put(long(0), long(1), long(2), long(3), long(4)) },
		func() error { return follows(r) },
		func() error { return r.put(long(1), long(5)) },
		func() error { return follows(r) },
		func() error {
			return r.erase(conversation.Query{UIDs: []uid{key(r.org, 0).UID(), key(r.org, 4).UID()}})
		},
		func() error { return follows(r) },
	)
}

func newestOnly(r *room) error {
	g := newGen(60)
	seen := map[uid]int64{}
	after := int64(0)
	for round := range 6 {
		var patches []conversation.Patch
		for range 5 {
			patches = append(patches, g.patch(key(r.org, g.IntN(6)), noon))
		}
		if err := r.put(patches...); err != nil {
			return err
		}
		fresh, err := r.s.Changes.Since(r, r.org, after, 100)
		if err != nil {
			return err
		}
		for _, c := range fresh {
			if seen[c.UID()] >= c.Seq {
				return fmt.Errorf("round %d: %s came again with Seq %d", round, c.ID, c.Seq)
			}
			seen[c.UID()] = c.Seq
			after = max(after, c.Seq)
			if err := sameConversation("Since", r.live[c.UID()], c); err != nil {
				return err
			}
		}
	}
	return follows(r)
}

func heads(r *room) error {
	g := newGen(61)
	check := func() error {
		got, err := r.s.Changes.Head(r, r.org)
		if err != nil {
			return fmt.Errorf("Head: %w", err)
		}
		all, err := r.s.Changes.Since(r, r.org, 0, 1000)
		if err != nil {
			return fmt.Errorf("Since: %w", err)
		}
		want := int64(0)
		if len(all) > 0 {
			want = all[len(all)-1].Seq
		}
		if got != want {
			return fmt.Errorf("Head: wanted %d, got %d", want, got)
		}
		return nil
	}
	return first(
		check,
		func() error { return r.put(g.patch(key(r.org, 1), noon), g.patch(key(r.org, 2), noon)) },
		check,
		func() error { return r.put(g.patch(key(r.org, 1), noon)) },
		check,
		func() error { return r.erase(conversation.Query{UIDs: []uid{key(r.org, 1).UID()}}) },
		check,
		func() error { return r.put(g.patch(key(r.org, 3), noon)) },
		check,
	)
}

// findsContacts compares what is found with what the model holds, around several conversations of several customers.
func findsContacts(r *room) error {
	stranger, err := enter(r, r.s, 2)
	if err != nil {
		return err
	}
	g := newGen(64)
	put := func(r *room, n int) error {
		var patches []conversation.Patch
		for i := range n {
			stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
			start := noon.Add(time.Duration(g.IntN(60*24)) * time.Hour)
			facts := conversation.Facts{
				CreatedAt: conversation.State(&start, stamp), ClosedAt: conversation.State(ptr(start.Add(time.Duration(g.IntN(30))*time.Hour)), stamp),
				Topic: maybe(g, stamp, "billing", "login"), CustomerID: maybe(g, stamp, "kim", "lee", "billing"),
			}
			patches = append(patches, conversation.NewPatch(key(r.org, g.IntN(3*i+1)), facts, nil, stamp, noon))
		}
		return r.put(patches...)
	}
	check := func() error {
		all := r.listed(conversation.Query{})
		g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, span := range []time.Duration{0, 30 * time.Hour, 20 * 24 * time.Hour} {
			for _, given := range [][]conversation.Conversation{nil, all[:1], all[1:12], all[:len(all)/2]} {
				got, err := r.s.Changes.Contacts(r, r.org, given, span, span/2)
				if err != nil {
					return fmt.Errorf("Contacts: %w", err)
				}
				slices.SortFunc(got, newestFirst)
				if err := sameList(fmt.Sprintf("Contacts of %d within %s", len(given), span), r.contacts(given, span, span/2), got); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return first(
		func() error { return put(r, 80) },
		func() error { return put(stranger, 80) },
		check,
		func() error { return put(r, 80) },
		func() error { return r.erase(conversation.Query{Customer: ptr("lee"), Topic: ptr("login")}) },
		check,
	)
}

// contactsKnownLate gives a conversation as it was before its customer was known.
func contactsKnownLate(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	customer := conversation.Facts{CustomerID: conversation.State(ptr("kim"), stamp)}
	early, err := r.apply(conversation.NewPatch(key(r.org, 1), conversation.Facts{}, nil, stamp, noon))
	if err != nil {
		return err
	}
	other, err := r.apply(conversation.NewPatch(key(r.org, 2), customer, nil, stamp, noon.Add(time.Minute)))
	if err != nil {
		return err
	}
	if err := r.put(conversation.NewPatch(key(r.org, 1), customer, nil, stamp, noon.Add(2*time.Minute))); err != nil {
		return err
	}
	got, err := r.s.Changes.Contacts(r, r.org, []conversation.Conversation{*early[0].Conversation, *other[0].Conversation}, time.Hour, time.Hour)
	if err != nil {
		return fmt.Errorf("Contacts: %w", err)
	}
	return sameList("Contacts of both", nil, got)
}

func (m *model) contacts(given []conversation.Conversation, before, after time.Duration) []conversation.Conversation {
	excluded := uids(given...)
	var out []conversation.Conversation
	for _, o := range m.listed(conversation.Query{}) {
		related := slices.ContainsFunc(given, func(c conversation.Conversation) bool {
			return c.Facts.CustomerID.Value != "" && o.Facts.CustomerID.Value == c.Facts.CustomerID.Value && o.Facts.Topic.Value == c.Facts.Topic.Value &&
				!o.StartedAt.Before(c.StartedAt.Add(-before)) && o.StartedAt.Before(c.EndedAt.Add(after))
		})
		if related && !slices.Contains(excluded, o.UID()) {
			out = append(out, o)
		}
	}
	return out
}

func watches(r *room) error {
	other, err := enter(r, r.s, 2)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r)
	defer cancel()
	hints, err := r.s.Changes.Watch(ctx)
	if err != nil {
		return fmt.Errorf("Watch: %w", err)
	}
	// Nobody reads while both write: neither write may wait, and neither hint may be lost.
	g := newGen(62)
	for i := range 20 {
		w := []*room{r, other}[i%2]
		if err := w.put(g.patch(key(w.org, i), noon)); err != nil {
			return err
		}
	}
	missing := map[tenant.ID]bool{r.org: true, other.org: true}
	for len(missing) > 0 {
		select {
		case org, ok := <-hints:
			if !ok {
				return fmt.Errorf("the channel closed before its context ended")
			}
			delete(missing, org)
		case <-r.Done():
			return fmt.Errorf("%d of 2 organisations were never named", len(missing))
		}
	}
	return nil
}

func unwatches(r *room) error {
	for _, read := range []bool{true, false} {
		ctx, cancel := context.WithCancel(r)
		hints, err := r.s.Changes.Watch(ctx)
		if err != nil {
			cancel()
			return fmt.Errorf("Watch: %w", err)
		}
		if !read {
			if err := r.put(newGen(63).patch(key(r.org, 1), noon)); err != nil {
				cancel()
				return err
			}
		}
		cancel()
		for open := true; open; {
			select {
			case _, open = <-hints:
			case <-r.Done():
				return fmt.Errorf("the channel was still open long after its context had ended")
			}
		}
	}
	return nil
}
