package httpapi

import (
	"net/http"
	"strconv"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/monitor"
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
		Currency: found.Currency, Filters: q.filters(),
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
	org, err := c.api.Monitor.Org(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	gap, links, err := c.api.Monitor.KnowledgeGap(c.r.Context(), c.who.org, id)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.KnowledgeGapAnswer{
		Success: true, KnowledgeGap: showGap(gap, org.Settings.Currency),
		Conversations: lo.Map(links, func(l knowledge.Link, _ int) wire.GapOccurrence {
			return wire.GapOccurrence{
				ID: l.Conversation.String(), Question: word(l.Question), Topic: word(l.Topic), AskedAt: l.At, Failures: words(l.Failures),
			}
		}),
	})
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
	return wire.KnowledgeGap{
		ID: g.ID, Question: g.Question, Topic: word(g.Topic), OccurrenceCount: g.Count, Resolved: g.Resolved, State: g.State,
		ResolvedAt: showTime(g.ResolvedAt), FirstSeenAt: g.FirstSeen, LastSeenAt: g.LastSeen,
		Priority: amount(g.Priority, currency), ExpiredSources: g.ExpiredSources,
	}
}
