package monitor

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/tenant"
	"github.com/csm-monitor/csm-monitor/core/text"
)

// The bounds of a list of gaps.
const (
	DefaultGapLimit       = 20
	MaxGapLimit           = 100
	DefaultMinOccurrences = 2
)

// KnowledgeGaps lists the questions the AI fails on, the dearest first. A limit of 0 takes the default.
func (m *Monitor) KnowledgeGaps(ctx context.Context, q GapQuery) (Gaps, error) {
	var faults conversation.Invalid
	if q.Limit < 0 || q.Limit > MaxGapLimit {
		faults.Add("/limit", "must be from 1 to 100")
	}
	if q.MinOccurrences < 0 {
		faults.Add("/min_occurrences", "must not be negative")
	}
	if err := faults.OrNil(); err != nil {
		return Gaps{}, err
	}
	v, err := m.open(ctx, Request{Org: q.Org}, CostHours)
	if err != nil {
		return Gaps{}, err
	}
	list, err := m.store.Gaps.List(ctx, q.Org, knowledge.Query{
		Resolved: q.Resolved, Topic: q.Topic, MinOccurrences: max(q.MinOccurrences, 1), AsOf: v.asOf,
	})
	if err != nil {
		return Gaps{}, err
	}
	price, err := v.contactPrice(ctx)
	if err != nil {
		return Gaps{}, err
	}
	gaps := lo.Map(list, func(s knowledge.Summary, _ int) Gap { return showGap(s, price) })
	slices.SortFunc(gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(lo.FromPtr(b.Priority), lo.FromPtr(a.Priority)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	out := Gaps{Frame: v.frame(), Total: len(gaps), Figures: coverage(list)}
	out.Gaps = gaps[:min(len(gaps), lo.CoalesceOrEmpty(q.Limit, DefaultGapLimit))]
	out.Complete, err = m.gapsComplete(ctx, q.Org)
	return out, err
}

// GapDetail is one gap with what stands behind it.
type GapDetail struct {
	Gap
	Currency string
	// Occurrences are newest first; Answers are what people wrote in some of them.
	Occurrences []knowledge.Link
	Answers     map[uuid.UUID]string
	// Effect is what resolving it did; empty while it is open.
	Effect Figures
}

// KnowledgeGap returns one gap. The id of a gap that was merged leads to the one it was merged into.
func (m *Monitor) KnowledgeGap(ctx context.Context, org tenant.ID, id int64) (GapDetail, error) {
	v, err := m.open(ctx, Request{Org: org}, CostHours)
	if err != nil {
		return GapDetail{}, err
	}
	s, links, err := m.store.Gaps.Get(ctx, org, id)
	if err != nil {
		return GapDetail{}, err
	}
	// Summarised anew, as priority is reckoned from now.
	if aged := knowledge.Summarise([]knowledge.Record{s.Record}, links, knowledge.Query{AsOf: v.asOf}); len(aged) == 1 {
		s = aged[0]
	}
	price, err := v.contactPrice(ctx)
	if err != nil {
		return GapDetail{}, err
	}
	out := GapDetail{Gap: showGap(s, price), Currency: v.org.Settings.Currency, Occurrences: links}
	if out.Answers, err = m.answers(ctx, org, links); err != nil {
		return GapDetail{}, err
	}
	out.Effect, err = m.effect(ctx, org, s)
	return out, err
}

// ResolveGap marks a gap resolved, or open again.
func (m *Monitor) ResolveGap(ctx context.Context, org tenant.ID, id int64, resolved bool) error {
	return m.store.Gaps.SetResolved(ctx, org, id, resolved, m.now())
}

func showGap(s knowledge.Summary, price contactPrice) Gap {
	g := Gap{
		ID: s.ID, Question: text.Redact(s.Representative), Topic: s.Topic, Count: s.Count, State: string(s.State()),
		Resolved: s.Closed(), ResolvedAt: s.ResolvedAt, FirstSeen: s.FirstSeen, LastSeen: s.LastSeen,
		ExpiredSources: s.EvidenceExpired,
	}
	if contact, ok := price(s.Topic); ok {
		// A failure that reached a human costs a contact, any other half of one: a stated assumption.
		g.Priority = lo.ToPtr(money.Micro((s.Escalated + s.Unhappy/2) * contact))
	}
	return g
}

// contactPrice is what one human contact costs on a topic, in micro-units; ok is false where the hourly cost is unknown,
// which leaves the order of gaps to the counts.
type contactPrice func(topic string) (micro float64, ok bool)

func (v view) contactPrice(ctx context.Context) (contactPrice, error) {
	learnt := v.askRates()
	if err := v.read(ctx); err != nil {
		return nil, err
	}
	rates, err := v.rates(learnt)
	if err != nil {
		return nil, err
	}
	return func(topic string) (float64, bool) {
		each, ok := rates.PerContact(topic)
		if !ok {
			return 0, false
		}
		return each.Float64() * float64(money.Unit), true
	}, nil
}

// gapsComplete says whether every stored conversation has been worked into the gaps.
func (m *Monitor) gapsComplete(ctx context.Context, org tenant.ID) (bool, error) {
	head, err := m.store.Changes.Head(ctx, org)
	if err != nil {
		return false, err
	}
	at, err := m.reached(ctx, org, gapsJob)
	return at.through >= head, err
}
