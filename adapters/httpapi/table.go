package httpapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// table lists every operation. What is not here does not exist.
func (a *API) table() []route {
	ok := func(v any) map[int]any { return map[int]any{http.StatusOK: v} }
	taken := map[int]any{http.StatusCreated: wire.ConversationAnswer{}, http.StatusOK: wire.ConversationAnswer{}}
	oneJSON := []string{jsonType}
	repeatable := []param{{name: "Idempotency-Key", shape: text, low: 1, high: 200, doc: "Makes a repeated request answer as the first one did, for a day."}}
	return slices.Concat(insightRoutes(), streamRoutes(), gapRoutes(), []route{
		{
			method: "POST", path: "/api/v1/conversations", need: tenant.Member, area: "conversations",
			summary: "Take one conversation in",
			details: "The same platform and conversation_id again is an update: fields sent replace, fields absent stay, messages merge. " +
				"The answer comes when the conversation is on disk. Send an Idempotency-Key to make a repeated request answer as the first one did. " +
				"Fields that are not known here are ignored and named in warnings.",
			headers: repeatable, body: wire.NewConversation{}, types: oneJSON, answers: taken, handle: (*call).postConversation,
		},
		{
			method: "POST", path: "/api/v1/conversations/batch", need: tenant.Member, area: "conversations",
			summary: "Take many conversations in",
			details: "A JSON array or NDJSON, each item a body of POST /api/v1/conversations. Every item has a result of its own, in order; a bad one never harms the others. " +
				"NDJSON is answered by NDJSON, a result a line, as items become durable. An Idempotency-Key counts for each item by its place.",
			headers: repeatable, body: []wire.NewConversation{}, types: []string{jsonType, ndjsonType},
			answers: ok(wire.BatchAnswer{}), streams: map[string]any{ndjsonType: wire.BatchResult{}}, handle: (*call).postBatch,
		},
		{
			method: "GET", path: "/api/v1/conversations", need: tenant.Viewer, area: "conversations",
			summary: "List conversations, newest first", params: listParams(),
			details: "Page with cursor, which costs the same at any depth, or with offset up to 100000.",
			answers: ok(wire.ConversationList{}), handle: (*call).listConversations,
		},
		{
			method: "GET", path: "/api/v1/conversations/{id}", need: tenant.Viewer, area: "conversations",
			summary: "Get one conversation with its findings", answers: ok(wire.ConversationAnswer{}), handle: (*call).getConversation,
		},
		{
			method: "PATCH", path: "/api/v1/conversations/{id}", need: tenant.Member, area: "conversations",
			summary: "Add to one conversation", details: "Takes the fields of POST /api/v1/conversations: a rating that came later, further messages, a correction.",
			headers: repeatable, body: wire.NewConversation{}, partial: true, types: oneJSON, answers: ok(wire.ConversationAnswer{}), handle: (*call).patchConversation,
		},
		{
			method: "DELETE", path: "/api/v1/conversations/{id}", need: tenant.Admin, area: "conversations",
			summary: "Delete one conversation for good", details: "Later deliveries of it do not bring it back.",
			answers: ok(wire.DeletionAnswer{}), handle: (*call).deleteConversation,
		},
		{
			method: "GET", path: "/api/v1/conversations/knowledge-gaps", need: tenant.Viewer, area: "knowledge gaps",
			summary: "List the questions the AI fails on, the dearest first", params: gapParams(),
			answers: ok(wire.KnowledgeGaps{}), handle: (*call).listGaps,
		},
		{
			method: "GET", path: "/api/v1/conversations/knowledge-gaps/{id}", need: tenant.Viewer, area: "knowledge gaps",
			summary: "Get one knowledge gap with its conversations", answers: ok(wire.KnowledgeGapAnswer{}), handle: (*call).getGap,
		},
		{
			method: "POST", path: "/api/v1/conversations/knowledge-gaps/{id}/resolve", need: tenant.Member, area: "knowledge gaps",
			summary: "Mark a knowledge gap resolved", answers: ok(wire.KnowledgeGapAnswer{}), handle: (*call).resolveGap,
		},
		{
			method: "POST", path: "/api/v1/conversations/knowledge-gaps/{id}/reopen", need: tenant.Member, area: "knowledge gaps",
			summary: "Mark a knowledge gap open again", answers: ok(wire.KnowledgeGapAnswer{}), handle: (*call).reopenGap,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/dashboard", need: tenant.Viewer, area: "metrics",
			summary: "The headline figures of a window, with the one before it", params: metricParams("24"),
			answers: ok(wire.Dashboard{}), handle: (*call).dashboard,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/csat-trends", need: tenant.Viewer, area: "metrics",
			summary: "Satisfaction by local day, AI and human apart", params: metricParams("168"),
			answers: ok(wire.CSATTrends{}), handle: (*call).csatTrends,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/escalation-patterns", need: tenant.Viewer, area: "metrics",
			summary: "Topics by how much their escalations stand out", params: metricParams("168"),
			answers: ok(wire.EscalationPatterns{}), handle: (*call).escalationPatterns,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/cost-analysis", need: tenant.Viewer, area: "metrics",
			summary: "What the AI cost and what it saved", params: metricParams("720"),
			answers: ok(wire.CostAnalysis{}), handle: (*call).costAnalysis,
		},
		{
			method: "GET", path: "/api/v1/organization", need: tenant.Viewer, area: "organisation",
			summary: "The organisation the credential opens, with its settings", answers: ok(wire.OrganizationAnswer{}), handle: (*call).getOrganization,
		},
		{
			method: "PATCH", path: "/api/v1/organization", need: tenant.Admin, area: "organisation",
			summary: "Change settings", details: "Settings that are sent replace; all others stay. They bear on every read from now on.",
			body: wire.SettingsChange{}, partial: true, types: oneJSON, answers: ok(wire.OrganizationAnswer{}), handle: (*call).patchOrganization,
		},
		{
			method: "GET", path: "/api/v1/keys", need: tenant.Admin, area: "organisation",
			summary: "List API keys, without their secrets", answers: ok(wire.KeyList{}), handle: (*call).listKeys,
		},
		{
			method: "POST", path: "/api/v1/keys", need: tenant.Admin, area: "organisation",
			summary: "Make an API key", details: "The answer is the only one that shows the key.",
			body: wire.NewKey{}, types: oneJSON, answers: map[int]any{http.StatusCreated: wire.KeyAnswer{}}, handle: (*call).createKey,
		},
		{
			method: "DELETE", path: "/api/v1/keys/{id}", need: tenant.Admin, area: "organisation",
			summary: "Revoke an API key", details: "It stops working within five seconds everywhere.",
			answers: ok(wire.Done{}), handle: (*call).revokeKey,
		},
		{
			method: "GET", path: "/healthz", need: public, area: "operations",
			summary: "Whether the process runs", answers: ok(wire.Health{}),
			handle: func(c *call) error { return c.answer(http.StatusOK, wire.Health{Status: "ok"}) },
		},
		{
			method: "GET", path: "/readyz", need: public, area: "operations",
			summary: "Whether the server can serve", answers: ok(wire.Health{}), handle: (*call).ready,
		},
		{
			method: "GET", path: "/openapi.json", need: public, area: "operations",
			summary: "This description, for programs", answers: ok(object{}),
			handle: func(c *call) error { return c.static(jsonType, "", c.api.description.json) },
		},
		{
			method: "GET", path: "/docs", need: public, area: "operations",
			summary: "This description, for people", streams: map[string]any{"text/html": ""},
			handle: func(c *call) error { return c.static("text/html; charset=utf-8", c.api.page.policy, c.api.page.html) },
		},
	})
}

