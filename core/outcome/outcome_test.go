package outcome_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// say builds turns from lines "C: text", "A: text" (an AI), "B: text" (a bot), "H: text" and "S: text".
func say(lines ...string) []outcome.Turn {
	senders := map[byte]conversation.Sender{'C': conversation.Customer, 'A': conversation.AI, 'B': conversation.Bot, 'H': conversation.HumanAgent, 'S': conversation.System}
	out := make([]outcome.Turn, len(lines))
	for i, l := range lines {
		out[i] = outcome.ReadTurn(senders[l[0]], l[3:], cue.Find(l[3:]))
	}
	return out
}

func rated(score int) *conversation.Rating { return &conversation.Rating{Score: score} }

func TestLadder(t *testing.T) {
	ai := outcome.Stated{Handler: conversation.AIOnly}
	with := func(change func(*outcome.Stated)) outcome.Stated {
		s := ai
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		turns []outcome.Turn
		s     outcome.Stated
		want  conversation.Outcome
	}{
		"people alone have no outcome":      {say("C: hi", "H: hello"), outcome.Stated{Handler: conversation.HumanOnly}, ""},
		"nothing known has no outcome":      {nil, outcome.Stated{}, ""},
		"flags alone are assumed":           {nil, ai, conversation.OutcomeAssumed},
		"escalation beats a good rating":    {say("C: hi?", "A: hello"), with(func(s *outcome.Stated) { s.Escalated, s.Rating = true, rated(5) }), conversation.OutcomeEscalated},
		"rated 4 confirms":                  {say("C: how?", "A: so"), with(func(s *outcome.Stated) { s.Rating = rated(4) }), conversation.OutcomeConfirmed},
		"rated 3 after thanks is doubt":     {say("C: how?", "A: so", "C: thanks"), with(func(s *outcome.Stated) { s.Rating = rated(3) }), conversation.OutcomeAmbiguous},
		"the platform confirms":             {say("C: how?", "A: so"), with(func(s *outcome.Stated) { s.PlatformConfirmed = true }), conversation.OutcomeConfirmed},
		"thanks confirm":                    {say("C: how do I log in?", "A: Press the button.", "C: thanks, that works", "A: Goodbye"), ai, conversation.OutcomeConfirmed},
		"thanks and a question":             {say("C: how?", "A: Press it.", "C: thanks, and where is it?", "A: There."), ai, conversation.OutcomeAssumed},
		"thanks before any answer":          {say("A: Hello, how can I help?", "C: thanks"), ai, conversation.OutcomeAbandoned},
		"silence after an answer":           {say("C: how?", "A: Press the button."), ai, conversation.OutcomeAssumed},
		"the last question unanswered":      {say("C: how?", "A: Press it.", "C: where is it?"), ai, conversation.OutcomeAbandoned},
		"a statement at the end":            {say("C: how?", "A: Press it.", "C: i see"), ai, conversation.OutcomeAssumed},
		"a greeting is no answer":           {say("A: Hello!", "C: how do I log in?"), ai, conversation.OutcomeAbandoned},
		"gave up and nothing else":          {say("C: how?", "A: I don't have that information."), ai, conversation.OutcomeAbandoned},
		"gave up last, customer silent":     {say("C: how?", "A: Press it.", "C: it is not there", "A: I can't help with that."), ai, conversation.OutcomeAbandoned},
		"asked for a person in vain":        {say("C: agent please", "A: Press the button."), with(func(s *outcome.Stated) { s.Unmet = true }), conversation.OutcomeAmbiguous},
		"no help":                           {say("C: how?", "A: Press it.", "C: that didn't help"), ai, conversation.OutcomeAmbiguous},
		"unhappy":                           {say("C: how?", "A: Press it.", "C: i see"), with(func(s *outcome.Stated) { s.Unhappy = true }), conversation.OutcomeAmbiguous},
		"repeated":                          {say("C: how?", "A: Press it.", "C: i see"), with(func(s *outcome.Stated) { s.Repeated = true }), conversation.OutcomeAmbiguous},
		"refused, thanks are manners":       {say("C: a room please", "A: I'm sorry, there is no room available.", "C: ok thank you, bye", "A: Goodbye."), ai, conversation.OutcomeAmbiguous},
		"refused, then done":                {say("C: a room please", "A: I'm sorry, there is no room available.", "C: tomorrow?", "A: Your room is booked.", "C: thanks"), ai, conversation.OutcomeConfirmed},
		"done, then refused":                {say("C: a room please", "A: Your room is booked.", "C: and parking please", "A: Unfortunately there is no parking.", "C: thanks"), ai, conversation.OutcomeAmbiguous},
		"a greeting cannot refuse":          {say("A: Sorry, phone support is not available.", "C: how?", "A: Press it.", "C: thanks"), ai, conversation.OutcomeConfirmed},
		"refused, yet rated 5":              {say("C: a refund", "A: Unfortunately that is not possible.", "C: ok"), with(func(s *outcome.Stated) { s.Rating = rated(5) }), conversation.OutcomeConfirmed},
		"never mind":                        {say("C: a taxi", "A: From where?", "C: never mind, thanks", "A: Goodbye."), ai, conversation.OutcomeAmbiguous},
		"never mind, then went on":          {say("C: a taxi", "A: From where?", "C: never mind", "A: Anything else?", "C: the weather", "A: Sunny.", "C: good", "A: Goodbye."), ai, conversation.OutcomeAssumed},
		"the system and people say nothing": {say("S: chat started", "C: how?", "B: Press it.", "S: Unfortunately the chat was not available."), ai, conversation.OutcomeAssumed},
	} {
		t.Run(name, func(t *testing.T) {
			got := outcome.Read(c.turns, c.s)
			if got.Kind != c.want {
				t.Errorf("got %q with %+v, want %q", got.Kind, got.Evidence, c.want)
			}
			for _, e := range got.Evidence {
				if e.Message < -1 || e.Message >= len(c.turns) {
					t.Errorf("evidence of message %d of %d", e.Message, len(c.turns))
				}
			}
		})
	}
}

