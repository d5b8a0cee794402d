package knowledge

import (
	"cmp"
	"slices"
)

// averageLinkage groups units bottom-up: it joins the two groups whose members are most alike on average, again and
// again, until no two reach least. alike is the symmetric table of mean similarities of the units, sizes the number of
// members of each; alike is used up. It returns the group of each unit, numbered by the order of the units. The work is
// in proportion to the square of the number of units (nearest-neighbour chains; Murtagh 1983).
func averageLinkage(alike [][]float32, sizes []float32, least float32) []int {
	type join struct {
		a, b int
		at   float32
	}
	n := len(alike)
	active, size := make([]bool, n), slices.Clone(sizes)
	for i := range active {
		active[i] = true
	}
	var joins []join
	var chain []int
	for from, left := 0, n; left > 1; {
		if len(chain) == 0 {
			for !active[from] {
				from++
			}
			chain = append(chain, from)
		}
		a := chain[len(chain)-1]
		b, previous := -1, -1
		if len(chain) > 1 {
			previous = chain[len(chain)-2]
			b = previous
		}
		for j := range n {
			if active[j] && j != a && (b < 0 || alike[a][j] > alike[a][b]) {
				b = j
			}
		}
		if b != previous {
			chain = append(chain, b)
			continue
		}
		chain = chain[:len(chain)-2]
		low, high := min(a, b), max(a, b)
		joins = append(joins, join{low, high, alike[a][b]})
		active[high] = false
		left--
		for j := range n {
			if active[j] && j != low {
				mean := (size[low]*alike[low][j] + size[high]*alike[high][j]) / (size[low] + size[high])
				alike[low][j], alike[j][low] = mean, mean
			}
		}
		size[low] += size[high]
	}
	slices.SortStableFunc(joins, func(x, y join) int { return cmp.Compare(y.at, x.at) })
	groups := newForest(n)
	for _, j := range joins {
		if j.at < least {
			break
		}
		groups.join(j.a, j.b)
	}
	return groups.numbered()
}

// forest is a set of disjoint groups, each named by its lowest element.
type forest []int

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = i
	}
	return f
}

func (f forest) find(x int) int {
	for f[x] != x {
		f[x] = f[f[x]]
		x = f[x]
	}
	return x
}

func (f forest) join(a, b int) {
	a, b = f.find(a), f.find(b)
	f[max(a, b)] = min(a, b)
}

// numbered gives the groups numbers from 0 in the order of their lowest elements.
func (f forest) numbered() []int {
	number, out := map[int]int{}, make([]int, len(f))
	for i := range f {
		root := f.find(i)
		if _, known := number[root]; !known {
			number[root] = len(number)
		}
		out[i] = number[root]
	}
	return out
}
