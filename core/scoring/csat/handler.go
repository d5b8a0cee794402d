package csat

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Flags are what was sent about who dealt with a conversation; nil is not sent, which is no evidence.
type Flags struct {
	AIHandled *bool
	AIAgent   bool // an AI agent was named
	Escalated *bool
}

// Listener tells automated answers from greetings. The zero value has heard nothing of a conversation.
type Listener struct{ spoken bool }

// Substantive says whether the next message is an automated answer: one after the customer first spoke. A greeting is
// not handling.
func (l *Listener) Substantive(sender conversation.Sender) bool {
	substantive := l.spoken && sender.Automated()
	l.spoken = l.spoken || sender == conversation.Customer
	return substantive
}

// Handler says who dealt with a conversation. Messages beat flags; conflict says that a flag disagrees with them.
func Handler(senders []conversation.Sender, f Flags) (h conversation.Handler, conflict bool) {
	automated, human := -1, -1
	var l Listener
	for i, sender := range senders {
		if l.Substantive(sender) && automated < 0 {
			automated = i
		}
		if sender == conversation.HumanAgent && human < 0 {
			human = i
		}
	}
	switch {
	case automated >= 0 && human < 0:
		h = conversation.AIOnly
	case automated >= 0 && automated < human:
		h = conversation.AIThenHuman
	case automated >= 0:
		h = conversation.HumanThenAI
	case human >= 0:
		h = conversation.HumanOnly
	default:
		return flagged(f), false
	}
	return h, f.AIHandled != nil && *f.AIHandled != h.AIInvolved()
}

// flagged is the handler when no message shows one.
func flagged(f Flags) conversation.Handler {
	ai := f.AIAgent
	if f.AIHandled != nil {
		ai = *f.AIHandled
	}
	switch {
	case !ai:
		return conversation.HandlerUnknown
	case f.Escalated != nil && *f.Escalated:
		return conversation.AIThenHuman
	default:
		return conversation.AIOnly
	}
}

// Attribution is whom a rating judges: the subject the platform names, else by the handler. What both had a hand in is
// mixed and never folded into either side.
func Attribution(h conversation.Handler, subject conversation.Party) conversation.Party {
	if subject != conversation.PartyNone {
		return subject
	}
	switch h {
	case conversation.AIOnly:
		return conversation.PartyAI
	case conversation.HumanOnly:
		return conversation.PartyHuman
	case conversation.AIThenHuman, conversation.HumanThenAI:
		return conversation.PartyMixed
	default:
		return conversation.PartyNone
	}
}

// Turn is a message reduced to who spoke when.
type Turn struct {
	Sender conversation.Sender
	At     time.Time
}

// LastTouch is the party of the last AI or human message at or before the rating; PartyNone when there is none. Fixed
// texts of a bot, such as the survey itself, are no touch. turns are in order.
func LastTouch(turns []Turn, ratedAt time.Time) conversation.Party {
	party := conversation.PartyNone
	for _, t := range turns {
		if t.At.After(ratedAt) {
			continue
		}
		switch {
		case t.Sender == conversation.AI:
			party = conversation.PartyAI
		case t.Sender == conversation.HumanAgent:
			party = conversation.PartyHuman
		}
	}
	return party
}
