package knowledge

import (
	"math"
	"sort"
)

// sparse is a vector over numbered features, ordered by id.
type sparse struct {
	ids     []uint32
	weights []float32
}

func (v *sparse) Len() int           { return len(v.ids) }
func (v *sparse) Less(i, j int) bool { return v.ids[i] < v.ids[j] }
func (v *sparse) Swap(i, j int) {
	v.ids[i], v.ids[j] = v.ids[j], v.ids[i]
	v.weights[i], v.weights[j] = v.weights[j], v.weights[i]
}

// norm is the length.
func (v sparse) norm() float64 {
	sum := 0.0
	for _, w := range v.weights {
		sum += float64(w) * float64(w)
	}
	return math.Sqrt(sum)
}

// unit scales v to length 1; an empty vector stays empty.
func (v sparse) unit() {
	n := v.norm()
	if n == 0 {
		return
	}
	for i := range v.weights {
		v.weights[i] = float32(float64(v.weights[i]) / n)
	}
}

// dot is the scalar product. The longer side is searched when it is much longer.
func (v sparse) dot(w sparse) float64 {
	if len(v.ids) > len(w.ids) {
		v, w = w, v
	}
	if len(w.ids) > 16*len(v.ids) {
		return v.dotSearch(w)
	}
	sum, j := 0.0, 0
	for i, id := range v.ids {
		for j < len(w.ids) && w.ids[j] < id {
			j++
		}
		if j == len(w.ids) {
			break
		}
		if w.ids[j] == id {
			sum += float64(v.weights[i]) * float64(w.weights[j])
		}
	}
	return sum
}

func (v sparse) dotSearch(w sparse) float64 {
	sum, from := 0.0, 0
	for i, id := range v.ids {
		from += sort.Search(len(w.ids)-from, func(k int) bool { return w.ids[from+k] >= id })
		if from == len(w.ids) {
			break
		}
		if w.ids[from] == id {
			sum += float64(v.weights[i]) * float64(w.weights[from])
		}
	}
	return sum
}

// plus is v + scale·w; features that cancel out are dropped.
func (v sparse) plus(w sparse, scale float32) sparse {
	out := sparse{ids: make([]uint32, 0, len(v.ids)+len(w.ids)), weights: make([]float32, 0, len(v.ids)+len(w.ids))}
	keep := func(id uint32, weight float32) {
		if weight > vanishing || weight < -vanishing {
			out.ids, out.weights = append(out.ids, id), append(out.weights, weight)
		}
	}
	i, j := 0, 0
	for i < len(v.ids) || j < len(w.ids) {
		switch {
		case j == len(w.ids) || i < len(v.ids) && v.ids[i] < w.ids[j]:
			keep(v.ids[i], v.weights[i])
			i++
		case i == len(v.ids) || w.ids[j] < v.ids[i]:
			keep(w.ids[j], scale*w.weights[j])
			j++
		default:
			keep(v.ids[i], v.weights[i]+scale*w.weights[j])
			i, j = i+1, j+1
		}
	}
	return out
}

// vanishing is a weight that only rounding leaves behind.
const vanishing = 1e-6
