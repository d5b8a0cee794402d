package knowledge

import (
	"cmp"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// The rule by which a question joins a gap. One setting serves every organisation; it was chosen on three public sets
// of questions and is not learnt.
const (
	joinAt       = 0.31 // the least fit of a question that joins a gap, once many were seen
	contextShare = 0.36 // how much of the mean fit comes from being alike to the same other questions
	latentShare  = 0.40 // how much of the likeness of words comes from latent meaning
	latentScale  = 0.60 // what a cosine of latent meaning is worth as one of words
	nearestShare = 0.24 // how much of the fit comes from the one question most alike
	nearCount    = 5    // the other questions a question is placed by
	nearLeast    = 0.02 // a similarity below this is no neighbour
	sameText     = 0.90 // Dice of trigrams from which two questions are the same
)

// A gap's size speaks for it, but less once it has a large share of all questions: what everybody says ("top up") would
// otherwise gather questions that have nothing else in common. The mean fit of a gap with size of n questions counts
// times size^sizeExponent · (1 + size/(shareAt·(n+shareFrom)))^−sharePower.
const (
	sizeExponent = 0.19
	sharePower   = 0.30
	shareAt      = 0.05
	shareFrom    = 300 // with few questions a share says little
)

// Before many questions were seen no word is known to be rare or common, and what joins a wrong gap draws others after
// it. So the first ask for more: joinFirst · (1 + n/joinSoon)^−3 above joinAt after n questions.
const (
	joinFirst = 0.20
	joinSoon  = 150
)

// enough is the least fit of a question that joins a gap.
func (r *room) enough() float64 {
	return joinAt + joinFirst*math.Pow(1+float64(r.words.n)/joinSoon, -3)
}

// Bounds of the work one question makes, so that its price does not grow with the organisation.
const (
	postingBudget = 1_500 // entries of the inverted index read for one question, rarest features first
	candidates    = 16    // members compared exactly
	candidateGaps = 8     // gaps compared exactly
)

// room holds the gaps of one language.
type room struct {
	pool     pool
	words    *lexicon
	wordings wordings
	members  rows[member]
	slots    []slot
	slotOf   []int32   // the slot of each member,
	shrink   []float32 // by what the worth of its marks is multiplied, and
	lift     []float32 // what each slot's size does to its fit: side by side, because all of a question's are read
	centres  []float32 // of the slots, one after another: the sums of their kept members' places in the space
	postings []rising  // the members in which a feature occurs, as marks: twice the member, and grammar where it is that there
	space    space
	scratch  scratch
}

// member is a question kept as an example of its gap.
type member struct {
	conversation uuid.UUID
	wording      int32 // -1 once the question is gone
	in           list  // the members it is a neighbour of, in the order in which they found it
	nearest      [nearCount]neighbour
	nearby       uint8 // how many of nearest there are
}

// near are the members most like it, the most alike first.
func (m *member) near() []neighbour { return m.nearest[:m.nearby] }

// marks are those of a member, until other numbers are read.
func (r *room) marks(m int32) []uint32 {
	return r.marksOf(r.wordingOf(m))
}

// vector is the vector of a member, in room that is used again.
func (r *room) vector(v sparse, m int32) sparse {
	return r.words.vector(v, r.marks(m), r.shrink[m])
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
	all  int    // questions in it, kept or not
	kept rising // members
	// stored is the sum of the kept members' vectors, nil where it is the vector of the only one.
	stored sparse
}

// single says that the sum of a gap's examples is the vector of the only one.
func (s *slot) single() bool { return s.stored == nil && s.kept.n == 1 }

func (s *slot) only() int32 { return int32(s.kept.last - 1) }

func newRoom() *room {
	r := &room{}
	r.words = newLexicon(&r.pool)
	return r
}

// bytes is about how much memory the room takes.
func (r *room) bytes() int {
	numbers := len(r.centres) + r.space.width()*len(r.space.directions)
	for i := range r.slots {
		numbers += 2 * cap(r.slots[i].stored)
	}
	return len(r.pool.chunks)*chunkBlocks*blockBytes + 4*numbers + 64*len(r.slots) + 100*r.members.n + 80*len(r.words.seen)
}

// kept are the examples of a gap, in the order in which they came.
func (r *room) kept(g int32) []int32 {
	return lo.Map(r.pool.all(r.slots[g].kept.list, nil), func(m uint32, _ int) int32 { return int32(m) })
}

// sum is the sum of the vectors of a gap's examples, until the next.
func (r *room) sum(g int32) sparse {
	s := &r.slots[g]
	if !s.single() {
		return s.stored
	}
	r.scratch.one = r.vector(r.scratch.one, s.only())
	return r.scratch.one
}

// centre is the sum of the places of a gap's examples; empty without a space.
func (r *room) centre(g int32) []float32 {
	w := r.space.width()
	return r.centres[int(g)*w : int(g+1)*w]
}

// query is a question made ready for comparison, until the next question.
type query struct {
	reading
	shrink float32
	vec    sparse
	place  []float32   // in the room's space
	alike  []neighbour // all members compared exactly, best first
}

// near are the most similar members, best first.
func (q query) near() []neighbour { return q.alike[:min(nearCount, len(q.alike))] }

// found says where a question belongs.
type found struct {
	slot int32 // -1 when no gap fits
	fit  float64
	// member is the kept question most like it, -1 without one; same says that it is the same question.
	member int32
	same   bool
}

// ask prepares a question and finds its gap. Nothing is changed but the numbering of features.
func (r *room) ask(read reading) (query, found) {
	said := int32(-1)
	if len(read.words) > 0 {
		said = r.saying(read.words)
	}
	if said >= 0 && r.full(r.slotOf[said]) { // it will be no example: what else it is like is nobody's question
		return query{reading: read}, r.same(said)
	}
	q := r.ready(read)
	if said >= 0 {
		return q, r.same(said)
	}
	best := found{slot: -1, member: -1}
	if len(q.alike) > 0 {
		best.member = q.alike[0].member
	}
	if m, ok := r.repeated(q); ok {
		return q, r.same(m)
	}
	for _, g := range r.likely(q) {
		if fit := float64(r.fit(g, q)); fit > best.fit || fit == best.fit && g < best.slot {
			best.slot, best.fit = g, fit
		}
	}
	if best.fit < r.enough() {
		best.slot = -1
	}
	return q, best
}

// ready weighs what was read of a question and finds what is like it.
func (r *room) ready(read reading) query {
	q := query{reading: read, shrink: r.words.shrink(read.marks)}
	q.vec = r.words.vector(r.scratch.vec, q.marks, q.shrink)
	q.place = r.space.place(r.scratch.place, q.vec)
	r.scratch.vec, r.scratch.place = q.vec, q.place
	r.compare(&q)
	return q
}

// same is that a question repeats that of a member.
func (r *room) same(m int32) found { return found{slot: r.slotOf[m], fit: 1, member: m, same: true} }

// repeated finds a member with all but the same letters.
func (r *room) repeated(q query) (int32, bool) {
	if len(q.words) == 0 {
		return 0, false
	}
	said := string(r.text(q.words))
	for _, n := range q.near() {
		if n.alike < 0.6 {
			break
		}
		other := r.text(r.wordsOf(r.wordingOf(n.member)))
		if a, b := len(said), len(other); max(a, b) > 2*min(a, b) {
			continue // too different in length to be the same, in any script
		}
		if text.DiceTrigrams(said, string(other)) >= sameText {
			return n.member, true
		}
	}
	return 0, false
}

// text is words with spaces between, until the next.
func (r *room) text(words []uint32) []byte {
	r.scratch.text = r.words.text(r.scratch.text[:0], words)
	return r.scratch.text
}

// likely finds the gaps that q may belong to, by what the inverted index told and by neighbours.
func (r *room) likely(q query) []int32 {
	s := &r.scratch
	r.context(q)
	for _, n := range q.alike { // the most alike first
		if g := r.slotOf[n.member]; s.nearest.sums[g] == 0 {
			s.nearest.add(g, n.alike)
		}
	}
	for _, g := range s.gaps.touched {
		s.fits.add(g, ((1-contextShare)*s.gaps.sums[g]+contextShare*s.around.sums[g])*r.lift[g])
	}
	return s.top(&s.fits, candidateGaps)
}

// fit is how well q fits a gap: the mean similarity to its kept members, by words, by latent meaning and by neighbours,
// lifted by its size, and beside it the similarity to the nearest.
func (r *room) fit(g int32, q query) float32 {
	s := &r.scratch
	alike := s.gaps.sums[g] + r.rest(g)
	if q.place != nil {
		alike += latentShare * (latentScale*max(0, product(q.place, r.centre(g))) - alike)
	}
	mean := ((1-contextShare)*alike + contextShare*s.around.sums[g]) * r.lift[g]
	return (1-nearestShare)*mean + nearestShare*s.nearest.sums[g]
}

// rest is what the unread features add to the product of q and the sum of a gap's examples.
func (r *room) rest(g int32) float32 {
	s := &r.slots[g]
	switch {
	case len(r.scratch.unread) == 0:
		return 0
	case s.single():
		m := s.only()
		w := r.wordingOf(m)
		return r.scratch.restOfOne(int(w.marks.n), r.unreadMarks(w), r.words.worth, r.shrink[m])
	}
	return r.scratch.rest(s.stored)
}

// weigh renews the lift of a slot: what its size does to the mean fit, over the number of kept members.
func (r *room) weigh(g int32) {
	s := &r.slots[g]
	r.lift[g] = 0
	if n := int(s.kept.n); n > 0 {
		size := float64(max(s.all, n))
		share := size / (shareAt * float64(r.words.n+shareFrom))
		r.lift[g] = float32(math.Pow(size, sizeExponent) * math.Pow(1+share, -sharePower) / float64(n))
	}
}

// compare reads the inverted index, rarest features first, and finds the members most like q.
func (r *room) compare(q *query) {
	s := &r.scratch
	s.begin(r.members.n, len(r.slots))
	for i, t := range q.vec {
		if int(t.id) < len(r.postings) && r.postings[t.id].n > 0 {
			s.order = append(s.order, uint64(r.postings[t.id].n)<<32|uint64(i))
		}
	}
	slices.Sort(s.order)
	left := postingBudget
	for _, o := range s.order {
		t := q.vec[uint32(o)]
		if left -= int(o >> 32); left < 0 {
			s.leave(t)
			continue
		}
		products := [2]float32{t.weight * r.words.worth[t.id<<1], t.weight * r.words.worth[t.id<<1|grammar]}
		s.numbers = r.pool.all(r.postings[t.id].list, s.numbers)
		for _, entry := range s.numbers {
			s.members.add(int32(entry>>1), products[entry&grammar])
		}
	}
	s.gatherLeft(q.vec)
	for _, m := range s.members.touched {
		s.members.sums[m] *= r.shrink[m]
		s.gaps.add(r.slotOf[m], s.members.sums[m])
	}
	for _, m := range s.top(&s.members, candidates) {
		alike := s.members.sums[m]
		if len(s.unread) > 0 {
			alike += r.shrink[m] * s.restOf(r.unreadMarks(r.wordingOf(m)), r.words.worth)
		}
		if alike > nearLeast {
			s.alike = append(s.alike, neighbour{m, alike})
		}
	}
	slices.SortFunc(s.alike, nearer)
	q.alike = s.alike
}

// context sums, for each gap, how far its members share neighbours with q. A question's context is itself with weight
// 1 and its neighbours with their similarity, made unit length.
func (r *room) context(q query) {
	s := &r.scratch
	length := contextLength(q.near())
	for _, n := range q.near() {
		weight := n.alike / length
		m := r.members.at(n.member)
		s.around.add(r.slotOf[n.member], weight/contextLength(m.near()))
		s.numbers = r.pool.read(m.in, s.numbers)
		for _, k := range s.numbers {
			other := r.members.at(int32(k))
			s.around.add(r.slotOf[k], weight*other.alikeTo(n.member)/contextLength(other.near()))
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
	for _, n := range m.near() {
		if n.member == other {
			return n.alike
		}
	}
	return 0
}
