package metric

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Key says what a cell counts. Dimensions a grouping leaves out are zero.
type Key struct {
	// Bucket is the UTC start of the quarter hour, or of the local day for grouped cells.
	Bucket   time.Time
	Topic    string
	Priority conversation.Priority
	Handler  conversation.Handler
	Platform conversation.Platform
}

// Quarter is the grain of stored cells. Every time zone in use is a whole number of quarter hours off UTC, so any local
// day is an exact union of them.
const Quarter = 15 * time.Minute

// Bucket is the start of the quarter hour t falls in, UTC.
func Bucket(t time.Time) time.Time { return t.UTC().Truncate(Quarter) }

// Cell is a key with its integers.
type Cell struct {
	Key    Key
	Values Vector
}

// Vector is a sparse list of integers that add and subtract, sorted by measure and without zeros. The zero value is
// the empty vector.
type Vector []Entry

// Entry is one integer of a vector.
type Entry struct {
	Measure Measure
	Value   int64
}

// ErrOverflow says that a sum no longer fits 64 bits.
var ErrOverflow = errors.New("metric: a sum no longer fits 64 bits")

// At is the value of one measure, 0 when it is not there.
func (v Vector) At(m Measure) int64 {
	i, ok := slices.BinarySearchFunc(v, m, func(e Entry, m Measure) int { return int(e.Measure) - int(m) })
	if !ok {
		return 0
	}
	return v[i].Value
}

// Plus is the sum of both. Addition is associative and commutative; the empty vector changes nothing.
func (v Vector) Plus(o Vector) (Vector, error) { return v.combine(o, 1) }

// Minus is v without o: what Plus(o) added, Minus(o) takes away.
func (v Vector) Minus(o Vector) (Vector, error) { return v.combine(o, -1) }

func (v Vector) combine(o Vector, sign int64) (Vector, error) {
	out := make(Vector, 0, len(v)+len(o))
	i, j := 0, 0
	for i < len(v) || j < len(o) {
		switch {
		case j == len(o) || i < len(v) && v[i].Measure < o[j].Measure:
			out = append(out, v[i])
			i++
		case i == len(v) || o[j].Measure < v[i].Measure:
			value, ok := signed(0, o[j].Value, sign)
			if !ok {
				return nil, ErrOverflow
			}
			out = append(out, Entry{o[j].Measure, value})
			j++
		default:
			sum, ok := signed(v[i].Value, o[j].Value, sign)
			if !ok {
				return nil, ErrOverflow
			}
			if sum != 0 {
				out = append(out, Entry{v[i].Measure, sum})
			}
			i, j = i+1, j+1
		}
	}
	return out, nil
}

// signed is a + sign·b, ok when it fits.
func signed(a, b, sign int64) (sum int64, ok bool) {
	if sign < 0 {
		return a - b, (a-b < a) == (b > 0)
	}
	return a + b, (a+b > a) == (b > 0)
}

// Histogram is the count of ratings 1 to 5 attributed to party, over the scales that keep lets through; nil keeps all.
func (v Vector) Histogram(party conversation.Party, keep func(conversation.Scale) bool) [5]int64 {
	var h [5]int64
	for _, scale := range scales {
		if keep != nil && !keep(scale) {
			continue
		}
		for star := 1; star <= 5; star++ {
			h[star-1] += v.At(Ratings(party, scale, star))
		}
	}
	return h
}

// TouchHistogram is the count of ratings 1 to 5 of conversations last touched by party.
func (v Vector) TouchHistogram(party conversation.Party) [5]int64 {
	var h [5]int64
	for star := 1; star <= 5; star++ {
		h[star-1] = v.At(TouchRatings(party, star))
	}
	return h
}

// Moments is n, Σ and Σ² of a duration in seconds. Σ² is exact however large.
func (v Vector) Moments(s Seconds) (n, sum int64, squares *big.Int) {
	squares = new(big.Int).Lsh(big.NewInt(v.At(s.squaresHigh())), 32)
	squares.Add(squares, big.NewInt(v.At(s.squaresLow())))
	return v.At(s.Count()), v.At(s.Sum()), squares
}

// AppendBinary writes the vector compactly; DecodeVector reads it back. The form is stored: it does not change.
func (v Vector) AppendBinary(b []byte) ([]byte, error) {
	last := Measure(0)
	for _, e := range v {
		b = binary.AppendUvarint(b, uint64(e.Measure-last))
		b = binary.AppendVarint(b, e.Value)
		last = e.Measure
	}
	return b, nil
}

// DecodeVector reads what AppendBinary wrote. It refuses anything else.
func DecodeVector(b []byte) (Vector, error) {
	var out Vector
	last := uint64(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || padded(b[:n]) || step > math.MaxUint16 || len(out) > 0 && step == 0 {
			return nil, errVector
		}
		b = b[n:]
		value, n := binary.Varint(b)
		if n <= 0 || padded(b[:n]) || value == 0 {
			return nil, errVector
		}
		b = b[n:]
		last += step
		if last > math.MaxUint16 {
			return nil, errVector
		}
		out = append(out, Entry{Measure(last), value})
	}
	return out, nil
}

// padded says whether a varint is longer than it need be.
func padded(varint []byte) bool { return len(varint) > 1 && varint[len(varint)-1] == 0 }

var errVector = errors.New("metric: not a stored vector")

// builder collects the measures of one conversation before they are sorted once.
type builder struct{ entries []Entry }

func (b *builder) add(m Measure, v int64) {
	if v != 0 {
		b.entries = append(b.entries, Entry{m, v})
	}
}

func (b *builder) count(m Measure, yes bool) {
	if yes {
		b.add(m, 1)
	}
}

func (b *builder) seconds(kind Seconds, s *int64) {
	if s == nil {
		return
	}
	x := uint64(min(max(*s, 0), MaxSeconds))
	hi, lo := bits.Mul64(x, x)
	b.add(kind.Count(), 1)
	b.add(kind.Sum(), int64(x))
	b.add(kind.squaresHigh(), int64(hi<<32|lo>>32))
	b.add(kind.squaresLow(), int64(lo&math.MaxUint32))
	b.add(LogCell(kind, int64(x)), 1)
}

// vector sorts the entries and joins those of one measure.
func (b *builder) vector() Vector {
	slices.SortFunc(b.entries, func(x, y Entry) int { return int(x.Measure) - int(y.Measure) })
	out := b.entries[:0]
	for _, e := range b.entries {
		if last := len(out) - 1; last >= 0 && out[last].Measure == e.Measure {
			out[last].Value += e.Value
			continue
		}
		out = append(out, e)
	}
	return out
}
