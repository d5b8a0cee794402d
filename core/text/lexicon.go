package text

// Lexicon numbers words from 1, so that what is known of a word can stand in an array. A word that is not in it has
// number 0. It is built once and then only read.
type Lexicon struct {
	slots []slot // open addressing, at most half full
	words []string
}

// slot holds the number of a word beside its digest, so that most words that are not in the lexicon need no comparison.
type slot struct {
	digest uint32
	number uint32
}

// NewLexicon numbers words in their order, from 1. The words are in lower case, apostrophes straight, and each is there
// once.
func NewLexicon(words []string) *Lexicon {
	size := 16
	for size < 2*len(words) {
		size *= 2
	}
	l := &Lexicon{slots: make([]slot, size), words: words}
	for i, word := range words {
		*find(l, digest(word), word) = slot{digest(word), uint32(i + 1)}
	}
	return l
}

// Number is the number of a word in lower case, 0 when the lexicon does not hold it.
func (l *Lexicon) Number(word string) int { return int(find(l, digest(word), word).number) }

// NumberOf is Number of a word of a reading, in less time.
func (l *Lexicon) NumberOf(r *Reading, w Word) int { return int(find(l, w.digest, r.Lower(w)).number) }

// find returns the slot a word is in, or belongs in.
func find[chars string | []byte](l *Lexicon, digest uint32, word chars) *slot {
	for at := digest; ; at++ {
		s := &l.slots[at&uint32(len(l.slots)-1)]
		if s.number == 0 || s.digest == digest && l.words[s.number-1] == string(word) {
			return s
		}
	}
}

// The digest of a word is FNV-1a over its bytes (Fowler, Noll, Vo), which a reading computes as it goes.
const (
	digestStart = 2166136261
	digestStep  = 16777619
)

func digest[chars string | []byte](word chars) uint32 {
	d := uint32(digestStart)
	for i := range len(word) {
		d = (d ^ uint32(word[i])) * digestStep
	}
	return d
}