// ready answers 503 while the store cannot serve, whatever the reason.
func (c *call) ready() error {
	if err := c.api.Monitor.Ready(c.r.Context()); err != nil {
		f := &Failure{Code: codeUnavailable, RetryAfter: time.Second, Cause: err}
		if is(err, port.ErrUnwritable) {
			f.Detail = port.ErrUnwritable.Error()
		}
		return f
	}
	return c.answer(http.StatusOK, wire.Health{Status: "ready"})
}

// The bounds of texts in a query, in bytes.
const (
	maxLabel  = conversation.MaxLabelBytes
	maxSearch = 500
)

func names[T ~string](list []T) []string {
	return lo.Map(list, func(v T, _ int) string { return string(v) })
}

// commonParams pick conversations in every read.
func commonParams() []param {
	return []param{
		{name: "platform", shape: choice, choices: names(conversation.Platforms()), doc: "Only this platform."},
		{name: "topic", shape: text, low: 1, high: maxLabel, doc: "Only this topic."},
		{name: "ai_agent_id", shape: text, low: 1, high: maxLabel, doc: "Only this AI agent."},
		{name: "priority", shape: choice, choices: names(conversation.Priorities()), doc: "Only this priority."},
		{name: "start", shape: moment, doc: "Start of the window, inclusive."},
		{name: "end", shape: moment, fallback: "now", doc: "End of the window, exclusive; of a date, the end of that day."},
		{name: "time_zone", shape: zone, fallback: "the organisation's", doc: "IANA time zone for days and for times without a zone."},
	}
}

func metricParams(hours string) []param {
	return append([]param{{
		name: "time_range", shape: number, low: 0, high: 40 * 366 * 24, fallback: hours, doc: "Length of the window in hours, when no start is given.",
	}}, commonParams()...)
}

func listParams() []param {
	return append(commonParams(),
		param{name: "sentiment", shape: choice, choices: names(conversation.Sentiments()), doc: "Only conversations that sounded like this."},
		param{name: "escalated", shape: flag, doc: "Only conversations that reached a human, or that did not."},
		param{name: "ai_handled", shape: flag, doc: "Only conversations in which the AI took part, or did not."},
		param{name: "csat_min", shape: whole, low: 1, high: 5, doc: "Only ratings from this one up."},
		param{name: "csat_max", shape: whole, low: 1, high: 5, doc: "Only ratings up to this one."},
		param{name: "start_date", shape: moment, doc: "Another name for start."},
		param{name: "end_date", shape: moment, doc: "Another name for end."},
		param{name: "search", shape: text, low: 1, high: maxSearch, doc: "Words that must all occur in the messages."},
		param{name: "limit", shape: whole, low: 1, high: 500, fallback: "50", doc: "Rows in a page."},
		param{name: "offset", shape: whole, low: 0, high: maxOffset, hint: "; to go deeper, follow next_cursor", fallback: "0", doc: "Rows to skip; use cursor to go deeper."},
		param{name: "cursor", shape: text, low: 1, high: 200, doc: "next_cursor of the page before, with the same filters."},
		param{name: "total", shape: flag, fallback: "true without a cursor", doc: "Whether to count all rows that match."},
	)
}

func gapParams() []param {
	return []param{
		{name: "resolved", shape: flag, doc: "Only resolved gaps, or only open ones."},
		{name: "topic", shape: text, low: 1, high: maxLabel, doc: "Only this topic."},
		{name: "min_occurrences", shape: whole, low: 1, high: 1_000_000, fallback: "2", doc: "Only gaps seen in at least so many conversations."},
		{name: "limit", shape: whole, low: 1, high: monitor.MaxGapLimit, fallback: "20", doc: "Rows in the answer."},
	}
}
