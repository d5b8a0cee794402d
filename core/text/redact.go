package text

import (
	"strings"
	"unicode"
)

// Redact puts <email>, <url> and <num> in the place of what can name a person or an account: addresses, links, and runs
// of four or more digits, which may be broken by single spaces, dots or dashes as card and telephone numbers are. Shorter
// numbers stay: "2 weeks" says something, and nothing about anybody.
func Redact(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for len(s) > 0 {
		space := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
		out.WriteString(s[:space])
		s = s[space:]
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		word, n := s[:end], digitRun(s)
		switch {
		case isURL(word):
			out.WriteString("<url>" + trailing(word))
		case isEmail(word):
			out.WriteString("<email>" + trailing(word))
		case n > 0:
			out.WriteString("<num>")
			end = n
		default:
			redactDigits(&out, word)
		}
		s = s[end:]
	}
	return out.String()
}

// minDigits is how many digits make a number that may name somebody.
const minDigits = 4

// digitRun is the length of the number s begins with, separators included; 0 when it is too short to hide.
func digitRun(s string) int {
	digits, end := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
			end = i + 1
		case i > 0 && i == end && (c == ' ' || c == '-' || c == '.' || c == '/') || i == 0 && c == '+':
		default:
			i = len(s)
		}
	}
	if digits < minDigits {
		return 0
	}
	return end
}

// redactDigits writes a word with its long numbers hidden ("INV-48213" keeps its letters).
func redactDigits(out *strings.Builder, word string) {
	for i := 0; i < len(word); {
		if c := word[i]; c >= '0' && c <= '9' {
			if n := digitRun(word[i:]); n > 0 {
				out.WriteString("<num>")
				i += n
				continue
			}
			for i < len(word) && word[i] >= '0' && word[i] <= '9' {
				out.WriteByte(word[i])
				i++
			}
			continue
		}
		out.WriteByte(word[i])
		i++
	}
}

func isURL(word string) bool {
	lower := strings.ToLower(strings.TrimLeft(word, "(<[\"'"))
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "www.")
}

func isEmail(word string) bool {
	name, domain, ok := strings.Cut(word, "@")
	return ok && name != "" && strings.Contains(strings.TrimRight(domain, ".,;:!?)>\"'"), ".")
}

// trailing is the punctuation a sentence put behind a word.
func trailing(word string) string {
	return word[len(strings.TrimRight(word, ".,;:!?)>]\"'")):]
}
