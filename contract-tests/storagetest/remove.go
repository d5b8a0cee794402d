package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

const (
	del    = "Conversations.Delete"
	expire = "Conversations.Expire"
)

func deleteCases() []Case {
	return []Case{
		{
			About: del, Sentence: "takes exactly what the query picks, content and cells, and counts it",
			Reason: "an erasure must be complete and its receipt true",
			Check:  filled(60, 8*time.Hour, deletes),
		},
		{
			About: del, Sentence: "Limit, Offset and After do not apply",
			Reason: "a receipt for the first fifty is a receipt for nothing",
			Check: filled(60, time.Hour, func(r *room) error {
				all := r.listed(conversation.Query{})
				q := conversation.Query{Limit: 3, Offset: 2, After: position(all[30])}
				return first(func() error { return r.erase(q) }, r.everything)
			}),
		},
		{
			About: del, Sentence: "an empty list of UIDs takes nothing",
			Reason: "'none of them' must not mean 'all of them'",
			Check: filled(10, time.Hour, func(r *room) error {
				return first(func() error { return r.erase(conversation.Query{UIDs: []uid{}}) }, r.everything)
			}),
		},
		{
			About: del, Sentence: "leaves tombstones: a later change carries ErrGone, a repeated one too",
			Reason: "a replayed webhook would bring an erased person back",
			Check:  in(tombstones),
		},
		{
			About: del, Sentence: "removes the gap links, and counts them",
			Reason: "the question a person asked is theirs too",
			Check:  filled(30, time.Hour, deletesLinks),
		},
		{
			About: del, Sentence: "a gap whose example is deleted loses its sentence",
			Reason: "the sentence shown is that person's",
			Check:  filled(10, time.Hour, deletesExample),
		},
	}
}

// erase deletes in the store and in the model and compares the receipts.
func (r *room) erase(q conversation.Query) error {
	at := noon.Add(1000 * time.Hour)
	got, err := r.s.Conversations.Delete(r, r.org, q, at)
	if err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	want := r.delete(q)
	want.Org, want.At, want.GapLinks = r.org, at, got.GapLinks
	return same("Receipt", want, got)
}

func deletes(r *room) error {
	for _, q := range []conversation.Query{
		{Customer: ptr("ann")}, {Customer: ptr("nobody")}, {Search: "refund", Rated: ptr(true)}, {Start: noon, End: noon.Add(2 * time.Hour)},
		{UIDs: uids(r.listed(conversation.Query{})[:3]...)}, {},
	} {
		if err := first(func() error { return r.erase(q) }, r.everything); err != nil {
			return fmt.Errorf("%s: %w", showQuery(q), err)
		}
	}
	return nil
}

func tombstones(r *room) error {
	g := newGen(40)
	p, other := g.patch(key(r.org, 1), noon), g.patch(key(r.org, 2), noon)
	return first(
		func() error { return r.expectFresh("first", p, once("a", 1, noon)) },
		func() error { return r.put(other) },
		func() error { return r.erase(conversation.Query{UIDs: []uid{p.Key.UID()}}) },
		func() error { return r.put(p, other, g.patch(key(r.org, 1), noon)) }, // the model expects ErrGone
		func() error {
			got, _, err := r.stepOnce(p, once("a", 1, noon))
			if err != nil {
				return err
			}
			return wantError("the repeated change", got.Err, port.ErrGone)
		},
		func() error { return r.erase(conversation.Query{}) },
		r.everything,
	)
}

// linked makes two gaps of the conversations: those at even places fail in gap 1, the others in gap 2, every fifth went
// well.
func (r *room) linked() (knowledge.Commit, error) {
	c := knowledge.Commit{Records: []knowledge.Record{
		{ID: 1, Language: "en", Representative: "How do I get a refund?"}, {ID: 2, Language: "de", Representative: "Wo ist es?"},
	}}
	for i, x := range r.listed(conversation.Query{}) {
		l := knowledge.Link{Gap: int64(1 + i%2), Conversation: x.UID(), Question: "Question of " + x.ID, Topic: x.Facts.Topic.Value, At: x.StartedAt}
		if i%5 != 4 {
			l.Failures = []knowledge.Failure{knowledge.FailedEscalated, knowledge.FailedLowRating}[:1+i%2]
		}
		c.Links = append(c.Links, l)
	}
	for i := range c.Records {
		c.Records[i].Example = c.Links[i].Conversation
	}
	_, err := r.s.Gaps.Save(r, r.org, 0, c)
	if err != nil {
		return c, fmt.Errorf("Save: %w", err)
	}
	return c, r.snapshot(c.Records, c.Links)
}

func deletesLinks(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	before, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	var ids []uid
	var rest []knowledge.Link
	for i, l := range c.Links {
		if i < 2 || i%3 != 0 {
			rest = append(rest, l)
			continue
		}
		ids = append(ids, l.Conversation)
	}
	got, err := r.s.Conversations.Delete(r, r.org, conversation.Query{UIDs: ids}, noon)
	if err != nil {
		return err
	}
	if got.GapLinks != len(ids) {
		return fmt.Errorf("wanted %d gap links, got %d", len(ids), got.GapLinks)
	}
	after, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	if after.Version == before.Version {
		return fmt.Errorf("the version of the gaps did not change, so a job would save what was deleted")
	}
	return r.snapshot(c.Records, rest)
}

func deletesExample(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	if _, err := r.s.Conversations.Delete(r, r.org, conversation.Query{UIDs: []uid{c.Records[0].Example}}, noon); err != nil {
		return err
	}
	c.Records[0].Example, c.Records[0].Representative = uid{}, ""
	return r.snapshot(c.Records, c.Links[1:])
}