func TestEvidenceQuotesTheWords(t *testing.T) {
	got := outcome.Read(say("C: a room please", "A: I'm very sorry. There is no room available.", "C: ok"), outcome.Stated{Handler: conversation.AIOnly})
	want := []conversation.Evidence{{Signal: outcome.AnswerRefused, Message: 1, Words: "There is no room available."}}
	if !slices.Equal(got.Evidence, want) {
		t.Errorf("got %+v", got.Evidence)
	}
}

// TestEveryConversationHasOneOutcome: with the AI involved there is always exactly one known outcome, and a rating of 4
// or 5 never turns into doubt.
func TestEveryConversationHasOneOutcome(t *testing.T) {
	line := rapid.SampledFrom([]string{
		"C: how?", "C: thanks", "C: never mind", "C: that didn't help", "C: i want an agent", "A: Press it.",
		"A: Sorry, that is not possible.", "A: It has been booked.", "A: I don't know.", "B: Hello!", "H: hi", "S: joined", "C: ", "A: ",
	})
	rapid.Check(t, func(t *rapid.T) {
		turns := say(rapid.SliceOfN(line, 0, 12).Draw(t, "turns")...)
		s := outcome.Stated{Handler: conversation.AIOnly, Escalated: rapid.Bool().Draw(t, "escalated"), Unmet: rapid.Bool().Draw(t, "unmet"), Unhappy: rapid.Bool().Draw(t, "unhappy")}
		got := outcome.Read(turns, s)
		if !slices.Contains(conversation.Outcomes(), got.Kind) {
			t.Fatalf("outcome %q", got.Kind)
		}
		if (got.Kind == conversation.OutcomeEscalated) != s.Escalated {
			t.Fatalf("escalated %v, outcome %q", s.Escalated, got.Kind)
		}
		s.Rating = rated(5)
		if kind := outcome.Read(turns, s).Kind; kind != conversation.OutcomeConfirmed && !s.Escalated {
			t.Fatalf("rated 5 and %q", kind)
		}
	})
}

