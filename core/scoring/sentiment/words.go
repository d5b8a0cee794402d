package sentiment

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A word is a token of a text with what the dictionary knows of it.
type word struct {
	lower string
	upper bool // all its cased letters are capitals, and it has one
	entry
}

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// nameEmoji replaces each emoji by its name, so that the words of the name count.
func nameEmoji(s string) string {
	if isASCII(s) {
		return s
	}
	var out strings.Builder
	afterSpace := true
	for _, r := range s {
		name, known := emojiNames[r]
		switch {
		case !known:
			out.WriteRune(r)
			afterSpace = r == ' '
		default:
			if !afterSpace {
				out.WriteByte(' ')
			}
			out.WriteString(name)
			afterSpace = false
		}
	}
	return out.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// split appends the words of s: runs of anything but space, without the punctuation around them unless two characters
// or fewer would be left, which is then likely an emoticon.
func (d dictionary) split(into []word, s string) []word {
	for s != "" {
		start := strings.IndexFunc(s, isNotSpace)
		if start < 0 {
			break
		}
		s = s[start:]
		token, rest := s, ""
		if end := strings.IndexFunc(s, isSpace); end >= 0 {
			token, rest = s[:end], s[end:]
		}
		s = rest
		if bare := strings.Trim(token, punctuation); longerThanTwo(bare) {
			token = bare
		}
		lower := strings.ToLower(token)
		into = append(into, word{lower: lower, upper: isUpper(token), entry: d[lower]})
	}
	return into
}

func longerThanTwo(s string) bool {
	return len(s) > 2 && (len(s) > 2*utf8.UTFMax || utf8.RuneCountInString(s) > 2)
}

// isSpace adds the four ASCII separators that Python's split, and so the reference, counts as space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isNotSpace(r rune) bool { return !isSpace(r) }

func isUpper(s string) bool {
	cased := false
	for _, r := range s {
		if unicode.IsLower(r) || unicode.IsTitle(r) {
			return false
		}
		cased = cased || unicode.IsUpper(r)
	}
	return cased
}
