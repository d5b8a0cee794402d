package simulate

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// Ending is how a conversation that no person took part in came to its end.
type Ending string

// The endings. Reached is that of conversations a person took part in.
const (
	Thanked Ending = "thanked" // answered, and the customer said so
	Silent  Ending = "silent"  // answered, and the customer left
	GaveUp  Ending = "gave_up" // the AI had no answer
	Unmet   Ending = "unmet"   // the customer asked for a person, nobody came
	Unhappy Ending = "unhappy" // answered, and the customer complained
	Reached Ending = "reached"
)

// Case is the truth about one conversation.
type Case struct {
	ID       string                `json:"id"`
	Customer string                `json:"customer_id"`
	Topic    string                `json:"topic"`
	Priority conversation.Priority `json:"priority"`
	// Start and End are the first and the last message.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// AIFirst says that the AI took it up; Handler who took part in which order.
	AIFirst bool                 `json:"ai_first"`
	Handler conversation.Handler `json:"handler"`
	// Escalated conversations went from the AI to a person, for Reason.
	Escalated bool                `json:"escalated"`
	Reason    conversation.Reason `json:"reason,omitempty"`
	// Declared says that the client's own system names the reason.
	Declared bool `json:"declared,omitempty"`
	// Paraphrased says that what tells the reason or the ending is put in words no list of phrases is likely to hold.
	Paraphrased bool   `json:"paraphrased,omitempty"`
	Ending      Ending `json:"ending"`
	// Question names the planted knowledge gap, "" where the AI had the answer.
	Question string `json:"gap,omitempty"`
	// Score is the customer's verdict, 1 to 5, which is known to the product only when Rated.
	Score   int       `json:"score"`
	Rated   bool      `json:"rated"`
	RatedAt time.Time `json:"rated_at,omitzero"`
	// HandleSeconds is a person's working time, 0 where none took part.
	HandleSeconds int `json:"handle_seconds,omitempty"`
	// Cost is what the AI reports that it cost; nil where it reports nothing.
	Cost *money.Micro `json:"cost_micro,omitempty"`
}

// Outcome is the rung of the outcome ladder the case stands on; "" where the AI took no part.
func (c Case) Outcome() conversation.Outcome {
	switch {
	case !c.Handler.AIInvolved():
		return ""
	case c.Escalated:
		return conversation.OutcomeEscalated
	case c.Rated && c.Score >= 4:
		return conversation.OutcomeConfirmed
	case c.Ending == GaveUp:
		return conversation.OutcomeAbandoned
	case c.Rated, c.Ending == Unmet, c.Ending == Unhappy:
		return conversation.OutcomeAmbiguous
	case c.Ending == Thanked:
		return conversation.OutcomeConfirmed
	default:
		return conversation.OutcomeAssumed
	}
}

// Truth is what was planted and what came of it.
type Truth struct {
	Plan  Plan
	Cases []Case
}

// Between is the truth about the conversations that began in a window.
func (t Truth) Between(start, end time.Time) Truth {
	out := Truth{Plan: t.Plan}
	for _, c := range t.Cases {
		if !c.Start.Before(start) && c.Start.Before(end) {
			out.Cases = append(out.Cases, c)
		}
	}
	return out
}

// Count counts the cases that keep lets through.
func (t Truth) Count(keep func(Case) bool) int64 {
	var n int64
	for _, c := range t.Cases {
		if keep(c) {
			n++
		}
	}
	return n
}

// ReportedCost is the sum of all costs the AI reported.
func (t Truth) ReportedCost() (money.Micro, error) {
	var parts []money.Micro
	for _, c := range t.Cases {
		if c.Cost != nil {
			parts = append(parts, *c.Cost)
		}
	}
	return money.Sum(parts...)
}

// Credited says for each case whether the AI is credited with it: no person took part, the question was answered as far
// as anybody can tell, and the customer was not back on the topic within the window. It must be asked of all cases, not
// of a part of them.
func (t Truth) Credited(window time.Duration) map[string]bool {
	type contact struct{ customer, topic string }
	starts := map[contact][]Case{}
	for _, c := range t.Cases {
		k := contact{c.Customer, c.Topic}
		starts[k] = append(starts[k], c)
	}
	out := map[string]bool{}
	for _, c := range t.Cases {
		o := c.Outcome()
		credited := c.Handler == conversation.AIOnly && (o == conversation.OutcomeConfirmed || o == conversation.OutcomeAssumed)
		for _, next := range starts[contact{c.Customer, c.Topic}] {
			after := next.Start.Sub(c.End)
			if next.ID != c.ID && after >= 0 && after < window {
				credited = false
			}
		}
		out[c.ID] = credited
	}
	return out
}
