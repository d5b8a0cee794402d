package knowledge

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFailuresNamesEveryReason(t *testing.T) {
	two, three := 2, 3
	cases := []struct {
		e    Evidence
		want int
	}{
		{Evidence{}, 0},
		{Evidence{Escalated: true, Unhappy: true}, 0}, // without the AI
		{Evidence{AIInvolved: true, Rating: &two}, 1},
		{Evidence{AIInvolved: true, Rating: &three}, 0},
		{Evidence{AIInvolved: true, Escalated: true, Rating: &two, Unhappy: true, BotGaveUp: true, CustomerRepeated: true}, 5},
	}
	for _, c := range cases {
		if got := Failures(c.e); len(got) != c.want {
			t.Errorf("%+v: %v, want %d reasons", c.e, got, c.want)
		}
	}
	if Cost([]Failure{FailedEscalated}, int64(5)) != 5 || Cost([]Failure{FailedGaveUp}, int64(6)) != 3 || Cost[int64](nil, 6) != 0 {
		t.Error("cost: whole when escalated, half otherwise, nothing without a failure")
	}
}

func TestExtract(t *testing.T) {
	type m = Message
	cases := []struct {
		name     string
		messages []Message
		failure  int
		want     string
	}{
		{"last attempt beats the opening", []m{{true, "How do I log in?"}, {false, "…"}, {true, "How do I reset the password?"}}, 3, "How do I reset the password?"},
		{"ties go to the earliest", []m{{true, "Where is my parcel? Where is my invoice?"}}, 1, "Where is my parcel?"},
		{"what follows the failure is no attempt", []m{{true, "My card was declined abroad."}, {false, "no"}, {true, "Still declined abroad today."}}, 1, "My card was declined abroad."},
		{"thanks is no question", []m{{true, "Thanks for the help with my order!"}}, 1, ""},
		{"a question that ends in thanks is one", []m{{true, "Where is my parcel, thanks?"}}, 1, "Where is my parcel, thanks?"},
		{"a request for a person is none", []m{{true, "Let me talk to a real person now."}}, 1, ""},
		{"a complaint about the answer is none", []m{{true, "That was useless."}}, 1, ""},
		{"a complaint that says what is wrong is one", []m{{true, "My new bank card still doesn't work in shops."}}, 1, "My new bank card still doesn't work in shops."},
		{"line breaks end sentences", []m{{true, "hello\nmy invoice shows the wrong address\nbye"}}, 1, "my invoice shows the wrong address"},
		{"nobody asked", []m{{false, "How can I help you today?"}}, 1, ""},
		{"nothing at all", nil, 0, ""},
	}
	for _, c := range cases {
		got, ok := Extract(c.messages, c.failure)
		if got.Text != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", c.name, got.Text, c.want)
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("Hi! Where is my order? Thanks", "I want a human", 1)
	f.Add("", "\n\n", -3)
	f.Fuzz(func(t *testing.T, a, b string, failure int) {
		got, ok := Extract([]Message{{true, a}, {false, "no"}, {true, b}}, failure)
		if !ok {
			return
		}
		if source := [...]string{a, "", b}[got.Message]; !strings.Contains(source, got.Text) || got.Text != strings.TrimSpace(got.Text) {
			t.Fatalf("%q is not a trimmed piece of %q", got.Text, source)
		}
		if got.Score < 1 || got.Score > 6 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestCoverageOfNothingIsUnknown(t *testing.T) {
	if c := CoverageOf(nil); c.Covered != nil || c.Unseen != nil || c.Gaps != 0 {
		t.Errorf("%+v", c)
	}
}

func TestCoverageStaysInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 40).Draw(t, "sizes")
		c := CoverageOf(sizes)
		if *c.Covered < 0 || *c.Covered > 1 || math.Abs(*c.Covered+*c.Unseen-1) > 1e-12 || c.Gaps < float64(len(sizes)) {
			t.Fatalf("%v: covered %v, unseen %v, gaps %v", sizes, *c.Covered, *c.Unseen, c.Gaps)
		}
	})
}

func TestDecayedNeverGrows(t *testing.T) {
	if Decayed(8, 60, 30) != 2 || Decayed(8, -5, 30) != 8 || Decayed(8, 1, 0) != 0 || Decayed(8, 0, 0) != 8 {
		t.Error("half after each half-life, whole before the time, nothing without memory")
	}
}

func TestCountIgnoresOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Occurrence {
			return Occurrence{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "c"), time.Unix(rapid.Int64Range(0, 9).Draw(t, "at"), 0)}
		})).Draw(t, "occurrences")
		want := Count(list)
		shuffled := append(rapid.Permutation(list).Draw(t, "order"), list...)
		if got := Count(shuffled); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestStatesNeverReopenForTheLate(t *testing.T) {
	fix := time.Unix(100, 0)
	late := []Occurrence{{"a", fix}, {"b", fix.Add(-time.Hour)}, {"c", fix.Add(-time.Second)}}
	for _, s := range States(fix, DefaultReopenMin, late) {
		if s != Resolved {
			t.Errorf("a question from before the fix made it %s", s)
		}
	}
	if StateAfter(time.Time{}, 5, 2) != Open {
		t.Error("never resolved is open")
	}
}

