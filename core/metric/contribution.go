package metric

import (
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// UnknownTopic stands for conversations without a topic.
const UnknownTopic = "unknown"

// The windows within which a customer who is back undoes a resolution.
const (
	ReturnWindow  = 72 * time.Hour
	DurableWindow = 7 * 24 * time.Hour
)

// Contribution is what one version of a conversation adds to one cell: a pure function, so that a new version can take
// the old one's part away to the last unit.
func Contribution(c *conversation.Conversation) Cell {
	f := &c.Findings
	ai := f.Handler.AIInvolved()
	b := builder{entries: make([]Entry, 0, 24)} // most have fewer
	b.add(Conversations, 1)
	b.count(AIInvolved, ai)
	b.count(Closed, c.Closed())
	b.count(HandlerConflicts, f.HandlerConflict)
	b.count(FlagConflicts, f.Escalation.FlagConflict)
	b.count(Unverified, c.Trust == conversation.Unverified)
	b.count(Offered, c.Facts.Offered.Value)
	b.count(OfferedRated, c.Facts.Offered.Value && c.Facts.Rating.OK())
	b.count(UnmetRequest, f.Escalation.UnmetRequest)
	b.count(FirstContactYes, c.Facts.FirstContactResolution.Value)
	b.count(FirstContactNo, c.Facts.FirstContactResolution.OK() && !c.Facts.FirstContactResolution.Value)
	b.messages(c.Messages)
	b.escalation(c, ai)
	b.ratings(c)
	b.failure(&f.Failure, ai)
	if ai {
		b.add(Ended(f.Outcome.Kind), 1)
	}
	b.credit(c, ai)
	b.costs(c, ai)
	b.durations(c)
	return Cell{Key: KeyOf(c), Values: b.vector()}
}

// KeyOf is the cell a conversation counts in, at the finest grain.
func KeyOf(c *conversation.Conversation) Key {
	return Key{
		Bucket:   Bucket(c.StartedAt),
		Topic:    lo.CoalesceOrEmpty(c.Facts.Topic.Value, UnknownTopic),
		Priority: c.Facts.Priority.Value,
		Handler:  lo.CoalesceOrEmpty(c.Findings.Handler, conversation.HandlerUnknown),
		Platform: c.Platform,
	}
}

func (b *builder) messages(messages []conversation.Message) {
	var ai, human, customer int64
	for i := range messages {
		switch sender := messages[i].Sender; {
		case sender.Automated():
			ai++
		case sender == conversation.HumanAgent:
			human++
		case sender == conversation.Customer:
			customer++
		}
	}
	b.add(AIMessages, ai)
	b.add(HumanMessages, human)
	b.add(CustomerMessages, customer)
}

func (b *builder) escalation(c *conversation.Conversation, ai bool) {
	e := &c.Findings.Escalation
	b.count(Escalated, e.Escalated)
	b.count(DeclaredEscalated, e.Escalated && e.Declared)
	b.count(EscalatedAI, e.Escalated && ai)
	b.count(Contained, ai && !e.Escalated)
	if !ai {
		return
	}
	if !e.Escalated {
		b.add(EndedAtTurn(c.Findings.CustomerTurns), 1)
		return
	}
	b.add(EscalatedAtTurn(e.Turn), 1)
	b.add(EscalatedFor(e.Primary), 1)
	b.count(RequestedFirst, e.Primary == conversation.CustomerRequested && e.AnswersBefore == 0)
	if !e.At.IsZero() {
		b.seconds(ToEscalation, lo.ToPtr(int64(e.At.Sub(c.StartedAt)/time.Second)))
	}
}

func (b *builder) ratings(c *conversation.Conversation) {
	label := c.Sentiment()
	b.add(SentimentLabel(label), 1)
	if !c.Facts.Rating.OK() {
		return
	}
	r := c.Facts.Rating.Value
	b.add(Ratings(c.Findings.Attribution, r.Scale, r.Score), 1)
	b.add(TouchRatings(c.Findings.LastTouch, r.Score), 1)
	b.add(RatedWithLabel(label), 1)
	b.count(SatisfiedWithLabel(label), r.Satisfied())
}

func (b *builder) failure(f *conversation.FailureFinding, ai bool) {
	if !ai || !f.Failed() {
		return
	}
	b.add(Failed, 1)
	b.count(Unextracted, f.Question == "")
	for _, kind := range f.Kinds {
		b.add(FailedBy(kind), 1)
	}
}

// credit counts resolutions the AI may be credited with. A customer who is back on the topic in time takes it away.
func (b *builder) credit(c *conversation.Conversation, ai bool) {
	back72, back7d := c.ReturnedWithin(ReturnWindow), c.ReturnedWithin(DurableWindow)
	b.count(Returned72h, ai && back72)
	b.count(Returned7d, ai && back7d)
	if c.Findings.Handler != conversation.AIOnly {
		return
	}
	b.add(CreditGross, 1)
	confirmed, assumed := c.Findings.Outcome.Kind == conversation.OutcomeConfirmed, c.Findings.Outcome.Kind == conversation.OutcomeAssumed
	b.count(CreditConfirmed, confirmed && !back72)
	b.count(CreditAssumed, assumed && !back72)
	b.count(LostConfirmed, confirmed && back72)
	b.count(LostAssumed, assumed && back72)
	b.count(KeptDurable7d, (confirmed || assumed) && !back7d)
	b.count(LostDurable7d, (confirmed || assumed) && back7d)
}

// costs counts what the AI cost or used. A conversation that reports its own cost is priced by that alone.
func (b *builder) costs(c *conversation.Conversation, ai bool) {
	in, out := c.Facts.TokensIn, c.Facts.TokensOut
	b.add(TokensIn, in.Value)
	b.add(TokensOut, out.Value)
	if c.Facts.Cost.OK() {
		b.add(AICostReported, 1)
		b.add(AICost, int64(c.Facts.Cost.Value))
		return
	}
	if !ai {
		return
	}
	b.add(Unreported, 1)
	b.count(UnreportedResolved, c.Findings.Outcome.Kind == conversation.OutcomeConfirmed || c.Findings.Outcome.Kind == conversation.OutcomeAssumed)
	b.count(UnreportedTokened, in.OK() || out.OK())
	b.add(UnreportedTokensIn, in.Value)
	b.add(UnreportedTokensOut, out.Value)
}

func (b *builder) durations(c *conversation.Conversation) {
	b.seconds(Resolution, c.Findings.ResolutionSeconds)
	b.seconds(FirstResponse, c.Findings.FirstResponseSeconds)
	switch c.Findings.Handler {
	case conversation.HumanOnly:
		b.seconds(HandleHuman, c.Findings.HandleSeconds)
	case conversation.AIThenHuman:
		b.seconds(HandleAfterAI, c.Findings.HandleSeconds)
	}
}
