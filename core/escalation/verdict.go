// Package escalation tells whether and why a conversation reached a human, which topics stand out, what changed since
// the previous period, how soon customers reach a human, and which escalations could have been avoided.
package escalation

import (
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
)

// Turn is one message with the cues read in it; an empty cue did not fire.
type Turn struct {
	Sender conversation.Sender
	At     time.Time
	// HumanRequest is the customer asking for a person, in the customer's words.
	HumanRequest string
	// GaveUp and Transfer are the bot's words when it cannot help or announces a hand-off.
	GaveUp   string
	Transfer string
}

// Stated is what sources said outside the messages; nil and zero were not said.
type Stated struct {
	Escalated   *bool
	HandedOff   bool
	HandedOffAt time.Time
}

// Verdict weighs the signals. Strong ones (the flag, a human after the AI, a hand-off event) make an escalation; weak
// ones never do alone, but a request that nobody answered is a figure of its own.
func Verdict(turns []Turn, s Stated) conversation.EscalationFinding {
	out := conversation.EscalationFinding{AnswersBefore: -1}
	r := &reader{out: &out}
	if s.Escalated != nil && *s.Escalated {
		r.strong(conversation.ExplicitFlag, -1, "escalated: true", time.Time{}, 0)
		out.Declared = true
	}
	if i := Handover(turns); i < len(turns) {
		r.strong(conversation.HumanAfterAI, i, "", turns[i].At, customerTurns(turns[:i+1]))
	}
	if s.HandedOff {
		r.strong(conversation.HandoffEvent, -1, "handed off", s.HandedOffAt, turnAt(turns, s.HandedOffAt))
	}
	r.weak(conversation.HumanRequest, turns, func(t *Turn) string { return t.HumanRequest })
	r.weak(conversation.BotGaveUp, turns, func(t *Turn) string { return t.GaveUp })
	r.weak(conversation.TransferAnnounced, turns, func(t *Turn) string { return t.Transfer })

	request := slices.IndexFunc(turns, func(t Turn) bool { return t.HumanRequest != "" })
	if request >= 0 {
		out.AnswersBefore = answersBefore(turns[:request])
	}
	out.UnmetRequest = !out.Escalated && unmet(turns)
	out.FlagConflict = s.Escalated != nil && !*s.Escalated && out.Escalated
	if out.Escalated && out.Turn == 0 {
		out.Turn = customerTurns(turns)
	}
	return out
}

// Handover is the index of the first message of the hand-off, or len(turns) when none shows: what comes before it is
// what the AI had to work with.
func Handover(turns []Turn) int {
	var l csat.Listener
	answered := false
	for i := range turns {
		sender := turns[i].Sender
		answered = l.Substantive(sender) || answered
		if answered && sender == conversation.HumanAgent {
			return i
		}
	}
	return len(turns)
}

type reader struct {
	out *conversation.EscalationFinding
}

func (r *reader) strong(signal conversation.Signal, message int, words string, at time.Time, turn int) {
	e := r.out
	e.Escalated = true
	e.Signals = append(e.Signals, signal)
	e.Evidence = append(e.Evidence, conversation.Evidence{Signal: signal, Message: message, Words: words})
	if at.IsZero() {
		return
	}
	if e.At.IsZero() || at.Before(e.At) {
		e.At, e.Turn = at, turn
	}
}

func (r *reader) weak(signal conversation.Signal, turns []Turn, words func(*Turn) string) {
	found := false
	for i := range turns {
		if w := words(&turns[i]); w != "" {
			found = true
			r.out.Evidence = append(r.out.Evidence, conversation.Evidence{Signal: signal, Message: i, Words: w})
		}
	}
	if found {
		r.out.Signals = append(r.out.Signals, signal)
	}
}

// unmet says that the customer asked for a person and nobody came: after the last time there is no person's message, and
// it was not a person who was asked, for then there was one.
func unmet(turns []Turn) bool {
	asked := false
	speaker := conversation.Sender("") // who spoke to the customer last
	for _, t := range turns {
		switch {
		case t.Sender == conversation.HumanAgent:
			asked, speaker = false, t.Sender
		case t.Sender == conversation.Customer:
			asked = asked || t.HumanRequest != "" && speaker != conversation.HumanAgent
		case t.Sender != conversation.System:
			speaker = t.Sender
		}
	}
	return asked
}

// answersBefore counts the substantive answers before a request: those that neither give up nor hand over.
func answersBefore(turns []Turn) int {
	var l csat.Listener
	n := 0
	for i := range turns {
		if t := &turns[i]; l.Substantive(t.Sender) && t.GaveUp == "" && t.Transfer == "" {
			n++
		}
	}
	return n
}

// turnCounter counts customer turns: runs of customer messages.
type turnCounter struct {
	turns    int
	previous conversation.Sender
}

// hear takes in the next message.
func (c *turnCounter) hear(sender conversation.Sender) {
	if sender == conversation.Customer && c.previous != conversation.Customer {
		c.turns++
	}
	if sender != conversation.System {
		c.previous = sender
	}
}

// CustomerTurns is the number of runs of customer messages.
func CustomerTurns(senders []conversation.Sender) int {
	var c turnCounter
	for _, s := range senders {
		c.hear(s)
	}
	return c.turns
}

func customerTurns(turns []Turn) int {
	var c turnCounter
	for i := range turns {
		c.hear(turns[i].Sender)
	}
	return c.turns
}

// turnAt is the customer turn under way at a time, the first when none had begun.
func turnAt(turns []Turn, at time.Time) int {
	var c turnCounter
	n := 0
	for i := range turns {
		c.hear(turns[i].Sender)
		if !turns[i].At.After(at) {
			n = max(n, c.turns)
		}
	}
	return max(n, min(1, c.turns))
}
