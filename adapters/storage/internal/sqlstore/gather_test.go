package sqlstore

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

func drawWide(t *rapid.T) metric.Vector {
	sum := metric.Vector{}
	for range rapid.IntRange(0, 4).Draw(t, "measures") {
		one := metric.Vector{{
			Measure: rapid.SampledFrom([]metric.Measure{0, 1, 127, 128, 7999, 8191, 8192, 65535}).Draw(t, "measure"),
			Value:   rapid.OneOf(rapid.Int64Range(1, 63), rapid.Int64Range(64, 1<<40)).Draw(t, "value"),
		}}
		sum = lo.Must(sum.Plus(one))
	}
	return sum
}

func drawCell(t *rapid.T) metric.Cell {
	return metric.Cell{
		Key: metric.Key{
			Bucket:   metric.Bucket(noon.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "hour")) * time.Hour)),
			Topic:    rapid.SampledFrom([]string{"billing", "login", metric.UnknownTopic}).Draw(t, "topic"),
			Priority: rapid.SampledFrom(append(conversation.Priorities(), "")).Draw(t, "priority"),
			Handler:  rapid.SampledFrom(conversation.Handlers()).Draw(t, "handler"),
			Platform: rapid.SampledFrom(conversation.Platforms()).Draw(t, "platform"),
		},
		Values: drawWide(t),
	}
}

func drawSelection(t *rapid.T) metric.Selection {
	flag := func(label string) bool { return rapid.Bool().Draw(t, label) }
	sel := metric.Selection{
		Window:   metric.Window{Zone: drawZone(t, "zone")},
		SumsOnly: flag("sums only"),
		By:       metric.Grouping{Day: flag("day"), Topic: flag("topic"), Priority: flag("priority"), Handler: flag("handler"), Platform: flag("platform")},
	}
	like := drawCell(t).Key
	if flag("where topic") {
		sel.Where.Topic = &like.Topic
	}
	if flag("where priority") {
		sel.Where.Priority = &like.Priority
	}
	if flag("where handler") {
		sel.Where.Handler = rapid.SampledFrom([]conversation.Handler{like.Handler, "nobody"}).Draw(t, "handler kept")
	}
	if flag("where platform") {
		sel.Where.Platform = rapid.SampledFrom([]conversation.Platform{like.Platform, "nowhere"}).Draw(t, "platform kept")
	}
	return sel
}

// Sums of stored vectors are the sums of the vectors, whatever is grouped, filtered and taken away again, also by way of
// finer sums.
func TestGatherIsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sel := drawSelection(t)
		got, want := newGather(sel), metric.NewSum(sel)
		finer := gatherBy(need(sel), sel.SumsOnly)
		finer.day = func(bucket int64) int64 { return bucket }
		add := func(c metric.Cell, minus bool) {
			e := entry{c.Key.Bucket.UnixMicro(), dimsOf(c.Key), lo.Must(c.Values.AppendBinary(nil))}
			for _, g := range []*gather{got, finer} {
				if err := g.add(e, minus); err != nil {
					t.Fatal(err)
				}
			}
		}
		cells := rapid.SliceOfN(rapid.Custom(drawCell), 0, 20).Draw(t, "cells")
		for i, c := range cells {
			add(c, false)
			if i%3 == 0 {
				add(c, true)
			} else if err := want.Add(c); err != nil {
				t.Fatal(err)
			}
		}
		all := slices.DeleteFunc(want.Cells(), func(c metric.Cell) bool { return len(c.Values) == 0 })
		if diff := cmp.Diff(all, got.cells()); diff != "" {
			t.Fatal(diff)
		}
		again := newGather(sel)
		for _, minus := range []bool{false, false, true} {
			if err := again.take(finer, minus); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(all, again.cells()); diff != "" {
			t.Fatalf("taken from finer sums: %s", diff)
		}
		for _, g := range []*gather{got, finer, again} {
			g.release() // the next ones find nothing of them
		}
	})
}

// Vectors add up in their stored form to the stored form of their sum.
func TestAppendSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			want  metric.Vector
			parts [][]byte
		)
		for _, v := range rapid.SliceOfN(rapid.Custom(drawWide), 1, 5).Draw(t, "vectors") {
			stored := lo.Must(v.AppendBinary(nil))
			minus := lo.Must(negative(stored))
			if want := lo.Must(metric.Vector{}.Minus(v)); !slices.Equal(minus, lo.Must(want.AppendBinary(nil))) {
				t.Fatalf("%x taken away is %x", stored, minus)
			}
			parts = append(parts, stored, minus, stored)
			want = lo.Must(want.Plus(v))
		}
		got, err := appendSum(nil, parts...)
		if err != nil || !slices.Equal(got, lo.Must(want.AppendBinary(nil))) {
			t.Fatalf("%x, %v is not the sum %v", got, err, want)
		}
	})
}

// The halves of a vector add up to it, one without log cells and one of them alone.
func TestHalves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := lo.Must(drawWide(t).AppendBinary(nil))
		halves := halver{size: len(whole) + 2}
		sums, logs, err := halves.of(whole)
		if err != nil {
			t.Fatal(err)
		}
		wholeOf(t, move{sums: sums, logs: logs})
		if got, err := appendSum([]byte{}, sums, logs); err != nil || !slices.Equal(got, whole) {
			t.Fatalf("%x, %v is not %x", got, err, whole)
		}
	})
}

// What is no vector, and what does not fit, is refused and leaves nothing behind for the next sum.
func TestAppendSumRefuses(t *testing.T) {
	huge := lo.Must(metric.Vector{{Measure: 7, Value: 1<<63 - 1}}.AppendBinary(nil))
	least := lo.Must(metric.Vector{{Measure: 7, Value: -1 << 63}}.AppendBinary(nil))
	for _, part := range [][]byte{least, {5, 2, 1}, {0x80}} {
		if got, err := negative(part); err == nil {
			t.Errorf("%x was taken away as %x", part, got)
		}
	}
	for _, parts := range [][][]byte{{huge, huge}, {{5, 2}, {0x80}}, {{5, 2}, {0xff, 0xff, 0x7f, 2}}, {{5, 2, 1}}} {
		if sum, err := appendSum(nil, parts...); err == nil {
			t.Errorf("%x was taken for the sum of %x", sum, parts)
		}
		g := newGather(metric.Selection{})
		var failed bool
		for _, p := range parts {
			failed = failed || g.add(entry{vector: p}, false) != nil
		}
		if !failed {
			t.Errorf("%x were gathered", parts)
		}
		if sum, err := appendSum(nil, []byte{5, 2}); err != nil || !slices.Equal(sum, []byte{5, 2}) {
			t.Errorf("then {5 2} is %x, %v", sum, err)
		}
	}
}
