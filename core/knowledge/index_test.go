package knowledge

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/samber/lo"
	"pgregory.net/rapid"
)

func key(i int) uuid.UUID {
	var k uuid.UUID
	binary.BigEndian.PutUint64(k[8:], uint64(i))
	return k
}

func ask(i int, question string) Link {
	return Link{Conversation: key(i), Question: question, At: time.Unix(int64(i), 0).UTC(), Failures: []Failure{FailedGaveUp}}
}

// phrasings are three questions, each asked in several ways.
func phrasings() []string {
	return []string{
		"How do I reset my password?", "reset password please", "I forgot the password, how can I reset it?",
		"password reset does not work",
		"Where is my parcel?", "My parcel has not arrived", "parcel not delivered yet, where is it?", "when will the parcel arrive",
		"Can I get a refund for my order?", "I want a refund", "refund for a cancelled order", "how long does a refund take?",
	}
}

// seasoned is an index that has seen many questions, about things nobody else asks about.
func seasoned() *Index {
	ix := NewIndex(Snapshot{})
	for i := range 400 {
		digits := fmt.Sprintf("%03d", i)
		word := func(from string) string {
			return strings.Map(func(d rune) rune { return rune(from[d-'0']) }, digits)
		}
		ix.Assign(ask(1000+i, word("bcdfghjklm")+" or "+word("nopqrstuvw")), "en")
	}
	return ix
}

func TestQuestionsAskedInOtherWordsShareAGap(t *testing.T) {
	ix := seasoned()
	gaps := lo.Map(phrasings(), func(q string, i int) int64 { return ix.Assign(ask(i+1, q), "en").Gap })
	for topic := range 3 {
		part := gaps[topic*4 : topic*4+4]
		if most := lo.Max(lo.Values(lo.CountValues(part))); most < 3 {
			t.Errorf("phrasings %v went to gaps %v", phrasings()[topic*4:topic*4+4], part)
		}
		for other := range 3 {
			if other != topic && len(lo.Intersect(part, gaps[other*4:other*4+4])) > 0 {
				t.Errorf("topics %d and %d share a gap: %v", topic, other, gaps)
			}
		}
	}
}

// The first questions need more in common than later ones.
func TestAYoungIndexIsCautious(t *testing.T) {
	opened := func(ix *Index) int {
		return lo.CountBy(lo.Range(len(phrasings())), func(i int) bool { return ix.Assign(ask(i+1, phrasings()[i]), "en").Opened })
	}
	if young, old := opened(NewIndex(Snapshot{})), opened(seasoned()); young <= old {
		t.Errorf("%d gaps from the first questions, %d later", young, old)
	}
}

// Questions asked a few times each are told apart more strictly than those asked often.
func TestRegroupingIsStricterWhereQuestionsAreRare(t *testing.T) {
	cutOf := func(groups, size int) cut {
		var numbers []int
		for g := range groups {
			numbers = append(numbers, slices.Repeat([]int{g}, size)...)
		}
		units := lo.Map(numbers, func(_, i int) unit { return unit{members: []int32{int32(i)}} })
		return cutFor(numbers, units)
	}
	if few := cutOf(20, 4); few.near != strict.near || few.least <= strict.least {
		t.Errorf("asked four times: %+v", few)
	}
	if some := cutOf(20, 12); some.near != 6 || math.Abs(float64(some.least)-0.13) > 1e-6 {
		t.Errorf("asked twelve times: %+v", some)
	}
	if many := cutOf(20, 40); many != (cut{regroupNear, regroupAt}) {
		t.Errorf("asked forty times: %+v", many)
	}
}

