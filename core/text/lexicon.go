package text

import "math/bits"

// Lexicon numbers words from 1, so that what is known of a word can stand in an array. A word that is not in it has
// number 0. It is built once and then only read.
type Lexicon struct {
	slots []slot // open addressing, at most half full
	shift int    // takes the slot from the high bits of a scattered digest
	words []string
}

// slot holds the number of a word beside its digest.
type slot struct {
	digest uint64
	number uint32
}

// NewLexicon numbers words in their order, from 1. The words are in lower case, apostrophes straight, and each is there
// once.
func NewLexicon(words []string) *Lexicon {
	size := 16
	for size < 2*len(words) {
		size *= 2
	}
	l := &Lexicon{slots: make([]slot, size), shift: 64 - bits.TrailingZeros(uint(size)), words: words}
	for i, word := range words {
		d := digest(word)
		*find(l, d, word) = slot{d, uint32(i + 1)}
	}
	return l
}

// Number is the number of a word in lower case, 0 when the lexicon does not hold it.
func (l *Lexicon) Number(word string) int { return int(find(l, digest(word), word).number) }

// NumberOf is Number of a word of a reading, in less time.
func (l *Lexicon) NumberOf(r *Reading, w Word) int { return int(find(l, w.digest, r.Lower(w)).number) }

// find returns the slot a word is in, or belongs in.
func find[chars string | []byte](l *Lexicon, digest uint64, word chars) *slot {
	for at := scatter(digest) >> l.shift; ; at++ {
		s := &l.slots[at&uint64(len(l.slots)-1)]
		if s.number == 0 || s.digest == digest && (digest < long || l.words[s.number-1] == string(word)) {
			return s
		}
	}
}

// A digest from long on is that of a word of more than shortWord bytes, and may be that of several.
const (
	shortWord = 7
	long      = 1 << 63
)

// digest is a number for a word: its length and bytes if they fit, else its FNV-1a (Fowler, Noll, Vo).
func digest[chars string | []byte](word chars) uint64 {
	if len(word) <= shortWord {
		d := uint64(len(word))
		for i := range len(word) {
			d = d<<8 | uint64(word[i])
		}
		return d
	}
	d := uint64(14695981039346656037)
	for i := range len(word) {
		d = (d ^ uint64(word[i])) * 1099511628211
	}
	return d | long
}

// scatter spreads a digest over all bits (Fibonacci hashing).
func scatter(digest uint64) uint64 { return digest * 0x9E3779B97F4A7C15 }
