package sentiment

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// pieces of messages whose words the short path of a reading and the split of the reference might cut otherwise.
var pieces = []string{
	"good", "BAD", "isn't", "don’t", "it.", "me?", "(great)", "so-so", "e-mail", ":)", ":D", ":-(", "<3", "...", "…", "-", "–", "'love'",
	"hate!!", "?!?", "VERY", "but", "kind", "of", "w8", "1,250.00", "#1", "😀", "👍🏽ok", "©", "🆙", "Größe", "naïve", "\u00a0", "\u2028",
	"\x1c", "\x1f", "\x00", "ǅ", "ﬁne", "‘no’", "\"no\"", "a@b.co", "\n", "\t", " ", " ", " ", " ",
}

func TestWordsOfAReadingAreThoseOfTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), "")
		r := text.Read(s)
		straight := strings.ReplaceAll(r.Text, "’", "'")
		want := supportWords.split(nil, nameEmoji(straight))
		got, _ := supportWords.tokens(nil, &r)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(word{}, entry{})); diff != "" {
			t.Fatalf("words of %+q:\n%s", s, diff)
		}
		if want, got := supportWords.compound(straight), supportWords.compoundOf(&r); want != got {
			t.Fatalf("compound of %+q: %v, by the reference %v", s, got, want)
		}
	})
}

func TestSimilarAsByTheTokensThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) gist {
			r := text.Read(strings.Join(rapid.SliceOfN(rapid.SampledFrom(strings.Fields("order parcel late 12 again refund card tuesday")), 0, 9).Draw(t, name), " "))
			return gistOf(&r)
		}
		a, b := draw("a"), draw("b")
		for _, similarity := range []float64{repeatedSimilarity, loopSimilarity, 1} {
			if want, got := text.Jaccard(a.tokens(), b.tokens()) >= similarity, a.similar(b, similarity); want != got && len(a.tokens())+len(b.tokens()) > 0 {
				t.Fatalf("%q and %q similar by %v: %v", a.tokens(), b.tokens(), similarity, got)
			}
		}
	})
}

func TestAListenerSaysAtAnyTimeWhatTheScoreOfThePrefixIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Listener
		var so []Message
		for range rapid.IntRange(1, 6).Draw(t, "turns") {
			m := Message{
				Sender: rapid.SampledFrom([]Sender{Customer, AI, HumanAgent}).Draw(t, "sender"),
				Text:   rapid.SampledFrom([]string{"", "Where is my order?", "where is my order", "THIS IS BAD!!", "ok, thanks", "talk to a human"}).Draw(t, "text"),
			}
			so = append(so, m)
			l.Hear(turn(m))
			if diff := cmp.Diff(Score(so), l.Finding()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
