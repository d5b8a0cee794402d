package knowledge

import "math"

// Latent meaning: the directions in which an organisation's own questions differ most. Words that are used in the same
// company ("arrive", "delivery", "track") point the same way, so two questions can be alike without a shared word.
const (
	latentMost   = 64 // directions
	latentEnough = 4  // questions needed for each direction
	latentRounds = 3  // rounds of power iteration
)

// latent gives each vector its place among the main directions of all of them, at unit length; nil when there are too
// few to tell directions from chance. features is one more than the highest id.
func latent(vectors []sparse, features int) [][]float32 {
	main := directions(vectors, features, min(latentMost, len(vectors)/latentEnough), latentRounds)
	if main == nil {
		return nil
	}
	places := project(vectors, main)
	for _, p := range places {
		unitLength(p)
	}
	return places
}

// directions are the k main directions of the vectors, side by side for each feature; nil when k is less than 2. It is
// the truncated singular value decomposition of the vectors (latent semantic analysis, Deerwester and others 1990), by
// subspace iteration from a start that is the same every time.
func directions(vectors []sparse, features, k, rounds int) [][]float32 {
	if k < 2 || features == 0 {
		return nil
	}
	main := start(features, k)
	orthonormal(main)
	for range rounds {
		main = gather(vectors, project(vectors, main), features)
		orthonormal(main)
	}
	return main
}

// start is a block of pseudo-random numbers between −1 and 1 (SplitMix64).
func start(rows, columns int) [][]float32 {
	state := uint64(0)
	block := blank(rows, columns)
	for _, row := range block {
		for c := range row {
			state += 0x9e3779b97f4a7c15
			z := state
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			row[c] = float32(int64(z^z>>31)) / (1 << 63)
		}
	}
	return block
}

func blank(rows, columns int) [][]float32 {
	cells := make([]float32, rows*columns)
	block := make([][]float32, rows)
	for i := range block {
		block[i] = cells[i*columns : (i+1)*columns : (i+1)*columns]
	}
	return block
}

// project is vectors × directions.
func project(vectors []sparse, directions [][]float32) [][]float32 {
	out := blank(len(vectors), len(directions[0]))
	for i, v := range vectors {
		for _, t := range v {
			addScaled(out[i], directions[t.id], t.weight)
		}
	}
	return out
}

// gather is the transpose of vectors × places.
func gather(vectors []sparse, places [][]float32, features int) [][]float32 {
	out := blank(features, len(places[0]))
	for i, v := range vectors {
		for _, t := range v {
			addScaled(out[t.id], places[i], t.weight)
		}
	}
	return out
}

func addScaled(to, from []float32, scale float32) {
	for c, x := range from[:len(to)] {
		to[c] += scale * x
	}
}

// orthonormal makes the columns of a tall block orthonormal but for rounding, by the Cholesky factor of its Gram matrix.
// A column that depends on earlier ones becomes very small, not undefined.
func orthonormal(block [][]float32) {
	l := cholesky(gram(block))
	for _, row := range block {
		for a := range row {
			sum := float64(row[a])
			for c, x := range row[:a] {
				sum -= l[a][c] * float64(x)
			}
			row[a] = float32(sum / l[a][a])
		}
	}
}

func gram(block [][]float32) [][]float64 {
	k := len(block[0])
	g := make([][]float64, k)
	for a := range g {
		g[a] = make([]float64, a+1)
	}
	for _, row := range block {
		for a, x := range row {
			if x == 0 {
				continue
			}
			for b := range g[a] {
				g[a][b] += float64(x) * float64(row[b])
			}
		}
	}
	return g
}

// leastPivot keeps the factor of a block without full rank defined.
const leastPivot = 1e-9

func cholesky(l [][]float64) [][]float64 {
	for a := range l {
		for b := range l[a] {
			sum := l[a][b]
			for c := range b {
				sum -= l[a][c] * l[b][c]
			}
			if a == b {
				l[a][a] = math.Sqrt(max(sum, leastPivot))
			} else {
				l[a][b] = sum / l[b][b]
			}
		}
	}
	return l
}

func unitLength(v []float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
}