func TestMergedKeepsTheLowest(t *testing.T) {
	kept, aliases := Merged([]int64{9, 4, 7, 4})
	if kept != 4 || len(aliases) != 2 || aliases[0] != (Alias{7, 4}) || aliases[1] != (Alias{9, 4}) {
		t.Errorf("%d %v", kept, aliases)
	}
	day := time.Unix(0, 0)
	if Keeper(nil) != -1 || Keeper([]Part{{"b", 2, day}, {"a", 2, day}}) != 1 || Keeper([]Part{{"b", 2, day}, {"a", 2, day.Add(1)}}) != 0 {
		t.Error("most conversations, then the first seen, then the lower name")
	}
}

func TestMedoidOfFew(t *testing.T) {
	if means, i := Medoid(nil); means != nil || i != -1 {
		t.Error("no member, no medoid")
	}
	if means, i := Medoid([][]string{{"a"}}); i != 0 || means[0] != 0 {
		t.Error("one member stands for itself")
	}
}

func TestMinHashEdges(t *testing.T) {
	if (MinHash{}).Meets(0.5) != 0 || (MinHash{}).Threshold() != 1 || (MinHash{20, 5}).Meets(1) != 1 || (MinHash{20, 5}).Meets(0) != 0 {
		t.Error("nothing meets without bands; equals always meet")
	}
}

func TestEffectOfAFix(t *testing.T) {
	fix := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var links []Link
	add := func(n int, at time.Time, failures ...Failure) {
		for range n {
			links = append(links, Link{At: at, Failures: failures})
		}
	}
	add(40, fix.Add(-time.Hour), FailedGaveUp)
	add(10, fix.Add(-time.Hour))
	add(5, fix, FailedGaveUp)
	add(45, fix.Add(time.Hour))
	add(99, fix.Add(-EffectWindow-time.Second), FailedGaveUp) // too old
	e := EffectOf(links, fix)
	if *e.Before.Value != 80 || *e.After.Value != 10 || *e.Change.Value != -70 || !(*e.Change.Low < -70 && *e.Change.High > -70 && *e.Change.High < 0) {
		t.Errorf("before %v after %v change %v", *e.Before.Value, *e.After.Value, *e.Change.Value)
	}
	if e := EffectOf(nil, fix); e.Before.Value != nil || e.Change.Value != nil {
		t.Error("nothing known has no effect")
	}
}

func TestDenseJoinsByItsOwnThreshold(t *testing.T) {
	d := NewDense(0.8)
	first, _, opened := d.Assign([]float32{1, 0, 0})
	near, cosine, again := d.Assign([]float32{0.9, 0.1, 0})
	far, _, other := d.Assign([]float32{0, 1, 0})
	if !opened || again || !other || near != first || far == first || cosine < 0.8 || cosine > 1 {
		t.Errorf("first %d near %d (%v) far %d", first, near, cosine, far)
	}
	rebuilt := NewDense(0.8)
	rebuilt.Add(first, []float32{1, 0, 0})
	rebuilt.Add(far, []float32{0, 1, 0})
	if gap, _, _ := rebuilt.Assign([]float32{0, 2, 0.1}); gap != far {
		t.Errorf("a rebuilt index says %d, want %d", gap, far)
	}
	if gap, _, opened := rebuilt.Assign([]float32{0, 0, 0}); !opened || gap <= far {
		t.Errorf("a vector without direction went to %d", gap)
	}
}

func TestAverageLinkageGroups(t *testing.T) {
	alike := func() [][]float32 {
		return [][]float32{{1, .9, .1, 0}, {.9, 1, .2, 0}, {.1, .2, 1, .8}, {0, 0, .8, 1}}
	}
	for _, c := range []struct {
		least float32
		want  []int
	}{{.95, []int{0, 1, 2, 3}}, {.5, []int{0, 0, 1, 1}}, {.05, []int{0, 0, 0, 0}}} {
		got := averageLinkage(alike(), []float32{1, 1, 1, 1}, c.least)
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("at %v: %v, want %v", c.least, got, c.want)
				break
			}
		}
	}
}

func TestLatentFindsTheCompanyOfWords(t *testing.T) {
	// Features 0 and 1 never meet but keep the same company (2); feature 3 keeps another (4).
	var vectors []sparse
	for range 10 {
		vectors = append(vectors, sparse{{0, 1}, {2, 1}}, sparse{{1, 1}, {2, 1}}, sparse{{3, 1}, {4, 1}})
	}
	vectors = append(vectors, sparse{{0, 1}}, sparse{{1, 1}}, sparse{{3, 1}})
	for i := range vectors {
		vectors[i].unit()
	}
	block := start(5, 2)
	orthonormal(block)
	for range 8 {
		block = gather(vectors, project(vectors, block), 5)
		orthonormal(block)
	}
	places := project(vectors, block)
	for _, p := range places {
		unitLength(p)
	}
	company, stranger := product(places[30], places[31]), product(places[30], places[32])
	if company < 0.9 || math.Abs(float64(stranger)) > 0.1 {
		t.Errorf("words of one company %v, of another %v", company, stranger)
	}
}