func TestARepeatedQuestionJoinsAtOnce(t *testing.T) {
	ix := NewIndex(Snapshot{})
	first := ix.Assign(ask(1, "How do I change my shipping address?"), "en")
	for i, again := range []string{"how change shipping address", "How do I change my shiping address?", "HOW change my Shipping Address!!"} {
		a := ix.Assign(ask(i+2, again), "en")
		if a.Gap != first.Gap || a.Opened || !a.Repeats || a.Fit != 1 || a.Nearest == uuid.Nil {
			t.Errorf("%q: %+v, want it to repeat gap %d", again, a, first.Gap)
		}
	}
	if !first.Opened || first.Repeats || first.Nearest != uuid.Nil {
		t.Errorf("first question: %+v", first)
	}
}

func TestLanguagesDoNotMix(t *testing.T) {
	ix := NewIndex(Snapshot{})
	a, b := ix.Assign(ask(1, "internet problem"), "en"), ix.Assign(ask(2, "internet problem"), "de")
	if a.Gap == b.Gap || !b.Opened {
		t.Errorf("en %+v, de %+v", a, b)
	}
}

func TestASuccessfulConversationOpensNoGap(t *testing.T) {
	ix := NewIndex(Snapshot{})
	well := ask(1, "How do I reset my password?")
	well.Failures = nil
	if a := ix.Assign(well, "en"); a.Gap != 0 || a.Opened {
		t.Errorf("alone: %+v", a)
	}
	open := ix.Assign(ask(2, "How do I reset my password?"), "en")
	if a := ix.Assign(well, "en"); a.Gap != open.Gap {
		t.Errorf("beside a failed one: %+v, want gap %d", a, open.Gap)
	}
}

func TestQuestionsWithoutWordsDoNotBreakTheIndex(t *testing.T) {
	ix := NewIndex(Snapshot{})
	for i, q := range []string{"", "?", "the", "\xff", "a", strings.Repeat("x", 5000), "12345"} {
		if a := ix.Assign(ask(i+1, q), "en"); a.Gap == 0 {
			t.Errorf("%q was not placed", q)
		}
	}
	ix.Consolidate()
}

// questions draws questions from few words, so that they meet.
func questions() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"reset", "password", "refund", "order", "parcel", "where", "card", "blocked", "fee", "the", "how", "my",
	}), 1, 4), func(words []string) string { return strings.Join(words, " ") })
}

// TestCountsFollowTheNewestVersion is the master property: after any events, each conversation is linked by its newest
// question only, and what the commits told a store adds up to what the index knows.
func TestCountsFollowTheNewestVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ix := NewIndex(Snapshot{})
		newest := map[int]string{}
		records, links := map[int64]Record{}, map[uuid.UUID]Link{}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			i := rapid.IntRange(1, 12).Draw(t, "conversation")
			l := ask(i, rapid.OneOf(rapid.Just(""), questions()).Draw(t, "question"))
			var c Commit
			ix.Take(l, "en", &c)
			if repeated := rapid.Bool().Draw(t, "repeated"); repeated {
				ix.Take(l, "en", &c)
			}
			newest[i] = l.Question
			store(records, links, c)
		}
		if c := ix.Consolidate(); rapid.Bool().Draw(t, "regrouped") {
			store(records, links, c)
		} else {
			records, links = nil, nil
		}
		snapshot := ix.Snapshot()
		for _, l := range snapshot.Links {
			i := int(binary.BigEndian.Uint64(l.Conversation[8:]))
			if newest[i] == "" || newest[i] != l.Question {
				t.Fatalf("conversation %d is linked by %q, its question is %q", i, l.Question, newest[i])
			}
			delete(newest, i)
		}
		for i, q := range newest {
			if q != "" {
				t.Fatalf("conversation %d with %q is not linked", i, q)
			}
		}
		if records != nil {
			got := Snapshot{Records: lo.Values(records), Links: lo.Values(links)}
			slices.SortFunc(got.Records, func(a, b Record) int { return int(a.ID - b.ID) })
			slices.SortFunc(got.Links, Older)
			if diff := cmp.Diff(snapshot, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the store differs from the index:\n%s", diff)
			}
		}
	})
}

