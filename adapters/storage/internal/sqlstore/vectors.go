package sqlstore

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// Vectors are summed in their stored form: most of them are read only to be added to others.

var errVector = errors.New("store: not a stored vector")

// summer adds vectors up in a table by measure. It is empty when at rest.
type summer struct {
	values  []int64
	touched []metric.Measure
}

var summers = sync.Pool{New: func() any { return new(summer) }}

// add takes in one stored vector.
func (s *summer) add(vector []byte) error {
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
			s.values = append(s.values, make([]int64, max(measure+1, 8192)-uint64(len(s.values)))...)
		}
		old := s.values[measure]
		sum := old + value
		if (sum > old) != (value > 0) && value != 0 {
			return metric.ErrOverflow
		}
		if old == 0 {
			s.touched = append(s.touched, metric.Measure(measure))
		}
		s.values[measure] = sum
	}
	return nil
}

// sum is what was added up, and leaves the table empty.
func (s *summer) sum() metric.Vector {
	slices.Sort(s.touched)
	out := make(metric.Vector, 0, len(s.touched))
	for _, m := range s.touched {
		if v := s.values[m]; v != 0 {
			out = append(out, metric.Entry{Measure: m, Value: v})
			s.values[m] = 0 // a measure that came back from zero is listed twice
		}
	}
	s.touched = s.touched[:0]
	return out
}

// sumVectors is the sum of stored vectors.
func sumVectors(parts ...[]byte) (metric.Vector, error) {
	s := summers.Get().(*summer)
	defer summers.Put(s)
	for _, p := range parts {
		if err := s.add(p); err != nil {
			s.sum()
			return nil, err
		}
	}
	return s.sum(), nil
}

// AddVectors is the sum of stored vectors as it is stored. It is never nil.
func AddVectors(parts ...[]byte) ([]byte, error) {
	sum, err := sumVectors(parts...)
	if err != nil {
		return nil, err
	}
	return sum.AppendBinary(make([]byte, 0, 4*len(sum)))
}

// gather collects stored vectors under the groups of a selection.
type gather struct {
	selection metric.Selection
	parts     map[metric.Key][][]byte
}

func newGather(s metric.Selection) *gather {
	return &gather{selection: s, parts: map[metric.Key][][]byte{}}
}

// add takes in one cell if the filter keeps it. The vector is kept until the end.
func (g *gather) add(k metric.Key, vector []byte) error {
	if g.selection.Where.Keeps(k) {
		group := g.selection.Group(k)
		g.parts[group] = append(g.parts[group], vector)
	}
	return nil
}

// cells are the sums, without empty ones, in their order.
func (g *gather) cells() ([]metric.Cell, error) {
	out := make([]metric.Cell, 0, len(g.parts))
	for key, parts := range g.parts {
		sum, err := sumVectors(parts...)
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
