package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold is the one folding under which texts are compared: NFKC, then simple case folding, so that "ＳＴＲＡẞＥ", "Straße"
// and "straße" agree. ß does not become ss, and accents stay. Folding twice changes nothing.
func Fold(s string) string {
	ascii, changes := true, false
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
		changes = changes || 'A' <= s[i] && s[i] <= 'Z'
	}
	switch {
	case !ascii:
		return NFKC(strings.Map(foldRune, NFKC(s)))
	case changes:
		return strings.ToLower(s)
	}
	return s
}

// foldRune goes by way of the capital, as letters with two small forms (σ, ς) have one capital.
func foldRune(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
