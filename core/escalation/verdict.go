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
	senders := make([]conversation.Sender, len(turns))
	for i, t := range turns {
		senders[i] = t.Sender
	}
	substantive := csat.Substantive(senders)
	turnOf := turnNumbers(senders)

	if s.Escalated != nil && *s.Escalated {
		r.strong(conversation.ExplicitFlag, -1, "escalated: true", time.Time{}, 0)
		out.Declared = true
	}
	if i := humanAfterAI(senders, substantive); i >= 0 {
		r.strong(conversation.HumanAfterAI, i, "", turns[i].At, turnOf[i])
	}
	if s.HandedOff {
		r.strong(conversation.HandoffEvent, -1, "handed off", s.HandedOffAt, turnAt(turns, turnOf, s.HandedOffAt))
	}
	r.weak(conversation.HumanRequest, turns, func(t Turn) string { return t.HumanRequest })
	r.weak(conversation.BotGaveUp, turns, func(t Turn) string { return t.GaveUp })
	r.weak(conversation.TransferAnnounced, turns, func(t Turn) string { return t.Transfer })

	request := slices.IndexFunc(turns, func(t Turn) bool { return t.HumanRequest != "" })
	if request >= 0 {
		out.AnswersBefore = answersBefore(turns, substantive, request)
	}
	out.UnmetRequest = !out.Escalated && unmet(turns)
	out.FlagConflict = s.Escalated != nil && !*s.Escalated && out.Escalated
	if out.Escalated && out.Turn == 0 {
		out.Turn = lastTurn(turnOf)
	}
	return out
}

// Handover is the index of the first message of the hand-off, or len(turns) when none shows: what comes before it is
// what the AI had to work with.
func Handover(turns []Turn) int {
	senders := make([]conversation.Sender, len(turns))
	for i, t := range turns {
		senders[i] = t.Sender
	}
	if i := humanAfterAI(senders, csat.Substantive(senders)); i >= 0 {
		return i
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

func (r *reader) weak(signal conversation.Signal, turns []Turn, words func(Turn) string) {
	found := false
	for i, t := range turns {
		if w := words(t); w != "" {
			found = true
			r.out.Evidence = append(r.out.Evidence, conversation.Evidence{Signal: signal, Message: i, Words: w})
		}
	}
	if found {
		r.out.Signals = append(r.out.Signals, signal)
	}
}

func humanAfterAI(senders []conversation.Sender, substantive []bool) int {
	seen := false
	for i, s := range senders {
		seen = seen || substantive[i]
		if seen && s == conversation.HumanAgent {
			return i
		}
	}
	return -1
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

func answersBefore(turns []Turn, substantive []bool, request int) int {
	n := 0
	for i := range request {
		if substantive[i] && turns[i].GaveUp == "" && turns[i].Transfer == "" {
			n++
		}
	}
	return n
}

// turnNumbers counts customer turns: runs of customer messages, from 1.
func turnNumbers(senders []conversation.Sender) []int {
	out := make([]int, len(senders))
	n, previous := 0, conversation.Sender("")
	for i, s := range senders {
		if s == conversation.Customer && previous != conversation.Customer {
			n++
		}
		if s != conversation.System {
			previous = s
		}
		out[i] = n
	}
	return out
}

// CustomerTurns is the number of runs of customer messages.
func CustomerTurns(senders []conversation.Sender) int { return lastTurn(turnNumbers(senders)) }

func lastTurn(turnOf []int) int {
	if len(turnOf) == 0 {
		return 0
	}
	return turnOf[len(turnOf)-1]
}

// turnAt is the customer turn under way at a time, the first when none had begun.
func turnAt(turns []Turn, turnOf []int, at time.Time) int {
	n := min(1, lastTurn(turnOf))
	for i, t := range turns {
		if !t.At.After(at) {
			n = max(n, turnOf[i])
		}
	}
	return n
}