// TestSettledIndexDecidesTheSame gives the same conversations to an index that keeps every link, to one that settles after
// every conversation and recalls, and to one that is built anew from examples on the way.
func TestSettledIndexDecidesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, settled := NewIndex(Snapshot{}), NewIndex(Snapshot{})
		records, links := map[int64]Record{}, map[uuid.UUID]Link{}
		asked := rapid.SliceOfNDistinct(questions(), 1, 4, rapid.ID).Draw(t, "asked")
		asked = append(asked, "")
		anew := rapid.IntRange(0, 400).Draw(t, "anew")
		for n := range 250 {
			if n == anew {
				snapshot := whole.Snapshot()
				whole, settled = NewIndex(snapshot), NewIndex(snapshot.Part(Examples))
			}
			i := 1 + rapid.IntRange(0, 150).Draw(t, "conversation")
			l := ask(i, rapid.SampledFrom(asked).Draw(t, "question"))
			if old, ok := links[l.Conversation]; ok {
				settled.Recall([]Link{old})
			}
			var want, got Commit
			whole.Take(l, "en", &want)
			settled.Take(l, "en", &got)
			settled.Settle()
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the settled index decides otherwise:\n%s", diff)
			}
			store(records, links, got)
		}
		if held := len(settled.links); held > 0 {
			t.Fatalf("%d links are held", held)
		}
	})
}

func store(records map[int64]Record, links map[uuid.UUID]Link, c Commit) {
	for _, r := range c.Records {
		records[r.ID] = r
	}
	for _, k := range c.Unlink {
		delete(links, k)
	}
	for _, l := range c.Links {
		links[l.Conversation] = l
	}
}

func TestWithdrawLeavesNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(questions(), 1, 30).Draw(t, "questions")
		ix := NewIndex(Snapshot{})
		for i, q := range list {
			ix.Assign(ask(i+1, q), "en")
		}
		for i := range list {
			ix.Withdraw(key(i + 1))
		}
		for _, r := range ix.rooms {
			if r.words.n != 0 || slices.ContainsFunc(r.words.seen, func(n int32) bool { return n != 0 }) || r.wordings.table.n > 0 {
				t.Fatalf("the lexicon still counts %d questions", r.words.n)
			}
			for id, list := range r.postings {
				if list.n != 0 || list.first != 0 {
					t.Fatalf("feature %d still names members", id)
				}
			}
			for _, s := range r.slots {
				if s.all != 0 || s.kept.n != 0 || len(s.stored) != 0 {
					t.Fatalf("gap %d still holds %+v", s.id, s)
				}
			}
			if held := r.pool.held(); held != len(r.words.spelled) {
				t.Fatalf("%d blocks are held, for %d words", held, len(r.words.spelled))
			}
		}
		next := ix.next
		if a := ix.Assign(ask(1, list[0]), "en"); a.Gap < next {
			t.Fatalf("id %d was used again", a.Gap)
		}
	})
}