func expireCases() []Case {
	return []Case{
		{
			About: expire, Sentence: "takes the oldest first, at most limit, and says how many",
			Reason: "retention runs in small batches and must come to an end",
			Check:  filled(40, 10*time.Hour, expires),
		},
		{
			About: expire, Sentence: "takes only what started before the cutoff",
			Reason: "a plan keeps text for so many days, not a microsecond less",
			Check:  in(cutoff),
		},
		{
			About: expire, Sentence: "what expired can no longer be read or changed, and still counts",
			Reason: "last year's figures must not change because a plan keeps text for a week",
			Check:  filled(40, 10*time.Hour, expiredStays),
		},
		{
			About: expire, Sentence: "gap links stay without the question, and the gap notes it",
			Reason: "the count stands when the words are gone",
			Check:  filled(20, 10*time.Hour, expiredLinks),
		},
		{
			About: expire, Sentence: "a gap notes it too where the link is to one that was merged into it",
			Reason: "a merged gap is one, whichever of its names a link bears",
			Check:  filled(10, time.Hour, expiredAlias),
		},
	}
}

// age expires in the store, and in the model what the store should have taken.
func (r *room) age(cutoff time.Time, limit int) error {
	want := min(limit, len(r.listed(conversation.Query{End: cutoff})))
	got, err := r.s.Conversations.Expire(r, r.org, cutoff, limit)
	if err != nil {
		return fmt.Errorf("Expire: %w", err)
	}
	if got != want {
		return fmt.Errorf("Expire: wanted %d, got %d", want, got)
	}
	r.expire(conversation.Query{End: cutoff}, got)
	return nil
}

// untied is whether the nth oldest started at another instant than the one after it, so that only one set can be taken.
func (r *room) untied(n int) bool {
	all := r.listed(conversation.Query{})
	return n <= 0 || n >= len(all) || !all[len(all)-n].StartedAt.Equal(all[len(all)-n-1].StartedAt)
}

func expires(r *room) error {
	for _, limit := range []int{7, 1, 12} {
		for !r.untied(limit) {
			limit++
		}
		if err := first(func() error { return r.age(noon.Add(9*time.Hour), limit) }, r.everything); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return first(
		func() error { return r.age(noon.Add(100*time.Hour), 1000) }, r.everything,
		func() error { return r.age(noon.Add(100*time.Hour), 1000) }, r.everything,
	)
}

func cutoff(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	for i := range 5 {
		at := noon.Add(time.Duration(i-2) * time.Microsecond)
		messages := []conversation.Message{{Sender: conversation.Customer, Content: "hello", At: at}}
		if err := r.put(conversation.NewPatch(key(r.org, i), conversation.Facts{}, messages, stamp, noon)); err != nil {
			return err
		}
	}
	return first(func() error { return r.age(noon, 100) }, func() error {
		if n := len(r.live); n != 3 {
			return fmt.Errorf("wanted 3 left, got %d", n)
		}
		return r.everything()
	})
}

func expiredStays(r *room) error {
	g := newGen(41)
	all := r.listed(conversation.Query{})
	for !r.untied(15) {
		if err := r.erase(conversation.Query{UIDs: uids(all[0])}); err != nil {
			return err
		}
	}
	if err := r.age(noon.Add(100*time.Hour), 15); err != nil {
		return err
	}
	old, live := r.expired[0], r.listed(conversation.Query{})[0]
	return first(
		r.everything,
		func() error { return r.put(g.patch(old.Key, noon), g.patch(live.Key, noon)) }, // the model expects ErrGone
		func() error { return r.walk(conversation.Query{}) },
		func() error { return r.erase(conversation.Query{UIDs: uids(old)}) }, // nothing left to take
		func() error { return r.erase(conversation.Query{}) },
		r.everything,
	)
}

func expiredLinks(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	before, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	if err := r.age(noon.Add(5*time.Hour), 100); err != nil {
		return err
	}
	links, records := c.Links, c.Records
	for i, l := range links {
		if r.gone[l.Conversation] {
			links[i].Question = ""
			records[l.Gap-1].EvidenceExpired = true
		}
	}
	after, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	if after.Version == before.Version {
		return fmt.Errorf("the version of the gaps did not change, so a job would save what has expired")
	}
	if err := r.snapshot(records, links); err != nil {
		return err
	}
	// A job that read the conversation before it expired comes too late with its words.
	late := knowledge.Commit{Links: []knowledge.Link{links[len(links)-1]}}
	late.Links[0].Question = "late words"
	if _, err := r.s.Gaps.Save(r, r.org, after.Version, late); err != nil {
		return err
	}
	links[len(links)-1].Question = ""
	return r.snapshot(records, links)
}

// expiredAlias expires conversations of a gap that was merged into another.
func expiredAlias(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	save := func(records []knowledge.Record, links ...knowledge.Link) func() error {
		return func() error {
			got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
			if err != nil {
				return err
			}
			_, err = r.s.Gaps.Save(r, r.org, got.Version, knowledge.Commit{Records: records, Links: links})
			return err
		}
	}
	c.Records[1].AliasOf = 1
	silent := &c.Links[9] // of gap 2, and the oldest
	told, late := slices.Clone(c.Records), *silent
	silent.Question, c.Records[0].EvidenceExpired = "", true
	expired := func() error { return r.snapshot(c.Records, c.Links) }
	return first(
		save(told),
		func() error { return r.age(noon.Add(100*time.Hour), 1) },
		expired,
		save(told, late), // the words of a job that read them before, and forgets what it noted
		expired,
	)
}
