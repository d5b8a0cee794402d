package sqlstore

import (
	"encoding/hex"
	"slices"
	"testing"
)

// Whatever is changed about the views, stores notice: a layout is made of what they keep.
func TestTheLayoutChangesWithTheViews(t *testing.T) {
	defer func(before []view) { views = before }(views)
	views = slices.Clone(views)
	seen := map[string]string{}
	met := func(what string) {
		t.Helper()
		layout, err := layoutOf()
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[layout]; ok {
			t.Errorf("with %s the layout is that with %s", what, other)
		}
		seen[layout] = what
	}
	for i := range views {
		views[i].from = 0 // what cells are summed from makes no difference to them
	}
	kept := views
	met("all views")
	for i := range kept {
		alone := func(change func(v *view)) {
			views = slices.Clone(kept)
			change(&views[i])
		}
		name := "view " + string(rune('0'+kept[i].number))
		alone(func(*view) {})
		views = slices.Delete(views, i, i+1)
		met("all but " + name)
		alone(func(v *view) { v.number = 12 })
		met("another number of " + name)
		for _, d := range []dims{byTopic, byPriority, byHandler, byPlatform} {
			alone(func(v *view) { v.dims ^= d })
			met("other dimensions of " + name + " " + string(rune('0'+d)))
		}
		for g := quarters; g <= weeks; g++ {
			if g != kept[i].grain {
				alone(func(v *view) { v.grain = g })
				met("another grain of " + name + " " + string(rune('0'+g)))
			}
		}
	}
	views = slices.Concat(kept, []view{{12, hours, byAll, 0}})
	met("one view more")
}

// Cells that are kept in another way are built anew by every store when it is opened, which takes a large one a while. Who
// means it writes the new layout here and a line into the changelog; who does not has found out.
func TestTheLayoutIsTheOneThatWasMeant(t *testing.T) {
	const meant = "b8d5851bc853e23b411ba008e401d945"
	layout, err := layoutOf()
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString([]byte(layout)); got != meant {
		t.Errorf("cells are kept as %s, not as %s: every store builds them anew", got, meant)
	}
}

func TestABuildIsReadAsItWasWritten(t *testing.T) {
	layout, err := layoutOf()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []build{
		{layout: layout, whole: true},
		{layout: layout, org: nobody, from: allComplete},
		{layout: layout, org: [16]byte{1, 15: 255}, from: noneComplete},
		{layout: layout, org: [16]byte{7}, from: -900_000_000},
	} {
		if got := decodeBuild(b.encode()); got != b {
			t.Errorf("%+v was read as %+v", b, got)
		}
	}
	for _, other := range [][]byte{nil, {}, []byte("x"), make([]byte, layoutSize), make([]byte, 100)} {
		if got := decodeBuild(other); got.layout == layout {
			t.Errorf("%x was read as %+v", other, got)
		}
	}
}
