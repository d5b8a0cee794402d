package sqlstore

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"
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
	err := eachToken([]segment{s}, func(token int64, lists []listOf) error {
		places, err := appendPlaces(nil, lists[0].places, len(s.rows))
		for _, place := range places {
			out[s.rows[place]] = append(out[s.rows[place]], token)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
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
		s, err := joined(parts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, wordsOf(t, s), cmp.AllowUnexported(posting{})); diff != "" {
			t.Fatal(diff)
		}
		rows, err := decodePostings(encodePostings(s.rows))
		if err != nil || !slices.Equal(rows, s.rows) {
			t.Fatalf("stored %v, read %v, %v", s.rows, rows, err)
		}
		stored := lo.SliceToMap(s.parts, func(p part) (int64, []byte) { return p.number, p.lists })
		held := map[int64][]posting{}
		for row, tokens := range want {
			for _, token := range tokens {
				held[token] = append(held[token], row)
			}
		}
		for token, rows := range held {
			found, err := findList(stored[partOf(token, s.bits)], token, len(s.rows))
			got := lo.Map(found, func(place uint32, _ int) posting { return s.rows[place] })
			if slices.SortFunc(rows, comparePostings); err != nil || !slices.Equal(got, rows) {
				t.Fatalf("token %d is in %v, found %v, %v", token, rows, got, err)
			}
		}
		gone := rapid.MapOf(rapid.Int64Range(1, 50), rapid.Just(true)).Draw(t, "gone")
		maps.DeleteFunc(want, func(p posting, _ []int64) bool { return gone[p.row] })
		if s, err = s.without(gone); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, wordsOf(t, s), cmp.AllowUnexported(posting{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A large segment is cut into parts of about one size.
func TestPartsAreOfAboutOneSize(t *testing.T) {
	var list []filing
	for i := range int64(3000) {
		f := filing{posting: posting{i, i}}
		for n := range int64(7) {
			f.tokens = append(f.tokens, (i+3000*n)*7919*7919%(1<<tokenBits))
		}
		list = append(list, f)
	}
	s := newSegment(list)
	if len(s.parts) < 2 {
		t.Errorf("it has %d parts", len(s.parts))
	}
	for _, p := range s.parts {
		if len(p.lists) > 4*partSize {
			t.Errorf("part %d of %d has %d bytes", p.number, len(s.parts), len(p.lists))
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
	for name, lists := range map[string][]byte{
		"cut token": {0x80}, "cut length": {1, 0x80}, "list beyond the end": {1, 5, 1}, "cut place": {1, 1, 0x80}, "place beyond the rows": {1, 1, 3},
	} {
		s := segment{rows: make([]posting, 3), parts: []part{{0, lists}}}
		if _, err := s.without(nil); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
