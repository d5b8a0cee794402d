package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/samber/lo"
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

// drawEntries draws entries of a number of quarter hours.
func drawEntries(t *rapid.T, label string, quarters int) (keys []metric.Key, entries []entry) {
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
		keys, entries = append(keys, k), append(entries, entry{k.Bucket.UnixMicro(), dimsOf(k), stored})
	}
	return keys, entries
}

// TestEveryViewSumsTheSame: whatever coarser cells are summed from, each holds what the cells of the finest grain in it
// hold, in every zone.
func TestEveryViewSumsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sp := &space{zone: drawZone(t, "zone"), from: allComplete}
		if rapid.Bool().Draw(t, "being built") {
			sp.from = metric.LocalDay(time.Date(2024, 3, rapid.IntRange(28, 31).Draw(t, "from"), 12, 0, 0, 0, time.UTC), sp.zone).UnixMicro()
		}
		keys, entries := drawEntries(t, "entries", 8*96)
		got, err := sumViews(sp, entries, views)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]metric.Vector{}
		for i, k := range keys {
			values, err := metric.DecodeVector(entries[i].vector)
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
		for _, pack := range got {
			var last cellKey
			for i := range pack.moves {
				k := pack.key(&pack.moves[i])
				if i > 0 && compareCells(last, k) >= 0 {
					t.Fatalf("pack %v is not in order", pack.PackKey)
				}
				last = k
				cell := fmt.Sprint(pack.View, pack.Start, k.at, k.cellDims)
				if values := wholeOf(t, pack.moves[i]); !slices.Equal(values, want[cell]) {
					t.Fatalf("cell %s is %v, want %v", cell, values, want[cell])
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

// wholeOf is what both halves of a move add up to, each of which holds what belongs there.
func wholeOf(t *rapid.T, m move) metric.Vector {
	sums, err := metric.DecodeVector(m.sums)
	if err != nil || len(sums.Sums()) != len(sums) {
		t.Fatalf("%v (%v) are no sums", sums, err)
	}
	logs, err := metric.DecodeVector(m.logs)
	if err != nil || len(logs.Sums()) > 0 {
		t.Fatalf("%v (%v) are no log cells", logs, err)
	}
	return append(sums, logs...)
}

// TestMergedCellsAreTheSum: a pack with moves added is the pack of all moves, and taking them away again leaves what was.
func TestMergedCellsAreTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(lo.Filter(views, func(v view, _ int) bool { return v.from == 0 && v.grain < days })).Draw(t, "view")
		merged := func(stored []byte, entries []entry, half func(*move) []byte) []byte {
			finest, err := tallyOf(entries)
			if err != nil {
				t.Fatal(err)
			}
			var add adder
			moves, err := add.view(&space{zone: time.UTC}, v, finest)
			if err != nil {
				t.Fatal(err)
			}
			out, err := mergeCells(stored, &moves, half, topics{})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		onePack := int(packed / metric.Quarter)
		if !v.pack(micros(0).Add(time.Hour)).Equal(micros(0)) {
			onePack = int(v.grain.length() / metric.Quarter)
		}
		_, first := drawEntries(t, "first", onePack)
		_, second := drawEntries(t, "second", onePack)
		taken := slices.Clone(second)
		for i := range taken {
			values, err := metric.DecodeVector(taken[i].vector)
			if err != nil {
				t.Fatal(err)
			}
			back, err := metric.Vector(nil).Minus(values)
			if err != nil {
				t.Fatal(err)
			}
			if taken[i].vector, err = back.AppendBinary(nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, half := range []func(*move) []byte{sumsHalf, logsHalf} {
			both := merged(merged(nil, first, half), second, half)
			if !bytes.Equal(both, merged(nil, slices.Concat(first, second), half)) {
				t.Fatal("moves added one after the other are not their sum")
			}
			if !bytes.Equal(merged(both, taken, half), merged(nil, first, half)) {
				t.Fatal("what was added and taken away again has left something")
			}
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