func TestTheIndexIsAFunctionOfWhatItWasGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(questions(), 1, 60).Draw(t, "questions")
		run := func() (Snapshot, Commit, []int64) {
			ix := NewIndex(Snapshot{})
			for i, q := range list[:len(list)/2] {
				ix.Assign(ask(i+1, q), "en")
			}
			ix = NewIndex(ix.Snapshot())
			gaps := lo.Map(list[len(list)/2:], func(q string, i int) int64 { return ix.Assign(ask(100+i, q), "en").Gap })
			c := ix.Consolidate()
			return ix.Snapshot(), c, gaps
		}
		s1, c1, g1 := run()
		s2, c2, g2 := run()
		if diff := cmp.Diff(s1, s2) + cmp.Diff(c1, c2) + cmp.Diff(g1, g2); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestConsolidateKeepsIdsAndLosesNoConversation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(questions(), 2, 60).Draw(t, "questions")
		ix := NewIndex(Snapshot{})
		var highest int64
		for i, q := range list {
			highest = max(highest, ix.Assign(ask(i+1, q), "en").Gap)
		}
		resolved := rapid.Int64Range(1, highest).Draw(t, "resolved")
		before := ix.Snapshot()
		for i, r := range before.Records {
			if r.ID == resolved {
				before.Records[i].ResolvedAt = time.Unix(1000, 0)
			}
		}
		ix = NewIndex(before)
		c := ix.Consolidate()
		for _, r := range c.Records {
			if r.ID == resolved || r.AliasOf == resolved {
				t.Fatalf("the resolved gap took part: %+v", r)
			}
			if r.AliasOf != 0 && r.AliasOf >= r.ID {
				t.Fatalf("gap %d was merged into the younger %d", r.ID, r.AliasOf)
			}
			if r.AliasOf == 0 && r.ID <= highest {
				t.Fatalf("id %d was used again", r.ID)
			}
		}
		after := ix.Snapshot()
		if len(after.Links) != len(list) {
			t.Fatalf("%d conversations became %d", len(list), len(after.Links))
		}
		counted := lo.SumBy(Summarise(after.Records, after.Links, Query{}), func(s Summary) int { return s.Count })
		if counted != len(list) {
			t.Fatalf("the gaps count %d conversations of %d", counted, len(list))
		}
		for _, l := range after.Links {
			if was, _ := lo.Find(before.Links, func(b Link) bool { return b.Conversation == l.Conversation }); (was.Gap == resolved) != (l.Gap == resolved) {
				t.Fatalf("%q moved from %d to %d over a resolved gap", l.Question, was.Gap, l.Gap)
			}
		}
	})
}

func TestConsolidateMovesQuestionsOfAMixedGap(t *testing.T) {
	s := Snapshot{Records: []Record{{ID: 1, Language: "en"}, {ID: 2, Language: "en"}}}
	for i, q := range phrasings()[:4] {
		l := ask(i+1, q)
		l.Gap = 1
		s.Links = append(s.Links, l)
	}
	for i, q := range phrasings()[8:] {
		l := ask(i+10, q)
		l.Gap = 2
		s.Links = append(s.Links, l)
	}
	s.Links[3].Gap = 2 // a password question among the refunds
	ix := NewIndex(s)
	ix.Consolidate()
	if l, _ := ix.Linked(key(4)); l.Gap != 1 {
		t.Errorf("the password question stayed in gap %d", l.Gap)
	}
	if l, _ := ix.Linked(key(10)); l.Gap != 2 {
		t.Errorf("a refund question went to gap %d", l.Gap)
	}
}

func TestProposePairsGapsThatReadAlike(t *testing.T) {
	var s Snapshot
	for i, q := range []string{"reset my password", "reset the old password", "track my parcel"} {
		l := ask(i+1, q)
		l.Gap = int64(i + 1)
		s.Records = append(s.Records, Record{ID: l.Gap, Language: "en"})
		s.Links = append(s.Links, l)
	}
	got := NewIndex(s).Propose()
	if len(got) != 1 || got[0].A != 1 || got[0].B != 2 || got[0].Cosine < ProposeAt || got[0].Cosine > 1 {
		t.Errorf("proposals %+v", got)
	}
}

func BenchmarkAssign(b *testing.B) {
	ix := NewIndex(Snapshot{})
	n := 0
	for ; ix.Gaps() < 10_000; n++ {
		ix.Assign(ask(n+1, fmt.Sprintf("How do I %s the %s %s?", invented(3*n), invented(3*n+1), invented(3*n+2))), "en")
	}
	known := phrasings()
	for b.Loop() {
		n++
		ix.Assign(ask(n+1, known[n%len(known)]+" "+invented(n*7%30_000)), "en")
	}
	b.ReportMetric(float64(ix.Gaps()), "gaps")
}

// invented is a word nobody uses.
func invented(n int) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	word := make([]byte, 0, 8)
	for h := uint32(n+1) * 2654435761; len(word) < 8; h = h*1664525 + 1013904223 {
		word = append(word, consonants[h>>24%uint32(len(consonants))], vowels[h>>16%uint32(len(vowels))])
	}
	return string(word)
}
