package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

const (
	gapList     = "Gaps.List"
	gapGet      = "Gaps.Get"
	gapLoad     = "Gaps.Load"
	gapLinked   = "Gaps.Linked"
	gapSave     = "Gaps.Save"
	setResolved = "Gaps.SetResolved"
)

func gapCases() []Case {
	return []Case{
		{
			About: gapLoad, Sentence: "a new organisation has version 0 and nothing in it",
			Reason: "the first commit names the version it was made on",
			Check: in(func(r *room) error {
				got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
				if err != nil {
					return err
				}
				return same("Load", knowledge.Snapshot{}, got)
			}),
		},
		{
			About: gapLoad, Sentence: "of each gap yields the oldest and the latest questions, if asked for examples, and counts the other links",
			Reason: "an index must not take room for every conversation there ever was",
			Check:  filled(10, time.Hour, examples),
		},
		{
			About: gapLinked, Sentence: "yields the links of the conversations that have one",
			Reason: "an index lets go of links and asks again when a conversation changes",
			Check:  filled(20, time.Hour, recalls),
		},
		{
			About: gapSave, Sentence: "stores records, links and Through in one step and gives a new version",
			Reason: "the index is built from what is loaded",
			Check:  filled(20, time.Hour, saves),
		},
		{
			About: gapSave, Sentence: "replaces records by id and links by conversation, and unlinks",
			Reason: "a new version of a conversation may move or remove its question",
			Check:  filled(20, time.Hour, replaces),
		},
		{
			About: gapSave, Sentence: "keeps the last of several records of one id and of several links of one conversation",
			Reason: "a job that sees two versions of a conversation in one step decides twice",
			Check:  filled(20, time.Hour, savesTheLast),
		},
		{
			About: gapSave, Sentence: "ErrConflict when the version is no longer the stored one, and nothing is stored",
			Reason: "two workers would undo each other's work",
			Check:  filled(10, time.Hour, conflicts),
		},
		{
			About: gapSave, Sentence: "of many commits on one version, one is stored",
			Reason: "two workers would give one id to two gaps",
			Check:  in(func(r *room) error { return r.commitRace(r.s) }),
		},
		{
			About: gapSave, Sentence: "leaves out links of conversations deleted meanwhile",
			Reason: "the job read them before the erasure",
			Check:  filled(10, time.Hour, lateLinks),
		},
		{
			About: gapList, Sentence: "lists gaps with occurrences by id, with counts, topic and times",
			Reason: "what people work through is this list",
			Check:  filled(40, 10*time.Hour, listsGaps),
		},
		{
			About: gapList, Sentence: "every filter alone and all together pick what they say",
			Reason: "a resolved gap that shows as open is worked on twice",
			Check:  filled(40, 10*time.Hour, filtersGaps),
		},
		{
			About: gapGet, Sentence: "returns the occurrences newest first, and ErrNotFound without the gap",
			Reason: "a person reads the latest case first",
			Check:  filled(30, 10*time.Hour, getsGap),
		},
		{
			About: gapGet, Sentence: "an alias leads to its gap, is not listed and counts there",
			Reason: "old links must not die, and a merged gap is one",
			Check:  filled(30, 10*time.Hour, followsAlias),
		},
		{
			About: setResolved, Sentence: "marks and reopens, with its history, under a new version",
			Reason: "a job with the old version would undo the person's decision",
			Check:  filled(20, 10*time.Hour, resolves),
		},
		{
			About: setResolved, Sentence: "ErrNotFound without the gap",
			Reason: "a click on nothing must be heard",
			Check: in(func(r *room) error {
				return wantError("SetResolved", r.s.Gaps.SetResolved(r, r.org, 7, true, noon), port.ErrNotFound)
			}),
		},
	}
}

