package sqlstore

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// move is a vector that is to be added to a cell: to that which lies at a time, in seconds, behind a start, in
// microseconds. Between the moves of a view start is that of the cell's pack.
type move struct {
	start int64
	cellKey
	vector []byte
}

// moveOf is a move of a cell of the finest grain.
func moveOf(k metric.Key, vector []byte) move {
	return move{start: k.Bucket.UnixMicro(), cellKey: cellKey{cellDims: dimsOf(k)}, vector: vector}
}

func (m move) bucket() int64 { return m.start + m.at*int64(time.Second/time.Microsecond) }

func compareMoves(a, b move) int {
	return cmp.Or(cmp.Compare(a.start, b.start), compareCells(a.cellKey, b.cellKey))
}

// sumViews are the moves of every pack of some views that moves of the finest grain cause, in the order of their cells.
func sumViews(sp *space, moves []move, into []view) (map[PackKey][]move, error) {
	out := map[PackKey][]move{}
	done := map[int64][]move{}
	var sum func(v view) error
	sum = func(v view) error {
		from := moves
		for _, source := range into {
			if source.number != v.from {
				continue
			}
			if _, ok := done[source.number]; !ok {
				if err := sum(source); err != nil {
					return err
				}
			}
			from = done[source.number]
		}
		mine, err := v.sum(sp, from)
		if err != nil {
			return err
		}
		done[v.number] = mine
		for rest := mine; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].start == rest[0].start {
				n++
			}
			out[PackKey{View: v.stored(sp), Start: rest[0].start}] = rest[:n]
			rest = rest[n:]
		}
		return nil
	}
	for _, v := range into {
		if _, ok := done[v.number]; ok {
			continue
		}
		if err := sum(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sum is the moves of the view's cells, one for each cell, in their order, that finer ones cause.
func (v view) sum(sp *space, finer []move) ([]move, error) {
	out := make([]move, 0, len(finer))
	var (
		last, start, at int64
		reached         bool
	)
	for i, m := range finer {
		if b := m.bucket(); i == 0 || b != last {
			last = b
			start, at, reached = v.locate(sp, micros(b))
		}
		if reached {
			out = append(out, move{start: start, cellKey: cellKey{at: at, cellDims: m.only(v.dims)}, vector: m.vector})
		}
	}
	slices.SortFunc(out, compareMoves)
	kept := 0
	var same [][]byte
	for i := 0; i < len(out); {
		same = same[:0]
		n := i
		for ; n < len(out) && compareMoves(out[n], out[i]) == 0; n++ {
			same = append(same, out[n].vector)
		}
		out[kept] = out[i]
		if len(same) > 1 {
			var err error
			if out[kept].vector, err = addVectors(same); err != nil {
				return nil, err
			}
		}
		i = n
		if len(out[kept].vector) > 0 {
			kept++
		}
	}
	return out[:kept], nil
}

// mergeCells is stored cells with the moves of their pack added, both in the order of cells. Cells that become empty are
// left out.
func mergeCells(stored []byte, moves []move) ([]byte, error) {
	size := len(stored)
	for _, m := range moves {
		size += len(m.vector) + len(m.Topic) + 3*binary.MaxVarintLen16
	}
	out := make([]byte, 0, size)
	err := eachStoredCell(stored, func(k cellKey, vector, cell []byte) error {
		for len(moves) > 0 && compareCells(moves[0].cellKey, k) < 0 {
			out = appendCell(out, moves[0].cellKey, moves[0].vector)
			moves = moves[1:]
		}
		if len(moves) == 0 || moves[0].cellKey != k {
			out = append(out, cell...)
			return nil
		}
		sum, err := addVectors([][]byte{vector, moves[0].vector})
		if len(sum) > 0 {
			out = appendCell(out, k, sum)
		}
		moves = moves[1:]
		return err
	})
	for _, m := range moves {
		out = appendCell(out, m.cellKey, m.vector)
	}
	return out, err
}
