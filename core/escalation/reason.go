package escalation

import (
	"slices"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Causes is what was going on before the hand-off.
type Causes struct {
	// Declared is the client's own reason, mapped by MapReason; empty when it gave none.
	Declared conversation.Reason
	// Policy says that humans handle the topic by the organisation's rule.
	Policy bool
	// Signals are what fired before the hand-off.
	Signals []conversation.Signal
}

// causes ties each signal to the reason it speaks for.
func cause(s conversation.Signal) conversation.Reason {
	switch s {
	case conversation.TechnicalError:
		return conversation.TechnicalFault
	case conversation.BotGaveUp:
		return conversation.KnowledgeGap
	case conversation.BotLoop, conversation.CustomerRepeated:
		return conversation.RepeatedFailure
	case conversation.NegativeSentiment:
		return conversation.NegativeMood
	case conversation.HumanRequest:
		return conversation.CustomerRequested
	default:
		return ""
	}
}

// Why picks the root cause: what the client declared, else the first of policy, technical error, knowledge gap,
// repeated failure, negative sentiment and customer request that holds. The others are secondary, in that order.
func Why(c Causes) (primary conversation.Reason, secondary []conversation.Reason) {
	var present []conversation.Reason
	for _, reason := range conversation.Reasons() {
		holds := reason == conversation.PolicyRequired && c.Policy ||
			slices.ContainsFunc(c.Signals, func(s conversation.Signal) bool { return cause(s) == reason })
		if holds && reason != c.Declared {
			present = append(present, reason)
		}
	}
	switch {
	case c.Declared != "" && c.Declared != conversation.OtherReason:
		return c.Declared, present
	case len(present) > 0:
		return present[0], present[1:]
	case c.Declared != "":
		return c.Declared, nil
	default:
		return conversation.UnknownReason, nil
	}
}

// MapReason reads a client's free text for a reason, by the words that are telling. Text that says none of the known reasons is
// OtherReason; empty text is no declaration.
func MapReason(text string) conversation.Reason {
	folded := strings.ToLower(spaces.Replace(strings.TrimSpace(text)))
	if folded == "" {
		return ""
	}
	for _, entry := range synonyms {
		for _, words := range entry.words {
			if strings.Contains(folded, words) {
				return entry.reason
			}
		}
	}
	return conversation.OtherReason
}

// spaces are what stands for a space in identifiers.
var spaces = strings.NewReplacer("_", " ", "-", " ")

var synonyms = []struct {
	reason conversation.Reason
	words  []string
}{
	{conversation.PolicyRequired, []string{"policy", "compliance", "legal", "verification required", "approval", "not allowed", "sensitive topic"}},
	{conversation.TechnicalFault, []string{"technical error", "technical issue with the bot", "timeout", "timed out", "system error", "bot error", "ai error", "crash", "outage", "unavailable"}},
	{conversation.RepeatedFailure, []string{"repeated", "loop", "multiple attempts", "too many attempts", "failed attempts", "max retries", "retries", "stuck"}},
	{conversation.KnowledgeGap, []string{"knowledge", "don't know", "do not know", "doesn't know", "unknown answer", "no answer", "not understood", "not understand", "low confidence", "unable to answer", "could not answer", "couldn't answer", "cannot answer", "can't answer", "no information", "missing information", "unresolved", "out of scope"}},
	{conversation.NegativeMood, []string{"negative", "frustrat", "angry", "anger", "upset", "sentiment", "complain", "unhappy", "dissatisf"}},
	{conversation.CustomerRequested, []string{"customer request", "user request", "requested", "request human", "asked for", "wants a human", "wants human", "human agent", "speak to", "talk to", "live agent", "wanted to"}},
}
