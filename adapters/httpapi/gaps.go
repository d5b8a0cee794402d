package httpapi

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func (c *call) listGaps() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	found, err := c.api.Monitor.KnowledgeGaps(c.r.Context(), monitor.GapQuery{
		Org: c.who.org, Resolved: pointer[bool](q, "resolved"), Topic: pointer[string](q, "topic"),
		MinOccurrences: int(or(q, "min_occurrences", int64(monitor.DefaultMinOccurrences))),
		Limit:          int(or(q, "limit", int64(monitor.DefaultGapLimit))),
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.KnowledgeGaps{
		Success: true, AsOf: found.AsOf, Count: len(found.Gaps), Total: found.Total, Complete: found.Complete,
		Currency: found.Currency, Filters: q.filters(), Coverage: showFigures(found.Figures, found.Currency),
		KnowledgeGaps: lo.Map(found.Gaps, func(g monitor.Gap, _ int) wire.KnowledgeGap { return showGap(g, found.Currency) }),
	})
}

func (c *call) getGap() error {
	id, err := c.gap()
	if err != nil {
		return err
	}
	return c.showGap(id)
}

func (c *call) resolveGap() error { return c.markGap(true) }

func (c *call) reopenGap() error { return c.markGap(false) }

func (c *call) markGap(resolved bool) error {
	id, err := c.gap()
	if err != nil {
		return err
	}
	if err := c.api.Monitor.ResolveGap(c.r.Context(), c.who.org, id, resolved); err != nil {
		return err
	}
	return c.showGap(id)
}

func (c *call) showGap(id int64) error {
	gap, err := c.api.Monitor.KnowledgeGap(c.r.Context(), c.who.org, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.KnowledgeGapAnswer{
		Success: true, KnowledgeGap: showGap(gap.Gap, gap.Currency), Effect: showFigures(gap.Effect, gap.Currency),
		Conversations: lo.Map(gap.Occurrences, func(l knowledge.Link, _ int) wire.GapOccurrence {
			return wire.GapOccurrence{
				ID: l.Conversation.String(), Question: word(l.Question), Topic: word(l.Topic), AskedAt: l.At, Failures: words(l.Failures),
				Answer: word(gap.Answers[l.Conversation]),
			}
		}),
	})
}

// mergeGaps makes one gap of several and shows it.
func (c *call) mergeGaps() error {
	f := &form{}
	var ids []int64
	if err := c.manage(f, fields{"ids": f.ids(func(v []int64) { ids = v })}); err != nil {
		return err
	}
	kept, err := c.api.Monitor.MergeGaps(c.r.Context(), c.who.org, ids)
	if err != nil {
		return err
	}
	return c.showGap(kept)
}

func (c *call) splitGap() error {
	id, err := c.gap()
	if err != nil {
		return err
	}
	if _, err := c.api.Monitor.KnowledgeGap(c.r.Context(), c.who.org, id); err != nil {
		return err // before the body is looked at: what is not there cannot be split wrongly
	}
	f := &form{}
	var uids []uuid.UUID
	err = c.manage(f, fields{"conversations": f.labels(func(list []string) {
		for i, text := range list {
			uid, err := uuid.Parse(text)
			if err != nil {
				f.fault("/conversations/"+strconv.Itoa(i), "must be the UUID of a conversation")
			}
			uids = append(uids, uid)
		}
	})})
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return err
	}
	stayed, taken, err := c.api.Monitor.SplitGap(c.r.Context(), c.who.org, id, uids)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.GapsSplit{Success: true, Stayed: stayed, Taken: taken})
}

func (c *call) consolidateGaps() error {
	before, after, err := c.api.Monitor.ConsolidateGaps(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.GapsRegrouped{Success: true, Before: before, After: after})
}

func (c *call) gapProposals() error {
	found, err := c.api.Monitor.Proposals(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	org, err := c.api.Monitor.Org(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	currency := org.Settings.Currency
	return c.answer(http.StatusOK, wire.GapProposals{
		Success: true, Count: len(found),
		Proposals: lo.Map(found, func(p monitor.Proposal, _ int) wire.GapProposal {
			return wire.GapProposal{Keep: showGap(p.Keep, currency), Merge: showGap(p.Merge, currency), Similarity: p.Similarity}
		}),
	})
}

// gapRoutes are the ways in which people put the list of gaps in order.
func gapRoutes() []route {
	const base = "/api/v1/conversations/knowledge-gaps"
	return []route{
		{
			method: "GET", path: base + "/proposals", need: tenant.Viewer, area: "knowledge gaps",
			summary: "Pairs of gaps that may be one", answers: map[int]any{http.StatusOK: wire.GapProposals{}}, handle: (*call).gapProposals,
		},
		{
			method: "POST", path: base + "/merge", need: tenant.Member, area: "knowledge gaps",
			summary: "Make one gap of several", body: wire.MergeGaps{}, types: []string{jsonType},
			answers: map[int]any{http.StatusOK: wire.KnowledgeGapAnswer{}}, refusals: []int{http.StatusNotFound}, handle: (*call).mergeGaps,
		},
		{
			method: "POST", path: base + "/{id}/split", need: tenant.Member, area: "knowledge gaps",
			summary: "Take conversations out of a gap", body: wire.SplitGap{}, types: []string{jsonType},
			answers: map[int]any{http.StatusOK: wire.GapsSplit{}}, handle: (*call).splitGap,
		},
		{
			method: "POST", path: base + "/consolidate", need: tenant.Member, area: "knowledge gaps",
			summary: "Look at all questions together and regroup the gaps", details: "Ids are kept; those of gaps that were merged lead on. Gaps marked resolved stay as they are.",
			answers: map[int]any{http.StatusOK: wire.GapsRegrouped{}}, handle: (*call).consolidateGaps,
		},
	}
}

// gap is the number the path names. What is no number names nothing.
func (c *call) gap() (int64, error) {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != c.r.PathValue("id") {
		return 0, failure(codeNotFound, "no such thing in this organisation")
	}
	return id, nil
}

func showGap(g monitor.Gap, currency string) wire.KnowledgeGap {
	occurrences, priority := g.Estimates()
	out := wire.KnowledgeGap{
		ID: g.ID, Question: g.Question, Topic: word(g.Topic), OccurrenceCount: g.Count, Resolved: g.Resolved, State: g.State,
		ResolvedAt: showTime(&g.ResolvedAt), FirstSeenAt: g.FirstSeen, LastSeenAt: g.LastSeen,
		ExpiredSources: g.ExpiredSources, Estimates: wire.GapEstimates{OccurrenceCount: evidence(occurrences), Priority: evidence(priority)},
	}
	if g.Priority != nil {
		out.Priority = amount(*g.Priority, currency)
	}
	return out
}
