package knowledge

// rows is a list that grows without being copied.
type rows[T any] struct {
	chunks [][]T
	n      int
}

const rowsInChunk = 64

func (x *rows[T]) at(i int32) *T { return &x.chunks[i/rowsInChunk][i%rowsInChunk] }

// add appends a row and returns its number.
func (x *rows[T]) add(row T) int32 {
	if x.n%rowsInChunk == 0 {
		x.chunks = append(x.chunks, make([]T, rowsInChunk))
	}
	x.n++
	*x.at(int32(x.n - 1)) = row
	return int32(x.n - 1)
}
