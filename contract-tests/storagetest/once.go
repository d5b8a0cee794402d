package storagetest

import (
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func once(token string, body byte, at time.Time) *conversation.Once {
	return &conversation.Once{Route: "POST /conversations", Token: token, Body: [32]byte{body}, At: at}
}

func onceCases() []Case {
	return []Case{
		{
			About: apply, Sentence: "a repeated Once answers with the first effect and stores nothing",
			Reason: "a sender who lost the answer sends again and must not be told 'unchanged' about what it created",
			Check:  in(replay),
		},
		{
			About: apply, Sentence: "a repeated Once with another body carries ErrTokenReused",
			Reason: "the sender has made a mistake and must hear of it",
			Check:  in(reused),
		},
		{
			About: apply, Sentence: "a token repeated within one call is recognised",
			Reason: "two copies of a request can wait for the same transaction",
			Check:  in(replayInBatch),
		},
		{
			About: apply, Sentence: "a token is forgotten a day later and not before",
			Reason: "keys are kept for 24 hours and no longer",
			Check:  in(forgotten),
		},
		{
			About: apply, Sentence: "the token of a change that failed is not kept",
			Reason: "the sender mends its request and sends it under the same key",
			Check:  in(failedToken),
		},
		{
			About: apply, Sentence: "tokens are told apart by organisation and route",
			Reason: "two senders choose the same key",
			Check:  in(tokenScope),
		},
	}
}

// stepOnce applies one patch under a token and says what the store answered; ran tells whether the change was run on
// what is stored. On nothing a store may run it before it has looked.
func (r *room) stepOnce(p conversation.Patch, o *conversation.Once) (result conversation.Result, ran bool, err error) {
	c := conversation.Change{Key: p.Key, Once: o, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
		_, stored := r.live[p.Key.UID()]
		ran = ran || (old != nil) == stored
		return step(p)(old)
	}}
	got, err := r.s.Conversations.Apply(r, []conversation.Change{c})
	if err != nil || len(got) != 1 {
		return result, ran, fmt.Errorf("Apply: wanted 1 result, got %d and %v", len(got), err)
	}
	return got[0], ran, nil
}

func (r *room) expectFresh(what string, p conversation.Patch, o *conversation.Once) error {
	got, ran, err := r.stepOnce(p, o)
	if err != nil {
		return err
	}
	if !ran {
		return fmt.Errorf("%s: the change was not run", what)
	}
	return sameResult(what, r.take(p), got)
}

func (r *room) expectReplay(what string, p conversation.Patch, o *conversation.Once, effect conversation.Effect) error {
	got, ran, err := r.stepOnce(p, o)
	if err != nil {
		return err
	}
	if ran {
		return fmt.Errorf("%s: the change was run again", what)
	}
	live := r.live[p.Key.UID()]
	return sameResult(what, conversation.Result{Conversation: &live, Effect: effect}, got)
}

func replay(r *room) error {
	g := newGen(11)
	p, q := g.patch(key(r.org, 1), noon), g.patch(key(r.org, 1), noon.Add(time.Hour))
	return first(
		func() error { return r.expectFresh("first", p, once("a", 1, noon)) },
		func() error {
			return r.expectReplay("again", p, once("a", 1, noon.Add(time.Minute)), conversation.Created)
		},
		func() error { return r.put(q) },
		func() error {
			return r.expectReplay("after an update", p, once("a", 1, noon.Add(time.Hour)), conversation.Created)
		},
		func() error { return r.expectFresh("sent again under another key", p, once("b", 1, noon)) },
		func() error { return r.expectReplay("and that again", p, once("b", 1, noon), conversation.Unchanged) },
		r.everything,
	)
}

func reused(r *room) error {
	g := newGen(12)
	p, q := g.patch(key(r.org, 1), noon), g.patch(key(r.org, 2), noon)
	if err := r.expectFresh("first", p, once("a", 1, noon)); err != nil {
		return err
	}
	for _, other := range []conversation.Patch{p, q} {
		got, _, err := r.stepOnce(other, once("a", 2, noon))
		if err != nil {
			return err
		}
		if err := wantError("another body", got.Err, port.ErrTokenReused); err != nil {
			return err
		}
	}
	return first(
		func() error {
			return r.expectReplay("the first body again", p, once("a", 1, noon), conversation.Created)
		},
		r.everything,
	)
}

func replayInBatch(r *room) error {
	p := newGen(13).patch(key(r.org, 1), noon)
	c := change(p)
	c.Once = once("a", 1, noon)
	other := c
	other.Once = once("a", 2, noon)
	got, err := r.s.Conversations.Apply(r, []conversation.Change{c, c, other})
	if err != nil || len(got) != 3 {
		return fmt.Errorf("Apply: wanted 3 results, got %d and %v", len(got), err)
	}
	want := r.take(p)
	return first(
		func() error { return sameResult("the first", want, got[0]) },
		func() error { return sameResult("its copy", want, got[1]) },
		func() error { return wantError("another body", got[2].Err, port.ErrTokenReused) },
		r.everything,
	)
}

func forgotten(r *room) error {
	g := newGen(14)
	p, q := g.patch(key(r.org, 1), noon), g.patch(key(r.org, 1), noon)
	day := 24 * time.Hour
	return first(
		func() error { return r.expectFresh("first", p, once("a", 1, noon)) },
		func() error {
			return r.expectReplay("a minute before a day", p, once("a", 1, noon.Add(day-time.Minute)), conversation.Created)
		},
		func() error { return r.expectFresh("another token a day later", q, once("b", 1, noon.Add(day))) },
		func() error {
			return r.expectFresh("a minute after a day, another body", q, once("a", 2, noon.Add(day+time.Minute)))
		},
		func() error {
			return r.expectReplay("the new body again", q, once("a", 2, noon.Add(day+time.Hour)), conversation.Unchanged)
		},
		r.everything,
	)
}

func failedToken(r *room) error {
	p := newGen(15).patch(key(r.org, 1), noon)
	got, err := r.s.Conversations.Apply(r, []conversation.Change{{Key: p.Key, Fn: refuse, Once: once("a", 1, noon)}})
	if err != nil || len(got) != 1 {
		return fmt.Errorf("Apply: wanted 1 result, got %d and %v", len(got), err)
	}
	return first(
		func() error { return wantError("the first", got[0].Err, errNo) },
		func() error { return r.expectFresh("mended", p, once("a", 2, noon)) },
		r.everything,
	)
}

func tokenScope(r *room) error {
	g := newGen(16)
	other, err := enter(r, r.s, 2)
	if err != nil {
		return err
	}
	route := once("a", 3, noon)
	route.Route = "PATCH /conversations"
	return first(
		func() error { return r.expectFresh("first", g.patch(key(r.org, 1), noon), once("a", 1, noon)) },
		func() error {
			return other.expectFresh("another organisation", g.patch(key(other.org, 1), noon), once("a", 2, noon))
		},
		func() error { return r.expectFresh("another route", g.patch(key(r.org, 2), noon), route) },
		func() error { return r.expectFresh("another case", g.patch(key(r.org, 3), noon), once("A", 4, noon)) },
		r.everything, other.everything,
	)
}
