package text

import (
	"strings"
	"unicode/utf8"
)

// minStem is the least number of characters a suffix must leave behind: "charging" becomes "charg", "sing" stays.
const minStem = 3

// Stem removes at most one English suffix from a word in normal form: the first of ing, edly, ed, ies, es, s, ly that
// leaves at least three characters; after ies a y is put back (and not counted). It is deliberately light: it folds
// plurals and tenses together and never looks at a dictionary, so anyone can redo it by hand.
func Stem(word string) string {
	switch {
	case strips(word, "ing"):
		return word[:len(word)-3]
	case strips(word, "edly"):
		return word[:len(word)-4]
	case strips(word, "ed"):
		return word[:len(word)-2]
	case strips(word, "ies"):
		return word[:len(word)-3] + "y"
	case strips(word, "es"):
		return word[:len(word)-2]
	case strips(word, "s"):
		return word[:len(word)-1]
	case strips(word, "ly"):
		return word[:len(word)-2]
	}
	return word
}

func strips(word, suffix string) bool {
	return strings.HasSuffix(word, suffix) && utf8.RuneCountInString(word)-len(suffix) >= minStem
}
