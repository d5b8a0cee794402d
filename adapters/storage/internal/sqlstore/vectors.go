package sqlstore

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"sync"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// Vectors are summed in their stored form: most of them are read only to be added to others.

var errVector = errors.New("store: not a stored vector")

// summer adds vectors up in a table by measure. It is empty when at rest.
type summer struct {
	values []int64
	// touched has a bit for every measure that may not be zero.
	touched []uint64
}

var summers = sync.Pool{New: func() any { return new(summer) }}

// add takes in one stored vector, or takes it away.
func (s *summer) add(vector []byte, minus bool) error {
	measure := uint64(0)
	for len(vector) > 0 {
		step, n := binary.Uvarint(vector)
		if n <= 0 || step > math.MaxUint16 {
			return errVector
		}
		value, m := binary.Varint(vector[n:])
		if m <= 0 {
			return errVector
		}
		vector = vector[n+m:]
		if measure += step; measure > math.MaxUint16 {
			return errVector
		}
		if measure >= uint64(len(s.values)) {
			s.grow(measure)
		}
		if minus {
			value = -value // never the least int64: that is no sum of counts
		}
		old := s.values[measure]
		sum := old + value
		if (sum > old) != (value > 0) && value != 0 {
			return metric.ErrOverflow
		}
		s.touched[measure/64] |= 1 << (measure % 64)
		s.values[measure] = sum
	}
	return nil
}

func (s *summer) grow(measure uint64) {
	size := max(int(measure)+1, 8192)
	s.values = append(s.values, make([]int64, size-len(s.values))...)
	s.touched = append(s.touched, make([]uint64, (size+63)/64-len(s.touched))...)
}

// each calls fn with what was added up, by measure, and leaves the table empty.
func (s *summer) each(fn func(m metric.Measure, value int64)) {
	for word, rest := range s.touched {
		for ; rest != 0; rest &= rest - 1 {
			m := word*64 + bits.TrailingZeros64(rest)
			if v := s.values[m]; v != 0 {
				fn(metric.Measure(m), v)
				s.values[m] = 0
			}
		}
		s.touched[word] = 0
	}
}

// vector is the sum, and leaves the table empty.
func (s *summer) vector() metric.Vector {
	n := 0
	for _, word := range s.touched {
		n += bits.OnesCount64(word)
	}
	out := make(metric.Vector, 0, n)
	s.each(func(m metric.Measure, v int64) { out = append(out, metric.Entry{Measure: m, Value: v}) })
	return out
}

// appendTo adds the sum as it is stored to a text, and leaves the table empty.
func (s *summer) appendTo(out []byte) []byte {
	last := metric.Measure(0)
	s.each(func(m metric.Measure, v int64) {
		out = binary.AppendVarint(binary.AppendUvarint(out, uint64(m-last)), v)
		last = m
	})
	return out
}

// sumVectors is the sum of stored vectors, less those to be taken away. Numbers are added in the end, whatever the
// order, unless a part of them alone overflows.
func sumVectors(plus, minus [][]byte) (metric.Vector, error) {
	s := summers.Get().(*summer)
	defer summers.Put(s)
	for i := range max(len(plus), len(minus)) {
		// In turns, so that the sums on the way are not far from the sum in the end.
		var err error
		if i < len(plus) {
			err = s.add(plus[i], false)
		}
		if i < len(minus) && err == nil {
			err = s.add(minus[i], true)
		}
		if err != nil {
			s.vector()
			return nil, err
		}
	}
	return s.vector(), nil
}

// appendSum adds the sum of stored vectors, as it is stored, to a text.
func appendSum(out []byte, parts ...[]byte) ([]byte, error) {
	s := summers.Get().(*summer)
	defer summers.Put(s)
	for _, part := range parts {
		if err := s.add(part, false); err != nil {
			s.each(func(metric.Measure, int64) {})
			return nil, err
		}
	}
	return s.appendTo(out), nil
}

// expiredCount is a measure of the store's own: how many of a cell's conversations have expired. It lies above those of
// package metric.
const expiredCount metric.Measure = 8000

// oneExpired is the stored vector of one expired conversation.
var oneExpired = func() []byte {
	b, _ := metric.Vector{{Measure: expiredCount, Value: 1}}.AppendBinary(nil)
	return b
}()

// gather collects stored vectors under the groups of a selection.
type gather struct {
	selection metric.Selection
	parts     map[metric.Key]*summands
}

type summands struct{ plus, minus [][]byte }

func newGather(s metric.Selection) *gather {
	return &gather{selection: s, parts: map[metric.Key]*summands{}}
}

// add takes in one cell if the filter keeps it. The vector is kept until the end.
func (g *gather) add(k metric.Key, vector []byte, minus bool) error {
	if !g.selection.Where.Keeps(k) {
		return nil
	}
	group := g.selection.Group(k)
	s := g.parts[group]
	if s == nil {
		s = new(summands)
		g.parts[group] = s
	}
	if minus {
		s.minus = append(s.minus, vector)
	} else {
		s.plus = append(s.plus, vector)
	}
	return nil
}

// cells are the sums, without empty ones, in their order.
func (g *gather) cells() ([]metric.Cell, error) {
	out := make([]metric.Cell, 0, len(g.parts))
	for key, s := range g.parts {
		sum, err := sumVectors(s.plus, s.minus)
		if err != nil {
			return nil, err
		}
		if len(sum) > 0 {
			out = append(out, metric.Cell{Key: key, Values: sum})
		}
	}
	metric.Sort(out)
	return out, nil
}

// public leaves out what only the store wants to know.
func public(cells []metric.Cell) []metric.Cell {
	for i := range cells {
		v := cells[i].Values
		if n := len(v); n > 0 && v[n-1].Measure == expiredCount {
			cells[i].Values = v[: n-1 : n-1]
		}
	}
	return cells
}
