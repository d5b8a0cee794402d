package knowledge

import "math"

// Dense finds gaps by vectors of an embedding model instead of words: the same rule as for words at its plainest. A
// question joins the gap whose sum of vectors it has the highest cosine with, ties to the lowest id, if that reaches the
// threshold; else it opens a gap. The threshold belongs to the model and is chosen on labelled questions; 0.40, the one
// for words, means nothing here. The zero value is not usable: see NewDense.
type Dense struct {
	threshold float64
	sums      [][]float64
	ids       []int64
	next      int64
}

// NewDense is an empty index for a model whose threshold is given, 0 to 1.
func NewDense(threshold float64) *Dense { return &Dense{threshold: threshold, next: 1} }

// Reserve keeps an id from being given to a new gap.
func (d *Dense) Reserve(id int64) { d.next = max(d.next, id+1) }

// Bytes is about how much memory the index takes.
func (d *Dense) Bytes() int64 {
	n := int64(0)
	for _, sum := range d.sums {
		n += int64(len(sum)) * 8
	}
	return n
}

// Add puts a vector into a gap that is known already, to rebuild an index from what was stored.
func (d *Dense) Add(gap int64, vector []float32) {
	at := -1
	for i, id := range d.ids {
		if id == gap {
			at = i
		}
	}
	if at < 0 {
		d.ids, d.sums = append(d.ids, gap), append(d.sums, make([]float64, len(vector)))
		at = len(d.ids) - 1
		d.next = max(d.next, gap+1)
	}
	addUnit(d.sums[at], vector)
}

// Assign puts a vector into its gap and says which, how near it was (the cosine, 0 for a new gap) and whether it is new.
// A vector of another length than a gap's is compared over the shorter one; one without direction opens a gap.
func (d *Dense) Assign(vector []float32) (gap int64, cosine float64, opened bool) {
	best := -1
	for i, sum := range d.sums {
		if c := cosineOf(sum, vector); c >= d.threshold && (best < 0 || c > cosine || c == cosine && d.ids[i] < d.ids[best]) {
			best, cosine = i, c
		}
	}
	if best < 0 {
		gap = d.next
		d.Add(gap, vector)
		return gap, 0, true
	}
	addUnit(d.sums[best], vector)
	return d.ids[best], cosine, false
}

func addUnit(sum []float64, vector []float32) {
	norm := 0.0
	for _, x := range vector {
		norm += float64(x) * float64(x)
	}
	if norm == 0 {
		return
	}
	norm = math.Sqrt(norm)
	for i := range min(len(sum), len(vector)) {
		sum[i] += float64(vector[i]) / norm
	}
}

func cosineOf(sum []float64, vector []float32) float64 {
	var dot, a, b float64
	for i := range min(len(sum), len(vector)) {
		x, y := sum[i], float64(vector[i])
		dot, a, b = dot+x*y, a+x*x, b+y*y
	}
	if a == 0 || b == 0 {
		return 0
	}
	return dot / math.Sqrt(a*b)
}
