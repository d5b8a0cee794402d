package knowledge

import (
	"cmp"
	"slices"
	"time"

	"github.com/samber/lo"
)

// Summarise lists the gaps that match q, in the order of ids. Links may lack their questions; a link to an alias counts
// for the gap it leads to. Every store lists gaps by it.
func Summarise(records []Record, links []Link, q Query) []Summary {
	byID := lo.KeyBy(records, func(r Record) int64 { return r.ID })
	occurrences := map[int64][]Link{}
	for _, l := range links {
		if !l.Failed() {
			continue
		}
		if r, ok := Follow(byID, l.Gap); ok {
			occurrences[r.ID] = append(occurrences[r.ID], l)
		}
	}
	var out []Summary
	for id, list := range occurrences {
		if s := summarise(byID[id], list, q.AsOf); q.keeps(s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Summary) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Follow finds the gap an id names, through its aliases. ok is false when there is no such gap.
func Follow(records map[int64]Record, id int64) (r Record, ok bool) {
	for range len(records) + 1 {
		if r, ok = records[id]; !ok || r.AliasOf == 0 {
			return r, ok
		}
		id = r.AliasOf
	}
	return Record{}, false // a ring of aliases names nothing
}

func summarise(r Record, links []Link, asOf time.Time) Summary {
	s := Summary{Record: r}
	topics := map[string]int{}
	for _, l := range links {
		s.Count++
		topics[l.Topic]++
		if s.FirstSeen.IsZero() || l.At.Before(s.FirstSeen) {
			s.FirstSeen = l.At
		}
		if l.At.After(s.LastSeen) {
			s.LastSeen = l.At
		}
		if !r.ResolvedAt.IsZero() && l.At.After(r.ResolvedAt) {
			s.Later++
		}
		weight := Decayed(1, asOf.Sub(l.At).Seconds(), DefaultHalfLife.Seconds())
		if slices.Contains(l.Failures, FailedEscalated) {
			s.Escalated += weight
		} else {
			s.Unhappy += weight
		}
	}
	s.Topic = mostFrequent(topics)
	return s
}

func mostFrequent(counts map[string]int) string {
	best, n := "", 0
	for name, c := range counts {
		if c > n || c == n && name < best {
			best, n = name, c
		}
	}
	return best
}

func (q Query) keeps(s Summary) bool {
	return s.Count >= q.MinOccurrences && (q.Topic == nil || *q.Topic == s.Topic) &&
		(q.Resolved == nil || *q.Resolved == s.Closed())
}

// Closed says whether the gap is resolved and has stayed so.
func (s Summary) Closed() bool { return s.State() == Resolved || s.State() == Recurring }
