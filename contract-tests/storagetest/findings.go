package storagetest

import (
	"hash/fnv"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// findings fills every field of the findings by simple rules of its own. They need not be right, only a pure function
// of the conversation: what a store is asked for is to keep them.
func findings(c conversation.Conversation) conversation.Findings {
	r := reading{c: c}
	for i, m := range c.Messages {
		r.read(i, m)
	}
	f := conversation.Findings{
		Handler: r.handler(), CustomerTurns: r.customer, HandlerConflict: c.Facts.AIHandled.OK() && c.Facts.AIHandled.Value != (r.ai > 0),
	}
	if c.Facts.Rating.OK() {
		f.Attribution = map[conversation.Handler]conversation.Party{
			conversation.AIOnly: conversation.PartyAI, conversation.HumanOnly: conversation.PartyHuman,
			conversation.AIThenHuman: conversation.PartyMixed, conversation.HumanThenAI: conversation.PartyMixed,
		}[f.Handler]
		f.LastTouch = c.Facts.Rating.Value.Subject
	}
	length := c.EndedAt.Sub(c.StartedAt)
	if len(c.Messages) > 0 {
		f.ResolutionSeconds = ptr(int64(length / time.Second))
	}
	if r.ai > 0 {
		f.FirstResponseSeconds = ptr(int64(r.firstAnswer.Sub(c.StartedAt) / time.Second))
	}
	if c.Facts.HandleSeconds.OK() {
		f.HandleSeconds = ptr(int64(c.Facts.HandleSeconds.Value))
	}
	r.escalation(&f)
	r.sentiment(&f)
	r.outcome(&f)
	r.failure(&f)
	return f
}

type reading struct {
	c                   conversation.Conversation
	ai, human, customer int
	aiFirst             bool
	firstAnswer         time.Time
	firstHuman          time.Time
	asked               conversation.Message
	askedAt             int
	hash                uint32
}

func (r *reading) read(i int, m conversation.Message) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(m.Content))
	r.hash ^= h.Sum32()
	switch {
	case m.Sender.Automated():
		if r.ai == 0 {
			r.aiFirst, r.firstAnswer = r.human == 0, m.Order
		}
		r.ai++
	case m.Sender == conversation.HumanAgent:
		if r.human == 0 {
			r.firstHuman = m.Order
		}
		r.human++
	case m.Sender == conversation.Customer:
		r.customer++
		r.asked, r.askedAt = m, i
	}
}

func (r *reading) handler() conversation.Handler {
	switch {
	case r.ai > 0 && r.human > 0 && r.aiFirst:
		return conversation.AIThenHuman
	case r.ai > 0 && r.human > 0:
		return conversation.HumanThenAI
	case r.ai > 0 || r.c.Facts.AIHandled.Value:
		return conversation.AIOnly
	case r.human > 0:
		return conversation.HumanOnly
	default:
		return conversation.HandlerUnknown
	}
}

// pick chooses from a list by what was said.
func pick[T any](r *reading, list []T) T { return list[int(r.hash%uint32(len(list)))] }

func (r *reading) evidence(s conversation.Signal) []conversation.Evidence {
	if r.customer == 0 {
		return []conversation.Evidence{{Signal: s, Message: -1}}
	}
	return []conversation.Evidence{{Signal: s, Message: r.askedAt, Words: r.asked.Content}}
}

func (r *reading) escalation(f *conversation.Findings) {
	declared := r.c.Facts.Escalated
	derived := f.Handler == conversation.AIThenHuman
	e := conversation.EscalationFinding{Escalated: declared.Value || derived, Declared: declared.Value, AnswersBefore: -1}
	e.FlagConflict = declared.OK() && !declared.Value && derived
	if e.Escalated {
		e.At = r.firstHuman
		e.Turn = max(r.customer, 1)
		e.Signals = []conversation.Signal{conversation.HumanAfterAI, conversation.HumanRequest}
		e.Primary = pick(r, conversation.Reasons())
		e.Secondary = []conversation.Reason{conversation.OtherReason}
		e.Evidence = r.evidence(conversation.HumanRequest)
		e.AnswersBefore = r.ai
	}
	e.UnmetRequest = r.hash%7 == 0
	f.Escalation = e
}

func (r *reading) sentiment(f *conversation.Findings) {
	if r.customer == 0 {
		return
	}
	f.Sentiment = conversation.SentimentFinding{
		Label: pick(r, conversation.Sentiments()), Compound: ptr(float64(r.hash%2001)/1000 - 1), Last: ptr(float64(r.hash%3) - 1),
		Frustration: int(r.hash % 9), Language: pick(r, []string{"en", "de", ""}), LanguageSupported: r.hash%2 == 0,
		Evidence: r.evidence(conversation.NegativeSentiment),
	}
}

func (r *reading) outcome(f *conversation.Findings) {
	if f.Handler.AIInvolved() {
		f.Outcome = conversation.OutcomeFinding{Kind: pick(r, conversation.Outcomes()), Evidence: r.evidence(conversation.CustomerConfirmed)}
	}
}

func (r *reading) failure(f *conversation.Findings) {
	if f.Escalation.Escalated {
		f.Failure.Kinds = append(f.Failure.Kinds, conversation.FailedEscalated)
	}
	if rating := r.c.Facts.Rating; rating.OK() && rating.Value.Score <= 2 {
		f.Failure.Kinds = append(f.Failure.Kinds, conversation.FailedLowRating)
	}
	if r.customer > 0 {
		f.Failure.Question, f.Failure.At = r.asked.Content, r.asked.Order
	}
}
