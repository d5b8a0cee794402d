package knowledge

import (
	"cmp"
	"slices"
)

// scratch is the working memory of one comparison, kept so that a question allocates little.
type scratch struct {
	members, gaps, around, fits tally32
	exact                       bool // whether the whole inverted index was read
	ranked                      []int32
	order                       []uint64
	weights                     []float32 // of the question, by feature
	laid                        sparse    // the question
	alike                       []neighbour
}

// spread lays the question's weights out by feature, in place of the last question's.
func (s *scratch) spread(v sparse, features int) {
	for _, t := range s.laid {
		s.weights[t.id] = 0
	}
	s.laid = v
	if features > len(s.weights) {
		s.weights = append(s.weights, make([]float32, features-len(s.weights))...)
	}
	for _, t := range v {
		s.weights[t.id] = t.weight
	}
}

// product is the scalar product of v and the question q that is spread out.
func (s *scratch) product(v, q sparse) float32 {
	if len(v) > muchLonger*len(q) {
		return float32(q.dotSearch(v))
	}
	sum := float32(0)
	for _, t := range v {
		sum += t.weight * s.weights[t.id]
	}
	return sum
}

func (s *scratch) begin(members, slots int) {
	s.members.clear(members)
	s.gaps.clear(slots)
	s.around.clear(slots)
	s.fits.clear(slots)
	s.exact = true
}

// top is the n entries with the highest sums, best first, ties to the lowest. The list is valid until the next call.
func (s *scratch) top(t *tally32, n int) []int32 {
	s.ranked = append(s.ranked[:0], t.touched...)
	if len(s.ranked) > n {
		s.ranked = t.above(s.ranked, n)
	}
	slices.SortFunc(s.ranked, func(a, b int32) int { return cmp.Or(cmp.Compare(t.sums[b], t.sums[a]), cmp.Compare(a, b)) })
	return s.ranked[:min(n, len(s.ranked))]
}

// above drops entries that cannot be among the n best, by counting sums in equal steps; it keeps at least n.
func (t *tally32) above(list []int32, n int) []int32 {
	highest := float32(0)
	for _, x := range list {
		highest = max(highest, t.sums[x])
	}
	const steps = 256
	scale := (steps - 1) / highest
	var counts [steps]int
	for _, x := range list {
		counts[int(t.sums[x]*scale)]++
	}
	floor, total := steps, 0
	for total < n && floor > 0 {
		floor--
		total += counts[floor]
	}
	kept := list[:0]
	for _, x := range list {
		if int(t.sums[x]*scale) >= floor {
			kept = append(kept, x)
		}
	}
	return kept
}

// tally32 sums positive values by small number and remembers which numbers were touched.
type tally32 struct {
	sums    []float32
	touched []int32
}

func (t *tally32) clear(n int) {
	for _, i := range t.touched {
		t.sums[i] = 0
	}
	t.touched = t.touched[:0]
	if n > len(t.sums) {
		t.sums = append(t.sums, make([]float32, n-len(t.sums))...)
	}
}

// add adds a value above 0.
func (t *tally32) add(i int32, x float32) {
	if t.sums[i] == 0 {
		t.touched = append(t.touched, i)
	}
	t.sums[i] += x
}
