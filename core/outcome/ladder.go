package outcome

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// PendingFor is how long after its start a conversation without a confirmation or an escalation reads as pending.
const PendingFor = 24 * time.Hour

// Ladder counts AI-involved conversations by outcome.
type Ladder struct {
	Confirmed, Assumed, Abandoned, Escalated, Ambiguous, Pending int64
}

// Climb reads the ladder from cells: settled of conversations older than PendingFor, young of the others. What a young
// conversation has confirmed or escalated stays; the rest of it is pending.
func Climb(settled, young metric.Vector) Ladder {
	ended := func(v metric.Vector, o conversation.Outcome) int64 { return v.At(metric.Ended(o)) }
	return Ladder{
		Confirmed: ended(settled, conversation.OutcomeConfirmed) + ended(young, conversation.OutcomeConfirmed),
		Escalated: ended(settled, conversation.OutcomeEscalated) + ended(young, conversation.OutcomeEscalated),
		Assumed:   ended(settled, conversation.OutcomeAssumed),
		Abandoned: ended(settled, conversation.OutcomeAbandoned),
		Ambiguous: ended(settled, conversation.OutcomeAmbiguous),
		Pending: ended(young, conversation.OutcomeAssumed) + ended(young, conversation.OutcomeAbandoned) +
			ended(young, conversation.OutcomeAmbiguous),
	}
}

// Total is the number of AI-involved conversations.
func (l Ladder) Total() int64 {
	return l.Confirmed + l.Assumed + l.Abandoned + l.Escalated + l.Ambiguous + l.Pending
}

// Resolved is the share of settled conversations that were resolved: confirmed and assumed.
func (l Ladder) Resolved() stat.Estimate {
	e := stat.Proportion(l.Confirmed+l.Assumed, l.Total()-l.Pending, 100, "resolution.rate/v1")
	return e.WithMaturity(stat.MaturityOf(l.Total()-l.Pending, l.Total()))
}

// Between bounds the share resolved: at least the confirmed, at most all that neither escalated nor were abandoned,
// pending ones included. ok is false without conversations.
func (l Ladder) Between() (stat.Interval, bool) {
	n := float64(l.Total())
	if n == 0 {
		return stat.Interval{}, false
	}
	return stat.Interval{
		Low:  100 * float64(l.Confirmed) / n,
		High: 100 * float64(l.Confirmed+l.Assumed+l.Ambiguous+l.Pending) / n,
	}, true
}
