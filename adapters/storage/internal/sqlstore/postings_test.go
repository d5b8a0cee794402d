package sqlstore

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// wordsOf is which tokens each conversation of a segment holds.
func wordsOf(t *rapid.T, s segment) map[posting][]int64 {
	if !slices.IsSortedFunc(s.rows, comparePostings) {
		t.Fatal("the rows are not sorted")
	}
	out := map[posting][]int64{}
	for _, row := range s.rows {
		out[row] = nil
	}
	for _, token := range slices.Sorted(maps.Keys(s.lists)) {
		for _, place := range s.lists[token] {
			out[s.rows[place]] = append(out[s.rows[place]], token)
		}
	}
	return out
}

func drawFilings(t *rapid.T, label string) []filing {
	few := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 1<<tokenBits-1))
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) filing {
		return filing{
			posting{rapid.Int64Range(0, dayMicros-1).Draw(t, "offset"), rapid.Int64Range(1, 50).Draw(t, "row")},
			rapid.SliceOfN(few, 0, 30).Draw(t, "tokens"),
		}
	}), 0, 40, func(f filing) posting { return f.posting }).Draw(t, label)
}

func TestSegmentsHoldWhatWasFiled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[posting][]int64{}
		var parts []segment
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			list := drawFilings(t, "filings")
			for _, f := range list {
				want[f.posting] = slices.Concat(want[f.posting], f.tokens)
			}
			parts = append(parts, newSegment(list))
		}
		for p, tokens := range want {
			slices.Sort(tokens)
			want[p] = slices.Compact(tokens)
			if len(tokens) == 0 {
				want[p] = nil
			}
		}
		s := joined(parts)
		if diff := cmp.Diff(want, wordsOf(t, s), cmp.AllowUnexported(posting{})); diff != "" {
			t.Fatal(diff)
		}
		e := s.encode()
		rows, err := decodePostings(e.rows)
		if err != nil || int(e.size) != len(rows) {
			t.Fatalf("%d rows, size %d, %v", len(rows), e.size, err)
		}
		again := segment{rows: rows, lists: map[int64][]uint32{}}
		for _, part := range e.parts {
			if err := again.add(part); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, wordsOf(t, again), cmp.AllowUnexported(posting{})); diff != "" {
			t.Fatal(diff)
		}
		for token, list := range s.lists {
			found, err := findList(e.parts[partOf(token, e.bits)], token, len(rows))
			if err != nil || !slices.Equal(found, list) {
				t.Fatalf("token %d is in %v, found %v, %v", token, list, found, err)
			}
		}
		gone := rapid.MapOf(rapid.Int64Range(1, 50), rapid.Just(true)).Draw(t, "gone")
		maps.DeleteFunc(want, func(p posting, _ []int64) bool { return gone[p.row] })
		if diff := cmp.Diff(want, wordsOf(t, s.without(gone)), cmp.AllowUnexported(posting{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A large segment is cut into parts of about one size.
func TestPartsAreOfAboutOneSize(t *testing.T) {
	s := segment{lists: map[int64][]uint32{}}
	for i := range 3000 {
		s.rows = append(s.rows, posting{int64(i), int64(i)})
	}
	for i := range int64(20_000) {
		s.lists[i*7919*7919%(1<<tokenBits)] = []uint32{uint32(i % 3000), 2999}
	}
	e := s.encode()
	for part, body := range e.parts {
		if len(body) > 4*partSize {
			t.Errorf("part %d of %d has %d bytes", part, len(e.parts), len(body))
		}
	}
}

// However much is filed, a day has few segments, and no conversation is written often.
func TestADayHasFewSegments(t *testing.T) {
	for _, step := range []int{1, 10, 100, 2048} {
		sizes := map[int64]int64{}
		var filed, written int64
		for number := int64(1); filed < 20_000; number++ {
			size := int64(step)
			for _, old := range joinable(sizes, step) {
				size += sizes[old]
				delete(sizes, old)
			}
			sizes[number] = size
			filed, written = filed+int64(step), written+size
			if small := len(sizes) - int(filed/largestSegment); small > 3*7 {
				t.Fatalf("%d segments after %d conversations, %d at a time", len(sizes), filed, step)
			}
		}
		if perConversation := float64(written) / float64(filed); perConversation > 8 {
			t.Errorf("%d at a time, each conversation is written %.1f times", step, perConversation)
		}
		t.Logf("%d at a time: %d segments, %.1f times", step, len(sizes), float64(written)/float64(filed))
	}
}

func TestBrokenPartsAreRefused(t *testing.T) {
	for name, part := range map[string][]byte{
		"cut token": {0x80}, "cut length": {1, 0x80}, "list beyond the end": {1, 5, 1}, "cut place": {1, 1, 0x80}, "place beyond the rows": {1, 1, 3},
	} {
		s := segment{rows: make([]posting, 3), lists: map[int64][]uint32{}}
		if err := s.add(part); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
