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
	r.centres = append(r.centres, make([]float32, r.space.width())...)
	return int32(len(r.slots) - 1)
}

// at is the slot of a gap of this room; ids only ever grow.
func (r *room) at(id int64) (g int32, ok bool) {
	i, ok := slices.BinarySearchFunc(r.slots, id, func(s slot, id int64) int { return cmp.Compare(s.id, id) })
	return int32(i), ok
}

// example is the member that a conversation's question is in a gap, -1 where it is none.
func (r *room) example(g int32, conversation uuid.UUID) int32 {
	r.scratch.numbers = r.pool.all(r.slots[g].kept.list, r.scratch.numbers)
	for _, m := range r.scratch.numbers {
		if r.members.at(int32(m)).conversation == conversation {
			return int32(m)
		}
	}
	return -1
}

// full says that a gap has as many examples as it may.
func (r *room) full(g int32) bool { return r.slots[g].kept.n >= ExamplesMost }

// keep adds a conversation's question to a gap as one of its examples and returns the member, or -1 when the gap has
// enough of them.
func (r *room) keep(g int32, conversation uuid.UUID, q query) int32 {
	s := &r.slots[g]
	s.all++
	defer r.weigh(g)
	if r.full(g) {
		return -1
	}
	added := member{conversation: conversation, wording: r.hold(q.reading)}
	added.nearby = uint8(copy(added.nearest[:], q.alike))
	m := r.members.add(added)
	r.slotOf, r.shrink = append(r.slotOf, g), append(r.shrink, q.shrink)
	if w := r.wordings.at(added.wording); w.first < 0 {
		w.first = m
	}
	if s.single() {
		s.stored = slices.Clone(r.sum(g))
	}
	if s.kept.n > 0 {
		s.stored.add(q.vec)
	}
	r.pool.add(&s.kept, uint32(m))
	if q.place != nil {
		addScaled(r.centre(g), q.place, 1)
	}
	for _, mark := range q.marks {
		for int(mark>>1) >= len(r.postings) {
			r.postings = append(r.postings, rising{})
		}
		r.pool.add(&r.postings[mark>>1], uint32(m)<<1|mark&grammar)
	}
	for _, n := range q.near() {
		r.pool.push(&r.members.at(n.member).in, uint32(m))
	}
	for _, n := range q.alike {
		r.meet(n.member, neighbour{m, n.alike})
	}
	return m
}

// meet tells a member of a new one that may be nearer than its present neighbours.
func (r *room) meet(m int32, n neighbour) {
	old := r.members.at(m)
	if old.nearby == nearCount && old.nearest[nearCount-1].alike >= n.alike {
		return
	}
	at, _ := slices.BinarySearchFunc(old.near(), n, nearer)
	if old.nearby == nearCount {
		r.leave(m, old.nearest[nearCount-1].member)
	} else {
		old.nearby++
	}
	copy(old.nearest[at+1:], old.nearest[at:])
	old.nearest[at] = n
	r.pool.push(&r.members.at(n.member).in, uint32(m))
}

// leave tells a member that another has it no longer as a neighbour.
func (r *room) leave(m, neighbour int32) {
	r.scratch.numbers = r.pool.remove(&r.members.at(neighbour).in, uint32(m), r.scratch.numbers)
}

// drop takes a question out of its gap; m is -1 for one that was not kept.
func (r *room) drop(g, m int32) {
	s := &r.slots[g]
	s.all--
	defer r.weigh(g)
	if m < 0 {
		return
	}
	old := r.members.at(m)
	marks := slices.Clone(r.marks(m))
	vec := r.words.vector(r.scratch.vec, marks, r.shrink[m])
	r.scratch.vec = vec
	r.exclude(&s.kept, uint32(m), 0)
	s.stored.subtract(vec)
	if r.scratch.place = r.space.place(r.scratch.place, vec); r.scratch.place != nil {
		addScaled(r.centre(g), r.scratch.place, -1)
	}
	if s.kept.n == 0 {
		s.stored = nil
		clear(r.centre(g))
	}
	for _, mark := range marks {
		r.exclude(&r.postings[mark>>1], uint32(m), 1)
	}
	for _, n := range old.near() {
		r.leave(m, n.member)
	}
	for _, k := range r.pool.read(old.in, nil) {
		other := r.members.at(int32(k))
		other.nearby = uint8(len(slices.DeleteFunc(other.near(), func(n neighbour) bool { return n.member == m })))
	}
	r.pool.clear(&old.in)
	r.words.forget(marks)
	worded := old.wording
	*old = member{wording: -1}
	if w := r.wordings.at(worded); w.first == m && w.users > 1 {
		w.first = r.firstSaying(worded)
	}
	r.release(worded)
}

// exclude takes m out of an ascending list, the numbers of which have so many bits beside those of a member.
func (r *room) exclude(l *rising, m uint32, bits int) {
	r.scratch.numbers = r.pool.all(l.list, r.scratch.numbers)
	r.pool.reset(l, slices.DeleteFunc(r.scratch.numbers, func(x uint32) bool { return x>>bits == m }))
}

// firstSaying is the first member with a wording, -1 without one.
func (r *room) firstSaying(number int32) int32 {
	for m := range int32(r.members.n) {
		if r.members.at(m).wording == number {
			return m
		}
	}
	return -1
}

// renew weighs all features anew, and with them all vectors. Neighbours keep the similarity they had when they met.
func (r *room) renew() {
	r.words.renew()
	for m := range int32(r.members.n) {
		if r.members.at(m).wording >= 0 {
			r.shrink[m] = r.words.shrink(r.marks(m))
		}
	}
	r.learn()
	for g := range r.slots {
		s := &r.slots[g]
		r.weigh(int32(g))
		if s.kept.n <= 1 {
			s.stored = nil
			continue
		}
		s.stored = s.stored[:0]
		for _, m := range r.kept(int32(g)) {
			r.scratch.vec = r.vector(r.scratch.vec, m)
			s.stored.add(r.scratch.vec)
		}
	}
}

// learn finds the latent meaning of the members, and with it the centres of the gaps.
func (r *room) learn() {
	var there []int32
	for m := range int32(r.members.n) {
		if r.members.at(m).wording >= 0 {
			there = append(there, m)
		}
	}
	vector := func(m int32) sparse {
		r.scratch.vec = r.vector(r.scratch.vec, m)
		return r.scratch.vec
	}
	r.space = spaceOf(r.words, len(there), func(i int) sparse { return vector(there[i]) })
	r.centres = make([]float32, len(r.slots)*r.space.width())
	if r.space.width() == 0 {
		return
	}
	for g := range r.slots {
		for _, m := range r.kept(int32(g)) {
			r.scratch.place = r.space.place(r.scratch.place, vector(m))
			addScaled(r.centre(int32(g)), r.scratch.place, 1)
		}
	}
}
