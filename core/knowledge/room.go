package knowledge

import (
	"cmp"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// The rule by which a question joins a gap. One setting serves every organisation; it was chosen on three public sets
// of questions and is not learnt.
const (
	joinAt       = 0.28 // the least fit of a question that joins a gap
	contextShare = 0.30 // how much of the fit comes from being alike to the same other questions
	sizeExponent = 0.17 // how much a gap's size speaks for it: fit is mean similarity times size^0.17
	nearCount    = 6    // the other questions a question is placed by
	nearLeast    = 0.02 // a similarity below this is no neighbour
	sameText     = 0.90 // Dice of trigrams from which two questions are the same
)

// Bounds of the work one question makes, so that its price does not grow with the organisation.
const (
	postingBudget = 2_000 // entries of the inverted index read for one question, rarest features first
	candidates    = 24    // members compared exactly
	candidateGaps = 10    // gaps compared exactly
)

// room holds the gaps of one language.
type room struct {
	words    *lexicon
	members  []member
	slots    []slot
	slotOf   []int32          // the slot of each member, and
	lift     []float32        // what each slot's size does to its fit: side by side, because all of a question's are read
	postings [][]posting      // the members in which a feature occurs
	same     map[string]int32 // the first member with a set of content words
	scratch  scratch
}

// member is a question kept as an example of its gap.
type member struct {
	conversation uuid.UUID
	gone         bool
	vec          sparse
	words        string // its content words, distinct and in alphabetical order
	near         []neighbour
	in           []int32 // the members it is a neighbour of
}

// posting says that a feature occurs in a member, and with which weight.
type posting struct {
	member int32
	weight float32
}

// neighbour is another question and how alike the two are, 0 to 1.
type neighbour struct {
	member int32
	alike  float32
}

// nearer orders neighbours, the most alike first.
func nearer(a, b neighbour) int {
	return cmp.Or(cmp.Compare(b.alike, a.alike), cmp.Compare(a.member, b.member))
}

// slot is one gap.
type slot struct {
	id   int64
	all  int     // questions in it, kept or not
	kept []int32 // members, in the order they came
	sum  sparse  // the sum of the kept members' vectors
}

func newRoom() *room { return &room{words: newLexicon(), same: map[string]int32{}} }

// query is a question made ready for comparison.
type query struct {
	vec   sparse
	words string
	near  []neighbour // the most similar members, at most nearCount, best first
	alike []neighbour // all members compared exactly, until the next question
}

// found says where a question belongs.
type found struct {
	slot int32 // -1 when no gap fits
	fit  float64
	// member is the kept question most like it, -1 without one; same says that it is the same question.
	member int32
	same   bool
}

// ask prepares a question and finds its gap. Nothing is changed but the numbering of features.
func (r *room) ask(read sparse, words string) (query, found) {
	q := r.ready(read, words)
	best := found{slot: -1, member: -1}
	if len(q.near) > 0 {
		best.member = q.near[0].member
	}
	if m, ok := r.repeated(q); ok {
		return q, found{slot: r.slotOf[m], fit: 1, member: m, same: true}
	}
	r.fits(q, func(s int32, fit float64) {
		if fit > best.fit || fit == best.fit && s < best.slot {
			best.slot, best.fit = s, fit
		}
	})
	if best.fit < joinAt {
		best.slot = -1
	}
	return q, best
}

// ready weighs what was read of a question and finds what is like it.
func (r *room) ready(read sparse, words string) query {
	r.words.weigh(read)
	q := query{vec: read, words: words}
	r.compare(&q)
	return q
}

// repeated finds a member with the same content words, or all but the same letters.
func (r *room) repeated(q query) (int32, bool) {
	if q.words == "" {
		return 0, false
	}
	if m, ok := r.same[q.words]; ok {
		return m, true
	}
	for _, n := range q.near {
		if n.alike < 0.6 {
			break
		}
		if a, b := len(q.words), len(r.members[n.member].words); max(a, b) > 2*min(a, b) {
			continue // too different in length to be the same, in any script
		}
		if text.DiceTrigrams(q.words, r.members[n.member].words) >= sameText {
			return n.member, true
		}
	}
	return 0, false
}

// fits measures the fit of q to the gaps that share something with it, in no particular order: the mean similarity to
// its members, by words and by neighbours, times a power of its size.
func (r *room) fits(q query, visit func(slot int32, fit float64)) {
	s := &r.scratch
	r.context(q)
	for _, g := range s.gaps.touched {
		s.fits.add(g, r.fit(g, s.gaps.sums[g], s.around.sums[g]))
	}
	if s.exact {
		for _, g := range s.fits.touched {
			visit(g, float64(s.fits.sums[g]))
		}
		return
	}
	for _, g := range s.top(&s.fits, candidateGaps) {
		visit(g, float64(r.fit(g, s.product(r.slots[g].sum, q.vec), s.around.sums[g])))
	}
}

// fit is the mean similarity to the kept members times a power of the gap's size.
func (r *room) fit(g int32, byWords, byContext float32) float32 {
	return ((1-contextShare)*byWords + contextShare*byContext) * r.lift[g]
}

// weigh renews the lift of a slot: size^sizeExponent / number of kept members.
func (r *room) weigh(g int32) {
	s := &r.slots[g]
	r.lift[g] = 0
	if n := len(s.kept); n > 0 {
		r.lift[g] = float32(math.Pow(float64(max(s.all, n)), sizeExponent) / float64(n))
	}
}

// compare reads the inverted index, rarest features first, and finds the members most like q.
func (r *room) compare(q *query) {
	s := &r.scratch
	s.begin(len(r.members), len(r.slots))
	s.spread(q.vec, len(r.words.seen))
	order := s.order[:0]
	for i, t := range q.vec {
		if int(t.id) < len(r.postings) && len(r.postings[t.id]) > 0 {
			order = append(order, uint64(len(r.postings[t.id]))<<32|uint64(i))
		}
	}
	slices.Sort(order)
	s.order = order
	left := postingBudget
	for _, o := range order {
		t := q.vec[uint32(o)]
		if left -= int(o >> 32); left < 0 {
			s.exact = false
			break
		}
		for _, p := range r.postings[t.id] {
			s.members.add(p.member, t.weight*p.weight)
		}
	}
	for _, m := range s.members.touched {
		s.gaps.add(r.slotOf[m], s.members.sums[m])
	}
	s.alike = s.alike[:0]
	for _, m := range s.top(&s.members, candidates) {
		alike := s.members.sums[m]
		if !s.exact {
			alike = s.product(r.members[m].vec, q.vec)
		}
		if alike > nearLeast {
			s.alike = append(s.alike, neighbour{m, alike})
		}
	}
	slices.SortFunc(s.alike, nearer)
	q.alike = s.alike
	q.near = slices.Clone(q.alike[:min(nearCount, len(q.alike))])
}

// context sums, for each gap, how far its members share neighbours with q. A question's context is itself with weight
// 1 and its neighbours with their similarity, made unit length.
func (r *room) context(q query) {
	s := &r.scratch
	length := contextLength(q.near)
	for _, n := range q.near {
		weight := n.alike / length
		m := &r.members[n.member]
		s.around.add(r.slotOf[n.member], weight/contextLength(m.near))
		for _, k := range m.in {
			other := &r.members[k]
			s.around.add(r.slotOf[k], weight*other.alikeTo(n.member)/contextLength(other.near))
		}
	}
}

func contextLength(near []neighbour) float32 {
	sum := float32(1)
	for _, n := range near {
		sum += n.alike * n.alike
	}
	return float32(math.Sqrt(float64(sum)))
}

func (m *member) alikeTo(other int32) float32 {
	for _, n := range m.near {
		if n.member == other {
			return n.alike
		}
	}
	return 0
}
