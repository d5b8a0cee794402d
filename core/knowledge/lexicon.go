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
	words   map[string]packed // the marks of what each word met so far consists of
	number  map[string]uint32 // of each feature; the first byte of the name is its kind
	seen    []int32           // in how many questions each feature was seen
	worth   []float32         // what each mark weighs: its scale times how rare the feature is
	whole   []bool            // whether it is a word or a stem and not a piece of one
	n       int               // questions seen
	renewed int               // questions seen at the last renewal

	// Of the question being read:
	read    []uint32 // marks
	content []string
	place   []int32 // where each feature stands in it, counted from 1
}

func newLexicon() *lexicon {
	return &lexicon{words: map[string]packed{}, number: map[string]uint32{}}
}

// of finds the marks of a question. Each feature has one, that of the highest scale of its kinds: presence counts,
// repetition does not. content are its content words, distinct and in alphabetical order.
func (x *lexicon) of(question string) (marks packed, content string) {
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
		for mark := range x.spell(word, stop).all() {
			if at := x.place[mark>>1]; at > 0 {
				x.read[at-1] = min(x.read[at-1], mark) // a stem counts more than a word of grammar
				continue
			}
			x.read = append(x.read, mark)
			x.place[mark>>1] = int32(len(x.read))
		}
	}
	for _, mark := range x.read {
		x.place[mark>>1] = 0
	}
	slices.Sort(x.content)
	return pack(x.read), strings.Join(slices.Compact(x.content), " ")
}

// pack sorts marks and packs them.
func pack(marks []uint32) packed {
	slices.Sort(marks)
	var short [256]byte
	out, last := packed(short[:0]), uint32(0)
	for _, mark := range marks {
		out = out.append(last, mark)
		last = mark
	}
	return slices.Clone(out)
}

// spell is what a word consists of.
func (x *lexicon) spell(word string, stop bool) packed {
	if known, ok := x.words[word]; ok {
		return known
	}
	word = strings.Clone(word)
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
	marks := pack(parts)
	x.words[word] = marks
	return marks
}

// feature numbers a feature.
func (x *lexicon) feature(name string) uint32 {
	id, known := x.number[name]
	if !known {
		id = uint32(len(x.seen))
		x.number[name] = id
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
func (x *lexicon) count(marks packed) {
	x.n++
	for mark := range marks.all() {
		x.seen[mark>>1]++
	}
}

// forget takes a question back.
func (x *lexicon) forget(marks packed) {
	x.n--
	for mark := range marks.all() {
		x.seen[mark>>1]--
	}
}

// shrink is by what the worth of marks is to be multiplied to make them a vector of unit length.
func (x *lexicon) shrink(marks packed) float32 {
	sum := 0.0
	for mark := range marks.all() {
		sum += float64(x.worth[mark]) * float64(x.worth[mark])
	}
	if sum == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(sum))
}

// vector puts the marks of a question, weighed and multiplied, into a vector that is used again.
func (x *lexicon) vector(v sparse, marks packed, shrink float32) sparse {
	v = v[:0]
	for mark := range marks.all() {
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
