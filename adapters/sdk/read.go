package sdk

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// Window says which conversations a metrics read is about. The zero value takes the read's own window, which ends now.
type Window struct {
	// Hours is the length of a window that ends now. Start and End, inclusive and exclusive, take its place.
	Hours      float64
	Start, End time.Time
	// TimeZone is an IANA name; empty is the organisation's.
	TimeZone string
	// Nil fields do not filter.
	Platform, Topic, AIAgentID, Priority *string
}

func (w Window) query() url.Values {
	q := query{}
	if w.Hours != 0 {
		q.set("time_range", strconv.FormatFloat(w.Hours, 'f', -1, 64))
	}
	q.time("start", w.Start)
	q.time("end", w.End)
	q.word("time_zone", w.TimeZone)
	q.text("platform", w.Platform)
	q.text("topic", w.Topic)
	q.text("ai_agent_id", w.AIAgentID)
	q.text("priority", w.Priority)
	return url.Values(q)
}

// Dashboard reads the headline figures.
func (c *Client) Dashboard(ctx context.Context, w Window) (wire.Dashboard, error) {
	return get[wire.Dashboard](ctx, c, "/api/v1/cs-metrics/dashboard", w.query())
}

// CSATTrends reads customer satisfaction by day.
func (c *Client) CSATTrends(ctx context.Context, w Window) (wire.CSATTrends, error) {
	return get[wire.CSATTrends](ctx, c, "/api/v1/cs-metrics/csat-trends", w.query())
}

// EscalationPatterns reads which topics reach a human, and why.
func (c *Client) EscalationPatterns(ctx context.Context, w Window) (wire.EscalationPatterns, error) {
	return get[wire.EscalationPatterns](ctx, c, "/api/v1/cs-metrics/escalation-patterns", w.query())
}

// CostAnalysis reads what the AI cost and what it saved.
func (c *Client) CostAnalysis(ctx context.Context, w Window) (wire.CostAnalysis, error) {
	return get[wire.CostAnalysis](ctx, c, "/api/v1/cs-metrics/cost-analysis", w.query())
}

// Filter picks conversations. Nil and zero fields do not filter.
type Filter struct {
	Platform, Topic, AIAgentID, Priority, Sentiment *string
	Escalated, AIHandled                            *bool
	CSATMin, CSATMax                                *int
	// Start is inclusive, End exclusive.
	Start, End time.Time
	// Search holds words that must all occur in the messages.
	Search string
	// Limit is the size of a page, at most 500; 0 takes 50.
	Limit int
	// Cursor is next_cursor of the page before; Offset skips rows instead, at most 100,000.
	Cursor string
	Offset int
}

func (f Filter) query() url.Values {
	q := query{}
	q.text("platform", f.Platform)
	q.text("topic", f.Topic)
	q.text("ai_agent_id", f.AIAgentID)
	q.text("priority", f.Priority)
	q.text("sentiment", f.Sentiment)
	q.flag("escalated", f.Escalated)
	q.flag("ai_handled", f.AIHandled)
	q.whole("csat_min", f.CSATMin)
	q.whole("csat_max", f.CSATMax)
	q.time("start_date", f.Start)
	q.time("end_date", f.End)
	q.word("search", f.Search)
	q.word("cursor", f.Cursor)
	if f.Limit != 0 {
		q.set("limit", strconv.Itoa(f.Limit))
	}
	if f.Offset != 0 {
		q.set("offset", strconv.Itoa(f.Offset))
	}
	return url.Values(q)
}

// Conversations reads one page, newest first.
func (c *Client) Conversations(ctx context.Context, f Filter) (wire.ConversationList, error) {
	return get[wire.ConversationList](ctx, c, conversationsPath, f.query())
}

// Each reads page after page. An error ends the sequence.
func (c *Client) Each(ctx context.Context, f Filter) iter.Seq2[wire.Conversation, error] {
	return func(yield func(wire.Conversation, error) bool) {
		for {
			page, err := c.Conversations(ctx, f)
			if err != nil {
				yield(wire.Conversation{}, err)
				return
			}
			for _, conversation := range page.Conversations {
				if !yield(conversation, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			f.Cursor, f.Offset = *page.NextCursor, 0
		}
	}
}

// Conversation reads one conversation by its UUID; the error is ErrNotFound when there is none.
func (c *Client) Conversation(ctx context.Context, id string) (wire.ConversationAnswer, error) {
	return get[wire.ConversationAnswer](ctx, c, conversationsPath+"/"+url.PathEscape(id), nil)
}

// GapFilter picks knowledge gaps. Nil and zero fields take the server's defaults.
type GapFilter struct {
	Resolved *bool
	Topic    *string
	// MinOccurrences is how often a question must have come up, 2 unless said otherwise.
	MinOccurrences int
	// Limit is at most 100; 0 takes 20.
	Limit int
}

// KnowledgeGaps reads the questions that the AI fails on, the dearest first.
func (c *Client) KnowledgeGaps(ctx context.Context, f GapFilter) (wire.KnowledgeGaps, error) {
	q := query{}
	q.flag("resolved", f.Resolved)
	q.text("topic", f.Topic)
	if f.MinOccurrences != 0 {
		q.set("min_occurrences", strconv.Itoa(f.MinOccurrences))
	}
	if f.Limit != 0 {
		q.set("limit", strconv.Itoa(f.Limit))
	}
	return get[wire.KnowledgeGaps](ctx, c, conversationsPath+"/knowledge-gaps", url.Values(q))
}

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	return call[T](ctx, c, request{method: http.MethodGet, path: path, query: q}, nil)
}

// query collects parameters and leaves out what was not given.
type query url.Values

func (q query) set(name, value string) { q[name] = []string{value} }

func (q query) word(name, value string) {
	if value != "" {
		q.set(name, value)
	}
}

func (q query) text(name string, value *string) {
	if value != nil {
		q.set(name, *value)
	}
}

func (q query) flag(name string, value *bool) {
	if value != nil {
		q.set(name, strconv.FormatBool(*value))
	}
}

func (q query) whole(name string, value *int) {
	if value != nil {
		q.set(name, strconv.Itoa(*value))
	}
}

func (q query) time(name string, value time.Time) {
	if !value.IsZero() {
		q.set(name, value.UTC().Format(time.RFC3339Nano))
	}
}
