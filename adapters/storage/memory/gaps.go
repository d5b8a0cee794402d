package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// gapRoom is what an organisation's gap job keeps.
type gapRoom struct {
	version, through int64
	records          map[int64]knowledge.Record
	links            map[uuid.UUID]knowledge.Link
}

func newGapRoom() gapRoom {
	return gapRoom{records: map[int64]knowledge.Record{}, links: map[uuid.UUID]knowledge.Link{}}
}

type gaps struct{ *store }

func (s gaps) List(ctx context.Context, org tenant.ID, q knowledge.Query) (out []knowledge.Summary, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		for _, r := range g.sorted() {
			sum := g.summary(r)
			if r.AliasOf == 0 && sum.Count > 0 && matchesGap(q, sum) {
				out = append(out, sum)
			}
		}
		return nil
	})
	return out, err
}

func matchesGap(q knowledge.Query, s knowledge.Summary) bool {
	state := s.State()
	resolved := state == knowledge.Resolved || state == knowledge.Recurring
	return (q.Resolved == nil || *q.Resolved == resolved) && (q.Topic == nil || *q.Topic == s.Topic) && s.Count >= q.MinOccurrences
}

func (s gaps) Get(ctx context.Context, org tenant.ID, id int64) (sum knowledge.Summary, links []knowledge.Link, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		r, ok := g.follow(id)
		if !ok {
			return port.ErrNotFound
		}
		sum, links = g.summary(r), g.occurrences(r.ID)
		slices.Reverse(links)
		return nil
	})
	return sum, links, err
}

func (s gaps) Load(ctx context.Context, org tenant.ID) (out knowledge.Snapshot, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		out = knowledge.Snapshot{Version: g.version, Through: g.through, Records: g.sorted(), Links: g.linked(func(knowledge.Link) bool { return true })}
		return nil
	})
	return out, err
}

func (s gaps) Save(ctx context.Context, org tenant.ID, version int64, c knowledge.Commit) (next int64, err error) {
	err = s.write(ctx, func() error {
		room := s.room(org)
		g := &room.gaps
		if g.version != version {
			return port.ErrConflict
		}
		for _, r := range c.Records {
			r = cloneRecord(r)
			if room.gone[r.Example] == deleted {
				r.Representative, r.Example = "", uuid.Nil
			}
			g.records[r.ID] = r
		}
		for _, id := range c.Unlink {
			delete(g.links, id)
		}
		for _, l := range c.Links {
			if room.gone[l.Conversation] == deleted {
				delete(g.links, l.Conversation)
				continue
			}
			g.links[l.Conversation] = cloneLink(l)
			if room.gone[l.Conversation] == expired {
				g.silence(l.Conversation)
			}
		}
		g.through = c.Through
		g.version = version + 1
		next = g.version
		return nil
	})
	return next, err
}

func (s gaps) SetResolved(ctx context.Context, org tenant.ID, id int64, resolved bool, at time.Time) error {
	return s.write(ctx, func() error {
		g := &s.room(org).gaps
		r, ok := g.follow(id)
		if !ok {
			return port.ErrNotFound
		}
		step := knowledge.Step{State: knowledge.Open, At: at}
		r.ResolvedAt = time.Time{}
		if resolved {
			step.State, r.ResolvedAt = knowledge.Resolved, at
		}
		r.History = append(r.History, step)
		g.records[r.ID] = r
		g.version++
		return nil
	})
}

// forget removes what a deleted conversation left: its link, and its words where they stand for a gap. It returns the
// number of links.
func (g *gapRoom) forget(conversation uuid.UUID) int {
	_, linked := g.links[conversation]
	touched := linked
	delete(g.links, conversation)
	for id, r := range g.records {
		if r.Example == conversation {
			r.Representative, r.Example = "", uuid.Nil
			g.records[id] = r
			touched = true
		}
	}
	if touched {
		g.version++
	}
	return lo.Ternary(linked, 1, 0)
}

// silence removes the words of an expired conversation and leaves that it asked.
func (g *gapRoom) silence(conversation uuid.UUID) {
	l, ok := g.links[conversation]
	if !ok {
		return
	}
	l.Question = ""
	g.links[conversation] = l
	if r, ok := g.records[l.Gap]; ok {
		r.EvidenceExpired = true
		g.records[l.Gap] = r
	}
	g.version++
}

// follow finds a record, by way of those it was merged into.
func (g *gapRoom) follow(id int64) (knowledge.Record, bool) {
	r, ok := g.records[id]
	for ok && r.AliasOf != 0 {
		r, ok = g.records[r.AliasOf]
	}
	return cloneRecord(r), ok
}

func (g *gapRoom) sorted() []knowledge.Record {
	out := lo.Map(lo.Values(g.records), func(r knowledge.Record, _ int) knowledge.Record { return cloneRecord(r) })
	slices.SortFunc(out, func(a, b knowledge.Record) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// linked is the links that keep lets through, oldest question first, ties by conversation.
func (g *gapRoom) linked(keep func(knowledge.Link) bool) []knowledge.Link {
	var out []knowledge.Link
	for _, l := range g.links {
		if keep(l) {
			out = append(out, cloneLink(l))
		}
	}
	slices.SortFunc(out, func(a, b knowledge.Link) int {
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Conversation[:], b.Conversation[:]))
	})
	return out
}

func (g *gapRoom) occurrences(id int64) []knowledge.Link {
	return g.linked(func(l knowledge.Link) bool { return l.Gap == id && l.Failed() })
}

func (g *gapRoom) summary(r knowledge.Record) knowledge.Summary {
	links := g.occurrences(r.ID)
	out := knowledge.Summary{Record: r}
	out.Tally = knowledge.Count(lo.Map(links, func(l knowledge.Link, _ int) knowledge.Occurrence {
		return knowledge.Occurrence{Conversation: l.Conversation.String(), At: l.At}
	}))
	topics := lo.CountValuesBy(links, func(l knowledge.Link) string { return l.Topic })
	out.Topic = lo.MaxBy(lo.Keys(topics), func(a, b string) bool {
		return cmp.Or(cmp.Compare(topics[a], topics[b]), strings.Compare(b, a)) > 0
	})
	if !r.ResolvedAt.IsZero() {
		out.Later = lo.CountBy(links, func(l knowledge.Link) bool { return l.At.After(r.ResolvedAt) })
	}
	return out
}

func cloneRecord(r knowledge.Record) knowledge.Record {
	r.History = slices.Clone(r.History)
	return r
}

func cloneLink(l knowledge.Link) knowledge.Link {
	l.Failures = slices.Clone(l.Failures)
	return l
}
