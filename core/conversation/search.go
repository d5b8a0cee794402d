package conversation

import (
	"iter"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// SearchWords are the distinct words of s under the one folding, in the order of first occurrence: runs of letters,
// marks and digits. Every store splits both what is searched and what it searches in with it.
func SearchWords(s string) []string { return lo.Uniq(slices.Collect(EachSearchWord(s))) }

// EachSearchWord yields the words of SearchWords in order, every time they occur.
func EachSearchWord(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		s := text.Fold(s)
		start := -1
		for i := 0; i < len(s); {
			size, inside := 1, false
			if b := s[i]; b < utf8.RuneSelf {
				inside = 'a' <= b && b <= 'z' || '0' <= b && b <= '9' // folded, there are no capitals
			} else {
				var r rune
				r, size = utf8.DecodeRuneInString(s[i:])
				inside = unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
			}
			switch {
			case inside && start < 0:
				start = i
			case !inside && start >= 0:
				if !yield(s[start:i]) {
					return
				}
				start = -1
			}
			i += size
		}
		if start >= 0 {
			yield(s[start:])
		}
	}
}
