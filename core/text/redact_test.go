package text_test

import (
	"testing"

	"github.com/csm-monitor/csm-monitor/core/text"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"Where is my card?":                   "Where is my card?",
		"It takes 2 weeks, not 10.":           "It takes 2 weeks, not 10.",
		"My PIN is either 7402 or 1596.":      "My PIN is either <num> or <num>.",
		"Card 4111 1111 1111 1111 is blocked": "Card <num> is blocked",
		"call +41 44 668 18 00 now":           "call <num> now",
		"Where is order INV-48213?":           "Where is order INV-<num>?",
		"mail jo@example.com, please":         "mail <email>, please",
		"see https://example.com/a?b=1.":      "see <url>.",
		"(www.example.com)":                   "<url>)",
		"a @ b":                               "a @ b",
		"born 15/09/1940":                     "born <num>",
		"  two  spaces ":                      "  two  spaces ",
	} {
		if got := text.Redact(in); got != want {
			t.Errorf("Redact(%q): wanted %q, got %q", in, want, got)
		}
	}
}

// No run of four digits survives, whatever stands around it.
func FuzzRedact(f *testing.F) {
	f.Add("1 2-3.4 5678 a@b.c http://x 12 34")
	f.Fuzz(func(t *testing.T, s string) {
		got := text.Redact(s)
		run := 0
		for _, r := range got {
			if r >= '0' && r <= '9' {
				run++
			} else {
				run = 0
			}
			if run >= 4 {
				t.Fatalf("Redact(%q) shows %q", s, got)
			}
		}
	})
}
