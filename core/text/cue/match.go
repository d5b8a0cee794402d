package cue

import (
	"unicode"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// maxPhrase bounds the tokens a phrase covers: its steps and what its one gap holds.
const maxPhrase = 40

// A token is a spoken word of a text.
type token struct {
	id         uint16 // 0 for words of no phrase
	newClause  bool   // a sentence ended between the word before and this one
	start, end uint32 // bytes
}

// tokens appends the spoken words of a reading.
func (b *phrases) tokens(into []token, r *text.Reading) []token {
	for i := range r.Words {
		if w := &r.Words[i]; w.Is(text.Spoken) {
			into = append(into, token{uint16(b.words.NumberOf(r, w)), w.Is(text.NewClause), w.Start, w.End})
		}
	}
	return into
}

// A reader matches phrases with a text in NFKC.
type reader struct {
	text   string
	tokens []token
}

// match matches the steps from token i on, of a phrase that begins at token first. It returns the token after the
// last one matched, or −1. The choices at optional words and in the gap are few, as phrases are short.
func (r *reader) match(first, i int, steps []step) int {
	for k := range steps {
		s := &steps[k]
		switch {
		case s.start:
			if i != 0 {
				return -1
			}
		case s.end:
			if i != len(r.tokens) {
				return -1
			}
		case s.gap:
			return r.matchAfterGap(first, i, steps[k+1:])
		case i < len(r.tokens) && (i == first || !r.tokens[i].newClause) && s.has(r.tokens[i].id):
			if s.optional { // it may also be the word of a later step
				if end := r.match(first, i+1, steps[k+1:]); end >= 0 {
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

func (r *reader) matchAfterGap(first, i int, steps []step) int {
	gap := 0
	for j := i; j < len(r.tokens) && !r.tokens[j].newClause; j++ {
		gap += characters(r.text[r.tokens[j-1].end:r.tokens[j].start])
		if gap > maxGap {
			return -1
		}
		if end := r.match(first, j, steps); end >= 0 {
			return end
		}
		gap += characters(r.text[r.tokens[j].start:r.tokens[j].end])
	}
	return -1
}

// characters counts those of s, each white space once.
func characters(s string) int {
	n, spaced := 0, false
	for _, c := range s {
		space := c == ' ' || unicode.IsSpace(c)
		if !space || !spaced {
			n++
		}
		spaced = space
	}
	return n
}

func (s *step) has(id uint16) bool {
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
