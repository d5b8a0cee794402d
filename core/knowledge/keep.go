package knowledge

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// ExamplesMost is how many questions of a gap are kept as examples: enough for a fair mean and a fair medoid.
const ExamplesMost = 50

// open adds an empty gap and returns its slot.
func (r *room) open(id int64) int32 {
	r.slots, r.lift = append(r.slots, slot{id: id}), append(r.lift, 0)
	return int32(len(r.slots) - 1)
}

// at is the slot of a gap that has one; ids only ever grow.
func (r *room) at(id int64) int32 {
	i, _ := slices.BinarySearchFunc(r.slots, id, func(s slot, id int64) int { return cmp.Compare(s.id, id) })
	return int32(i)
}

// example is the member that a conversation's question is in a gap, -1 where it is none.
func (r *room) example(g int32, conversation uuid.UUID) int32 {
	for _, m := range r.slots[g].kept {
		if r.members[m].conversation == conversation {
			return m
		}
	}
	return -1
}

// keep adds a question to a gap as one of its examples and returns the member, or -1 when the gap has enough of them.
func (r *room) keep(g int32, q query) int32 {
	s := &r.slots[g]
	s.all++
	defer r.weigh(g)
	if len(s.kept) >= ExamplesMost {
		return -1
	}
	m := int32(len(r.members))
	added := member{marks: q.marks, words: q.words}
	added.nearby = uint8(copy(added.nearest[:], q.alike))
	r.members, r.slotOf, r.shrink = append(r.members, added), append(r.slotOf, g), append(r.shrink, q.shrink)
	s.kept = append(s.kept, m)
	s.sum.add(q.vec)
	s.centre = plus(s.centre, q.place, 1)
	r.post(m)
	if _, taken := r.same[q.words]; !taken && q.words != "" {
		r.same[q.words] = m
	}
	for _, n := range q.near() {
		r.members[n.member].in = append(r.members[n.member].in, m)
	}
	for _, n := range q.alike {
		r.meet(n.member, neighbour{m, n.alike})
	}
	return m
}

// post enters a member in the inverted index.
func (r *room) post(m int32) {
	for mark := range r.members[m].marks.all() {
		for int(mark>>1) >= len(r.postings) {
			r.postings = append(r.postings, postings{})
		}
		r.postings[mark>>1].add(m, mark)
	}
}

// meet tells a member of a new one that may be nearer than its present neighbours.
func (r *room) meet(m int32, n neighbour) {
	old := &r.members[m]
	if old.nearby == nearCount && old.nearest[nearCount-1].alike >= n.alike {
		return
	}
	at, _ := slices.BinarySearchFunc(old.near(), n, nearer)
	if old.nearby == nearCount {
		last := &r.members[old.nearest[nearCount-1].member]
		last.in = without(last.in, m)
	} else {
		old.nearby++
	}
	copy(old.nearest[at+1:], old.nearest[at:])
	old.nearest[at] = n
	r.members[n.member].in = append(r.members[n.member].in, m)
}

// drop takes a question out of its gap; m is -1 for one that was not kept.
func (r *room) drop(g, m int32) {
	s := &r.slots[g]
	s.all--
	defer r.weigh(g)
	if m < 0 {
		return
	}
	old := &r.members[m]
	r.scratch.vec = r.vector(r.scratch.vec, m)
	vec := r.scratch.vec
	s.kept = without(s.kept, m)
	s.sum.subtract(vec)
	s.centre = plus(s.centre, r.space.place(vec), -1)
	if len(s.kept) == 0 {
		s.sum, s.centre = nil, nil
	}
	for _, t := range vec {
		r.postings[t.id].drop(m)
	}
	if r.same[old.words] == m {
		r.forgetWords(old.words, m)
	}
	for _, n := range old.near() {
		r.members[n.member].in = without(r.members[n.member].in, m)
	}
	for _, k := range old.in {
		other := &r.members[k]
		other.nearby = uint8(len(slices.DeleteFunc(other.near(), func(n neighbour) bool { return n.member == m })))
	}
	r.words.forget(old.marks)
	*old = member{gone: true}
}

// forgetWords leaves a set of words to the next member that has it.
func (r *room) forgetWords(words string, m int32) {
	delete(r.same, words)
	for i := range r.members {
		if other := &r.members[i]; int32(i) != m && !other.gone && other.words == words && words != "" {
			r.same[words] = int32(i)
			return
		}
	}
}

func without(list []int32, x int32) []int32 {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// renew weighs all features anew, and with them all vectors. Neighbours keep the similarity they had when they met.
func (r *room) renew() {
	r.words.renew()
	for m := range r.members {
		r.shrink[m] = r.words.shrink(r.members[m].marks)
	}
	r.learn()
	for g := range r.slots {
		s := &r.slots[g]
		s.sum = s.sum[:0]
		for _, m := range s.kept {
			r.scratch.vec = r.vector(r.scratch.vec, m)
			s.sum.add(r.scratch.vec)
		}
		r.weigh(int32(g))
	}
}

// learn finds the latent meaning of the members, and with it the centres of the gaps.
func (r *room) learn() {
	var there []int32
	for m := range r.members {
		if !r.members[m].gone {
			there = append(there, int32(m))
		}
	}
	vector := func(m int32) sparse {
		r.scratch.vec = r.vector(r.scratch.vec, m)
		return r.scratch.vec
	}
	r.space = spaceOf(r.words, len(there), func(i int) sparse { return vector(there[i]) })
	for g := range r.slots {
		s := &r.slots[g]
		s.centre = nil
		for _, m := range s.kept {
			s.centre = plus(s.centre, r.space.place(vector(m)), 1)
		}
	}
}
