package knowledge

import (
	"cmp"
	"slices"

	"github.com/samber/lo"
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

// keep adds a question to a gap as one of its examples and returns the member, or -1 when the gap has enough of them.
func (r *room) keep(g int32, q query) int32 {
	s := &r.slots[g]
	s.all++
	defer r.weigh(g)
	if len(s.kept) >= ExamplesMost {
		return -1
	}
	m := int32(len(r.members))
	r.members = append(r.members, member{vec: q.vec, words: q.words, near: q.near})
	r.slotOf = append(r.slotOf, g)
	s.kept = append(s.kept, m)
	s.sum.add(q.vec)
	s.centre = added(s.centre, q.place, 1)
	r.post(m)
	if _, taken := r.same[q.words]; !taken && q.words != "" {
		r.same[q.words] = m
	}
	for _, n := range q.near {
		r.members[n.member].in = append(r.members[n.member].in, m)
	}
	for _, n := range q.alike {
		r.meet(n.member, neighbour{m, n.alike})
	}
	return m
}

// post enters a member in the inverted index.
func (r *room) post(m int32) {
	for _, t := range r.members[m].vec {
		for int(t.id) >= len(r.postings) {
			r.postings = append(r.postings, nil)
		}
		r.postings[t.id] = append(r.postings[t.id], posting{m, t.weight})
	}
}

// meet tells a member of a new one that may be nearer than its present neighbours.
func (r *room) meet(m int32, n neighbour) {
	old := &r.members[m]
	if len(old.near) == nearCount && old.near[nearCount-1].alike >= n.alike {
		return
	}
	at, _ := slices.BinarySearchFunc(old.near, n, nearer)
	old.near = slices.Insert(old.near, at, n)
	r.members[n.member].in = append(r.members[n.member].in, m)
	if len(old.near) > nearCount {
		last := old.near[nearCount].member
		old.near = old.near[:nearCount]
		r.members[last].in = without(r.members[last].in, m)
	}
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
	s.kept = without(s.kept, m)
	s.sum.subtract(old.vec)
	s.centre = added(s.centre, r.space.place(old.vec), -1)
	if len(s.kept) == 0 {
		s.sum, s.centre = nil, nil
	}
	for _, t := range old.vec {
		r.postings[t.id] = slices.DeleteFunc(r.postings[t.id], func(p posting) bool { return p.member == m })
	}
	if r.same[old.words] == m {
		r.forgetWords(old.words, m)
	}
	for _, n := range old.near {
		r.members[n.member].in = without(r.members[n.member].in, m)
	}
	for _, k := range old.in {
		r.members[k].near = slices.DeleteFunc(r.members[k].near, func(n neighbour) bool { return n.member == m })
	}
	r.words.forget(old.vec)
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
	old := slices.Clone(r.words.rare)
	r.words.renew()
	for i := range r.members {
		v := r.members[i].vec
		for k, t := range v {
			v[k].weight *= r.words.rare[t.id] / old[t.id]
		}
		v.unit()
	}
	for id := range r.postings {
		r.postings[id] = r.postings[id][:0]
	}
	for m := range r.members {
		r.post(int32(m))
	}
	r.learn()
	for g := range r.slots {
		s := &r.slots[g]
		s.sum = s.sum[:0]
		for _, m := range s.kept {
			s.sum.add(r.members[m].vec)
		}
		r.weigh(int32(g))
	}
}

// learn finds the latent meaning of the members, and with it the centres of the gaps.
func (r *room) learn() {
	r.space = spaceOf(lo.FilterMap(r.members, func(m member, _ int) (sparse, bool) { return m.vec, !m.gone }), r.words)
	for g := range r.slots {
		s := &r.slots[g]
		s.centre = nil
		for _, m := range s.kept {
			s.centre = added(s.centre, r.space.place(r.members[m].vec), 1)
		}
	}
}
