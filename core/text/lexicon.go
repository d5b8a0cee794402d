package text

import "math/bits"

// Lexicon numbers words from 1, so that what is known of a word can stand in an array. A word that is not in it has
// number 0. It is built once and then only read.
type Lexicon struct {
	// met has a few bits for each slot, set where the digest of a word lies. It is a small part of the whole, so that those
	// of several lexicons stay in the processor's nearest cache: most words asked for are in none.
	met   []uint64
	slots []slot // open addressing, at most half full
	shift int    // takes the slot from the high bits of a digest
	words []string
}

// slot holds the number of a word and its digest.
type slot struct {
	digest uint64
	number uint16
}

// glances is how many bits there are for a slot, as a power of two.
const glances = 2

// NewLexicon numbers words in their order, from 1 up to 65535. The words are in lower case, apostrophes straight, and
// each is there once.
func NewLexicon(words []string) *Lexicon {
	size := 16
	for size < 2*len(words) {
		size *= 2
	}
	l := &Lexicon{
		met: make([]uint64, size<<glances/64), slots: make([]slot, size), shift: 64 - bits.TrailingZeros(uint(size)), words: words,
	}
	for i, word := range words {
		d := digest(word)
		l.met[d>>(l.shift-glances)/64] |= 1 << (d >> (l.shift - glances) % 64)
		at := d >> l.shift
		for l.slots[at].number != 0 {
			at = (at + 1) % uint64(size)
		}
		l.slots[at] = slot{d, uint16(i + 1)}
	}
	return l
}

// Number is the number of a word in lower case, 0 when the lexicon does not hold it.
func (l *Lexicon) Number(word string) int { return number(l, digest(word), word) }

// NumberOf is Number of a word of a reading, in less time.
func (l *Lexicon) NumberOf(r *Reading, w *Word) int {
	if l.lacks(w.digest) {
		return 0
	}
	return l.numberOf(r, w)
}

func (l *Lexicon) numberOf(r *Reading, w *Word) int {
	return number(l, w.digest, r.Lower(*w))
}

// lacks says of most words that are not in the lexicon that they are not, at the first glance.
func (l *Lexicon) lacks(digest uint64) bool {
	at := digest >> (l.shift - glances)
	return l.met[at/64]>>(at%64)&1 == 0
}

func number[chars string | []byte](l *Lexicon, digest uint64, word chars) int {
	for at := digest >> l.shift; ; at++ {
		s := &l.slots[at&uint64(len(l.slots)-1)]
		if s.number == 0 {
			return 0
		}
		if s.digest == digest && (len(word) <= shortWord || l.words[s.number-1] == string(word)) {
			return int(s.number)
		}
	}
}

// shortWord is the number of bytes up to which the digest of a word is that of no other.
const shortWord = 7

// digest is a number for a word, spread over all bits: that of its bytes from first to last.
func digest[chars string | []byte](word chars) uint64 {
	d := firstDigit
	for i := range len(word) {
		d = d.then(word[i])
	}
	return d.of(len(word))
}

// digits is a digest in the making: the bytes of a word so far, one beside the other with a 1 before them as long as
// they fit, then one over the other.
type digits uint64

const firstDigit digits = 1

// then is the digest with the next byte.
func (d digits) then(b byte) digits { return digits(bits.RotateLeft64(uint64(d), 8)) ^ digits(b) }

// of is the digest of a word of n bytes. That of a long word has its highest bit set before it is spread (Fibonacci
// hashing), by which different numbers stay different.
func (d digits) of(n int) uint64 {
	if n > shortWord {
		d |= 1 << 63
	}
	return uint64(d) * 0x9E3779B97F4A7C15
}
