package knowledge

import (
	"cmp"
	"math"
	"sort"
)

// term is one feature of a vector and how much it weighs there.
type term struct {
	id     uint32
	weight float32
}

func byID(a, b term) int { return cmp.Compare(a.id, b.id) }

// sparse is a vector over numbered features, ordered by id, each feature once.
type sparse []term

// norm is the length.
func (v sparse) norm() float64 {
	sum := 0.0
	for _, t := range v {
		sum += float64(t.weight) * float64(t.weight)
	}
	return math.Sqrt(sum)
}

// unit scales v to length 1; an empty vector stays empty.
func (v sparse) unit() {
	n := v.norm()
	if n == 0 {
		return
	}
	for i := range v {
		v[i].weight = float32(float64(v[i].weight) / n)
	}
}

// dot is the scalar product. The longer side is searched when it is much longer.
func (v sparse) dot(w sparse) float64 {
	if len(v) > len(w) {
		v, w = w, v
	}
	if len(w) > muchLonger*len(v) {
		return v.dotSearch(w)
	}
	sum, j := 0.0, 0
	for _, t := range v {
		for j < len(w) && w[j].id < t.id {
			j++
		}
		if j == len(w) {
			break
		}
		if w[j].id == t.id {
			sum += float64(t.weight) * float64(w[j].weight)
		}
	}
	return sum
}

// muchLonger is how many times longer a vector must be for a search in it to be quicker than a walk.
const muchLonger = 8

func (v sparse) dotSearch(w sparse) float64 {
	sum := 0.0
	for _, t := range v {
		w = w[sort.Search(len(w), func(k int) bool { return w[k].id >= t.id }):]
		if len(w) == 0 {
			break
		}
		if w[0].id == t.id {
			sum += float64(t.weight) * float64(w[0].weight)
		}
	}
	return sum
}

// add makes v the sum of both, from the end on so that it needs hardly more room than its own.
func (v *sparse) add(w sparse) {
	i, at := len(*v)-1, len(*v)+len(w)-v.shared(w)
	if at > cap(*v) {
		*v = append(make(sparse, 0, at+at/8), *v...)
	}
	sum := (*v)[:at]
	*v = sum
	for j := len(w) - 1; j >= 0; {
		at--
		switch {
		case i < 0 || sum[i].id < w[j].id:
			sum[at] = w[j]
			j--
		case sum[i].id > w[j].id:
			sum[at] = sum[i]
			i--
		default:
			sum[at] = term{w[j].id, sum[i].weight + w[j].weight}
			i, j = i-1, j-1
		}
	}
}

// shared is how many features both have.
func (v sparse) shared(w sparse) (n int) {
	for i, j := 0, 0; i < len(v) && j < len(w); {
		switch c := cmp.Compare(v[i].id, w[j].id); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			i, j, n = i+1, j+1, n+1
		}
	}
	return n
}

// subtract makes v the difference of both; features that cancel out are dropped.
func (v *sparse) subtract(w sparse) {
	left, j := (*v)[:0], 0
	for _, t := range *v {
		for j < len(w) && w[j].id < t.id {
			j++
		}
		if j < len(w) && w[j].id == t.id {
			t.weight -= w[j].weight
		}
		if math.Abs(float64(t.weight)) > vanishing {
			left = append(left, t)
		}
	}
	*v = left
}

// vanishing is a weight that only rounding leaves behind.
const vanishing = 1e-6