func TestIsQuestion(t *testing.T) {
	for s, want := range map[string]bool{
		"Where is it": true, "  can I": true, "it works?": true, "DO YOU": true, "what": true,
		"": false, "   ": false, "whatever works": false, "candy": false, "I know where": false,
	} {
		if outcome.IsQuestion(s) != want {
			t.Errorf("%q", s)
		}
	}
}

func cell(counts map[conversation.Outcome]int64) metric.Vector {
	var v metric.Vector
	for o, n := range counts {
		v = append(v, metric.Entry{Measure: metric.Ended(o), Value: n})
	}
	slices.SortFunc(v, func(a, b metric.Entry) int { return int(a.Measure) - int(b.Measure) })
	return v
}

func TestYoungConversationsArePending(t *testing.T) {
	all := map[conversation.Outcome]int64{
		conversation.OutcomeConfirmed: 1, conversation.OutcomeAssumed: 2, conversation.OutcomeAbandoned: 3,
		conversation.OutcomeEscalated: 4, conversation.OutcomeAmbiguous: 5,
	}
	l := outcome.Climb(cell(all), cell(all))
	want := outcome.Ladder{Confirmed: 2, Assumed: 2, Abandoned: 3, Escalated: 8, Ambiguous: 5, Pending: 10}
	if l != want {
		t.Errorf("got %+v, want %+v", l, want)
	}
	if l.Total() != 30 {
		t.Errorf("total %d", l.Total())
	}
	r := l.Resolved()
	if r.Value == nil || *r.Value != 20 { // 4 of the 20 settled
		t.Errorf("resolved %+v", r)
	}
	b, ok := l.Between()
	if !ok || b.Low != 100*2.0/30 || b.High != 100*19.0/30 {
		t.Errorf("between %+v", b)
	}
}

func TestNoConversationsAreUnknown(t *testing.T) {
	var l outcome.Ladder
	if _, ok := l.Between(); ok || l.Resolved().Value != nil {
		t.Error("a rate of nothing")
	}
	l.Pending = 3
	if l.Resolved().Value != nil {
		t.Error("pending conversations have a resolution rate")
	}
	if b, ok := l.Between(); !ok || b.Low != 0 || b.High != 100 {
		t.Errorf("pending ones may yet be anything: %+v", b)
	}
}

// TestResolvedLiesBetweenItsBounds holds for the share of all conversations.
func TestResolvedLiesBetweenItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1000)
		l := outcome.Ladder{Confirmed: n.Draw(t, "c"), Assumed: n.Draw(t, "a"), Abandoned: n.Draw(t, "b"), Escalated: n.Draw(t, "e"), Ambiguous: n.Draw(t, "m")}
		r, b := l.Resolved(), stat(l)
		if l.Total() == 0 {
			return
		}
		if *r.Value < b[0]-1e-9 || *r.Value > b[1]+1e-9 {
			t.Fatalf("%+v: %v outside %v", l, *r.Value, b)
		}
	})
}

func stat(l outcome.Ladder) [2]float64 {
	b, _ := l.Between()
	return [2]float64{b.Low, b.High}
}

func ExampleRead() {
	turns := say(
		"C: Can I get a room for Friday?",
		"A: I'm sorry, there is no room available on Friday.",
		"C: ok, thank you",
	)
	found := outcome.Read(turns, outcome.Stated{Handler: conversation.AIOnly})
	fmt.Println(found.Kind, found.Evidence[0].Signal, found.Evidence[0].Words)
	// Output: ambiguous answer_refused I'm sorry, there is no room available on Friday.
}
