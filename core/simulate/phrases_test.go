package simulate

import (
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// Plain lines are found by the rule they are made for, paraphrases are not: the latter measure what the rule misses.
func TestPlainLinesAreRecognised(t *testing.T) {
	t.Parallel()
	unhappy := func(line string) bool {
		f := sentiment.Score([]sentiment.Message{{Sender: sentiment.Customer, Text: line}})
		return f.Label == sentiment.Negative || f.Label == sentiment.Frustrated
	}
	for name, c := range map[string]struct {
		lines lines
		found func(string) bool
	}{
		"thanks":     {thanks(), func(s string) bool { return cue.Find(s).Thanks != "" }},
		"gave up":    {gaveUp(), func(s string) bool { return cue.Find(s).BotGaveUp != "" }},
		"request":    {personRequests(), func(s string) bool { return cue.Find(s).HumanRequest != "" }},
		"complaint":  {complaints(), unhappy},
		"unhappy":    {unhappyEnds(), func(s string) bool { return cue.Find(s).NegatedThanks != "" || unhappy(s) }},
		"transfer":   {lines{plain: transfers()}, func(s string) bool { return cue.Find(s).TransferAnnounced != "" }},
		"greeting":   {lines{paraphrased: greetings()}, func(s string) bool { return cue.Find(s) != cue.Found{} }},
		"pending":    {lines{paraphrased: pending()}, func(s string) bool { f := cue.Find(s); return f.BotGaveUp+f.TransferAnnounced != "" }},
		"follow-ups": {lines{paraphrased: followUps()}, func(s string) bool { return cue.Find(s) != cue.Found{} || unhappy(s) }},
	} {
		for _, line := range c.lines.plain {
			if !c.found(line) {
				t.Errorf("%s: %q is not recognised", name, line)
			}
		}
		for _, line := range c.lines.paraphrased {
			if c.found(line) {
				t.Errorf("%s: %q is recognised", name, line)
			}
		}
	}
}

// Questions and answers say nothing but what they are about.
func TestQuestionsAreNeutral(t *testing.T) {
	t.Parallel()
	for question := range Sentences() {
		if f := cue.Find(question); f != (cue.Found{}) {
			t.Errorf("%q has a cue: %+v", question, f)
		}
		f := sentiment.Score([]sentiment.Message{{Sender: sentiment.Customer, Text: question}})
		if f.Label == sentiment.Negative || f.Label == sentiment.Frustrated {
			t.Errorf("%q reads as %s", question, f.Label)
		}
	}
	for _, s := range catalogue() {
		if len(s.known) != 2 || len(s.gaps) != 2 {
			t.Errorf("%s has %d known questions and %d gaps", s.name, len(s.known), len(s.gaps))
		}
		for _, k := range s.known {
			if f := cue.Find(k.answer); f.BotGaveUp+f.TransferAnnounced != "" {
				t.Errorf("%q does not answer: %+v", k.answer, f)
			}
		}
	}
}

// The words of clients' own systems mean what they are meant to mean.
func TestDeclaredReasonsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, reason := range conversation.Reasons() {
		for _, words := range declared(reason) {
			if got := escalation.MapReason(words); got != reason {
				t.Errorf("%q means %s, not %s", words, got, reason)
			}
		}
	}
}

// Before a fall no planted mean lies outside what the two kinds of customers can make up.
func TestPlantedMeansAreWithinReach(t *testing.T) {
	t.Parallel()
	low, high := meanOf(unhappyShares), meanOf(happyShares)
	for seed := range uint64(200) {
		p := NewPlan(seed, time.Unix(0, 0), 30)
		for _, topic := range p.Topics {
			for k := range priorities {
				for _, side := range []struct{ ai, escalated bool }{{false, false}, {true, false}, {true, true}} {
					if m := meanOf(p.scores(topic, k, side.ai, side.escalated, p.Start)); m <= low+1e-9 || m >= high-1e-9 {
						t.Fatalf("seed %d, %s: a mean of %.2f is out of reach", seed, topic.Name, m)
					}
				}
			}
		}
	}
}
