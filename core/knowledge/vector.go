package knowledge

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Term is one feature of a vector.
type Term struct {
	Feature string
	Weight  float64
}

// Vector is a sparse vector, ordered by feature, each feature once. The order makes every sum the same on every machine.
type Vector []Term

// Table says in how many of N questions each feature occurs. It may be older than the questions weighed with it: a
// feature it does not know has frequency 0 and weighs most.
type Table struct {
	N         int
	Frequency map[string]int
}

// Add counts one question.
func (t *Table) Add(tokens []string) {
	if t.Frequency == nil {
		t.Frequency = map[string]int{}
	}
	t.N++
	for feature := range Features(tokens) {
		t.Frequency[feature]++
	}
}

// Vector weighs the features of a question and makes the result unit length. No token gives an empty vector.
func (t Table) Vector(tokens []string) Vector {
	counts := Features(tokens)
	v := make(Vector, 0, len(counts))
	for _, feature := range slices.Sorted(maps.Keys(counts)) {
		v = append(v, Term{feature, Weight(counts[feature], t.Frequency[feature], t.N)})
	}
	return v.unit()
}

func (v Vector) unit() Vector {
	norm := math.Sqrt(v.Dot(v))
	if norm == 0 {
		return v
	}
	out := make(Vector, len(v))
	for i, term := range v {
		out[i] = Term{term.Feature, term.Weight / norm}
	}
	return out
}

// Dot is the scalar product.
func (v Vector) Dot(w Vector) float64 {
	sum := 0.0
	v.walk(w, func(_ string, a, b float64) { sum += a * b })
	return sum
}

// Plus is the sum of two vectors.
func (v Vector) Plus(w Vector) Vector {
	sum := make(Vector, 0, len(v)+len(w))
	v.walk(w, func(feature string, a, b float64) { sum = append(sum, Term{feature, a + b}) })
	return sum
}

// Cosine is the cosine of the angle between two vectors, 0 when either is empty.
func (v Vector) Cosine(w Vector) float64 {
	norms := math.Sqrt(v.Dot(v)) * math.Sqrt(w.Dot(w))
	if norms == 0 {
		return 0
	}
	return v.Dot(w) / norms
}

// walk visits every feature of either vector in order, with 0 for the side that lacks it.
func (v Vector) walk(w Vector, visit func(feature string, a, b float64)) {
	for len(v) > 0 || len(w) > 0 {
		switch {
		case len(w) == 0 || len(v) > 0 && cmp.Less(v[0].Feature, w[0].Feature):
			visit(v[0].Feature, v[0].Weight, 0)
			v = v[1:]
		case len(v) == 0 || cmp.Less(w[0].Feature, v[0].Feature):
			visit(w[0].Feature, 0, w[0].Weight)
			w = w[1:]
		default:
			visit(v[0].Feature, v[0].Weight, w[0].Weight)
			v, w = v[1:], w[1:]
		}
	}
}
