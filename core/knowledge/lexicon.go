package knowledge

import (
	"bytes"
	"math"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// How much each kind of feature counts before it is weighed by how rare it is.
const (
	stemScale = 1.0
	gramScale = 0.4  // 3- and 4-grams of a stem, which tell "withdraw" from "withdrawal" less sharply than whole stems do
	stopScale = 0.55 // words of grammar: "can you" against "how do"
)

// The rareness of a feature is ln((N+rareAll)/(df+rareSome)) + 1. The two constants keep a feature seen once or twice
// from outweighing everything else: in short questions the rarest words are names and typing errors.
const (
	rareAll  = 50
	rareSome = 3
)

// A mark is a feature as it stands in a question: twice its number, and one more where it is a word of grammar.
const grammar = 1

// lexicon numbers the features of questions (stems, words of grammar, pieces of stems) and weighs them by how rare they
// were when it was last renewed.
type lexicon struct {
	pool    *pool
	words   names     // that were met so far
	spelled []list    // the marks of what each of them consists of, ascending
	names   names     // of the features; the first byte of a name is the kind of its feature
	seen    []int32   // in how many questions each feature was seen
	worth   []float32 // what each mark weighs: its scale times how rare the feature is
	whole   []bool    // whether it is a word or a stem and not a piece of one
	n       int       // questions seen
	renewed int       // questions seen at the last renewal

	// Of the question being read:
	reader  text.Reader
	reading reading
	room    []uint32
	place   []int32 // where each feature stands in it, counted from 1
}

// reading is what a question consists of, until the next is read.
type reading struct {
	// marks has one for each feature, that of the highest scale of its kinds: presence counts, repetition does not. They
	// are ascending.
	marks []uint32
	// words are its content words by number, distinct and in alphabetical order.
	words []uint32
}

func newLexicon(p *pool) *lexicon { return &lexicon{pool: p} }

// of reads a question.
func (x *lexicon) of(question string) reading {
	marks, words := x.reading.marks[:0], x.reading.words[:0]
	x.reader.Reset()
	message := x.reader.Read(question)
	for _, w := range message.Words {
		if !w.Is(text.Content) {
			continue
		}
		stop := w.Is(text.Stop)
		word := x.word(message.Form(w), stop)
		if !stop {
			words = append(words, word)
		}
		x.room = x.pool.all(x.spelled[word], x.room)
		for _, mark := range x.room {
			if at := x.place[mark>>1]; at > 0 {
				marks[at-1] = min(marks[at-1], mark) // a stem counts more than a word of grammar
				continue
			}
			marks = append(marks, mark)
			x.place[mark>>1] = int32(len(marks))
		}
	}
	for _, mark := range marks {
		x.place[mark>>1] = 0
	}
	slices.Sort(marks)
	slices.SortFunc(words, func(a, b uint32) int { return bytes.Compare(x.words.name(a), x.words.name(b)) })
	x.reading = reading{marks, words}
	return reading{marks, slices.Compact(words)}
}

// word numbers a word and spells it.
func (x *lexicon) word(word string, stop bool) uint32 {
	number, known := x.words.number(word)
	if known {
		return number
	}
	stem := text.Stem(word)
	parts := []uint32{x.feature("s"+stem) << 1}
	if stop {
		parts[0] |= grammar
	} else {
		framed := []rune("^" + stem + "$")
		for _, n := range [...]int{3, 4} {
			for i := 0; i+n <= len(framed); i++ {
				parts = append(parts, x.feature("g"+string(framed[i:i+n]))<<1)
			}
		}
	}
	slices.Sort(parts)
	x.spelled = append(x.spelled, x.pool.rising(slices.Compact(parts)).list)
	return number
}

// text appends words with spaces between.
func (x *lexicon) text(to []byte, words []uint32) []byte {
	for i, word := range words {
		if i > 0 {
			to = append(to, ' ')
		}
		to = append(to, x.words.name(word)...)
	}
	return to
}

// feature numbers a feature.
func (x *lexicon) feature(name string) uint32 {
	id, known := x.names.number(name)
	if !known {
		x.seen, x.worth, x.place = append(x.seen, 0), append(x.worth, 0, 0), append(x.place, 0)
		x.whole = append(x.whole, name[0] == 's')
		x.value(id, x.renewed)
	}
	return id
}

// value weighs the marks of a feature by how rare it is in n questions.
func (x *lexicon) value(id uint32, n int) {
	rare, scale := rareness(x.seen[id], n), float32(gramScale)
	if x.whole[id] {
		scale = stemScale
	}
	x.worth[id<<1], x.worth[id<<1|grammar] = scale*rare, stopScale*rare
}

// count takes note of a question.
func (x *lexicon) count(marks []uint32) {
	x.n++
	for _, mark := range marks {
		x.seen[mark>>1]++
	}
}

// forget takes a question back.
func (x *lexicon) forget(marks []uint32) {
	x.n--
	for _, mark := range marks {
		x.seen[mark>>1]--
	}
}

// shrink is by what the worth of marks is to be multiplied to make them a vector of unit length.
func (x *lexicon) shrink(marks []uint32) float32 {
	sum := 0.0
	for _, mark := range marks {
		sum += float64(x.worth[mark]) * float64(x.worth[mark])
	}
	if sum == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(sum))
}

// vector puts the marks of a question, weighed and multiplied, into a vector that is used again.
func (x *lexicon) vector(v sparse, marks []uint32, shrink float32) sparse {
	v = v[:0]
	for _, mark := range marks {
		v = append(v, term{mark >> 1, x.worth[mark] * shrink})
	}
	return v
}

// due says whether the questions have doubled since the last renewal.
func (x *lexicon) due() bool { return x.n >= 2*max(x.renewed, 8) }

// renew weighs every feature anew.
func (x *lexicon) renew() {
	x.renewed = x.n
	for id := range x.seen {
		x.value(uint32(id), x.n)
	}
}

func rareness(df int32, n int) float32 {
	return float32(math.Log((float64(n)+rareAll)/(float64(df)+rareSome)) + 1)
}
