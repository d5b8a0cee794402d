package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

func drawVector(t *rapid.T, label string) metric.Vector {
	var v metric.Vector
	for m := range rapid.MapOfN(rapid.IntRange(1, 7000), rapid.Just(true), 1, 6).Draw(t, label) {
		v = append(v, metric.Entry{Measure: metric.Measure(m), Value: rapid.SampledFrom([]int64{-300, -1, 1, 2, 70}).Draw(t, label+" value")})
	}
	slices.SortFunc(v, func(a, b metric.Entry) int { return int(a.Measure) - int(b.Measure) })
	return v
}

// drawMoves draws moves of a number of quarter hours.
func drawMoves(t *rapid.T, label string, quarters int) (keys []metric.Key, moves []move) {
	base := time.Date(2024, 3, 28, 0, 0, 0, 0, time.UTC)
	for range rapid.IntRange(0, 12).Draw(t, label) {
		k := metric.Key{
			Bucket:   base.Add(time.Duration(rapid.IntRange(0, quarters-1).Draw(t, "quarter")) * metric.Quarter),
			Topic:    rapid.SampledFrom([]string{"", "a", "b", "a longer one"}).Draw(t, "topic"),
			Priority: rapid.SampledFrom([]conversation.Priority{"", priorityCodes[0], priorityCodes[1]}).Draw(t, "priority"),
			Handler:  rapid.SampledFrom(handlerCodes).Draw(t, "handler"),
			Platform: rapid.SampledFrom(platformCodes[:2]).Draw(t, "platform"),
		}
		stored, err := drawVector(t, "vector").AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		keys, moves = append(keys, k), append(moves, moveOf(entry{k.Bucket.UnixMicro(), dimsOf(k), stored}))
	}
	return keys, moves
}

// TestEveryViewSumsTheSame: whatever coarser cells are summed from, each holds what the cells of the finest grain in it
// hold, in every zone.
func TestEveryViewSumsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sp := &space{zone: drawZone(t, "zone"), from: allComplete}
		if rapid.Bool().Draw(t, "being built") {
			sp.from = metric.LocalDay(time.Date(2024, 3, rapid.IntRange(28, 31).Draw(t, "from"), 12, 0, 0, 0, time.UTC), sp.zone).UnixMicro()
		}
		keys, moves := drawMoves(t, "moves", 8*96)
		got, err := sumViews(sp, moves, views)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]metric.Vector{}
		for i, k := range keys {
			values, err := metric.DecodeVector(moves[i].vector)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range views {
				start, at, ok := v.locate(sp, k.Bucket)
				if !ok {
					continue
				}
				cell := fmt.Sprint(v.stored(sp), start, at, dimsOf(k).only(v.dims))
				if want[cell], err = want[cell].Plus(values); err != nil {
					t.Fatal(err)
				}
			}
		}
		for key, list := range got {
			if !slices.IsSortedFunc(list, compareMoves) {
				t.Fatalf("pack %v is not in order", key)
			}
			for _, m := range list {
				cell := fmt.Sprint(key.View, key.Start, m.at, m.cellDims)
				values, err := metric.DecodeVector(m.vector)
				if err != nil || !slices.Equal(values, want[cell]) {
					t.Fatalf("cell %s is %v (%v), want %v", cell, values, err, want[cell])
				}
				delete(want, cell)
			}
		}
		for cell, v := range want {
			if len(v) > 0 {
				t.Fatalf("cell %s is missing", cell)
			}
		}
	})
}

// TestMergedCellsAreTheSum: a pack with moves added is the pack of all moves, and taking them away again leaves what was.
func TestMergedCellsAreTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		merged := func(stored []byte, moves []move) []byte {
			var add adder
			sums, err := add.view(&space{zone: time.UTC}, viewOf(2), moves)
			if err != nil {
				t.Fatal(err)
			}
			out, err := mergeCells(stored, sums, topics{})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		const onePack = int(packed / metric.Quarter)
		_, first := drawMoves(t, "first", onePack)
		_, second := drawMoves(t, "second", onePack)
		both := merged(merged(nil, first), second)
		if !bytes.Equal(both, merged(nil, slices.Concat(first, second))) {
			t.Fatal("moves added one after the other are not their sum")
		}
		for i := range second {
			values, err := metric.DecodeVector(second[i].vector)
			if err != nil {
				t.Fatal(err)
			}
			back, err := metric.Vector(nil).Minus(values)
			if err != nil {
				t.Fatal(err)
			}
			if second[i].vector, err = back.AppendBinary(nil); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(merged(both, second), merged(nil, first)) {
			t.Fatal("what was added and taken away again has left something")
		}
	})
}

// FuzzCells: whatever bytes stand where cells should, they are refused or cut into cells that are all of them, and so are
// the vectors in them.
func FuzzCells(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendCell(nil, cellKey{at: -900, cellDims: cellDims{Topic: "billing", Priority: 2, Handler: 1, Platform: 4}}, []byte{1, 2}))
	f.Add([]byte{0, 0, 0, 0, 200, 1, 'a'})
	f.Fuzz(func(t *testing.T, stored []byte) {
		var all []byte
		err := eachStoredCell(stored, topics{}, func(k cellKey, vector, cell []byte) error {
			all = append(all, cell...)
			if sums, _, err := sumsOf(vector); err == nil && sums > len(vector) {
				t.Errorf("%d of %d bytes of %x are sums", sums, len(vector), vector)
			}
			if sum, err := appendSum(nil, vector); err == nil {
				if _, err := appendSum(nil, sum, vector); err != nil && !errors.Is(err, metric.ErrOverflow) {
					t.Errorf("the sum %x of %x is no vector: %v", sum, vector, err)
				}
			}
			return nil
		})
		if err == nil && !bytes.Equal(all, stored) {
			t.Errorf("%x was read as %x", stored, all)
		}
	})
}
