package sentiment_test

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

func TestVaderAgreesWithThePublishedScores(t *testing.T) {
	for _, line := range lines(t, "testdata/vader.tsv") {
		s, score, _ := strings.Cut(line, "\t")
		want, err := strconv.ParseFloat(score, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got := sentiment.Vader(s); got != want {
			t.Errorf("Vader(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestVaderOfNothingIsZero(t *testing.T) {
	for _, s := range []string{"", " ", "\n\t", "...", "\x00", "\xff\xfe"} {
		if got := sentiment.Vader(s); got != 0 || math.Signbit(got) {
			t.Errorf("Vader(%q) = %v", s, got)
		}
	}
}

func TestNormaliseStaysInRange(t *testing.T) {
	for sum, want := range map[float64]float64{0: 0, 1e200: 1, -1e200: -1, math.MaxFloat64: 1, math.Inf(-1): -1} {
		if got := sentiment.Normalise(sum); got != want {
			t.Errorf("Normalise(%v) = %v, want %v", sum, got, want)
		}
	}
}

func TestWordsOfSupportHaveNoValence(t *testing.T) {
	for _, s := range []string{
		"Hello, I need help", "I'd like to update my credit card, please", "Can I talk to a human please?",
		"I have a problem with my payment", "Please cancel my order", "I REALLY need help", "a very urgent problem",
		"no problem", "PLEASE help", "so many errors", "I am very interested in the secure account",
	} {
		if got := sentiment.MessageLabel(s); got != sentiment.Neutral {
			t.Errorf("%q is %s (%v)", s, got, sentiment.MessageCompound(s))
		}
	}
	if wrong := sentiment.MessageCompound("wrong answer"); math.Abs(wrong-sentiment.Normalise(-2.1/2)) > 1e-12 {
		t.Errorf("wrong has half its valence −2.1, got compound %v", wrong)
	}
}

func TestThanksThatAreNoneAreNegative(t *testing.T) {
	for s, want := range map[string]sentiment.Label{
		"Thanks for nothing":              sentiment.Negative,
		"great, thanks, that didn’t help": sentiment.Negative,
		"thank you, that solved it":       sentiment.Positive,
		"No thanks, that's all":           sentiment.Positive,
		"no thank you":                    sentiment.Positive,
		"I don’t like this awful thing":   sentiment.Negative,
	} {
		if got := sentiment.MessageLabel(s); got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
	if got := sentiment.NegatedThanks("useless", -0.9); got != -0.9 {
		t.Errorf("a lower compound stays, got %v", got)
	}
}

func FuzzMessageCompound(f *testing.F) {
	for _, s := range []string{"good", "NOT very good!!", "but but but good bad", "💘", "kind of", "no", "\xff", "n't", "’"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []float64{sentiment.Vader(s), sentiment.MessageCompound(s)} {
			if math.IsNaN(c) || c < -1 || c > 1 {
				t.Fatalf("%q: compound %v", s, c)
			}
		}
	})
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}