// examples asks for what an index is built from, of one gap with many questions and one with few.
func examples(r *room) error {
	const many = 131
	c := knowledge.Commit{Through: 5, Records: []knowledge.Record{{ID: 1, Language: "en"}, {ID: 2, Language: "en"}, {ID: 3, Language: "en", AliasOf: 1}}}
	for i := range many {
		l := knowledge.Link{
			Gap: 1, Conversation: uid{byte(i), 7}, Question: fmt.Sprint("Question ", i), At: noon.Add(time.Duration(i*37%many/2) * time.Hour),
			Failures: []knowledge.Failure{knowledge.FailedGaveUp}, Topic: "billing",
		}
		switch {
		case i%29 == 0:
			l.Gap = 2
		case i%17 == 0:
			l.Gap = 3
		case i%5 == 0:
			l.Question = ""
		}
		c.Links = append(c.Links, l)
	}
	if _, err := r.s.Gaps.Save(r, r.org, 0, c); err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Examples)
	if err != nil {
		return fmt.Errorf("Load of examples: %w", err)
	}
	slices.SortFunc(c.Links, inTime)
	want := knowledge.Snapshot{Version: got.Version, Through: 5, Records: c.Records, Others: map[int64]int{}}
	told := map[int64]int{}
	for _, l := range c.Links {
		if l.Question != "" {
			told[l.Gap]++
		}
	}
	seen := map[int64]int{}
	for _, l := range c.Links {
		if l.Question != "" {
			seen[l.Gap]++
			if n := seen[l.Gap]; n <= 25 || n > told[l.Gap]-25 {
				want.Links = append(want.Links, l)
				continue
			}
		}
		want.Others[l.Gap]++
	}
	all, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return fmt.Errorf("Load: %w", err)
	}
	return first(
		func() error { return same("Load, examples", want, got) },
		func() error { return same("Load, whole, and then its examples", all.Part(knowledge.Examples), got) },
	)
}

func recalls(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	asked := []uid{c.Links[3].Conversation, {9}, c.Links[1].Conversation, c.Links[3].Conversation, c.Links[7].Conversation}
	got, err := r.s.Gaps.Linked(r, r.org, asked)
	if err != nil {
		return fmt.Errorf("Linked: %w", err)
	}
	none, err := r.s.Gaps.Linked(r, r.org, nil)
	if err != nil {
		return fmt.Errorf("Linked with no conversation: %w", err)
	}
	want := []knowledge.Link{c.Links[1], c.Links[3], c.Links[7]}
	slices.SortFunc(want, inTime)
	slices.SortFunc(got, inTime)
	return first(
		func() error { return same("Linked", want, got) },
		func() error { return same("Linked with no conversation", 0, len(none)) },
	)
}

func listsGaps(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	// Two more: one without any link, one whose only link went well.
	extra := []knowledge.Record{{ID: 3, Representative: "nobody"}, {ID: 4, Representative: "went well"}}
	c.Links[4].Gap, c.Links[4].Failures = 4, nil
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	if _, err := r.s.Gaps.Save(r, r.org, got.Version, knowledge.Commit{Records: extra, Links: c.Links[4:5]}); err != nil {
		return err
	}
	return r.gaps(knowledge.Query{}, append(c.Records, extra...), c.Links)
}

