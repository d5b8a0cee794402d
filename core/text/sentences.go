package text

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences cuts a text into its sentences as written, trimmed: after a point, question mark or exclamation mark that
// a space or the end follows, and at line breaks. Empty ones are left out. "e.g. this" is two; telling them apart
// needs a dictionary of abbreviations for each language.
func Sentences(s string) []string {
	out := []string{}
	for start, end := range sentences(s) {
		out = append(out, strings.TrimSpace(s[start:end]))
	}
	return out
}

// sentences yields where each sentence that is not blank begins and ends, with the white space around it.
func sentences(s string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		start := 0
		for i := range len(s) {
			if c := s[i]; c > ' ' && c < utf8.RuneSelf || c == ' ' && i > 0 && !endMark(s[i-1]) || !endsAt(s, i) {
				continue
			}
			if strings.TrimSpace(s[start:i]) != "" && !yield(start, i) {
				return
			}
			start = i
		}
		if strings.TrimSpace(s[start:]) != "" {
			yield(start, len(s))
		}
	}
}

// endsAt reports whether a sentence ends before the character at i: a line break, or white space after an end mark.
func endsAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	switch r {
	case '\n', '\r', '\u2028', '\u2029':
		return true
	}
	return i > 0 && endMark(s[i-1]) && unicode.IsSpace(r)
}

func endMark(c byte) bool { return c == '.' || c == '?' || c == '!' }
