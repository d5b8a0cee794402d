package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences cuts a text into its sentences as written, trimmed: after a point, question mark or exclamation mark that
// a space or the end follows, and at line breaks. Empty ones are left out. "e.g. this" is two; telling them apart
// needs a dictionary of abbreviations for each language.
func Sentences(s string) []string {
	sentences := []string{}
	start := 0
	cut := func(end int) {
		if sentence := strings.TrimSpace(s[start:end]); sentence != "" {
			sentences = append(sentences, sentence)
		}
		start = end
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\n', '\r':
			cut(i)
		case '.', '?', '!':
			if next, _ := utf8.DecodeRuneInString(s[i+1:]); unicode.IsSpace(next) {
				cut(i + 1)
			}
		}
	}
	cut(len(s))
	return sentences
}
