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

// term reads the first number of a stored vector: how far its measure lies above the one before it, its value, and how
// many bytes it takes, 0 where it cannot be read.
func term(vector []byte) (step uint64, value int64, n int) {
	if len(vector) > 1 && vector[0]|vector[1] < 0x80 {
		return uint64(vector[0]), int64(vector[1]>>1) ^ -int64(vector[1]&1), 2
	}
	return longTerm(vector)
}

// longTerm is term where one of the numbers takes more than a byte: mostly the second, and two or three.
func longTerm(vector []byte) (step uint64, value int64, n int) {
	if len(vector) > 3 && vector[0] < 0x80 && vector[1] >= 0x80 {
		coded := uint64(vector[1]&0x7f) | uint64(vector[2]&0x7f)<<7
		n = 3
		if vector[2] >= 0x80 {
			coded |= uint64(vector[3]) << 14
			n = 4
		}
		if vector[n-1] < 0x80 {
			return uint64(vector[0]), int64(coded>>1) ^ -int64(coded&1), n
		}
	}
	step, n = binary.Uvarint(vector)
	if n <= 0 || step > math.MaxUint16 {
		return 0, 0, 0
	}
	value, m := binary.Varint(vector[n:])
	if m <= 0 {
		return 0, 0, 0
	}
	return step, value, n + m
}

// sumsOf is how many bytes of a stored vector lie before its log cells, and the measure of the first of those.
func sumsOf(vector []byte) (size int, first uint64, err error) {
	measure := uint64(0)
	for size < len(vector) {
		step, _, n := term(vector[size:])
		if measure += step; n == 0 || measure > math.MaxUint16 {
			return 0, 0, errVector
		}
		if measure >= uint64(metric.FirstLogCell) {
			break
		}
		size += n
	}
	return size, measure, nil
}

// plus is a sum; ok is false where it does not fit.
func plus(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0) || b == 0
}

// summer adds vectors up in a table by measure. It is empty when at rest.
type summer struct {
	values []int64
	// touched has a bit for every measure that may not be zero.
	touched []uint64
	// used is how many words of those may not be zero.
	used int
}

var summers = sync.Pool{New: func() any { return new(summer) }}

// add takes in one stored vector.
func (s *summer) add(vector []byte) error {
	measure := uint64(0)
	for len(vector) > 0 {
		step, value, n := term(vector)
		if measure += step; n == 0 || measure > math.MaxUint16 {
			return errVector
		}
		vector = vector[n:]
		if measure >= uint64(len(s.values)) {
			s.grow(measure)
		}
		sum, ok := plus(s.values[measure], value)
		if !ok {
			return metric.ErrOverflow
		}
		s.touched[measure/64] |= 1 << (measure % 64)
		s.values[measure] = sum
		s.used = max(s.used, int(measure/64)+1)
	}
	return nil
}

func (s *summer) grow(measure uint64) {
	size := max(int(measure)+1, 8192)
	s.values = append(s.values, make([]int64, size-len(s.values))...)
	s.touched = append(s.touched, make([]uint64, (size+63)/64-len(s.touched))...)
}

// allMeasures is the end of all measures.
const allMeasures = math.MaxUint16 + 1

// appendTo adds the sum of the measures below an end, as it is stored, to a text, and takes it out of the table.
func (s *summer) appendTo(out []byte, end int) []byte {
	last := 0
	for word := 0; word < s.used && word*64 < end; word++ {
		rest := s.touched[word]
		for ; rest != 0; rest &= rest - 1 {
			m := word*64 + bits.TrailingZeros64(rest)
			if m >= end {
				break
			}
			if v := s.values[m]; v != 0 {
				out = binary.AppendVarint(binary.AppendUvarint(out, uint64(m-last)), v)
				last = m
				s.values[m] = 0
			}
		}
		s.touched[word] = rest
	}
	if end == allMeasures {
		s.used = 0
	}
	return out
}

// appendSum adds the sum of stored vectors, as it is stored, to a text. Numbers are added in the end, whatever the order,
// unless a part of them alone overflows.
func appendSum(out []byte, parts ...[]byte) ([]byte, error) {
	s := summers.Get().(*summer)
	defer summers.Put(s)
	for _, part := range parts {
		if err := s.add(part); err != nil {
			s.appendTo(nil, allMeasures)
			return nil, err
		}
	}
	return s.appendTo(out, allMeasures), nil
}

// negative is the stored form of a vector taken away.
func negative(vector []byte) ([]byte, error) {
	out := make([]byte, 0, len(vector)+1)
	for len(vector) > 0 {
		step, value, n := term(vector)
		if n == 0 {
			return nil, errVector
		}
		if value == math.MinInt64 {
			return nil, metric.ErrOverflow
		}
		out = binary.AppendVarint(binary.AppendUvarint(out, step), -value)
		vector = vector[n:]
	}
	return out, nil
}

// expiredCount is a measure of the store's own: how many of a cell's conversations have expired. It lies above those of
// package metric.
const expiredCount metric.Measure = 8000

// oneExpired is the stored vector of one expired conversation.
var oneExpired = func() []byte {
	b, _ := metric.Vector{{Measure: expiredCount, Value: 1}}.AppendBinary(nil)
	return b
}()

// public leaves out what only the store wants to know.
func public(cells []metric.Cell) {
	for i := range cells {
		v := cells[i].Values
		if n := len(v); n > 0 && v[n-1].Measure == expiredCount {
			cells[i].Values = v[: n-1 : n-1]
		}
	}
}
