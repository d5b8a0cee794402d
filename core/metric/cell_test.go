package metric_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// vector draws a vector over a few measures, so that they meet.
func vector(t *rapid.T, name string, largest int64) metric.Vector {
	values := rapid.MapOfN(rapid.Uint16Range(0, 12), rapid.Int64Range(-largest, largest), 0, 8).Draw(t, name)
	var out metric.Vector
	for m, v := range values {
		if v != 0 {
			out = append(out, metric.Entry{Measure: metric.Measure(m) * 5461, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b metric.Entry) int { return int(a.Measure) - int(b.Measure) })
	return out
}

func plus(t *rapid.T, a, b metric.Vector) metric.Vector {
	sum, err := a.Plus(b)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestVectorsAddLikeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := vector(t, "a", 1<<60), vector(t, "b", 1<<60), vector(t, "c", 1<<60)
		if !slices.Equal(plus(t, a, b), plus(t, b, a)) {
			t.Fatal("a+b is not b+a")
		}
		if !slices.Equal(plus(t, plus(t, a, b), c), plus(t, a, plus(t, b, c))) {
			t.Fatal("(a+b)+c is not a+(b+c)")
		}
		if !slices.Equal(plus(t, a, nil), a) || !slices.Equal(plus(t, nil, a), a) {
			t.Fatal("the empty vector changes a")
		}
		back, err := plus(t, a, b).Minus(b)
		if err != nil || !slices.Equal(back, a) {
			t.Fatalf("(a+b)-b is %v, %v", back, err)
		}
		if none, err := a.Minus(a); err != nil || len(none) > 0 {
			t.Fatalf("a-a is %v, %v", none, err)
		}
	})
}

func TestVectorsSayWhenTheyOverflow(t *testing.T) {
	at := func(v int64) metric.Vector { return metric.Vector{{Measure: 7, Value: v}} }
	for name, c := range map[string]struct {
		a, b  metric.Vector
		minus bool
		ok    bool
	}{
		"largest plus one":           {at(math.MaxInt64), at(1), false, false},
		"largest plus less than one": {at(math.MaxInt64), at(-1), false, true},
		"smallest plus minus one":    {at(math.MinInt64), at(-1), false, false},
		"smallest minus one":         {at(math.MinInt64), at(1), true, false},
		"largest minus minus one":    {at(math.MaxInt64), at(-1), true, false},
		"minus one minus smallest":   {at(-1), at(math.MinInt64), true, true},
		"zero minus smallest":        {nil, at(math.MinInt64), true, false},
		"one minus smallest":         {at(1), at(math.MinInt64), true, false},
	} {
		op := c.a.Plus
		if c.minus {
			op = c.a.Minus
		}
		_, err := op(c.b)
		if ok := err == nil; ok != c.ok || !ok && !errors.Is(err, metric.ErrOverflow) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVectorAt(t *testing.T) {
	v := metric.Vector{{Measure: 0, Value: 3}, {Measure: 9, Value: -1}, {Measure: math.MaxUint16, Value: 5}}
	for m, want := range map[metric.Measure]int64{0: 3, 1: 0, 9: -1, 10: 0, math.MaxUint16: 5} {
		if got := v.At(m); got != want {
			t.Errorf("measure %d: wanted %d, got %d", m, want, got)
		}
	}
}

func TestStoredVectorsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := vector(t, "v", math.MaxInt64)
		b, err := v.AppendBinary([]byte("before"))
		if err != nil || !bytes.HasPrefix(b, []byte("before")) {
			t.Fatalf("%q, %v", b, err)
		}
		got, err := metric.DecodeVector(b[len("before"):])
		if err != nil || !slices.Equal(got, v) {
			t.Fatalf("wanted %v, got %v, %v", v, got, err)
		}
	})
}

// The form is stored: these bytes must be read for ever.
func TestStoredFormDoesNotChange(t *testing.T) {
	v := metric.Vector{{Measure: 0, Value: 1}, {Measure: 3, Value: -2}, {Measure: 1200, Value: 300}}
	want := []byte{0x00, 0x02, 0x03, 0x03, 0xad, 0x09, 0xd8, 0x04}
	got, err := v.AppendBinary(nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("wanted %x, got %x, %v", want, got, err)
	}
}

func FuzzDecodeVector(f *testing.F) {
	for _, seed := range [][]byte{
		nil, {0x00, 0x02}, {0x00, 0x02, 0x03, 0x03}, {0x00, 0x00}, {0x00}, {0x80, 0x00, 0x02}, {0x00, 0x82, 0x00}, {0x00, 0x02, 0x00, 0x02},
		{0xff, 0xff, 0x03, 0x02}, {0xff, 0xff, 0x03, 0x02, 0x01, 0x02}, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x02},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := metric.DecodeVector(b)
		if err != nil {
			return
		}
		for i, e := range v {
			if e.Value == 0 || i > 0 && e.Measure <= v[i-1].Measure {
				t.Fatalf("%x was read as %v, which is not a vector", b, v)
			}
		}
		if again, err := v.AppendBinary(nil); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read, and is written as %x, %v", b, again, err)
		}
	})
}

func TestMomentsOfDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-5, 2*metric.MaxSeconds), 0, 30).Draw(t, "seconds")
		var sum metric.Vector
		var n, total int64
		squares := new(big.Int)
		for _, s := range values {
			sum = plus(t, sum, metric.Contribution(&conversation.Conversation{Findings: conversation.Findings{ResolutionSeconds: &s}}).Values)
			x := min(max(s, 0), metric.MaxSeconds)
			n, total = n+1, total+x
			squares.Add(squares, new(big.Int).Mul(big.NewInt(x), big.NewInt(x)))
		}
		gotN, gotSum, gotSquares := sum.Moments(metric.Resolution)
		if gotN != n || gotSum != total || gotSquares.Cmp(squares) != 0 {
			t.Fatalf("wanted %d %d %s, got %d %d %s", n, total, squares, gotN, gotSum, gotSquares)
		}
	})
}

func TestSpread(t *testing.T) {
	if mean, variance := metric.Spread(0, 0, new(big.Int)); mean != nil || variance != nil {
		t.Error("nothing has a mean")
	}
	if mean, variance := metric.Spread(1, 5, big.NewInt(25)); mean == nil || *mean != 5 || variance != nil {
		t.Error("one value has a mean and no variance")
	}
	// 2⁵³+1 and 2⁵³+3: in floating point the sums would cancel to nothing.
	a, b := int64(1)<<53+1, int64(1)<<53+3
	squares := new(big.Int).Add(new(big.Int).Mul(big.NewInt(a), big.NewInt(a)), new(big.Int).Mul(big.NewInt(b), big.NewInt(b)))
	if _, variance := metric.Spread(2, a+b, squares); variance == nil || *variance != 2 {
		t.Errorf("the variance is %v", variance)
	}
	n, sum, sq := metric.RatingMoments([5]int64{1, 1, 2, 3, 13})
	mean, variance := metric.Spread(n, sum, sq)
	if n != 20 || sum != 86 || sq.Int64() != 396 || *mean != 4.3 || math.Abs(*variance-26.2/19) > 1e-15 {
		t.Errorf("n %d, sum %d, squares %s, mean %g, variance %g", n, sum, sq, *mean, *variance)
	}
}
