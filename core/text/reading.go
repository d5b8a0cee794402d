package text

import "iter"

// Reading is a message read once, for all that look at its words. Those differ in what they take for a word: "e-mail"
// is two words of a phrase and one of a dictionary, "1,250.00" is one number, of "4runner" a language can only know
// the letters. The words of a reading say by their traits for whom they count.
type Reading struct {
	// Original is the message as written.
	Original string
	// Text is the message in normal form NFKC.
	Text string
	// Words are in the order of the text.
	Words []Word
	lower string // the words that are not written so, in lower case, one after another
	// divisible says that sentences can be told by their first words: NFKC changed nothing, and no white space but that
	// of ASCII stands in the text.
	divisible bool
}

// Word is a piece of a message that counts as a word by at least one trait.
type Word struct {
	// Start and End are bytes of the reading's Text.
	Start, End  uint32
	low, lowEnd uint32 // bytes of the reading's lower; of its text if the word is in lower case as written
	digest      uint64 // of the lower case
	commonIn    uint16 // languages it is a common word of, as bits in the order of languageCodes
	traits      Trait
}

// Trait is a set of what a word is.
type Trait uint16

// The traits.
const (
	// Spoken is a word of a phrase: letters, digits and inner apostrophes.
	Spoken Trait = 1 << iota
	// NewClause is a spoken word before which a sentence ended.
	NewClause
	// Content is a word of Words; those of NormalForm are no Stop words.
	Content
	// Stop is a content word of politeness or grammar.
	Stop
	// Number is a content word that stands for any number.
	Number
	// Token is what stands between spaces, without the ASCII punctuation around it unless two characters or fewer would
	// be left.
	Token
	// Capitals is a token whose letters are all capitals.
	Capitals
	// Foreign is a stretch of text in which the tokens have not been told apart, as it has other characters than ASCII.
	Foreign
	asWritten // in lower case with straight apostrophes
	opening   // the first word of a sentence, if the reading is divisible
	tongue    // letters only: a word of a language
	sample    // a stretch of text in which the words of a language have not been told apart
)

// Is says whether the word has any of the traits.
func (w Word) Is(traits Trait) bool { return w.traits&traits != 0 }

// Lower is the word in lower case with straight apostrophes.
func (r *Reading) Lower(w Word) string {
	if w.Is(asWritten) {
		return r.Text[w.low:w.lowEnd]
	}
	return r.lower[w.low:w.lowEnd]
}

// Of is the word as it stands in the text.
func (r *Reading) Of(w Word) string { return r.Text[w.Start:w.End] }

// Form is a content word as Words has it.
func (r *Reading) Form(w Word) string {
	if w.Is(Number) {
		return PlaceholderNum
	}
	return r.Lower(w)
}

// Digest tells most different content words apart: equal ones have equal digests, spread over all bits.
func (r *Reading) Digest(w Word) uint64 {
	if w.Is(Number) {
		return numberDigest
	}
	return w.digest
}

var numberDigest = digest(PlaceholderNum)

// Forms appends the content words without those of the given traits.
func (r *Reading) Forms(into []string, without Trait) []string {
	for _, w := range r.Words {
		if w.Is(Content) && !w.Is(without) {
			into = append(into, r.Form(w))
		}
	}
	return into
}

// Sentences yields the readings of the sentences of the message, each with the white space around it. Their words keep
// their places in the Text of the whole.
func (r *Reading) Sentences() iter.Seq[*Reading] {
	return func(yield func(*Reading) bool) {
		if !r.divisible {
			for start, end := range sentences(r.Original) {
				part := Read(r.Original[start:end])
				if !yield(&part) {
					return
				}
			}
			return
		}
		part := *r
		for first := 0; first < len(r.Words); {
			next := first + 1
			for next < len(r.Words) && !r.Words[next].Is(opening) {
				next++
			}
			part.Words, part.Original, part.divisible = r.Words[first:next], r.Text[r.begins(first):r.begins(next)], false
			if !yield(&part) {
				return
			}
			first = next
		}
	}
}

// begins is where the text begins that word i is the first of, with the marks before it.
func (r *Reading) begins(i int) int {
	if i == len(r.Words) {
		return len(r.Text)
	}
	start := int(r.Words[i].Start)
	for start > 0 && classes[r.Text[start-1]] != space {
		start--
	}
	return start
}
