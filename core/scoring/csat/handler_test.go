package csat_test

import (
	"testing"
	"time"

	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
)

// senders reads one letter for each message: C customer, A AI, B bot, H human agent, S system.
func senders(letters string) []conversation.Sender {
	return lo.Map([]rune(letters), func(r rune, _ int) conversation.Sender {
		return map[rune]conversation.Sender{
			'C': conversation.Customer, 'A': conversation.AI, 'B': conversation.Bot, 'H': conversation.HumanAgent, 'S': conversation.System,
		}[r]
	})
}

func TestHandler(t *testing.T) {
	yes, no := lo.ToPtr(true), lo.ToPtr(false)
	for _, c := range []struct {
		letters  string
		flags    csat.Flags
		want     conversation.Handler
		conflict bool
	}{
		{"", csat.Flags{}, conversation.HandlerUnknown, false},
		{"", csat.Flags{AIHandled: no}, conversation.HandlerUnknown, false},
		{"", csat.Flags{Escalated: yes}, conversation.HandlerUnknown, false},
		{"", csat.Flags{AIHandled: yes}, conversation.AIOnly, false},
		{"", csat.Flags{AIAgent: true}, conversation.AIOnly, false},
		{"", csat.Flags{AIAgent: true, AIHandled: no}, conversation.HandlerUnknown, false}, // the flag says more than the name
		{"", csat.Flags{AIHandled: yes, Escalated: yes}, conversation.AIThenHuman, false},
		{"", csat.Flags{AIHandled: yes, Escalated: no}, conversation.AIOnly, false},
		{"C", csat.Flags{AIHandled: yes}, conversation.AIOnly, false},
		{"CCS", csat.Flags{}, conversation.HandlerUnknown, false},
		{"CA", csat.Flags{}, conversation.AIOnly, false},
		{"CB", csat.Flags{}, conversation.AIOnly, false},
		{"AC", csat.Flags{}, conversation.HandlerUnknown, false}, // a greeting is not handling
		{"AA", csat.Flags{}, conversation.HandlerUnknown, false},
		{"ACH", csat.Flags{}, conversation.HumanOnly, false},
		{"CH", csat.Flags{}, conversation.HumanOnly, false},
		{"H", csat.Flags{}, conversation.HumanOnly, false},
		{"CAH", csat.Flags{}, conversation.AIThenHuman, false},
		{"CAHA", csat.Flags{}, conversation.AIThenHuman, false},
		{"CHA", csat.Flags{}, conversation.HumanThenAI, false},
		{"HCA", csat.Flags{}, conversation.HumanThenAI, false},
		{"CHA", csat.Flags{AIHandled: no}, conversation.HumanThenAI, true},
		{"CH", csat.Flags{AIHandled: yes}, conversation.HumanOnly, true},
		{"CA", csat.Flags{AIHandled: no}, conversation.AIOnly, true},
		{"CA", csat.Flags{AIHandled: yes, Escalated: yes}, conversation.AIOnly, false},
	} {
		h, conflict := csat.Handler(senders(c.letters), c.flags)
		if h != c.want || conflict != c.conflict {
			t.Errorf("%q %+v: %s, conflict %v; want %s, %v", c.letters, c.flags, h, conflict, c.want, c.conflict)
		}
	}
}

// TestSystemMessagesChangeNothing: who handled a conversation does not depend on what the platform itself writes.
func TestSystemMessagesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := senders(rapid.StringOfN(rapid.SampledFrom([]rune("CABHS")), 0, 12, -1).Draw(t, "messages"))
		without := lo.Without(all, conversation.System)
		a, _ := csat.Handler(all, csat.Flags{})
		b, _ := csat.Handler(without, csat.Flags{})
		if a != b {
			t.Fatalf("%v: %s, without the system %s", all, a, b)
		}
		if (csat.Attribution(a, conversation.PartyNone) == conversation.PartyNone) != (a == conversation.HandlerUnknown) {
			t.Fatalf("%s is attributed to %q", a, csat.Attribution(a, conversation.PartyNone))
		}
	})
}

func TestAttribution(t *testing.T) {
	for h, want := range map[conversation.Handler]conversation.Party{
		conversation.AIOnly: conversation.PartyAI, conversation.HumanOnly: conversation.PartyHuman,
		conversation.AIThenHuman: conversation.PartyMixed, conversation.HumanThenAI: conversation.PartyMixed,
		conversation.HandlerUnknown: conversation.PartyNone, "": conversation.PartyNone,
	} {
		if got := csat.Attribution(h, conversation.PartyNone); got != want {
			t.Errorf("%s: %q", h, got)
		}
		if got := csat.Attribution(h, conversation.PartyHuman); got != conversation.PartyHuman {
			t.Errorf("%s: the platform names a person, read as %q", h, got)
		}
	}
}

func TestLastTouch(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	turns := lo.Map(senders("CAHBAS"), func(s conversation.Sender, i int) csat.Turn {
		return csat.Turn{Sender: s, At: start.Add(time.Duration(i) * time.Minute)}
	})
	for minutes, want := range map[int]conversation.Party{
		-1: conversation.PartyNone, 0: conversation.PartyNone, 1: conversation.PartyAI, 2: conversation.PartyHuman,
		3: conversation.PartyHuman, 4: conversation.PartyAI, 60: conversation.PartyAI,
	} {
		if got := csat.LastTouch(turns, start.Add(time.Duration(minutes)*time.Minute)); got != want {
			t.Errorf("rated at minute %d: %q, want %q", minutes, got, want)
		}
	}
	if got := csat.LastTouch(nil, start); got != conversation.PartyNone {
		t.Errorf("nobody wrote, read as %q", got)
	}
}
