package knowledge

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"
)

// Consolidate looks at all questions together, which a stream never can, and regroups the gaps: those that turn out to
// be one are merged, and questions that were put with the wrong ones move. Ids are stable: a group keeps the lowest id
// of the gaps whose largest part it holds, those gaps become aliases of it, and only a part that no gap left as its
// largest gets a new id. Gaps that a person marked resolved are left as they are, and nothing joins them. The result is
// what to store; the index already knows it. The same index always gives the same result.
//
// It takes some seconds for ten thousand questions and is meant for the night.
func (ix *Index) Consolidate() Commit {
	var c Commit
	for _, language := range slices.Sorted(maps.Keys(ix.rooms)) {
		ix.consolidate(ix.rooms[language], language, &c)
	}
	version := ix.version
	*ix = *NewIndex(ix.Snapshot())
	ix.version = version
	return c
}

func (ix *Index) consolidate(r *room, language string, c *Commit) {
	r.renew()
	units, groups := r.regroup(func(g int32) bool { return !ix.records[r.slots[g].id].ResolvedAt.IsZero() })
	ids, merged := ix.heirs(r, units, groups)
	for _, a := range merged {
		record := ix.records[a.From]
		record.AliasOf = a.To
		ix.records[a.From] = record
		c.Records = append(c.Records, record)
	}
	targets := r.targets(units, groups)
	moves := lo.Filter(lo.Entries(ix.links), func(e lo.Entry[uuid.UUID, place], _ int) bool {
		return e.Value.room == r && len(targets[e.Value.slot]) > 0
	})
	slices.SortFunc(moves, func(a, b lo.Entry[uuid.UUID, place]) int { return Older(a.Value.link, b.Value.link) })
	for _, e := range moves {
		group := r.groupOf(e.Value, targets[e.Value.slot])
		if ids[group] == 0 {
			ids[group] = ix.next
			ix.next++
			record := Record{ID: ids[group], Language: language, Representative: e.Value.link.Question, Example: e.Key}
			ix.records[record.ID] = record
			c.Records = append(c.Records, record)
		}
		if follows, _ := Follow(ix.records, e.Value.link.Gap); follows.ID != ids[group] {
			p := e.Value
			p.link.Gap = ids[group]
			ix.links[e.Key] = p
			c.Links = append(c.Links, p.link)
		}
	}
}

// heirs gives each group the lowest id of the gaps whose largest part it holds (ties to the group with the oldest
// member), 0 where there is none, and says which gaps are thereby merged.
func (ix *Index) heirs(r *room, units []unit, groups []int) (ids map[int]int64, merged []Alias) {
	parts := map[int32]map[int]int{}
	for i, u := range units {
		if parts[u.slot] == nil {
			parts[u.slot] = map[int]int{}
		}
		parts[u.slot][groups[i]] += len(u.members)
	}
	claims := map[int][]int64{}
	for g, part := range parts {
		heir := slices.MinFunc(lo.Keys(part), func(a, b int) int {
			return cmp.Or(cmp.Compare(part[b], part[a]), cmp.Compare(a, b))
		})
		claims[heir] = append(claims[heir], r.slots[g].id)
	}
	ids = map[int]int64{}
	for _, group := range slices.Sorted(maps.Keys(claims)) {
		kept, aliases := Merged(claims[group])
		ids[group] = kept
		merged = append(merged, aliases...)
	}
	return ids, merged
}

// target is a group some members of a gap went to.
type target struct {
	group   int
	sum     sparse
	size    int
	members []int32
}

// targets lists, for each gap, the groups its members went to.
func (r *room) targets(units []unit, groups []int) map[int32][]target {
	out := map[int32][]target{}
	for i, u := range units {
		list := out[u.slot]
		at := slices.IndexFunc(list, func(t target) bool { return t.group == groups[i] })
		if at < 0 {
			list = append(list, target{group: groups[i]})
			at = len(list) - 1
		}
		for _, m := range u.members {
			list[at].sum.add(r.vector(nil, m))
			list[at].size++
			list[at].members = append(list[at].members, m)
		}
		out[u.slot] = list
	}
	return out
}

// groupOf is the group a question of a gap goes to: its own when it was kept as an example, else the one it is most like.
func (r *room) groupOf(p place, targets []target) int {
	best := targets[0].group
	if len(targets) == 1 {
		return best
	}
	for _, t := range targets {
		if slices.Contains(t.members, p.member) {
			return t.group
		}
	}
	var v sparse
	if p.link.Question != "" {
		marks := r.words.of(p.link.Question).marks
		v = r.words.vector(nil, marks, r.words.shrink(marks))
	}
	fit := -1.0
	for _, t := range targets {
		if f := v.dot(t.sum) / float64(t.size); f > fit {
			best, fit = t.group, f
		}
	}
	return best
}

// Older orders links by the time of the question, ties by conversation.
func Older(a, b Link) int {
	return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Conversation[:], b.Conversation[:]))
}

// Snapshot is what a store would keep of the index.
func (ix *Index) Snapshot() Snapshot {
	s := Snapshot{
		Version: ix.version,
		Records: lo.Values(ix.records),
		Links:   lo.MapToSlice(ix.links, func(_ uuid.UUID, p place) Link { return p.link }),
	}
	slices.SortFunc(s.Records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Links, Older)
	return s
}
