package knowledge

import (
	"cmp"
	"math"
	"slices"

	"github.com/samber/lo"
)

// The rule by which gaps are regrouped.
const (
	regroupAt      = 0.10 // the least mean similarity of two groups that belong together, where groups are large
	regroupContext = 0.50 // how much of the similarity comes from shared neighbours
	regroupNear    = 10   // neighbours of a question at most
	regroupShare   = 40   // questions needed for each neighbour
	strictMost     = 0.19 // where they are small it is this, less strictFalls for each question of a group
	strictFalls    = 0.005
	latentWeight   = 0.30 // how much latent meaning counts in choosing neighbours
	tightAt        = 0.45 // the least mean similarity of questions of one gap that stay together unexamined
	unitsMost      = 4096 // units compared with each other; 64 MB of similarities
	regroupRivals  = 200  // members whose latent similarity is looked at, for each member
)

// unit is a handful of members that move together.
type unit struct {
	slot    int32
	members []int32
}

// regroup finds the group of each unit of a room, numbered by the order of the units. Slots for which fixed holds are
// left out.
func (r *room) regroup(fixed func(slot int32) bool) (units []unit, groups []int) {
	units = r.units(fixed)
	if len(units) < 2 {
		return units, make([]int, len(units))
	}
	members := lo.FlatMap(units, func(u unit, _ int) []int32 { return u.members })
	slices.Sort(members)
	near := r.neighbours(members)
	return units, r.link(units, near, cutFor(r.link(units, near, strict), units))
}

// cut is how gaps are regrouped: by how many neighbours of each question, down to which mean similarity of two groups.
type cut struct {
	near  int
	least float32
}

// strict is for questions asked a few times each. It joins too little of those asked often, but tells the two apart.
var strict = cut{near: 4, least: 0.15}

// cutFor chooses by the size of the strict groups, as a question finds it: a question asked ten times has nine others
// that mean the same, and a tenth neighbour would lead elsewhere. It looks at the questions alone and not at the gaps
// they are in, so that regrouping again does not choose anew.
func cutFor(strictly []int, units []unit) cut {
	sizes := make([]int, len(units))
	all, squares := 0, 0
	for i, g := range strictly {
		sizes[g] += len(units[i].members)
	}
	for _, n := range sizes {
		all, squares = all+n, squares+n*n
	}
	size := float64(squares) / float64(all)
	return cut{
		near:  min(regroupNear, max(strict.near, int(math.Round(size/2)))),
		least: float32(max(regroupAt, strictMost-strictFalls*size)),
	}
}

// link joins units whose members are alike, by words and by the neighbours they share.
func (r *room) link(units []unit, near map[int32][]neighbour, c cut) []int {
	words, context := make([]sparse, len(units)), make([]sparse, len(units))
	sizes := make([]float32, len(units))
	for i, u := range units {
		sizes[i] = float32(len(u.members))
		for _, m := range u.members {
			words[i].add(r.vector(nil, m))
			context[i].add(contextOf(m, near[m][:min(c.near, len(near[m]))]))
		}
	}
	alike := blank(len(units), len(units))
	addProducts(alike, words, sizes, 1-regroupContext)
	addProducts(alike, context, sizes, regroupContext)
	return averageLinkage(alike, sizes, c.least)
}

// units cuts the gaps into what is regrouped: single members while those are few enough, else members that are close to
// each other. Beyond the bound, the units of the gaps seen least often stay where they are.
func (r *room) units(fixed func(slot int32) bool) []unit {
	var units []unit
	for g := range r.slots {
		if !fixed(int32(g)) {
			for _, m := range r.kept(int32(g)) {
				units = append(units, unit{int32(g), []int32{m}})
			}
		}
	}
	if len(units) <= unitsMost {
		return units
	}
	units = units[:0]
	for g := range r.slots {
		if !fixed(int32(g)) {
			units = append(units, r.tight(int32(g))...)
		}
	}
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(r.slots[b.slot].all, r.slots[a.slot].all))
	})
	return units[:min(len(units), unitsMost)]
}

// tight cuts one gap into units: each member joins the unit it is most like on average, or begins one.
func (r *room) tight(g int32) []unit {
	var units []unit
	var sums []sparse
	for _, m := range r.kept(g) {
		best, fit, vec := -1, 0.0, r.vector(nil, m)
		for i, sum := range sums {
			if f := vec.dot(sum) / float64(len(units[i].members)); f >= tightAt && f > fit {
				best, fit = i, f
			}
		}
		if best < 0 {
			units, sums = append(units, unit{slot: g}), append(sums, nil)
			best = len(units) - 1
		}
		units[best].members = append(units[best].members, m)
		sums[best].add(vec)
	}
	return units
}

// neighbours are the questions nearest to each of the given members by words and by latent meaning, nearest first.
func (r *room) neighbours(members []int32) map[int32][]neighbour {
	vectors := lo.Map(members, func(m int32, _ int) sparse { return r.vector(nil, m) })
	places := latent(vectors, len(r.words.seen))
	index := invert(vectors)
	out := make(map[int32][]neighbour, len(members))
	most := min(regroupNear, max(1, len(members)/regroupShare))
	var s scratch
	for i, m := range members {
		s.begin(len(members), 0)
		for _, t := range vectors[i] {
			for _, p := range index[t.id] {
				s.members.add(p.member, p.weight*t.weight)
			}
		}
		var near []neighbour
		for _, j := range s.top(&s.members, regroupRivals+1) {
			if int(j) == i {
				continue
			}
			alike := s.members.sums[j]
			if places != nil {
				alike = (1-latentWeight)*alike + latentWeight*product(places[i], places[j])
			}
			if alike > nearLeast {
				near = append(near, neighbour{members[j], alike})
			}
		}
		slices.SortFunc(near, nearer)
		out[m] = slices.Clone(near[:min(most, len(near))])
	}
	return out
}

func contextOf(m int32, near []neighbour) sparse {
	v := append(make(sparse, 0, len(near)+1), term{uint32(m), 1})
	for _, n := range near {
		v = append(v, term{uint32(n.member), n.alike})
	}
	slices.SortFunc(v, byID)
	v.unit()
	return v
}

func product(a, b []float32) float32 {
	sum := float32(0)
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// posting says that a feature occurs in a vector, and with which weight.
type posting struct {
	member int32
	weight float32
}

// invert lists, for each feature, the vectors it occurs in.
func invert(vectors []sparse) [][]posting {
	highest := uint32(0)
	for _, v := range vectors {
		if len(v) > 0 {
			highest = max(highest, v[len(v)-1].id)
		}
	}
	index := make([][]posting, highest+1)
	for i, v := range vectors {
		for _, t := range v {
			index[t.id] = append(index[t.id], posting{int32(i), t.weight})
		}
	}
	return index
}

// addProducts adds scale times the mean product of each two sums to a table.
func addProducts(table [][]float32, sums []sparse, sizes []float32, scale float32) {
	index := invert(sums)
	for i, v := range sums {
		row, share := table[i], scale/sizes[i]
		for _, t := range v {
			w := t.weight * share
			for _, p := range index[t.id] {
				row[p.member] += w * p.weight / sizes[p.member]
			}
		}
	}
}
