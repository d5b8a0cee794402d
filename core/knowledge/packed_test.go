package knowledge

import (
	"slices"
	"testing"

	"github.com/samber/lo"
	"pgregory.net/rapid"
)

func TestPackedListsHoldWhatWasPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		marks := rapid.SliceOfDistinct(rapid.Uint32(), rapid.ID).Draw(t, "marks")
		got := slices.Collect(pack(slices.Clone(marks)).all())
		slices.Sort(marks)
		if !slices.Equal(got, marks) {
			t.Fatalf("packed %v, found %v", marks, got)
		}
	})
}

func TestPostingsLoseWhatIsDroppedAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfDistinct(rapid.Int32Range(0, 1<<30), rapid.ID).Draw(t, "members")
		slices.Sort(members)
		dropped := rapid.SliceOf(rapid.SampledFrom(append(members, 1<<30))).Draw(t, "dropped")
		var p postings
		for _, m := range members {
			p.add(m, uint32(m)>>3&grammar)
		}
		for _, m := range dropped {
			p.drop(m)
		}
		p.add(1<<30+1, 0)
		want := append(lo.Without(members, dropped...), 1<<30+1)
		var got []int32
		for entry := range p.list.all() {
			m := int32(entry >> 1)
			if got = append(got, m); m <= 1<<30 && entry&grammar != uint32(m)>>3&grammar {
				t.Fatalf("member %d has become a word of grammar, or ceased to be one", m)
			}
		}
		if !slices.Equal(got, want) || int(p.n) != len(want) {
			t.Fatalf("wanted %v, got %v, %d in all", want, got, p.n)
		}
	})
}
