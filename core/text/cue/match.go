package cue

import (
	"unicode"
	"unicode/utf8"
)

// maxPhrase bounds the tokens a phrase covers: its steps and what its one gap holds.
const maxPhrase = 40

// A token is a word of a text: letters, digits and inner apostrophes.
type token struct {
	id         uint16 // 0 for words of no phrase
	newClause  bool   // a sentence ended between the word before and this one
	start, end int    // bytes
	from, to   int    // characters, white space counted once
}

// tokens appends the words of s, which is in NFKC.
func (b *phrases) tokens(into []token, s string) []token {
	var room [48]byte
	column, newClause, spaced := 0, false, false
	for i := 0; i < len(s); {
		r, size := runeAt(s, i)
		if !isWordRune(r) {
			space := r == ' ' || unicode.IsSpace(r)
			if !space || !spaced {
				column++
			}
			spaced = space
			newClause = newClause || r == '.' || r == '?' || r == '!' || r == ';'
			i += size
			continue
		}
		t := token{start: i, from: column, newClause: newClause}
		lower := room[:0]
		for i < len(s) && asciiWord[s[i]] != 0 && len(lower) < len(room)-utf8.UTFMax { // most words end here
			lower = append(lower, asciiWord[s[i]])
			i++
		}
		column += i - t.start
		if i < len(s) {
			r, size = runeAt(s, i)
		}
		for i < len(s) && (isWordRune(r) || isApostrophe(r) && startsWithWord(s[i+size:])) {
			if len(lower) < len(room)-utf8.UTFMax {
				lower = appendFolded(lower, r)
			}
			column++
			i += size
			if i < len(s) {
				r, size = runeAt(s, i)
			}
		}
		t.end, t.to, t.id = i, column, b.ids[string(lower)]
		into = append(into, t)
		newClause, spaced = false, false
	}
	return into
}

// asciiWord holds for each byte that is an ASCII letter or digit its folded form, and 0 for all others.
var asciiWord = func() (folded [256]byte) {
	for c := range byte(utf8.RuneSelf) {
		if isWordRune(rune(c)) {
			folded[c] = appendFolded(nil, rune(c))[0]
		}
	}
	return folded
}()

func runeAt(s string, i int) (r rune, size int) {
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s[i:])
}

// appendFolded appends r as text.Fold would write it, with every apostrophe as '.
func appendFolded(to []byte, r rune) []byte {
	switch {
	case 'A' <= r && r <= 'Z':
		return append(to, byte(r)+'a'-'A')
	case r < utf8.RuneSelf:
		return append(to, byte(r))
	case isApostrophe(r):
		return append(to, '\'')
	}
	return utf8.AppendRune(to, unicode.ToLower(unicode.ToUpper(r)))
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		lower := r | 0x20
		return 'a' <= lower && lower <= 'z' || '0' <= r && r <= '9'
	}
	return !isApostrophe(r) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r))
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == 'ʼ' }

func startsWithWord(s string) bool {
	if s == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return isWordRune(r)
}

// matchAt matches the steps from token i on, of a phrase that begins at token first. It returns the token after the
// last one matched, or −1. The choices at optional words and in the gap are few, as phrases are short.
func matchAt(tokens []token, first, i int, steps []step) int {
	for k, s := range steps {
		switch {
		case s.start:
			if i != 0 {
				return -1
			}
		case s.end:
			if i != len(tokens) {
				return -1
			}
		case s.gap:
			return matchAfterGap(tokens, first, i, steps[k+1:])
		case i < len(tokens) && (i == first || !tokens[i].newClause) && s.has(tokens[i].id):
			if s.optional { // it may also be the word of a later step
				if end := matchAt(tokens, first, i+1, steps[k+1:]); end >= 0 {
					return end
				}
				continue
			}
			i++
		case !s.optional:
			return -1
		}
	}
	return i
}

func matchAfterGap(tokens []token, first, i int, steps []step) int {
	for j := i; j < len(tokens) && tokens[j].from-tokens[i-1].to <= maxGap && !tokens[j].newClause; j++ {
		if end := matchAt(tokens, first, j, steps); end >= 0 {
			return end
		}
	}
	return -1
}

func (s step) has(id uint16) bool {
	if id == 0 {
		return false
	}
	for _, w := range s.words {
		if w >= id {
			return w == id
		}
	}
	return false
}
