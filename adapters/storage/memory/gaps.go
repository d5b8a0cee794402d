package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
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
		out = knowledge.Summarise(g.sorted(), g.linked(), q)
		return nil
	})
	return out, err
}

func (s gaps) Get(ctx context.Context, org tenant.ID, id int64) (sum knowledge.Summary, links []knowledge.Link, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		r, ok := g.follow(id)
		if !ok {
			return port.ErrNotFound
		}
		sum.Record = r
		links = lo.Filter(g.linked(), func(l knowledge.Link, _ int) bool {
			to, ok := g.follow(l.Gap)
			return ok && to.ID == r.ID && l.Failed()
		})
		slices.Reverse(links)
		if len(links) > 0 {
			sum = knowledge.Summarise([]knowledge.Record{r}, gathered(links, r.ID), knowledge.Query{})[0]
		}
		return nil
	})
	return sum, links, err
}

// gathered is the links as if each had always been of the one gap.
func gathered(links []knowledge.Link, gap int64) []knowledge.Link {
	return lo.Map(links, func(l knowledge.Link, _ int) knowledge.Link {
		l.Gap = gap
		return l
	})
}

func (s gaps) Load(ctx context.Context, org tenant.ID, e knowledge.Extent) (out knowledge.Snapshot, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		out = knowledge.Snapshot{Version: g.version, Through: g.through, Records: g.sorted(), Links: g.linked()}
		return nil
	})
	return out.Part(e), err
}

func (s gaps) Linked(ctx context.Context, org tenant.ID, conversations []uuid.UUID) (out []knowledge.Link, err error) {
	err = s.read(ctx, func() error {
		g := &s.look(org).gaps
		out = lo.FilterMap(lo.Uniq(conversations), func(id uuid.UUID, _ int) (knowledge.Link, bool) {
			l, ok := g.links[id]
			return cloneLink(l), ok
		})
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
		for _, l := range c.Settled() {
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
	if r, ok := g.follow(l.Gap); ok {
		r.EvidenceExpired = true
		g.records[r.ID] = r
	}
	g.version++
}

// follow finds a record, by way of those it was merged into.
func (g *gapRoom) follow(id int64) (knowledge.Record, bool) {
	r, ok := knowledge.Follow(g.records, id)
	return cloneRecord(r), ok
}

func (g *gapRoom) sorted() []knowledge.Record {
	out := lo.Map(lo.Values(g.records), func(r knowledge.Record, _ int) knowledge.Record { return cloneRecord(r) })
	slices.SortFunc(out, func(a, b knowledge.Record) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// linked is every link, oldest question first, ties by conversation.
func (g *gapRoom) linked() []knowledge.Link {
	out := lo.Map(lo.Values(g.links), func(l knowledge.Link, _ int) knowledge.Link { return cloneLink(l) })
	slices.SortFunc(out, func(a, b knowledge.Link) int {
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Conversation[:], b.Conversation[:]))
	})
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
