package sqlstore

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 3).Draw(t, label+" zero") == 0 {
		return time.Time{}
	}
	return noon.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, label)) * time.Microsecond).UTC()
}

func drawText(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"", "x", "wörd", "a longer text with several words"}).Draw(t, label)
}

func drawSaid[T any](t *rapid.T, label string, value T) conversation.Said[T] {
	trust := conversation.Trust(rapid.IntRange(0, 3).Draw(t, label+" trust"))
	if trust == 0 {
		return conversation.Said[T]{}
	}
	return conversation.Said[T]{Value: value, Stamp: conversation.Stamp{Trust: trust, At: drawTime(t, label+" at")}}
}

func drawList[T any](t *rapid.T, label string, one func() T) []T {
	n := rapid.IntRange(-1, 3).Draw(t, label)
	if n < 0 {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = one()
	}
	return out
}

func drawOptional[T any](t *rapid.T, label string, v T) *T {
	if rapid.Bool().Draw(t, label) {
		return &v
	}
	return nil
}

func drawConversation(t *rapid.T) conversation.Conversation {
	word := func() string { return drawText(t, "word") }
	real := rapid.Float64().Draw(t, "real")
	evidence := func() []conversation.Evidence {
		return drawList(t, "evidence", func() conversation.Evidence {
			return conversation.Evidence{Signal: conversation.HumanRequest, Message: rapid.IntRange(-1, 9).Draw(t, "message"), Words: word()}
		})
	}
	c := conversation.Conversation{
		Key:       conversation.Key{Platform: conversation.Custom, ID: word()},
		StartedAt: noon.Add(time.Duration(rapid.Int64Range(-1e14, 1e14).Draw(t, "start")) * time.Microsecond),
		EndedAt:   drawTime(t, "end"), ReceivedAt: drawTime(t, "received"), UpdatedAt: drawTime(t, "updated"),
		Trust: conversation.Trust(rapid.IntRange(0, 3).Draw(t, "trust")),
	}
	c.Facts = conversation.Facts{
		CustomerID: drawSaid(t, "customer", word()), AIAgentID: drawSaid(t, "agent", word()),
		Rating:    drawSaid(t, "rating", conversation.Rating{Score: 4, Scale: conversation.Mapped7, At: drawTime(t, "rated"), Subject: conversation.PartyAI}),
		Sentiment: drawSaid(t, "sentiment", conversation.Negative), Escalated: drawSaid(t, "escalated", real > 0),
		EscalationReason: drawSaid(t, "reason", word()), ResolutionSeconds: drawSaid(t, "resolution", real),
		FirstContactResolution: drawSaid(t, "first", real < 1), AIHandled: drawSaid(t, "ai", real > 2), Topic: drawSaid(t, "topic", word()),
		Subtopic: drawSaid(t, "subtopic", word()), Priority: drawSaid(t, "priority", conversation.Urgent),
		Cost: drawSaid(t, "cost", money.Micro(rapid.Int64().Draw(t, "micro"))), Metadata: drawSaid(t, "metadata", word()),
		Tags: drawSaid(t, "tags", drawList(t, "tag list", word)), CreatedAt: drawSaid(t, "created", drawTime(t, "created time")),
		ClosedAt: drawSaid(t, "closed", drawTime(t, "closed time")), HandedOffAt: drawSaid(t, "handed", drawTime(t, "handed time")),
		AIFailed: drawSaid(t, "failed", true), Offered: drawSaid(t, "offered", false), HandleSeconds: drawSaid(t, "handle", -real),
		TokensIn: drawSaid(t, "in", rapid.Int64().Draw(t, "tokens in")), TokensOut: drawSaid(t, "out", int64(7)),
		NextContact: drawSaid(t, "next", drawTime(t, "next time")),
	}
	c.Messages = drawList(t, "messages", func() conversation.Message {
		return conversation.Message{
			ID: word(), Sender: conversation.Bot, SenderID: word(), Content: strings.Repeat(word(), 9), At: drawTime(t, "said"), Metadata: word(),
			Order: drawTime(t, "order"), Position: rapid.IntRange(-1, 99).Draw(t, "position"),
			Stamp: conversation.Stamp{Trust: conversation.Confirmed, At: drawTime(t, "stamp")},
		}
	})
	c.Findings = conversation.Findings{
		Handler: conversation.HumanThenAI, HandlerConflict: real > 3, Attribution: conversation.PartyMixed, LastTouch: conversation.PartyHuman,
		CustomerTurns: rapid.IntRange(0, 99).Draw(t, "turns"), FirstResponseSeconds: drawOptional(t, "response", int64(12)),
		ResolutionSeconds: drawOptional(t, "resolved", rapid.Int64().Draw(t, "seconds")), HandleSeconds: drawOptional(t, "handled", int64(-1)),
		Escalation: conversation.EscalationFinding{
			Escalated: real > 1, Declared: real > 2, At: drawTime(t, "escalated at"), Turn: 3,
			Signals: drawList(t, "signals", func() conversation.Signal { return conversation.BotGaveUp }), Primary: conversation.KnowledgeGap,
			Secondary:    drawList(t, "secondary", func() conversation.Reason { return conversation.OtherReason }),
			UnmetRequest: real < 3, FlagConflict: real < 4, Evidence: evidence(), AnswersBefore: -1,
		},
		Sentiment: conversation.SentimentFinding{
			Label: conversation.Frustrated, Compound: drawOptional(t, "compound", real), Last: drawOptional(t, "last", 0.5), Frustration: 5,
			Language: "de", LanguageSupported: real > 5, Evidence: evidence(),
		},
		Outcome: conversation.OutcomeFinding{Kind: conversation.OutcomeAmbiguous, Evidence: evidence()},
		Failure: conversation.FailureFinding{
			Kinds:    drawList(t, "kinds", func() conversation.Failure { return conversation.FailedGaveUp }),
			Question: word(), At: drawTime(t, "asked"),
		},
	}
	return c
}

func TestContentReadsBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, before := drawConversation(t), drawConversation(t)
		for _, room := range [][]conversation.Message{nil, before.Messages, make([]conversation.Message, 0, 100)} {
			got := before
			if err := decodeContent(&got, encodeContent(nil, &want), room); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// What the first version of the content looks like is in databases: it must be readable for ever. If this fails, the
// form has changed, and it needs a new version beside the old one.
func TestContentOfTheFirstVersion(t *testing.T) {
	at := conversation.Stamp{Trust: conversation.Signed, At: noon}
	topic := "billing"
	patch := conversation.NewPatch(
		conversation.Key{Platform: conversation.Custom, ID: "c-1"}, conversation.Facts{Topic: conversation.State(&topic, at)},
		[]conversation.Message{{ID: "m", Sender: conversation.Customer, Content: "where is my order", At: noon}}, at, noon.Add(time.Second))
	c := conversation.Merge(nil, &patch)
	const stored = "010106637573746f6d03632d310280c0f799d7bea6060181897a81897a060301060113010762696c6c696e670401016d08637573746f6d657200117768657265206973206d79206f726465720100010001050000000000000000000000000000000000000000000000000000000000000000"
	if got := hex.EncodeToString(encodeContent(nil, c)); got != stored {
		t.Errorf("written:\n%s\nwanted:\n%s", got, stored)
	}
	content, err := hex.DecodeString(stored)
	if err != nil {
		t.Fatal(err)
	}
	var got conversation.Conversation
	if err := decodeContent(&got, content, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*c, got); diff != "" {
		t.Error(diff)
	}
}

func TestContentRefusesWhatItDoesNotKnow(t *testing.T) {
	c := benchdata.Source{Org: uuid.New(), Start: noon}.Conversation(1)
	whole := encodeContent(nil, &c)
	var got conversation.Conversation
	for n := range whole {
		if err := decodeContent(&got, whole[:n], nil); err == nil {
			t.Fatalf("cut to %d of %d bytes it reads", n, len(whole))
		}
	}
	for name, bad := range map[string][]byte{
		"a newer version": append([]byte{contentVersion + 1}, whole[1:]...),
		"a newer field":   append(append([]byte{}, whole[:len(whole)-1]...), 99, 0),
		"more behind":     append(append([]byte{}, whole...), 0),
	} {
		if err := decodeContent(&got, bad, nil); err == nil {
			t.Errorf("%s reads", name)
		}
	}
}

// FuzzContent: nothing panics or takes memory without end, and what reads is written again as it was read.
func FuzzContent(f *testing.F) {
	for n := range 3 {
		c := benchdata.Source{Org: uuid.New(), Start: noon}.Conversation(n)
		f.Add(encodeContent(nil, &c))
	}
	f.Add([]byte{contentVersion, 4, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, content []byte) {
		var c, again conversation.Conversation
		if err := decodeContent(&c, content, nil); err != nil {
			return
		}
		if err := decodeContent(&again, encodeContent(nil, &c), nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, again, cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLongContentIsCompressed(t *testing.T) {
	sp := &space{org: uuid.New(), sealer: open{}}
	c := benchdata.Source{Org: sp.org, Start: noon}.Conversation(1)
	for _, size := range []int{0, 5_000, 200_000} {
		c.Messages[0].Content = strings.Repeat("the same words again and again ", size/31)
		sealed := sp.sealContent(&c, c.UID())
		if size > compressFrom && len(sealed) > size/2 {
			t.Errorf("%d bytes take %d", size, len(sealed))
		}
		got, err := sp.openContent(c.UID(), c.Seq, sealed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, bad := range [][]byte{nil, {}, {9}, {compressed}, {compressed, 1, 2, 3}} {
		if _, err := sp.openContent(c.UID(), 1, bad); err == nil {
			t.Errorf("%v reads", bad)
		}
	}
}

func BenchmarkContent(b *testing.B) {
	c := benchdata.Source{Org: uuid.New(), Start: noon}.Conversation(1)
	content := encodeContent(nil, &c)
	b.Run("encode", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf = encodeContent(buf[:0], &c)
		}
	})
	b.Run("decode", func(b *testing.B) {
		var c conversation.Conversation
		for b.Loop() {
			if err := decodeContent(&c, content, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
