package escalation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// say builds messages, a minute apart, from lines "C: text" (customer), "A: text" (AI), "B:" (bot), "H:" and "S:".
func say(lines ...string) []conversation.Message {
	senders := map[byte]conversation.Sender{'C': conversation.Customer, 'A': conversation.AI, 'B': conversation.Bot, 'H': conversation.HumanAgent, 'S': conversation.System}
	return lo.Map(lines, func(l string, i int) conversation.Message {
		return conversation.Message{Sender: senders[l[0]], Content: l[3:], Order: start.Add(time.Duration(i) * time.Minute), Position: i}
	})
}

func turns(lines ...string) []escalation.Turn {
	return lo.Map(say(lines...), func(m conversation.Message, _ int) escalation.Turn {
		return escalation.ReadTurn(m.Sender, m.Order, cue.Find(m.Content))
	})
}

func TestVerdict(t *testing.T) {
	yes, no := lo.ToPtr(true), lo.ToPtr(false)
	for name, c := range map[string]struct {
		turns []escalation.Turn
		s     escalation.Stated
		want  conversation.EscalationFinding
	}{
		"nothing": {nil, escalation.Stated{}, conversation.EscalationFinding{AnswersBefore: -1}},
		"the flag alone": {nil, escalation.Stated{Escalated: yes}, conversation.EscalationFinding{
			Escalated: true, Declared: true, AnswersBefore: -1, Signals: []conversation.Signal{conversation.ExplicitFlag}}},
		"a person after the AI": {turns("C: hi", "A: hello", "C: help", "H: hello"), escalation.Stated{}, conversation.EscalationFinding{
			Escalated: true, At: start.Add(3 * time.Minute), Turn: 2, AnswersBefore: -1, Signals: []conversation.Signal{conversation.HumanAfterAI}}},
		"a person after a greeting alone": {turns("A: hello", "C: help", "H: hello"), escalation.Stated{}, conversation.EscalationFinding{AnswersBefore: -1}},
		"a person before the AI":          {turns("C: hi", "H: hello", "A: rate us"), escalation.Stated{}, conversation.EscalationFinding{AnswersBefore: -1}},
		"the flag is contradicted": {turns("C: hi", "A: hello", "H: hello"), escalation.Stated{Escalated: no}, conversation.EscalationFinding{
			Escalated: true, FlagConflict: true, At: start.Add(2 * time.Minute), Turn: 1, AnswersBefore: -1, Signals: []conversation.Signal{conversation.HumanAfterAI}}},
		"a hand-off event": {turns("C: hi", "A: hello", "C: more"), escalation.Stated{HandedOff: true, HandedOffAt: start.Add(90 * time.Second)}, conversation.EscalationFinding{
			Escalated: true, At: start.Add(90 * time.Second), Turn: 1, AnswersBefore: -1, Signals: []conversation.Signal{conversation.HandoffEvent}}},
		"a hand-off before anybody wrote": {turns("C: hi", "A: hello", "C: more"), escalation.Stated{HandedOff: true, HandedOffAt: start.Add(-time.Hour)}, conversation.EscalationFinding{
			Escalated: true, At: start.Add(-time.Hour), Turn: 1, AnswersBefore: -1, Signals: []conversation.Signal{conversation.HandoffEvent}}},
		"a hand-off nobody timed": {turns("C: hi", "A: hello", "C: more"), escalation.Stated{HandedOff: true}, conversation.EscalationFinding{
			Escalated: true, Turn: 2, AnswersBefore: -1, Signals: []conversation.Signal{conversation.HandoffEvent}}},
		"asked in vain": {turns("C: hi", "A: Press the button.", "C: let me talk to an agent", "A: Press the button."), escalation.Stated{}, conversation.EscalationFinding{
			UnmetRequest: true, AnswersBefore: 1, Signals: []conversation.Signal{conversation.HumanRequest}}},
		"weak signals never escalate": {turns("C: hi", "A: I don't understand.", "C: agent", "A: I'm transferring you to an agent."), escalation.Stated{Escalated: no}, conversation.EscalationFinding{
			UnmetRequest: true, AnswersBefore: 0, Signals: []conversation.Signal{conversation.HumanRequest, conversation.BotGaveUp, conversation.TransferAnnounced}}},
		"a person was asked for another one": {turns("C: hi", "H: hello", "C: let me talk to a manager"), escalation.Stated{}, conversation.EscalationFinding{
			AnswersBefore: 0, Signals: []conversation.Signal{conversation.HumanRequest}}},
		"a person came after a greeting alone": {turns("A: hello", "C: let me talk to an agent", "H: hello"), escalation.Stated{}, conversation.EscalationFinding{
			AnswersBefore: 0, Signals: []conversation.Signal{conversation.HumanRequest}}},
		"a person was there, but the AI was asked": {turns("C: hi", "H: hello", "A: rate us", "C: let me talk to an agent"), escalation.Stated{}, conversation.EscalationFinding{
			UnmetRequest: true, AnswersBefore: 1, Signals: []conversation.Signal{conversation.HumanRequest}}},
		"nobody said a word": {turns("C: let me talk to an agent"), escalation.Stated{}, conversation.EscalationFinding{
			UnmetRequest: true, AnswersBefore: 0, Signals: []conversation.Signal{conversation.HumanRequest}}},
		"a bot cannot ask for a person": {turns("C: hi", "A: let me talk to an agent"), escalation.Stated{}, conversation.EscalationFinding{AnswersBefore: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := escalation.Verdict(c.turns, c.s)
			evidence := got.Evidence
			got.Evidence = nil
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if len(evidence) < len(got.Signals) {
				t.Errorf("%d signals with %d pieces of evidence", len(got.Signals), len(evidence))
			}
		})
	}
}

