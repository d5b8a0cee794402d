package conversation

import (
	"strings"
	"unicode"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// SearchWords are the distinct words of s under the one folding, in the order of first occurrence: runs of letters,
// marks and digits. Every store splits both what is searched and what it searches in with it.
func SearchWords(s string) []string {
	return lo.Uniq(strings.FieldsFunc(text.Fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
	}))
}
