package predict

import (
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// Signs are what a conversation shows of the customer's satisfaction. The rating is not among them, nor anything read
// from it, so that they mean the same in conversations nobody rated.
type Signs struct {
	// Compound weighs the customer's later messages more, Mood weighs all alike; -1 to 1, nil without customer text or
	// lexicon.
	Compound, Mood *float64
	// Frustration is the sum of the points, 0 to 16. Impatient counts customer messages that lose patience.
	Frustration, Impatient int
	// Outcome is the rung of the outcome ladder, read without the rating; empty where the AI took no part.
	Outcome conversation.Outcome
	// News is -1 when the last answer that brought any refused, 1 when it reported success, 0 when none did either.
	News int
	// Escalated, Unmet (a person was asked for and did not come), GaveUp (an automated message did), Repeated (the
	// customer said a thing again) and Resigned (the customer gave up on the matter) happened or did not.
	Escalated, Unmet, GaveUp, Repeated, Resigned bool
	// CustomerTurns counts runs of customer messages.
	CustomerTurns int
	// FirstAnswerSeconds is from the first customer message to the first answer; nil when the source did not time both.
	FirstAnswerSeconds *float64
}

// Look reads the signs of a conversation from its messages and from what sources stated, the rating apart.
func Look(c conversation.Conversation) Signs {
	senders := lo.Map(c.Messages, func(m conversation.Message, _ int) conversation.Sender { return m.Sender })
	flow := make([]escalation.Turn, len(c.Messages))
	turns := make([]outcome.Turn, len(c.Messages))
	said := make([]sentiment.Message, len(c.Messages))
	for i, m := range c.Messages {
		found := cue.Find(m.Content)
		flow[i] = escalation.ReadTurn(m.Sender, m.Order, found)
		turns[i] = outcome.ReadTurn(m.Sender, m.Content, found)
		said[i] = sentiment.Message{Sender: sentiment.Sender(m.Sender), Text: m.Content}
	}
	mood := sentiment.Score(said)
	verdict := escalation.Verdict(flow, escalation.Stated{
		Escalated: c.Facts.Escalated.Get(), HandedOff: c.Facts.HandedOffAt.OK(), HandedOffAt: c.Facts.HandedOffAt.Value,
	})
	handler, _ := csat.Handler(senders, csat.Flags{
		AIHandled: c.Facts.AIHandled.Get(), AIAgent: c.Facts.AIAgentID.OK(), Escalated: c.Facts.Escalated.Get(),
	})
	s := Signs{
		Compound: mood.Compound, Frustration: mood.Frustration, Escalated: verdict.Escalated, Unmet: verdict.UnmetRequest,
		GaveUp:   slices.ContainsFunc(flow, func(t escalation.Turn) bool { return t.GaveUp != "" }),
		Repeated: mood.Points.Repetition > 0, CustomerTurns: escalation.CustomerTurns(senders),
		FirstAnswerSeconds: firstAnswer(c.Messages),
	}
	s.Outcome = outcome.Read(turns, outcome.Stated{
		Handler: handler, Escalated: s.Escalated, Unmet: s.Unmet, PlatformConfirmed: c.Facts.FirstContactResolution.Value,
		Unhappy: conversation.Sentiment(mood.Label).Unhappy(), Repeated: s.Repeated,
	}).Kind
	s.follow(turns, c.Messages)
	if mood.Compound != nil {
		s.Mood = meanCompound(c.Messages)
	}
	return s
}

func (s *Signs) follow(turns []outcome.Turn, messages []conversation.Message) {
	for i, t := range turns {
		switch {
		case t.Answer.Refused != "":
			s.News = -1
		case t.Answer.Granted != "":
			s.News = 1
		}
		s.Resigned = s.Resigned || t.Resigned != ""
		if t.Sender == conversation.Customer && outcome.Impatient(messages[i].Content) != "" {
			s.Impatient++
		}
	}
}

func meanCompound(messages []conversation.Message) *float64 {
	said := lo.Filter(messages, func(m conversation.Message, _ int) bool { return m.Sender == conversation.Customer })
	if len(said) == 0 {
		return nil
	}
	return lo.ToPtr(lo.MeanBy(said, func(m conversation.Message) float64 { return sentiment.MessageCompound(m.Content) }))
}

func firstAnswer(messages []conversation.Message) *float64 {
	asked := slices.IndexFunc(messages, func(m conversation.Message) bool { return m.Sender == conversation.Customer })
	if asked < 0 || messages[asked].At.IsZero() {
		return nil
	}
	for _, m := range messages[asked:] {
		if m.Sender.Automated() || m.Sender == conversation.HumanAgent {
			if m.At.IsZero() {
				return nil
			}
			return lo.ToPtr(max(m.At.Sub(messages[asked].At).Seconds(), 0))
		}
	}
	return nil
}
