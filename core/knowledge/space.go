package knowledge

// The space in which the questions of a room are compared by latent meaning as they arrive: that of their whole words,
// as the company of pieces of words says little more and costs five times as much.
const (
	spaceMost   = 32    // directions
	spaceRounds = 2     // rounds of power iteration
	spaceSample = 2_048 // questions it is learnt from, at most
)

// space holds the main directions of a room's questions, as they were when it was learnt. The zero value has none.
type space struct {
	row        []int32 // of each feature, -1 for pieces of stems and for what no two questions shared
	directions [][]float32
}

// spaceOf learns from n vectors over the features of a lexicon; vector gives one of them, until the next call.
func spaceOf(words *lexicon, n int, vector func(i int) sparse) space {
	x := space{row: make([]int32, len(words.seen))}
	rows := uint32(0)
	for id, n := range words.seen {
		x.row[id] = -1
		if n > 1 && words.whole[id] {
			x.row[id] = int32(rows)
			rows++
		}
	}
	every := max(1, (n+spaceSample-1)/spaceSample)
	var sample []sparse
	for i := 0; i < n; i += every {
		sample = append(sample, x.known(vector(i)))
	}
	x.directions = directions(sample, int(rows), min(spaceMost, len(sample)/latentEnough), spaceRounds)
	return x
}

// known is v over the rows of the space.
func (x space) known(v sparse) sparse {
	var out sparse
	for _, t := range v {
		if row := x.row[t.id]; row >= 0 {
			out = append(out, term{uint32(row), t.weight})
		}
	}
	return out
}

// width is the number of directions.
func (x space) width() int {
	if x.directions == nil {
		return 0
	}
	return len(x.directions[0])
}

// place is where a vector lies in the space, at unit length, in room that is used again; nil where there is no space.
func (x space) place(room []float32, v sparse) []float32 {
	if x.directions == nil {
		return nil
	}
	p := append(room[:0], make([]float32, x.width())...)
	for _, t := range v {
		if int(t.id) < len(x.row) && x.row[t.id] >= 0 {
			addScaled(p, x.directions[x.row[t.id]], t.weight)
		}
	}
	unitLength(p)
	return p
}
