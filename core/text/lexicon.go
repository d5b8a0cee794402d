package text

import "math/bits"

// Lexicon numbers words from 1, so that what is known of a word can stand in an array. A word that is not in it has
// number 0. It is built once and then only read.
type Lexicon struct {
	slots   []slot // open addressing, at most half full
	shift   int    // takes the slot from the high bits of a digest
	digests []uint64
	words   []string
}

// slot holds the number of a word and a part of its digest. It is small, so that the slots of several lexicons stay in
// the processor's nearest cache; most words asked for are in none.
type slot struct{ mark, number uint16 }

// NewLexicon numbers words in their order, from 1 up to 65535. The words are in lower case, apostrophes straight, and
// each is there once.
func NewLexicon(words []string) *Lexicon {
	size := 16
	for size < 2*len(words) {
		size *= 2
	}
	l := &Lexicon{slots: make([]slot, size), shift: 64 - bits.TrailingZeros(uint(size)), digests: make([]uint64, len(words)), words: words}
	for i, word := range words {
		d := digest(word)
		l.digests[i] = d
		at := d >> l.shift
		for l.slots[at].number != 0 {
			at = (at + 1) % uint64(size)
		}
		l.slots[at] = slot{uint16(d), uint16(i + 1)}
	}
	return l
}

// Number is the number of a word in lower case, 0 when the lexicon does not hold it.
func (l *Lexicon) Number(word string) int { return number(l, digest(word), word) }

// NumberOf is Number of a word of a reading, in less time.
func (l *Lexicon) NumberOf(r *Reading, w Word) int {
	return number(l, w.digest, r.lower[w.low:w.lowEnd])
}

func number[chars string | []byte](l *Lexicon, digest uint64, word chars) int {
	for at := digest >> l.shift; ; at++ {
		s := l.slots[at&uint64(len(l.slots)-1)]
		if s.number == 0 {
			return 0
		}
		if i := s.number - 1; s.mark == uint16(digest) && l.digests[i] == digest && (len(word) <= shortWord || l.words[i] == string(word)) {
			return int(s.number)
		}
	}
}

// shortWord is the number of bytes up to which the digest of a word is that of no other.
const shortWord = 7

// digest is a number for a word: its length and bytes if they fit, else its FNV-1a (Fowler, Noll, Vo) with the highest
// bit set; spread over all bits.
func digest[chars string | []byte](word chars) uint64 {
	if len(word) > shortWord {
		d := uint64(14695981039346656037)
		for i := range len(word) {
			d = (d ^ uint64(word[i])) * 1099511628211
		}
		return scatter(d | 1<<63)
	}
	d := uint64(len(word))
	for i := range len(word) {
		d = d<<8 | uint64(word[i])
	}
	return scatter(d)
}

// scatter spreads a number over all bits (Fibonacci hashing); different numbers stay different.
func scatter(n uint64) uint64 { return n * 0x9E3779B97F4A7C15 }
