package monitor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Proposal is a pair of gaps that may be one. A person decides.
type Proposal struct {
	Keep, Merge Gap
	// Similarity is the cosine of the two, from 0.55 up.
	Similarity float64
}

// coverage says how much of what customers ask in vain the list knows.
func coverage(list []knowledge.Summary) Figures {
	sizes := lo.Map(list, func(s knowledge.Summary, _ int) int { return s.Count })
	n := int64(lo.Sum(sizes))
	c := knowledge.CoverageOf(sizes)
	covered := stat.Unknown("gap.coverage/v1", n)
	total := stat.Unknown("gap.total/v1", n)
	if c.Covered != nil {
		covered = stat.Exact(100**c.Covered, n, "gap.coverage/v1")
		total = stat.Exact(c.Gaps, n, "gap.total/v1")
	}
	return Figures{
		{Name: "coverage_pct", Decimals: percent, Estimate: covered},
		{Name: "estimated_gaps", Decimals: whole, Estimate: total},
	}
}

// Effect is what resolving a gap did: failures per 100 AI conversations with the question, 28 days before and after.
func (m *Monitor) effect(ctx context.Context, org tenant.ID, s knowledge.Summary) (Figures, error) {
	if s.ResolvedAt.IsZero() {
		return nil, nil
	}
	snapshot, err := m.store.Gaps.Load(ctx, org, knowledge.Whole)
	if err != nil {
		return nil, err
	}
	records := lo.KeyBy(snapshot.Records, func(r knowledge.Record) int64 { return r.ID })
	e := knowledge.EffectOf(lo.Filter(snapshot.Links, func(l knowledge.Link, _ int) bool {
		r, ok := knowledge.Follow(records, l.Gap)
		return ok && r.ID == s.ID
	}), s.ResolvedAt)
	return Figures{
		{Name: "failure_rate_before", Decimals: percent, Estimate: e.Before},
		{Name: "failure_rate_after", Decimals: percent, Estimate: e.After},
		{Name: "failure_rate_change", Decimals: percent, Estimate: e.Change},
	}, nil
}

// answersShown is how many occurrences are searched for what a person answered.
const answersShown = 10

// answers are what people wrote after the question in the newest occurrences, by conversation.
func (m *Monitor) answers(ctx context.Context, org tenant.ID, links []knowledge.Link) (map[uuid.UUID]string, error) {
	uids := lo.Map(links[:min(len(links), answersShown)], func(l knowledge.Link, _ int) uuid.UUID { return l.Conversation })
	if len(uids) == 0 {
		return nil, nil
	}
	asked := lo.SliceToMap(links, func(l knowledge.Link) (uuid.UUID, time.Time) { return l.Conversation, l.At })
	out := map[uuid.UUID]string{}
	for c, err := range m.store.Conversations.Each(ctx, org, conversation.Query{UIDs: uids}) {
		if err != nil {
			return nil, err
		}
		var said []string
		for _, message := range c.Messages {
			if message.Sender == conversation.HumanAgent && !message.Order.Before(asked[c.Key.UID()]) {
				said = append(said, message.Content)
			}
		}
		if len(said) > 0 {
			out[c.Key.UID()] = strings.Join(said, "\n")
		}
	}
	return out, nil
}

// MergeGaps makes one gap of several: the lowest id stays, the others lead to it for ever. An id that names no gap is
// port.ErrNotFound; fewer than two gaps are *conversation.Invalid.
func (m *Monitor) MergeGaps(ctx context.Context, org tenant.ID, ids []int64) (int64, error) {
	var kept int64
	err := m.regroup(ctx, org, func(s knowledge.Snapshot) (knowledge.Commit, error) {
		records := lo.KeyBy(s.Records, func(r knowledge.Record) int64 { return r.ID })
		var own []int64
		for _, id := range ids {
			r, ok := knowledge.Follow(records, id)
			if !ok {
				return knowledge.Commit{}, port.ErrNotFound
			}
			own = append(own, r.ID)
		}
		if len(lo.Uniq(own)) < 2 {
			return knowledge.Commit{}, &conversation.Invalid{Faults: []conversation.Fault{{Field: "/ids", Message: "must name at least two gaps that are not one already"}}}
		}
		var aliases []knowledge.Alias
		kept, aliases = knowledge.Merged(own)
		return knowledge.Commit{Through: s.Through, Records: lo.Map(aliases, func(a knowledge.Alias, _ int) knowledge.Record {
			r := records[a.From]
			r.AliasOf = a.To
			return r
		})}, nil
	})
	return kept, err
}

