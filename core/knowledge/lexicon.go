package knowledge

import (
	"math"
	"slices"
	"strings"

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

// lexicon numbers the features of questions (stems, words of grammar, pieces of stems) and weighs them by how rare they
// were when it was last renewed.
type lexicon struct {
	words   map[string][]term // what each word met so far consists of, with the scales as weights
	number  map[string]uint32 // of each feature; the first byte of the name is its kind
	seen    []int32           // in how many questions each feature was seen
	rare    []float32
	whole   []bool // whether it is a word or a stem and not a piece of one
	n       int    // questions seen
	renewed int    // questions seen at the last renewal

	// Of the question being read:
	read    sparse
	content []string
	place   []int32 // where each feature stands in it, counted from 1
}

func newLexicon() *lexicon {
	return &lexicon{words: map[string][]term{}, number: map[string]uint32{}}
}

// of numbers the features of a question. v has each once with the highest scale of its kinds: presence counts, repetition
// does not. content are its content words, distinct and in alphabetical order.
func (x *lexicon) of(question string) (v sparse, content string) {
	x.read, x.content = x.read[:0], x.content[:0]
	reading := text.Read(question)
	for _, w := range reading.Words {
		if !w.Is(text.Content) {
			continue
		}
		word, stop := reading.Form(w), w.Is(text.Stop)
		if !stop {
			x.content = append(x.content, word)
		}
		for _, t := range x.spell(word, stop) {
			if at := x.place[t.id]; at > 0 {
				x.read[at-1].weight = max(x.read[at-1].weight, t.weight)
				continue
			}
			x.read = append(x.read, t)
			x.place[t.id] = int32(len(x.read))
		}
	}
	for _, t := range x.read {
		x.place[t.id] = 0
	}
	slices.SortFunc(x.read, byID)
	slices.Sort(x.content)
	return slices.Clone(x.read), strings.Join(slices.Compact(x.content), " ")
}

// spell is what a word consists of.
func (x *lexicon) spell(word string, stop bool) []term {
	if known, ok := x.words[word]; ok {
		return known
	}
	word = strings.Clone(word)
	stem := text.Stem(word)
	var parts []term
	if stop {
		parts = []term{{x.feature("s" + stem), stopScale}}
	} else {
		parts = append(parts, term{x.feature("s" + stem), stemScale})
		framed := []rune("^" + stem + "$")
		for _, n := range [...]int{3, 4} {
			for i := 0; i+n <= len(framed); i++ {
				parts = append(parts, term{x.feature("g" + string(framed[i:i+n])), gramScale})
			}
		}
	}
	x.words[word] = parts
	return parts
}

// feature numbers a feature.
func (x *lexicon) feature(name string) uint32 {
	id, known := x.number[name]
	if !known {
		id = uint32(len(x.seen))
		x.number[name] = id
		x.seen, x.rare, x.place = append(x.seen, 0), append(x.rare, rareness(0, x.renewed)), append(x.place, 0)
		x.whole = append(x.whole, name[0] == 's')
	}
	return id
}

// count takes note of a question.
func (x *lexicon) count(v sparse) {
	x.n++
	for _, t := range v {
		x.seen[t.id]++
	}
}

// forget takes a question back.
func (x *lexicon) forget(v sparse) {
	x.n--
	for _, t := range v {
		x.seen[t.id]--
	}
}

// weigh makes what was read of a question a vector of unit length.
func (x *lexicon) weigh(v sparse) {
	for i, t := range v {
		v[i].weight = t.weight * x.rare[t.id]
	}
	v.unit()
}

// due says whether the questions have doubled since the last renewal.
func (x *lexicon) due() bool { return x.n >= 2*max(x.renewed, 8) }

// renew weighs every feature anew.
func (x *lexicon) renew() {
	x.renewed = x.n
	for id, df := range x.seen {
		x.rare[id] = rareness(df, x.n)
	}
}

func rareness(df int32, n int) float32 {
	return float32(math.Log((float64(n)+rareAll)/(float64(df)+rareSome)) + 1)
}