// TestVerdictHolds: only strong signals escalate, an escalation has a turn where the customer spoke, an unmet request is
// none, and cutting a conversation off before the hand-off leaves nothing that says it escalated.
func TestVerdictHolds(t *testing.T) {
	line := rapid.SampledFrom([]string{"C: how?", "C: I want an agent", "A: Press it.", "A: I don't know.", "B: I'm transferring you to an agent.", "H: hello", "S: joined"})
	rapid.Check(t, func(t *rapid.T) {
		all := turns(rapid.SliceOfN(line, 0, 14).Draw(t, "turns")...)
		got := escalation.Verdict(all, escalation.Stated{})
		if got.Escalated != slices.Contains(got.Signals, conversation.HumanAfterAI) {
			t.Fatalf("%+v", got)
		}
		if got.Escalated && (got.Turn < 1 || got.At.IsZero() || got.UnmetRequest) {
			t.Fatalf("%+v", got)
		}
		handover := escalation.Handover(all)
		if before := escalation.Verdict(all[:handover], escalation.Stated{}); before.Escalated {
			t.Fatalf("escalated before the hand-off at %d: %+v", handover, before)
		}
		if (handover < len(all)) != got.Escalated {
			t.Fatalf("hand-off at %d of %d, escalated %v", handover, len(all), got.Escalated)
		}
	})
}

func TestCustomerTurns(t *testing.T) {
	of := func(lines ...string) int {
		return escalation.CustomerTurns(lo.Map(say(lines...), func(m conversation.Message, _ int) conversation.Sender { return m.Sender }))
	}
	if n := of(); n != 0 {
		t.Errorf("%d turns of nobody", n)
	}
	if n := of("A: hi", "C: one", "C: two", "S: typing", "C: three", "A: yes", "C: four"); n != 2 {
		t.Errorf("%d turns, want 2: messages in a row are one, whatever the system says between", n)
	}
}

func ExampleVerdict() {
	all := turns("C: My order is late", "A: I'm sorry, I can't help with that.", "C: let me talk to someone", "H: Hi, this is Ada.")
	found := escalation.Verdict(all, escalation.Stated{})
	reason, also := escalation.Why(escalation.Causes{Signals: found.Signals})
	fmt.Println(found.Escalated, found.Signals[0], reason, also)
	// Output: true human_after_ai knowledge_gap [customer_request]
}
