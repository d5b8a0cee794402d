package predict

import (
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Problem is how much a conversation looks like one that left the customer unsatisfied. It ranks conversations; it is
// not calibrated, so 0.8 is worse than 0.4 and not "80 per cent".
type Problem struct {
	// Score is 0 to 1, more is worse.
	Score float64
	// Parts are the signs that moved it, in a fixed order.
	Parts []Part
}

// Part is what one sign adds to the score, in log-odds: above 0 it speaks of a problem.
type Part struct {
	Sign   string
	Points float64
}

// The weights of a problem score. They are a judgement, not a fit: what the bot said it did or refused weighs most,
// then what became of the matter, then how the customer sounded.
const (
	problemStart     = -1.0
	problemRefused   = 1.5
	problemGranted   = -1.5
	problemResigned  = 1.0
	problemEscalated = 1.0
	problemUnmet     = 1.0
	problemGaveUp    = 0.8
	problemAbandoned = 0.5
	problemConfirmed = -0.5
	problemMood      = -2.0 // for a mood of 1
	problemPoint     = 0.25 // for each frustration point
	problemImpatient = 1.0  // for each message, up to
	impatientCounted = 3
)

// Judge scores the signs of a conversation by the default weights.
func Judge(s Signs) Problem {
	var p Problem
	total := problemStart
	add := func(sign string, points float64) {
		if points != 0 {
			p.Parts = append(p.Parts, Part{sign, points})
			total += points
		}
	}
	when := func(holds bool, points float64) float64 {
		if holds {
			return points
		}
		return 0
	}
	add("refused", when(s.News < 0, problemRefused))
	add("done", when(s.News > 0, problemGranted))
	add("customer_resigned", when(s.Resigned, problemResigned))
	add("escalated", when(s.Escalated, problemEscalated))
	add("unmet_request", when(s.Unmet, problemUnmet))
	add("bot_gave_up", when(s.GaveUp, problemGaveUp))
	add("abandoned", when(s.Outcome == conversation.OutcomeAbandoned, problemAbandoned))
	add("confirmed", when(s.Outcome == conversation.OutcomeConfirmed, problemConfirmed))
	if s.Mood != nil {
		add("mood", problemMood**s.Mood)
	}
	add("frustration", problemPoint*float64(s.Frustration))
	add("impatience", problemImpatient*float64(min(s.Impatient, impatientCounted)))
	p.Score, _ = stat.Sigmoid(total)
	return p
}
