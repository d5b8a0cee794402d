package escalation_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
)

func TestRiskOfThePublishedSigns(t *testing.T) {
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	for name, c := range map[string]struct {
		seen escalation.Seen
		want float64
	}{
		"nothing yet":      {escalation.Seen{}, -2.2},
		"three turns free": {escalation.Seen{CustomerTurns: 3}, -2.2},
		"four turns count": {escalation.Seen{CustomerTurns: 70}, -2.2 + 4*0.25},
		"everything": {escalation.Seen{HumanRequest: true, BotGaveUp: true, Repeated: true, LastNegative: true, CustomerTurns: 5, TopicRate: 0.3, PooledRate: 0.2},
			-2.2 + 2.5 + 1.2 + 0.8 + 0.9 + 0.5 + logit(0.3) - logit(0.2)},
		"a topic rate of 0 says nothing": {escalation.Seen{TopicRate: 0, PooledRate: 0.2}, -2.2},
		"a rate of 1 says nothing":       {escalation.Seen{TopicRate: 0.2, PooledRate: 1}, -2.2},
		"impossible rates say nothing":   {escalation.Seen{TopicRate: math.NaN(), PooledRate: -3}, -2.2},
	} {
		if got := logit(escalation.Risk(c.seen)); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func seen() *rapid.Generator[escalation.Seen] {
	return rapid.Custom(func(t *rapid.T) escalation.Seen {
		n := rapid.IntRange(0, 50)
		return escalation.Seen{
			HumanRequest: rapid.Bool().Draw(t, "request"), BotGaveUp: rapid.Bool().Draw(t, "gave up"), Repeated: rapid.Bool().Draw(t, "repeated"),
			LastNegative: rapid.Bool().Draw(t, "negative"), CustomerTurns: n.Draw(t, "turns"), Refusals: n.Draw(t, "refusals"),
			RepeatedPrompts: n.Draw(t, "prompts"), Denials: n.Draw(t, "denials"), Settled: rapid.Bool().Draw(t, "settled"),
			Unanswered: rapid.Bool().Draw(t, "unanswered"), TopicRate: rapid.Float64Range(0, 1).Draw(t, "topic"), PooledRate: rapid.Float64Range(0, 1).Draw(t, "pooled"),
		}
	})
}

// TestRiskNeverFallsWithMoreSignsOfTrouble and stays a number from 0 to 1.
func TestRiskNeverFallsWithMoreSignsOfTrouble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seen().Draw(t, "seen")
		risk := escalation.Risk(s)
		if !(risk >= 0 && risk <= 1) {
			t.Fatalf("%+v: %v", s, risk)
		}
		for name, change := range map[string]func(*escalation.Seen){
			"request": func(s *escalation.Seen) { s.HumanRequest = true }, "gave up": func(s *escalation.Seen) { s.BotGaveUp = true },
			"turn": func(s *escalation.Seen) { s.CustomerTurns++ }, "refusal": func(s *escalation.Seen) { s.Refusals++ },
			"prompt": func(s *escalation.Seen) { s.RepeatedPrompts++ }, "denial": func(s *escalation.Seen) { s.Denials++ },
			"unanswered": func(s *escalation.Seen) { s.Unanswered = true }, "not settled": func(s *escalation.Seen) { s.Settled = false },
		} {
			worse := s
			change(&worse)
			if escalation.Risk(worse) < risk {
				t.Fatalf("%s: %v, before %v", name, escalation.Risk(worse), risk)
			}
		}
	})
}

func TestSee(t *testing.T) {
	got := escalation.See(say(
		"A: Hello, how can I help?",
		"C: I want to change my booking",
		"A: For what date?",
		"C: Friday",
		"A: I'm sorry, Friday is not available. For what date?",
		"C: no, Friday",
		"A: I'm sorry, Friday is not available. For what date?",
		"C: let me talk to an agent",
		"A: I don't understand.",
	), false)
	want := escalation.Seen{HumanRequest: true, BotGaveUp: true, CustomerTurns: 4, Refusals: 2, RepeatedPrompts: 1, Denials: 1}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := escalation.See(nil, true); got != (escalation.Seen{}) {
		t.Errorf("nobody wrote: %+v", got)
	}
}

func TestSilenceSpeaksOnlyWhenItIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		messages []conversation.Message
		over     bool
		want     bool
	}{
		"running":            {say("C: a room", "A: For what date?"), false, false},
		"over":               {say("C: a room", "A: For what date?"), true, true},
		"over and done":      {say("C: a room", "A: Your room is booked."), true, false},
		"over with thanks":   {say("C: a room", "A: Here is the list.", "C: thanks", "A: Goodbye."), true, false},
		"the customer's end": {say("C: a room", "A: For what date?", "C: Friday"), true, false},
		"never spoke":        {say("A: Hello, how can I help?"), true, false},
	} {
		if got := escalation.See(c.messages, c.over).Unanswered; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSeeLooksAtNothingLater: what is seen of a beginning does not depend on what came after it, nor on times or names.
func TestSeeLooksAtNothingLater(t *testing.T) {
	line := rapid.SampledFrom([]string{"C: how?", "C: no", "C: agent please", "A: Press it.", "A: That failed.", "B: It is booked.", "H: hello", "S: joined"})
	rapid.Check(t, func(t *rapid.T) {
		all := say(rapid.SliceOfN(line, 1, 14).Draw(t, "messages")...)
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		before := escalation.See(all[:cut], false)
		for i := range all {
			all[i].Order, all[i].ID = time.Time{}, "x"
			if i >= cut {
				all[i].Content, all[i].Sender = "let me talk to an agent", conversation.Customer
			}
		}
		if after := escalation.See(all[:cut], false); after != before {
			t.Fatalf("%+v, then %+v", before, after)
		}
	})
}

func TestLongConversationsAreSeenInTime(t *testing.T) {
	lines := make([]string, 0, 10_000)
	for i := range 5_000 {
		lines = append(lines, fmt.Sprintf("C: question number %d about %s", i, strings.Repeat("x", i%7)), fmt.Sprintf("A: answer %d", i))
	}
	if got := escalation.See(say(lines...), false); got.CustomerTurns != 5_000 {
		t.Errorf("%+v", got)
	}
}

func ExampleRisk() {
	messages := say("C: Where is my parcel?", "A: I'm sorry, I can't find your order.", "C: Please let me talk to a person")
	fmt.Printf("%.2f\n", escalation.Risk(escalation.See(messages, false)))
	// Output: 0.91
}
