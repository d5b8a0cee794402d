package conversation

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Conversation is all that is known about one conversation: the facts sources stated, the messages, and what the core
// found in them.
type Conversation struct {
	Key
	Facts    Facts
	Messages []Message
	Findings Findings
	// StartedAt is the first message, else the creation the platform states, else the first receipt. Among messages it
	// never moves later, and it decides the window a conversation counts in.
	StartedAt time.Time
	// EndedAt is the last message, or StartedAt without messages.
	EndedAt time.Time
	// ReceivedAt is when the first piece of it arrived, UpdatedAt when the last did.
	ReceivedAt time.Time
	UpdatedAt  time.Time
	// Trust is the highest level any piece of it had: an unverified conversation rests on unverified pieces alone.
	Trust Trust
	// Seq is the store's number of this version: each version stored in an organisation has a higher one than all
	// before it.
	Seq int64
}

// Patch is a piece of a conversation as one source stated it at one time. Nothing in it is half said: a fact is stated
// or absent.
type Patch struct {
	Key      Key
	Facts    Facts
	Messages []Message
	// Stamp is the event's time and trust.
	Stamp Stamp
	// ReceivedAt is when the patch reached this product.
	ReceivedAt time.Time
}

// NewPatch stamps facts and messages that were stated together. Facts must have been built with the same stamp. All
// times become UTC in microseconds, the precision every store keeps.
func NewPatch(key Key, facts Facts, messages []Message, stamp Stamp, received time.Time) Patch {
	stamp.At = micro(stamp.At)
	facts.micro()
	return Patch{Key: key, Facts: facts, Messages: dedupe(sortMessages(place(messages, stamp))), Stamp: stamp, ReceivedAt: micro(received)}
}

// micro is t in UTC, cut to microseconds.
func micro(t time.Time) time.Time {
	t = t.UTC()
	if beyond := t.Nanosecond() % 1000; beyond > 0 { // few have any
		t = t.Add(-time.Duration(beyond))
	}
	return t
}

// Merge puts a patch into the stored version, nil when there is none. The same patches, repeated, late or in any
// order, end in the same conversation; only UpdatedAt tells what arrived last. Findings are left for the caller to read
// anew.
func Merge(old *Conversation, p *Patch) *Conversation {
	c := new(Conversation)
	if old == nil {
		c.Key, c.ReceivedAt, c.UpdatedAt, c.Trust = p.Key, p.ReceivedAt, p.ReceivedAt, p.Stamp.Trust
	} else {
		*c = *old
		c.ReceivedAt = earliest(c.ReceivedAt, p.ReceivedAt)
		c.Trust = max(c.Trust, p.Stamp.Trust)
	}
	c.Facts.merge(&p.Facts)
	c.Messages = mergeMessages(c.Messages, p.Messages)
	c.settle()
	if old == nil || !c.SameAs(old) {
		c.UpdatedAt = p.ReceivedAt
		if old != nil && old.UpdatedAt.After(c.UpdatedAt) {
			c.UpdatedAt = old.UpdatedAt
		}
	}
	return c
}

// settle derives the times from what is there.
func (c *Conversation) settle() {
	switch {
	case len(c.Messages) > 0:
		c.StartedAt = c.Messages[0].Order
		c.EndedAt = c.Messages[len(c.Messages)-1].Order
	case c.Facts.CreatedAt.OK():
		c.StartedAt = c.Facts.CreatedAt.Value
		c.EndedAt = c.StartedAt
	default:
		c.StartedAt = c.ReceivedAt
		c.EndedAt = c.ReceivedAt
	}
}

// SameAs says whether two versions say the same to a reader: stamps, receipt times, findings and the store's number
// apart.
func (c *Conversation) SameAs(o *Conversation) bool {
	if !c.StartedAt.Equal(o.StartedAt) || !c.EndedAt.Equal(o.EndedAt) || c.Trust != o.Trust || len(c.Messages) != len(o.Messages) {
		return false
	}
	for i := range c.Messages {
		if compareText(&c.Messages[i], &o.Messages[i]) != 0 {
			return false
		}
	}
	return sameFacts(&c.Facts, &o.Facts)
}

// SameVersion says whether two versions are equal to the last stamp, so that nothing need be written.
func (c *Conversation) SameVersion(o *Conversation) bool {
	if !c.SameAs(o) || !c.ReceivedAt.Equal(o.ReceivedAt) || !c.Findings.same(&o.Findings) {
		return false
	}
	for i := range c.Messages {
		a, b := &c.Messages[i], &o.Messages[i]
		if a.Stamp.compare(b.Stamp) != 0 || !a.Order.Equal(b.Order) || a.Position != b.Position {
			return false
		}
	}
	return c.Facts.stamps() == o.Facts.stamps()
}

// Sentiment is the label filters use: what the client declared, else what the core computed.
func (c *Conversation) Sentiment() Sentiment {
	if c.Facts.Sentiment.OK() {
		return c.Facts.Sentiment.Value
	}
	return c.Findings.Sentiment.Label
}

// AIHandled says whether the AI took part: its handler says so, or the AI wrote anything at all.
func (c *Conversation) AIHandled() bool {
	ai := c.Findings.Handler.AIInvolved()
	for i := 0; !ai && i < len(c.Messages); i++ {
		ai = c.Messages[i].Sender == AI
	}
	return ai
}

// Closed says whether the conversation is known to be over: the platform closed it or stated how long it took, or the
// customer rated it.
func (c *Conversation) Closed() bool {
	return c.Facts.ClosedAt.OK() || c.Facts.Rating.OK() || c.Facts.ResolutionSeconds.OK()
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Change is one step on one conversation, run by a store inside its own atomic write. Fn gets the stored version, nil
// when there is none, and returns the version to store; it is pure and may be called again after a lost race. What it
// returns is the store's: it is numbered, and handed out as the result. An error leaves the conversation as it was.
type Change struct {
	Key Key
	Fn  func(old *Conversation) (*Conversation, error)
	// Once, when set, makes a repeated request answer as the first one did.
	Once *Once
}

// Once identifies a request that its sender may repeat.
type Once struct {
	// Route and Token are the request's address and the sender's idempotency key.
	Route string
	Token string
	// Body is a digest of the request: the same token with another body is a mistake of the sender.
	Body [32]byte
	// At is when the request came; a store forgets tokens a day later.
	At time.Time
}

// Effect says what a change did.
type Effect string

// The effects. Unchanged means that a reader sees no difference.
const (
	Created   Effect = "created"
	Updated   Effect = "updated"
	Unchanged Effect = "unchanged"
)

// Result is what became of one change.
type Result struct {
	// Conversation is the version after the change, which nobody changes any more; nil with an error.
	Conversation *Conversation
	Effect       Effect
	Err          error
}

// Receipt says what a deletion touched.
type Receipt struct {
	Org           tenant.ID
	Conversations int
	Messages      int
	GapLinks      int
	At            time.Time
}

// ReturnedWithin says whether the same customer began another conversation on the topic at 0 ≤ t < window after this
// one ended.
func (c *Conversation) ReturnedWithin(window time.Duration) bool {
	next := c.Facts.NextContact
	if !next.OK() || next.Value.IsZero() {
		return false
	}
	t := next.Value.Sub(c.EndedAt)
	return t >= 0 && t < window
}
