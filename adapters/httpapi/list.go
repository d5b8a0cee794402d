package httpapi

import (
	"net/http"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/when"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// maxOffset is how deep offset may go; cursors go as deep as there are pages, at the price of the first.
const maxOffset = 100_000

// listConversations answers with one page.
func (c *call) listConversations() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	filters := q.filters()
	picked := q.conversations(filters)
	if cursor, ok := get[string](q, "cursor"); ok && len(q.faults) == 0 {
		if picked.After, err = c.api.readCursor(c.who.org, filters, cursor); err != nil {
			return err
		}
	}
	if err := q.check(); err != nil {
		return err
	}
	page, err := c.api.Monitor.Conversations(c.r.Context(), c.who.org, picked)
	if err != nil {
		return err
	}
	answer := wire.ConversationList{
		Success:        true,
		Conversations:  make([]wire.Conversation, len(page.Conversations)),
		Count:          len(page.Conversations),
		Total:          page.Total,
		Filters:        filters,
		IndexedThrough: showTime(&page.IndexedThrough),
	}
	for i := range page.Conversations {
		answer.Conversations[i] = showConversation(&page.Conversations[i])
	}
	if page.Next != nil {
		answer.NextCursor = lo.ToPtr(c.api.cursor(c.who.org, filters, *page.Next))
	}
	return c.answer(http.StatusOK, answer)
}

// paging are the parameters that move through a listing and do not pick from it.
var paging = []string{"limit", "offset", "cursor", "total"}

// filters is every filter of the request, as it was understood. A day becomes the stretch it stands for.
func (q *query) filters() map[string]any {
	out := make(map[string]any, len(q.given))
	for name, v := range q.given {
		if lo.Contains(paging, name) {
			continue
		}
		switch v := v.(type) {
		case *time.Location:
			out[name] = v.String()
		case when.Moment:
			out[name] = lo.Ternary(name == "start" || name == "start_date", q.start(name), q.end(name))
		default:
			out[name] = v
		}
	}
	return out
}

// conversations makes the query. Faults that involve several parameters are added to q.
func (q *query) conversations(filters map[string]any) conversation.Query {
	out := conversation.Query{
		Platform:  conversation.Platform(or(q, "platform", "")),
		Topic:     pointer[string](q, "topic"),
		AIAgent:   pointer[string](q, "ai_agent_id"),
		Sentiment: conversation.Sentiment(or(q, "sentiment", "")),
		Escalated: pointer[bool](q, "escalated"),
		AIHandled: pointer[bool](q, "ai_handled"),
		CSATMin:   q.whole("csat_min"),
		CSATMax:   q.whole("csat_max"),
		Search:    or(q, "search", ""),
		Limit:     int(or(q, "limit", int64(conversation.DefaultLimit))),
		Offset:    int(or(q, "offset", int64(0))),
		Start:     q.either("start_date", "start", q.start),
		End:       q.either("end_date", "end", q.end),
	}
	if p, ok := get[string](q, "priority"); ok {
		out.Priority = lo.ToPtr(conversation.Priority(p))
	}
	_, paged := get[string](q, "cursor")
	out.Total = or(q, "total", !paged)
	if _, skips := get[int64](q, "offset"); skips && paged {
		q.fault("offset", "must not be given together with cursor", "")
	}
	if out.Search != "" && len(conversation.SearchWords(out.Search)) == 0 {
		q.fault("search", "must contain a letter or a digit", "")
	}
	if out.CSATMin != nil && out.CSATMax != nil && *out.CSATMin > *out.CSATMax {
		q.fault("csat_min", "must not be above csat_max", "")
	}
	if !out.Start.IsZero() && !out.End.IsZero() && out.End.Before(out.Start) {
		q.fault(lo.Ternary(filters["end_date"] != nil, "end_date", "end"), "must not be before the start", "")
	}
	return out
}

// either reads one of two parameters that mean the same.
func (q *query) either(name, other string, read func(string) time.Time) time.Time {
	_, one := q.given[name]
	_, two := q.given[other]
	if one && two {
		q.fault(other, "must not be given together with "+name, "")
	}
	return read(lo.Ternary(one, name, other))
}

func (q *query) whole(name string) *int {
	if v, ok := get[int64](q, name); ok {
		return lo.ToPtr(int(v))
	}
	return nil
}
