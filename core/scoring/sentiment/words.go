package sentiment

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// A word is a token of a text with what the dictionary knows of it.
type word struct {
	lower string
	upper bool // all its cased letters are capitals, and it has one
	*entry
}

// tokens appends the words of a message and says whether any may have been an emoji. Curly apostrophes count as straight
// ones, as the lexicon and the negations write don't.
func (d *dictionary) tokens(into []word, r *text.Reading) (words []word, foreign bool) {
	for i := range r.Words {
		switch w := &r.Words[i]; {
		case w.Is(text.Token):
			into = append(into, word{r.Lower(*w), w.Is(text.Capitals), &d.entries[d.words.NumberOf(r, w)]})
		case w.Is(text.Foreign):
			foreign = true
			into = d.split(into, nameEmoji(strings.ReplaceAll(r.Of(*w), "’", "'")))
		}
	}
	return into, foreign
}

// nameEmoji replaces each emoji by its name, so that the words of the name count.
func nameEmoji(s string) string {
	first := strings.IndexFunc(s, isEmoji)
	if first < 0 {
		return s
	}
	var out strings.Builder
	out.WriteString(s[:first])
	afterSpace := first == 0 || s[first-1] == ' '
	for _, r := range s[first:] {
		switch {
		case !isEmoji(r):
			out.WriteRune(r)
			afterSpace = r == ' '
		default:
			if !afterSpace {
				out.WriteByte(' ')
			}
			out.WriteString(emojiNames[r])
			afterSpace = false
		}
	}
	return out.String()
}

func isEmoji(r rune) bool { return r >= utf8.RuneSelf && emojiNames[r] != "" }

// split appends the words of s: runs of anything but space, without the punctuation around them unless two characters
// or fewer would be left, which is then likely an emoticon.
func (d *dictionary) split(into []word, s string) []word {
	start := -1
	for i := 0; i <= len(s); {
		space, size := true, 1 // the end of the text ends a word too
		if i < len(s) {
			space, size = spaceAt(s, i)
		}
		switch {
		case space && start >= 0:
			into = append(into, d.word(s[start:i]))
			start = -1
		case !space && start < 0:
			start = i
		}
		i += size
	}
	return into
}

func (d *dictionary) word(token string) word {
	if bare := trim(token); longerThanTwo(bare) {
		token = bare
	}
	lower, upper := lowered(token)
	return word{lower, upper, &d.entries[d.words.Number(lower)]}
}

// lowered returns a token in lower case and whether it was in capitals.
func lowered(token string) (lower string, upper bool) {
	var small, capital bool
	for i := range len(token) {
		c := token[i]
		if c >= utf8.RuneSelf {
			return strings.ToLower(token), isUpper(token)
		}
		small = small || 'a' <= c && c <= 'z'
		capital = capital || 'A' <= c && c <= 'Z'
	}
	if !capital {
		return token, false
	}
	return strings.ToLower(token), !small
}

func trim(token string) string {
	start, end := 0, len(token)
	for start < end && isPunctuation(token[start]) {
		start++
	}
	for start < end && isPunctuation(token[end-1]) {
		end--
	}
	return token[start:end]
}

// isPunctuation knows the 32 marks of ASCII.
func isPunctuation(c byte) bool {
	return '!' <= c && c <= '/' || ':' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}

func longerThanTwo(s string) bool {
	return len(s) > 2 && (len(s) > 2*utf8.UTFMax || utf8.RuneCountInString(s) > 2)
}

// spaceAt reports whether the character at i is a space, and its size. It adds to the spaces of Unicode the four ASCII
// separators that Python's split, and so the reference, counts among them.
func spaceAt(s string, i int) (space bool, size int) {
	c := s[i]
	if c < utf8.RuneSelf {
		return c == ' ' || '\t' <= c && c <= '\r' || 0x1c <= c && c <= 0x1f, 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return unicode.IsSpace(r), size
}

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
