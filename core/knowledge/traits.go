package knowledge

import (
	"math"
	"slices"
	"sort"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// How much each kind of trait counts before it is weighed by how rare it is.
const (
	stemScale = 1.0
	gramScale = 0.4 // 3- and 4-grams of a stem, which tell "withdraw" from "withdrawal" less sharply than whole stems do
	stopScale = 0.5 // words of grammar: "can you" against "how do"
)

// The rareness of a trait is ln((N+rareAll)/(df+rareSome)) + 1. The two constants keep a trait seen once or twice from
// outweighing everything else: in short questions the rarest words are names and typing errors.
const (
	rareAll  = 50
	rareSome = 3
)

// trait is a hashed feature of a question: a stem, a word of grammar, or a piece of a stem.
type trait uint64

// traits are the features of one question and what each counts, ordered by feature; presence counts, repetition does not.
type traits struct {
	keys   []trait
	scales []float32
	tokens []string // the normal form, distinct and in order of the alphabet
}

func traitsOf(question string) traits {
	var t traits
	for _, word := range text.Words(question) {
		stem := text.Stem(word)
		if text.IsStop(word) {
			t.add(hashed('s', stem), stopScale)
			continue
		}
		t.tokens = append(t.tokens, word)
		t.add(hashed('s', stem), stemScale)
		framed := []rune("^" + stem + "$")
		for i := 0; i+3 <= len(framed); i++ {
			t.add(hashed('g', string(framed[i:i+3])), gramScale)
			if i+4 <= len(framed) {
				t.add(hashed('g', string(framed[i:i+4])), gramScale)
			}
		}
	}
	sort.Stable(&t)
	t.distinct()
	slices.Sort(t.tokens)
	t.tokens = slices.Compact(t.tokens)
	return t
}

func (t *traits) add(k trait, scale float32) {
	t.keys, t.scales = append(t.keys, k), append(t.scales, scale)
}

// distinct keeps each feature once, with its highest count.
func (t *traits) distinct() {
	n := 0
	for i, k := range t.keys {
		if n > 0 && t.keys[n-1] == k {
			t.scales[n-1] = max(t.scales[n-1], t.scales[i])
			continue
		}
		t.keys[n], t.scales[n] = k, t.scales[i]
		n++
	}
	t.keys, t.scales = t.keys[:n], t.scales[:n]
}

func (t *traits) Len() int           { return len(t.keys) }
func (t *traits) Less(i, j int) bool { return t.keys[i] < t.keys[j] }
func (t *traits) Swap(i, j int) {
	t.keys[i], t.keys[j] = t.keys[j], t.keys[i]
	t.scales[i], t.scales[j] = t.scales[j], t.scales[i]
}

// hashed is FNV-1a of a kind and a spelling: the same on every machine, and wide enough that two features of one
// organisation meet about never.
func hashed(kind byte, s string) trait {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(kind)) * prime
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return trait(h)
}

// lexicon numbers traits and weighs them by how rare they were when it was last renewed.
type lexicon struct {
	number  map[trait]uint32
	seen    []int32 // in how many questions each trait was seen
	rare    []float32
	n       int // questions seen
	renewed int // questions seen at the last renewal
}

func newLexicon() *lexicon { return &lexicon{number: map[trait]uint32{}} }

// count takes note of a question and numbers its traits.
func (x *lexicon) count(t traits) []uint32 {
	x.n++
	ids := make([]uint32, len(t.keys))
	for i, k := range t.keys {
		id, known := x.number[k]
		if !known {
			id = uint32(len(x.seen))
			x.number[k] = id
			x.seen, x.rare = append(x.seen, 0), append(x.rare, rareness(0, x.renewed))
		}
		x.seen[id]++
		ids[i] = id
	}
	return ids
}

// forget takes a question back.
func (x *lexicon) forget(ids []uint32) {
	x.n--
	for _, id := range ids {
		x.seen[id]--
	}
}

// weigh is the vector of a question that is not taken in; features never seen are left out.
func (x *lexicon) weigh(t traits) sparse {
	var ids []uint32
	var scales []float32
	for i, k := range t.keys {
		if id, known := x.number[k]; known {
			ids, scales = append(ids, id), append(scales, t.scales[i])
		}
	}
	return x.vector(ids, scales)
}

// due says whether the questions have doubled since the last renewal.
func (x *lexicon) due() bool { return x.n >= 2*max(x.renewed, 8) }

// renew weighs every trait anew.
func (x *lexicon) renew() {
	x.renewed = x.n
	for id, df := range x.seen {
		x.rare[id] = rareness(df, x.n)
	}
}

func rareness(df int32, n int) float32 {
	return float32(math.Log(float64(n+rareAll)/float64(df+rareSome)) + 1)
}

// vector weighs the traits of a question and makes the result unit length, ordered by id.
func (x *lexicon) vector(ids []uint32, scales []float32) sparse {
	v := sparse{ids: slices.Clone(ids), weights: make([]float32, len(ids))}
	for i, id := range ids {
		v.weights[i] = scales[i] * x.rare[id]
	}
	sort.Sort(&v)
	v.unit()
	return v
}
