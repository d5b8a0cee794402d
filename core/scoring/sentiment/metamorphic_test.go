package sentiment_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

var fragments = []string{
	"where is my order", "I need help with the invoice", "this is terrible", "great, thanks!", "I love it", "AWFUL SERVICE HERE",
	"thanks for nothing", "that didn’t help", "let me talk to a human", "are you a human", "agent", "still not working",
	"really??", "no!!", "the café in Zürich is ﬁne", "ok", "but it is good", "not bad", "VERY good", "I can't log in", "12345",
	"please", "Größe XL", "é", "😀", ":)", "the worst support ever", "you are so kind",
}

var senders = []sentiment.Sender{sentiment.Customer, sentiment.Customer, sentiment.AI, sentiment.Bot, sentiment.HumanAgent, sentiment.System}

func drawMessages(t *rapid.T) []sentiment.Message {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sentiment.Message {
		parts := rapid.SliceOfN(rapid.SampledFrom(fragments), 1, 4).Draw(t, "parts")
		return sentiment.Message{Sender: rapid.SampledFrom(senders).Draw(t, "sender"), Text: strings.Join(parts, " ")}
	}), 0, 8).Draw(t, "messages")
}

func TestReversingASouringConversationRaisesTheCompound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		souring := rapid.SliceOfNDistinct(rapid.Float64Range(-1, 1), 2, 12, rapid.ID).Draw(t, "compounds")
		slices.SortFunc(souring, func(a, b float64) int { return int(b*1e15) - int(a*1e15) })
		before := *sentiment.ConversationCompound(souring)
		slices.Reverse(souring)
		if after := *sentiment.ConversationCompound(souring); after < before-1e-12 {
			t.Fatalf("%v souring, %v reversed", before, after)
		}
	})
}

func TestExclamationMarksNeverLowerTheFrustration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := drawMessages(t)
		before := sentiment.Score(messages).Frustration
		for i := range messages {
			louder := slices.Clone(messages)
			louder[i].Text += "!!"
			if after := sentiment.Score(louder).Frustration; after < before {
				t.Fatalf("%d points, %d with !! after %q", before, after, messages[i].Text)
			}
		}
	})
}

func TestAMessageOfSomeoneElseHasNoEffect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := drawMessages(t)
		for i := range messages {
			swapped := slices.Clone(messages)
			swapped[i].Sender = rapid.SampledFrom([]sentiment.Sender{sentiment.HumanAgent, sentiment.System}).Draw(t, "other")
			without := slices.Delete(slices.Clone(messages), i, i+1)
			if a, b := sentiment.Score(swapped), sentiment.Score(without); a.Label != b.Label || a.Points != b.Points ||
				show(a.Compound) != show(b.Compound) || show(a.Last) != show(b.Last) {
				t.Fatalf("swapped %+v, without %+v", a, b)
			}
		}
	})
}

func TestWhiteSpaceAndUnicodeFormDoNotChangeTheScore(t *testing.T) {
	forms := []func(string) string{
		norm.NFC.String, norm.NFD.String, norm.NFKC.String, norm.NFKD.String,
		func(s string) string { return "\n " + strings.ReplaceAll(s, " ", " \t\u00a0\n") + "  " },
		func(s string) string { return strings.ReplaceAll(s, "’", "'") },
	}
	rapid.Check(t, func(t *rapid.T) {
		messages := drawMessages(t)
		want := sentiment.Score(messages)
		for k, form := range forms {
			changed := slices.Clone(messages)
			for i := range changed {
				changed[i].Text = form(changed[i].Text)
			}
			got := sentiment.Score(changed)
			if got.Label != want.Label || got.Points != want.Points || show(got.Compound) != show(want.Compound) {
				t.Fatalf("form %d: %+v, want %+v", k, got, want)
			}
		}
	})
}

func TestThePartsOfAFindingAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := drawMessages(t)
		f := sentiment.Score(messages)
		points, cues := sentiment.Frustration(messages)
		if f.Frustration != points.Total() || f.Frustration < 0 || f.Frustration > 16 || f.Points != points || len(f.Cues) != len(cues) {
			t.Fatalf("%+v, points %+v", f, points)
		}
		if (f.Frustration > 0) != (len(f.Cues) > 0) {
			t.Fatalf("%d points from cues %v", f.Frustration, f.Cues)
		}
		if (f.Compound == nil) != (f.Last == nil) || f.Compound != nil && (*f.Compound < -1 || *f.Compound > 1) {
			t.Fatalf("%+v", f)
		}
	})
}
