package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
)

// inTime is the order in which links are kept.
func inTime(a, b knowledge.Link) int {
	return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Conversation[:], b.Conversation[:]))
}

// snapshot compares what is kept of gaps; the lists may be in any order.
func (r *room) snapshot(records []knowledge.Record, links []knowledge.Link) error {
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return fmt.Errorf("Load: %w", err)
	}
	records, links = slices.Clone(records), slices.Clone(links)
	slices.SortFunc(records, func(a, b knowledge.Record) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(links, inTime)
	return first(
		func() error { return same("Load: Records", records, got.Records) },
		func() error { return same("Load: Links", links, got.Links) },
	)
}

// asOf is the time at which the suite asks for gaps.
var asOf = noon.Add(40 * 24 * time.Hour)

// gaps compares a listing with what follows from records and links.
func (r *room) gaps(q knowledge.Query, records []knowledge.Record, links []knowledge.Link) error {
	q.AsOf = asOf
	got, err := r.s.Gaps.List(r, r.org, q)
	if err != nil {
		return fmt.Errorf("List: %w", err)
	}
	want := expectGaps(q, records, links)
	what := fmt.Sprintf("List resolved %s topic %s min %d", show(q.Resolved), show(q.Topic), q.MinOccurrences)
	if len(want) != len(got) {
		return fmt.Errorf("%s: wanted %d gaps, got %d", what, len(want), len(got))
	}
	for i := range want {
		if !near(want[i].Escalated, got[i].Escalated) || !near(want[i].Unhappy, got[i].Unhappy) {
			return fmt.Errorf("%s: gap %d weighs %g and %g, wanted %g and %g", what, got[i].ID, got[i].Escalated, got[i].Unhappy, want[i].Escalated, want[i].Unhappy)
		}
		want[i].Escalated, want[i].Unhappy = got[i].Escalated, got[i].Unhappy
	}
	return same(what, want, got)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), 1) }

// expectGaps works a listing out gap by gap.
func expectGaps(q knowledge.Query, records []knowledge.Record, links []knowledge.Link) []knowledge.Summary {
	var out []knowledge.Summary
	for _, rec := range records {
		s := expectGap(rec, records, links, q.AsOf)
		state := s.State()
		resolved := state == knowledge.Resolved || state == knowledge.Recurring
		if rec.AliasOf == 0 && s.Count > 0 && s.Count >= q.MinOccurrences && (q.Topic == nil || *q.Topic == s.Topic) &&
			(q.Resolved == nil || *q.Resolved == resolved) {
			out = append(out, s)
		}
	}
	return out
}

func expectGap(rec knowledge.Record, records []knowledge.Record, links []knowledge.Link, asOf time.Time) knowledge.Summary {
	s := knowledge.Summary{Record: rec}
	topics := map[string]int{}
	for _, l := range links {
		if target(records, l.Gap) != rec.ID || len(l.Failures) == 0 {
			continue
		}
		s.Count++
		topics[l.Topic]++
		if s.Count == 1 || l.At.Before(s.FirstSeen) {
			s.FirstSeen = l.At
		}
		if s.Count == 1 || l.At.After(s.LastSeen) {
			s.LastSeen = l.At
		}
		if !rec.ResolvedAt.IsZero() && l.At.After(rec.ResolvedAt) {
			s.Later++
		}
		weight := math.Exp2(-max(asOf.Sub(l.At).Hours(), 0) / 24 / 30)
		if slices.Contains(l.Failures, knowledge.FailedEscalated) {
			s.Escalated += weight
		} else {
			s.Unhappy += weight
		}
	}
	for topic, n := range topics {
		if best := topics[s.Topic]; n > best || n == best && topic < s.Topic {
			s.Topic = topic
		}
	}
	return s
}

// target is the gap an id leads to.
func target(records []knowledge.Record, id int64) int64 {
	for _, r := range records {
		if r.ID == id && r.AliasOf != 0 {
			return target(records, r.AliasOf)
		}
	}
	return id
}

// gap compares one gap with what follows from records and links.
func (r *room) gap(id int64, records []knowledge.Record, links []knowledge.Link) error {
	sum, got, err := r.s.Gaps.Get(r, r.org, id)
	if err != nil {
		return fmt.Errorf("Get %d: %w", id, err)
	}
	to := target(records, id)
	var want []knowledge.Link
	for _, l := range links {
		if target(records, l.Gap) == to && len(l.Failures) > 0 {
			want = append(want, l)
		}
	}
	slices.SortFunc(want, func(a, b knowledge.Link) int {
		return cmp.Or(b.At.Compare(a.At), bytes.Compare(b.Conversation[:], a.Conversation[:]))
	})
	i := slices.IndexFunc(records, func(r knowledge.Record) bool { return r.ID == to })
	expected := expectGap(records[i], records, links, asOf)
	expected.Escalated, expected.Unhappy = sum.Escalated, sum.Unhappy
	return first(
		func() error { return same(fmt.Sprintf("Get %d", id), expected, sum) },
		func() error { return same(fmt.Sprintf("Get %d: occurrences", id), want, got) },
	)
}
