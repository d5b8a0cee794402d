package escalation_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
)

func TestWhy(t *testing.T) {
	all := []conversation.Signal{
		conversation.HumanRequest, conversation.NegativeSentiment, conversation.CustomerRepeated, conversation.BotLoop,
		conversation.BotGaveUp, conversation.TechnicalError, conversation.HumanAfterAI, "news to us",
	}
	for name, c := range map[string]struct {
		causes    escalation.Causes
		primary   conversation.Reason
		secondary []conversation.Reason
	}{
		"nothing known": {escalation.Causes{}, conversation.UnknownReason, nil},
		"root causes first, each once": {escalation.Causes{Policy: true, Signals: all}, conversation.PolicyRequired, []conversation.Reason{
			conversation.TechnicalFault, conversation.KnowledgeGap, conversation.RepeatedFailure, conversation.NegativeMood, conversation.CustomerRequested}},
		"declared wins": {escalation.Causes{Declared: conversation.CustomerRequested, Signals: []conversation.Signal{conversation.BotGaveUp, conversation.HumanRequest}},
			conversation.CustomerRequested, []conversation.Reason{conversation.KnowledgeGap}},
		"declared in words nobody knows gives way": {escalation.Causes{Declared: conversation.OtherReason, Signals: []conversation.Signal{conversation.BotLoop}},
			conversation.RepeatedFailure, nil},
		"declared in words nobody knows stays alone": {escalation.Causes{Declared: conversation.OtherReason}, conversation.OtherReason, nil},
		"a policy alone": {escalation.Causes{Policy: true}, conversation.PolicyRequired, nil},
	} {
		primary, secondary := escalation.Why(c.causes)
		if primary != c.primary || !slices.Equal(secondary, c.secondary) {
			t.Errorf("%s: %s, %v; want %s, %v", name, primary, secondary, c.primary, c.secondary)
		}
	}
}

// TestWhyDoesNotDependOnOrder: signals are a set.
func TestWhyDoesNotDependOnOrder(t *testing.T) {
	signals := []conversation.Signal{conversation.HumanRequest, conversation.NegativeSentiment, conversation.CustomerRepeated, conversation.BotGaveUp, conversation.TechnicalError}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOf(rapid.SampledFrom(signals)).Draw(t, "signals")
		p1, s1 := escalation.Why(escalation.Causes{Signals: s})
		slices.Reverse(s)
		p2, s2 := escalation.Why(escalation.Causes{Signals: append(s, s...)})
		if p1 != p2 || !slices.Equal(s1, s2) || slices.Contains(s1, p1) {
			t.Fatalf("%v: %s %v, turned round %s %v", s, p1, s1, p2, s2)
		}
	})
}

func TestMapReason(t *testing.T) {
	for text, want := range map[string]conversation.Reason{
		"": "", "   ": "", "customer_requested": conversation.CustomerRequested, "Wants to speak to a human": conversation.CustomerRequested,
		"KNOWLEDGE-GAP": conversation.KnowledgeGap, "bot didn't know": conversation.OtherReason, "could not answer": conversation.KnowledgeGap,
		"max retries reached": conversation.RepeatedFailure, "API timeout": conversation.TechnicalFault,
		"angry customer": conversation.NegativeMood, "compliance": conversation.PolicyRequired, "Tuesday": conversation.OtherReason,
	} {
		if got := escalation.MapReason(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzMapReason(f *testing.F) {
	f.Add("no_information-found")
	f.Fuzz(func(t *testing.T, text string) {
		if got := escalation.MapReason(text); got != "" && !slices.Contains(conversation.Reasons(), got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