func filtersGaps(r *room) error {
	var c knowledge.Commit
	for i := range 9 {
		rec := knowledge.Record{ID: int64(i + 1), Representative: fmt.Sprint("gap ", i)}
		if i%3 > 0 {
			rec.ResolvedAt = noon.Add(time.Duration(i) * time.Hour)
		}
		c.Records = append(c.Records, rec)
	}
	for i, x := range r.listed(conversation.Query{}) {
		gap := int64(1 + i%9)
		if i%9 > i/9*2 {
			gap = 1
		}
		c.Links = append(c.Links, knowledge.Link{
			Gap: gap, Conversation: x.UID(), Topic: []string{"billing", "shipping", ""}[i%4%3], At: x.StartedAt, Failures: []knowledge.Failure{knowledge.FailedSentiment},
		})
	}
	if _, err := r.s.Gaps.Save(r, r.org, 0, c); err != nil {
		return err
	}
	for _, resolved := range []*bool{nil, ptr(true), ptr(false)} {
		for _, topic := range []*string{nil, ptr("billing"), ptr(""), ptr("nothing")} {
			for _, least := range []int{0, 1, 2, 3, 5, 100} {
				if err := r.gaps(knowledge.Query{Resolved: resolved, Topic: topic, MinOccurrences: least}, c.Records, c.Links); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func getsGap(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	_, _, missing := r.s.Gaps.Get(r, r.org, 99)
	return first(
		func() error { return r.gap(1, c.Records, c.Links) },
		func() error { return r.gap(2, c.Records, c.Links) },
		func() error { return wantError("Get", missing, port.ErrNotFound) },
	)
}

func followsAlias(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	// 2 was merged into 1, and 3 into 2 before that.
	c.Records = append(c.Records, knowledge.Record{ID: 3, AliasOf: 2})
	c.Records[1].AliasOf = 1
	if _, err := r.s.Gaps.Save(r, r.org, got.Version, knowledge.Commit{Records: c.Records[1:]}); err != nil {
		return err
	}
	if err := first(
		func() error { return r.gaps(knowledge.Query{}, c.Records, c.Links) },
		func() error { return r.gap(1, c.Records, c.Links) },
		func() error { return r.gap(2, c.Records, c.Links) },
		func() error { return r.gap(3, c.Records, c.Links) },
		func() error { return r.s.Gaps.SetResolved(r, r.org, 3, true, noon) },
	); err != nil {
		return err
	}
	c.Records[0].ResolvedAt = noon
	c.Records[0].History = []knowledge.Step{{State: knowledge.Resolved, At: noon}}
	return first(
		func() error { return r.snapshot(c.Records, c.Links) },
		func() error { return r.gaps(knowledge.Query{}, c.Records, c.Links) },
	)
}

func resolves(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	rec := &c.Records[0]
	for i, resolved := range []bool{true, false, true, true, false, false} {
		before, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
		if err != nil {
			return err
		}
		at := noon.Add(time.Duration(i) * time.Hour)
		if err := r.s.Gaps.SetResolved(r, r.org, 1, resolved, at); err != nil {
			return fmt.Errorf("SetResolved: %w", err)
		}
		rec.ResolvedAt = time.Time{}
		state := knowledge.Open
		if resolved {
			state, rec.ResolvedAt = knowledge.Resolved, at
		}
		rec.History = append(rec.History, knowledge.Step{State: state, At: at})
		if err := first(
			func() error { return r.snapshot(c.Records, c.Links) },
			func() error { return r.gaps(knowledge.Query{}, c.Records, c.Links) },
			func() error { return r.gaps(knowledge.Query{Resolved: ptr(true)}, c.Records, c.Links) },
		); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		if _, err := r.s.Gaps.Save(r, r.org, before.Version, knowledge.Commit{}); wantError("", err, port.ErrConflict) != nil {
			return wantError("a commit made before", err, port.ErrConflict)
		}
	}
	return nil
}

// commitRace saves on the same version from many goroutines, by way of the stores given.
func (r *room) commitRace(stores ...port.Storage) error {
	var saved atomic.Int32
	if err := together(10, func(i int) error {
		rec := knowledge.Record{ID: 1, Representative: fmt.Sprint("commit ", i)}
		_, err := stores[i%len(stores)].Gaps.Save(r, r.org, 0, knowledge.Commit{Records: []knowledge.Record{rec}})
		if err == nil {
			saved.Add(1)
		}
		if errors.Is(err, port.ErrConflict) {
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	if n := saved.Load(); n != 1 {
		return fmt.Errorf("%d of 10 commits on the same version were stored", n)
	}
	return nil
}