// SplitGap takes conversations out of a gap into one of their own. The part with more occurrences keeps the id, then
// the one seen first. It returns the ids of what stayed and of what was taken out.
func (m *Monitor) SplitGap(ctx context.Context, org tenant.ID, id int64, out []uuid.UUID) (stayed, taken int64, err error) {
	err = m.regroup(ctx, org, func(s knowledge.Snapshot) (knowledge.Commit, error) {
		records := lo.KeyBy(s.Records, func(r knowledge.Record) int64 { return r.ID })
		gap, ok := knowledge.Follow(records, id)
		if !ok {
			return knowledge.Commit{}, port.ErrNotFound
		}
		all := lo.Filter(s.Links, func(l knowledge.Link, _ int) bool {
			r, ok := knowledge.Follow(records, l.Gap)
			return ok && r.ID == gap.ID
		})
		apart, rest := lo.FilterReject(all, func(l knowledge.Link, _ int) bool { return slices.Contains(out, l.Conversation) })
		if len(apart) < len(lo.Uniq(out)) || len(apart) == 0 || len(rest) == 0 {
			return knowledge.Commit{}, &conversation.Invalid{Faults: []conversation.Fault{{Field: "/conversations", Message: "must name some of the gap's conversations, and not all of them"}}}
		}
		next := lo.Max(lo.Map(s.Records, func(r knowledge.Record, _ int) int64 { return r.ID })) + 1
		moving := apart
		stayed, taken = gap.ID, next
		if knowledge.Keeper([]knowledge.Part{part(rest), part(apart)}) == 1 {
			moving, stayed, taken = rest, next, gap.ID
		}
		first := lo.MinBy(moving, func(a, b knowledge.Link) bool { return a.Question != "" && a.At.Before(b.At) })
		commit := knowledge.Commit{Through: s.Through, Records: []knowledge.Record{
			{ID: next, Language: gap.Language, Representative: first.Question, Example: first.Conversation},
		}}
		for _, l := range moving {
			l.Gap = next
			commit.Links = append(commit.Links, l)
		}
		return commit, nil
	})
	return stayed, taken, err
}

func part(links []knowledge.Link) knowledge.Part {
	failed := lo.Filter(links, func(l knowledge.Link, _ int) bool { return l.Failed() })
	p := knowledge.Part{Conversations: len(failed)}
	for _, l := range links {
		if p.FirstSeen.IsZero() || l.At.Before(p.FirstSeen) {
			p.FirstSeen = l.At
		}
		if name := l.Conversation.String(); p.Name == "" || name < p.Name {
			p.Name = name
		}
	}
	return p
}

// ConsolidateGaps looks at all questions together and regroups them, keeping ids; what was merged leads on. It returns
// how many gaps there were and are.
func (m *Monitor) ConsolidateGaps(ctx context.Context, org tenant.ID) (before, after int, err error) {
	err = m.regroup(ctx, org, func(s knowledge.Snapshot) (knowledge.Commit, error) {
		ix := knowledge.NewIndex(s)
		before = ix.Gaps()
		commit := ix.Consolidate()
		commit.Through = s.Through
		after = ix.Gaps()
		return commit, nil
	})
	return before, after, err
}

// regroup stores what decide makes of the stored gaps, again when somebody else was faster.
func (m *Monitor) regroup(ctx context.Context, org tenant.ID, decide func(knowledge.Snapshot) (knowledge.Commit, error)) error {
	for {
		snapshot, err := m.store.Gaps.Load(ctx, org, knowledge.Whole)
		if err != nil {
			return err
		}
		commit, err := decide(snapshot)
		if err != nil {
			return err
		}
		if _, err = m.store.Gaps.Save(ctx, org, snapshot.Version, commit); !lost(err) {
			return err
		}
	}
}

// Proposals lists pairs of gaps that may be one, the most alike first. Nothing is merged by it.
func (m *Monitor) Proposals(ctx context.Context, org tenant.ID) ([]Proposal, error) {
	v, err := m.open(ctx, Request{Org: org}, CostHours)
	if err != nil {
		return nil, err
	}
	snapshot, err := m.store.Gaps.Load(ctx, org, knowledge.Whole)
	if err != nil {
		return nil, err
	}
	price, err := v.contactPrice(ctx)
	if err != nil {
		return nil, err
	}
	shown := lo.SliceToMap(knowledge.Summarise(snapshot.Records, snapshot.Links, knowledge.Query{AsOf: v.asOf}),
		func(s knowledge.Summary) (int64, Gap) { return s.ID, showGap(s, price) })
	return lo.FilterMap(knowledge.NewIndex(snapshot).Propose(), func(p knowledge.Proposal, _ int) (Proposal, bool) {
		keep, ok1 := shown[p.A]
		merge, ok2 := shown[p.B]
		return Proposal{Keep: keep, Merge: merge, Similarity: p.Cosine}, ok1 && ok2
	}), nil
}
