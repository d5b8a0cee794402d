package storagetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// noon is when most cases play: three weeks before the clocks go forward in New York and four before Berlin.
var noon = time.Date(2025, 2, 16, 12, 0, 0, 0, time.UTC)

// gen makes conversations up. The same seed makes the same ones.
type gen struct{ *rand.Rand }

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 20250216))} }

// one picks from a list.
func one[T any](g gen, list ...T) T { return list[g.IntN(len(list))] }

// maybe is a statement half of the time.
func maybe[T any](g gen, stamp conversation.Stamp, list ...T) conversation.Said[T] {
	if g.IntN(2) == 0 {
		return conversation.Said[T]{}
	}
	return conversation.State(ptr(one(g, list...)), stamp)
}

// orgID is the nth organisation of a case.
func orgID(n int) tenant.ID {
	id := tenant.ID{0x0e, 0x57}
	id[6], id[8], id[14], id[15] = 0x80, 0x80, byte(n>>8), byte(n)
	return id
}

// key is the nth conversation of an organisation, on one of two platforms.
func key(org tenant.ID, n int) conversation.Key {
	platform := conversation.Custom
	if n%3 == 0 {
		platform = conversation.Zendesk
	}
	return conversation.Key{Org: org, Platform: platform, ID: fmt.Sprintf("c-%d", n)}
}

// words are what people say. "Straße" is searched for in other spellings.
var words = []string{
	"refund", "Invoice", "login", "broken", "thanks", "Straße", "naïve", "late", "42", "café", "human", "no", "ok", "東京",
}

func (g gen) sentence() string {
	s := one(g, words...)
	for range g.IntN(5) {
		s += one(g, " ", ", ", " — ", "\n") + one(g, words...)
	}
	return s
}

// stamp is an event within two hours of at, on a full minute, so that two events sometimes share their time.
func (g gen) stamp(at time.Time) conversation.Stamp {
	return conversation.Stamp{
		Trust: one(g, conversation.Unverified, conversation.Confirmed, conversation.Signed, conversation.Signed),
		At:    at.Add(time.Duration(g.IntN(120)) * time.Minute),
	}
}

// patch is something stated about a conversation around a time.
func (g gen) patch(k conversation.Key, at time.Time) conversation.Patch {
	stamp := g.stamp(at)
	received := stamp.At.Add(time.Duration(g.IntN(5_000_000)) * time.Microsecond)
	return conversation.NewPatch(k, g.facts(stamp), g.messages(stamp.At), stamp, received)
}

func (g gen) facts(s conversation.Stamp) conversation.Facts {
	return conversation.Facts{
		CustomerID:             maybe(g, s, "ann", "bob", "Bob", "çelik"),
		AIAgentID:              maybe(g, s, "bot-1", "bot-2"),
		Rating:                 maybe(g, s, g.rating(s.At), g.rating(s.At)),
		Sentiment:              maybe(g, s, conversation.Sentiments()...),
		Escalated:              maybe(g, s, true, false),
		EscalationReason:       maybe(g, s, "asked for a person", ""),
		ResolutionSeconds:      maybe(g, s, 0, 12.5, 86400, 3.2e9),
		FirstContactResolution: maybe(g, s, true, false),
		AIHandled:              maybe(g, s, true, false),
		Topic:                  maybe(g, s, "billing", "shipping", "Billing"),
		Subtopic:               maybe(g, s, "fees", "returns"),
		Priority:               maybe(g, s, conversation.Priorities()...),
		Cost:                   maybe(g, s, money.Micro(0), 20_000, conversation.MaxCostMicro),
		Metadata:               maybe(g, s, `{"a":1}`, `{"b":[true,null]}`),
		Tags:                   maybe(g, s, []string{"vip", "eu"}, []string{"b,c", ""}),
		CreatedAt:              maybe(g, s, s.At.Add(-time.Hour)),
		ClosedAt:               maybe(g, s, s.At.Add(time.Hour)),
		HandedOffAt:            maybe(g, s, s.At),
		AIFailed:               maybe(g, s, true, false),
		Offered:                maybe(g, s, true, false),
		HandleSeconds:          maybe(g, s, 0.25, 600, 4000),
		TokensIn:               maybe(g, s, int64(0), 900, conversation.MaxTokens),
		TokensOut:              maybe(g, s, int64(0), 120),
		NextContact:            maybe(g, s, s.At.Add(20*time.Hour), s.At.Add(100*time.Hour)),
	}
}

func (g gen) rating(at time.Time) conversation.Rating {
	r := conversation.Rating{Score: 1 + g.IntN(5), Scale: one(g, conversation.Scales()...)}
	if g.IntN(2) == 0 {
		r.At = at.Add(time.Minute)
	}
	if g.IntN(3) == 0 {
		r.Subject = one(g, conversation.PartyAI, conversation.PartyHuman)
	}
	return r
}

func (g gen) messages(at time.Time) []conversation.Message {
	out := make([]conversation.Message, g.IntN(6))
	for i := range out {
		m := conversation.Message{Sender: one(g, conversation.Senders()...), Content: g.sentence()}
		if g.IntN(4) > 0 {
			m.At = at.Add(time.Duration(i*17+g.IntN(30)) * time.Second)
		}
		if g.IntN(3) == 0 {
			m.ID = fmt.Sprintf("m%d", g.IntN(8))
		}
		if g.IntN(3) == 0 {
			m.SenderID = one(g, "ann", "agent-7")
		}
		if g.IntN(5) == 0 {
			m.Metadata = `{"x":"y"}`
		}
		out[i] = m
	}
	return out
}
