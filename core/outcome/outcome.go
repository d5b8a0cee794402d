// Package outcome tells how a conversation the AI took part in ended for the customer, and what that says of many.
//
// The ladder is asked from the top, and the first rung that holds is the outcome: escalated (a human was reached),
// confirmed (the customer or the platform said it is solved), abandoned (no real answer, or the last question got
// none), ambiguous (the customer left unhappy, was refused, gave up on the matter, or asked in vain for a person: silence
// there is no success), assumed (the AI answered and the customer asked no more). Young conversations read as pending,
// whatever they look like so far.
package outcome

import (
	"strings"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// The signals only the outcome knows: the automated side refused what was asked for, the customer gave up on it.
const (
	AnswerRefused    conversation.Signal = "answer_refused"
	CustomerResigned conversation.Signal = "customer_resigned"
)

// Turn is one message with the cues that bear on the outcome.
type Turn struct {
	Sender conversation.Sender
	// Question says that the customer asked something.
	Question bool
	// Thanks and NegatedThanks are the customer's words when it is solved, or when the answer was no help.
	Thanks        string
	NegatedThanks string
	// Resigned is the customer's words when giving up on what they came for.
	Resigned string
	// NoAnswer says that the automated message gave up or handed over: it answers nothing.
	NoAnswer bool
	// Answer is the news of an automated message.
	Answer Answer
}

// ReadTurn keeps of a message what bears on the outcome when its sender says it.
func ReadTurn(sender conversation.Sender, content string, found cue.Found) Turn {
	r := text.Read(content)
	return TurnOf(sender, &r, found)
}

// TurnOf is ReadTurn of a message that has been read; r may be nil when its sender is neither the customer nor automated.
func TurnOf(sender conversation.Sender, r *text.Reading, found cue.Found) Turn {
	t := Turn{Sender: sender}
	switch {
	case sender == conversation.Customer:
		t.Question = IsQuestion(r.Original)
		t.Thanks, t.NegatedThanks = found.Thanks, found.NegatedThanks
		t.Resigned = sentenceWith(r, resigned)
	case sender.Automated():
		t.NoAnswer = found.BotGaveUp != "" || found.TransferAnnounced != ""
		t.Answer = answerOf(r)
	}
	return t
}

// Stated is what is known apart from the messages.
type Stated struct {
	Handler   conversation.Handler
	Escalated bool
	// Unmet says that the customer asked for a person and nobody came.
	Unmet bool
	// Rating is nil without one.
	Rating *conversation.Rating
	// PlatformConfirmed says that the platform states the customer's need was met at the first contact.
	PlatformConfirmed bool
	// Unhappy says that the customer sounded negative or frustrated over the conversation; Repeated, that a question came
	// again.
	Unhappy  bool
	Repeated bool
}

// Read gives the outcome with its evidence. Where the AI took no part there is none.
func Read(turns []Turn, s Stated) conversation.OutcomeFinding {
	if !s.Handler.AIInvolved() {
		return conversation.OutcomeFinding{}
	}
	if s.Escalated {
		return conversation.OutcomeFinding{Kind: conversation.OutcomeEscalated}
	}
	if e, ok := confirmation(turns, s); ok {
		return conversation.OutcomeFinding{Kind: conversation.OutcomeConfirmed, Evidence: []conversation.Evidence{e}}
	}
	if e, ok := abandonment(turns); ok {
		return conversation.OutcomeFinding{Kind: conversation.OutcomeAbandoned, Evidence: []conversation.Evidence{e}}
	}
	if e, ok := doubt(turns, s); ok {
		return conversation.OutcomeFinding{Kind: conversation.OutcomeAmbiguous, Evidence: []conversation.Evidence{e}}
	}
	return conversation.OutcomeFinding{Kind: conversation.OutcomeAssumed}
}

func field(signal conversation.Signal, words string) conversation.Evidence {
	return conversation.Evidence{Signal: signal, Message: -1, Words: words}
}

func confirmation(turns []Turn, s Stated) (conversation.Evidence, bool) {
	if s.Rating != nil {
		return field(conversation.PlatformConfirmed, "rated 4 or 5"), s.Rating.Satisfied()
	}
	if s.PlatformConfirmed {
		return field(conversation.PlatformConfirmed, "solved at the first contact"), true
	}
	if refusal(turns) >= 0 || resignation(turns) >= 0 {
		return conversation.Evidence{}, false // thanks after a refusal are manners
	}
	i := lastCustomer(turns)
	answered := false
	var l csat.Listener
	for k := range max(i, 0) {
		answered = l.Substantive(turns[k].Sender) && !turns[k].NoAnswer || answered
	}
	if i < 0 || !answered || turns[i].Thanks == "" || turns[i].Question {
		return conversation.Evidence{}, false
	}
	return conversation.Evidence{Signal: conversation.CustomerConfirmed, Message: i, Words: turns[i].Thanks}, true
}

func abandonment(turns []Turn) (conversation.Evidence, bool) {
	if len(turns) == 0 {
		return conversation.Evidence{}, false // flags alone: nothing shows that the customer was left alone
	}
	last, answered := -1, false
	var l csat.Listener
	for i := range turns {
		if l.Substantive(turns[i].Sender) {
			last = i
			answered = answered || !turns[i].NoAnswer
		}
	}
	i := lastCustomer(turns)
	switch {
	case !answered:
		return field(conversation.UnansweredQuestion, "no answer"), true
	case i > last && turns[i].Question:
		return conversation.Evidence{Signal: conversation.UnansweredQuestion, Message: i}, true
	case last >= 0 && turns[last].NoAnswer && i < last:
		return conversation.Evidence{Signal: conversation.BotGaveUp, Message: last}, true
	}
	return conversation.Evidence{}, false
}

func doubt(turns []Turn, s Stated) (conversation.Evidence, bool) {
	i := lastCustomer(turns)
	switch {
	case s.Rating != nil:
		return field(conversation.LowRating, "rated 3 or lower"), true
	case s.Unmet:
		return field(conversation.HumanRequest, ""), true
	case i >= 0 && turns[i].NegatedThanks != "":
		return conversation.Evidence{Signal: conversation.NegativeSentiment, Message: i, Words: turns[i].NegatedThanks}, true
	case refusal(turns) >= 0:
		k := refusal(turns)
		return conversation.Evidence{Signal: AnswerRefused, Message: k, Words: turns[k].Answer.Refused}, true
	case resignation(turns) >= 0:
		k := resignation(turns)
		return conversation.Evidence{Signal: CustomerResigned, Message: k, Words: turns[k].Resigned}, true
	case s.Unhappy:
		return field(conversation.NegativeSentiment, ""), true
	case s.Repeated:
		return field(conversation.CustomerRepeated, ""), true
	}
	return conversation.Evidence{}, false
}

// refusal is the index of the last answer with news when that was a refusal, else -1: what was refused and then done
// is done.
func refusal(turns []Turn) int {
	refused := -1
	var l csat.Listener
	for i := range turns {
		switch t := &turns[i]; {
		case !l.Substantive(t.Sender):
		case t.Answer.Refused != "":
			refused = i
		case t.Answer.Granted != "":
			refused = -1
		}
	}
	return refused
}

// resignation is the index of a message by which the customer gives up, when it is one of the last two of theirs and
// nothing was done after it, else -1: a customer who goes on has not given up.
func resignation(turns []Turn) int {
	said := 0
	for i := len(turns) - 1; i >= 0 && said < 2; i-- {
		switch {
		case turns[i].Resigned != "":
			return i
		case turns[i].Answer.Granted != "":
			return -1
		case turns[i].Sender == conversation.Customer:
			said++
		}
	}
	return -1
}

func lastCustomer(turns []Turn) int {
	for i := len(turns) - 1; i >= 0; i-- {
		if turns[i].Sender == conversation.Customer {
			return i
		}
	}
	return -1
}

// IsQuestion says whether a customer's message asks something: it has a question mark, or begins like a question.
func IsQuestion(content string) bool {
	if strings.Contains(content, "?") {
		return true
	}
	first, _, _ := strings.Cut(strings.TrimSpace(content), " ")
	switch strings.ToLower(first) {
	case "how", "what", "why", "when", "where", "can", "could", "do", "does", "is", "are":
		return true
	default:
		return false
	}
}
