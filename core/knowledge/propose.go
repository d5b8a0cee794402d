package knowledge

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// ProposeAt is the cosine of two gaps' sums from which they are shown to a person as perhaps one.
const ProposeAt = 0.55

// Proposal is a pair of gaps that may be one. Nothing is merged by it.
type Proposal struct {
	// A is the lower id: the one that would stay.
	A, B   int64
	Cosine float64
}

// Propose lists the pairs of gaps of one language whose sums reach ProposeAt, the most alike first, ties by ids.
func (ix *Index) Propose() []Proposal {
	var out []Proposal
	for _, language := range slices.Sorted(maps.Keys(ix.rooms)) {
		out = append(out, ix.rooms[language].propose()...)
	}
	slices.SortFunc(out, func(x, y Proposal) int {
		return cmp.Or(cmp.Compare(y.Cosine, x.Cosine), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return out
}

func (r *room) propose() []Proposal {
	sums := make([]sparse, len(r.slots))
	for g := range r.slots {
		sums[g] = slices.Clone(r.sum(int32(g)))
		sums[g].unit()
	}
	index := invert(sums)
	var out []Proposal
	var s scratch
	for g, v := range sums {
		s.begin(len(sums), 0)
		for _, t := range v {
			for _, p := range index[t.id] {
				s.members.add(p.member, p.weight*t.weight)
			}
		}
		for _, other := range s.members.touched {
			if cosine := float64(s.members.sums[other]); int(other) > g && cosine >= ProposeAt {
				a, b := r.slots[g].id, r.slots[other].id
				out = append(out, Proposal{min(a, b), max(a, b), math.Min(cosine, 1)})
			}
		}
	}
	return out
}
