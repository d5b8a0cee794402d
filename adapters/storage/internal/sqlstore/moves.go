package sqlstore

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"
)

// move is a vector that is to be added to a cell: to that which lies at a time, in seconds, behind a start, in
// microseconds. Between the moves of a view start is that of the cell's pack.
type move struct {
	start int64
	cellKey
	vector []byte
}

// moveOf is a move of a cell of the finest grain.
func moveOf(e entry) move {
	return move{start: e.bucket, cellKey: cellKey{cellDims: e.cellDims}, vector: e.vector}
}

func (m move) bucket() int64 { return m.start + m.at*int64(time.Second/time.Microsecond) }

func compareMoves(a, b move) int {
	return cmp.Or(cmp.Compare(a.start, b.start), compareCells(a.cellKey, b.cellKey))
}

// sumViews are the moves of every pack of some views that moves of the finest grain cause, in the order of their cells.
func sumViews(sp *space, moves []move, into []view) (map[PackKey][]move, error) {
	out := map[PackKey][]move{}
	done := map[int64][]move{0: moves}
	var add adder
	var sum func(number int64) error
	sum = func(number int64) error {
		if _, ok := done[number]; ok {
			return nil
		}
		v := viewOf(number)
		if err := sum(v.from); err != nil {
			return err
		}
		mine, err := add.view(sp, v, done[v.from])
		if err != nil {
			return err
		}
		done[number] = mine
		for len(mine) > 0 {
			n := 1
			for n < len(mine) && mine[n].start == mine[0].start {
				n++
			}
			out[PackKey{View: v.stored(sp), Start: mine[0].start}] = mine[:n]
			mine = mine[n:]
		}
		return nil
	}
	for _, v := range into {
		if err := sum(v.number); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// adder sums moves with the same memory again and again.
type adder struct {
	moves []move
	same  [][]byte
	// sums has room for the vectors of the next moves.
	sums []byte
}

// roomForSums is how many bytes of sums share one piece of memory.
const roomForSums = 64 << 10

// sum are the vectors' sum as it is stored.
func (a *adder) sum(parts [][]byte) ([]byte, error) {
	if cap(a.sums)-len(a.sums) < roomForSums/16 {
		a.sums = make([]byte, 0, roomForSums)
	}
	begin := len(a.sums)
	out, err := appendSum(a.sums, parts...)
	if err != nil {
		return nil, err
	}
	a.sums = out
	return out[begin:len(out):len(out)], nil
}

// view is the moves of a view's cells, one for each cell, in their order, that finer ones cause.
func (a *adder) view(sp *space, v view, finer []move) ([]move, error) {
	a.moves = a.moves[:0]
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
			a.moves = append(a.moves, move{start: start, cellKey: cellKey{at: at, cellDims: m.only(v.dims)}, vector: m.vector})
		}
	}
	slices.SortFunc(a.moves, compareMoves)
	kept := a.moves[:0]
	for rest := a.moves; len(rest) > 0; {
		m := rest[0]
		a.same = a.same[:0]
		for len(rest) > 0 && compareMoves(rest[0], m) == 0 {
			a.same = append(a.same, rest[0].vector)
			rest = rest[1:]
		}
		if len(a.same) > 1 {
			var err error
			if m.vector, err = a.sum(a.same); err != nil {
				return nil, err
			}
		}
		if len(m.vector) > 0 {
			kept = append(kept, m)
		}
	}
	return slices.Clone(kept), nil
}

// splitMoves parts moves into what they add to cells without log cells, and to those.
func splitMoves(moves []move) (sums, logs []move, err error) {
	size := 0
	for _, m := range moves {
		size += len(m.vector) + binary.MaxVarintLen16
	}
	room := make([]byte, 0, size)
	sums, logs = make([]move, 0, len(moves)), make([]move, 0, len(moves))
	for _, m := range moves {
		n, first, err := sumsOf(m.vector)
		if err != nil {
			return nil, nil, err
		}
		whole := m.vector
		if n > 0 {
			m.vector = whole[:n]
			sums = append(sums, m)
		}
		if n < len(whole) {
			begin := len(room)
			_, width := binary.Uvarint(whole[n:])
			room = append(binary.AppendUvarint(room, first), whole[n+width:]...)
			m.vector = room[begin:len(room):len(room)]
			logs = append(logs, m)
		}
	}
	return sums, logs, nil
}

// mergeCells is stored cells with the moves of their pack added, both in the order of cells. Cells that become empty are
// left out.
func mergeCells(stored []byte, moves []move, names topics) ([]byte, error) {
	size := len(stored)
	for _, m := range moves {
		size += len(m.vector) + len(m.Topic) + 3*binary.MaxVarintLen16
	}
	out := make([]byte, 0, size)
	var sum []byte
	err := eachStoredCell(stored, names, func(k cellKey, vector, cell []byte) error {
		for len(moves) > 0 && compareCells(moves[0].cellKey, k) < 0 {
			out = appendCell(out, moves[0].cellKey, moves[0].vector)
			moves = moves[1:]
		}
		if len(moves) == 0 || moves[0].cellKey != k {
			out = append(out, cell...)
			return nil
		}
		var err error
		if sum, err = appendSum(sum[:0], vector, moves[0].vector); err != nil {
			return err
		}
		if len(sum) > 0 {
			out = appendCell(out, k, sum)
		}
		moves = moves[1:]
		return nil
	})
	for _, m := range moves {
		out = appendCell(out, m.cellKey, m.vector)
	}
	return out, err
}
