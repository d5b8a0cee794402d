package httpapi

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/samber/lo"

	sheet "github.com/csm-monitor/csm-monitor/adapters/report"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// writeWithin is how long a client of a stream may take to accept a piece of it.
const writeWithin = 30 * time.Second

// exportConversations streams all that match, without a ceiling. Each row carries the cursor to go on after it.
func (c *call) exportConversations() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	filters := q.filters()
	format := or(q, "format", "ndjson")
	delete(filters, "format")
	picked := q.conversations(filters)
	picked.Total, picked.Limit, picked.Offset = false, 0, 0
	if cursor, ok := get[string](q, "cursor"); ok && len(q.faults) == 0 {
		if picked.After, err = c.api.readCursor(c.who.org, filters, cursor); err != nil {
			return err
		}
	}
	if err := q.check(); err != nil {
		return err
	}
	rows, err := c.api.Monitor.Export(c.r.Context(), c.who.org, picked)
	if err != nil {
		return err
	}
	control := http.NewResponseController(c.w)
	write, flush := exporter(c.w, format)
	n := 0
	for v, err := range rows {
		if err != nil {
			return c.broken(n, err)
		}
		if n == 0 {
			c.exportHeader(format)
		}
		n++
		position := conversation.Position{StartedAt: v.StartedAt, UID: v.UID()}
		if n%100 == 1 {
			_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
		}
		if err := write(wire.ExportedConversation{Conversation: showConversation(&v), Cursor: c.api.cursor(c.who.org, filters, position)}); err != nil {
			return ignoreWrite(err)
		}
	}
	if n == 0 {
		c.exportHeader(format)
	}
	return ignoreWrite(flush())
}

func (c *call) exportHeader(format string) {
	h := c.w.Header()
	h.Set("Content-Type", lo.Ternary(format == "csv", "text/csv; charset=utf-8; header=present", ndjsonType))
	h.Set("Content-Disposition", `attachment; filename="conversations.`+format+`"`)
}

// broken ends a stream. Once rows were sent no status can be: the connection is cut, so that a half export does not look
// like a whole one.
func (c *call) broken(sent int, err error) error {
	if sent == 0 {
		return err
	}
	if !left(c.r, err) {
		c.api.Logger.Error("a stream broke off", "request_id", c.w.id, "error", err)
	}
	panic(http.ErrAbortHandler)
}

// exporter writes rows in a format.
func exporter(w io.Writer, format string) (write func(wire.ExportedConversation) error, flush func() error) {
	if format != "csv" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return func(v wire.ExportedConversation) error { return encoder.Encode(v) }, func() error { return nil }
	}
	out := csv.NewWriter(w)
	first := true
	return func(v wire.ExportedConversation) error {
			if first {
				first = false
				if err := out.Write(exportColumns()); err != nil {
					return err
				}
			}
			return out.Write(exportRow(v))
		}, func() error {
			if first {
				if err := out.Write(exportColumns()); err != nil {
					return err
				}
			}
			out.Flush()
			return out.Error()
		}
}

func exportColumns() []string {
	return []string{
		"id", "conversation_id", "platform", "customer_id", "ai_agent_id", "started_at", "ended_at", "handler", "topic", "subtopic",
		"priority", "csat_score", "sentiment", "escalated", "escalation_reason", "outcome", "ai_handled", "first_contact_resolution",
		"resolution_time_seconds", "handle_time_seconds", "cost_usd", "tags", "messages", "transcript", "cursor",
	}
}

// exportRow is one conversation as cells: numbers and times as they are, all that people wrote made safe.
func exportRow(v wire.ExportedConversation) []string {
	text := func(s *string) string { return sheet.Cell(lo.FromPtr(s)) }
	number := func(n wire.Number) string { return string(n) }
	yes := func(b *bool) string {
		if b == nil {
			return ""
		}
		return strconv.FormatBool(*b)
	}
	score := ""
	if v.CSATScore != nil {
		score = strconv.Itoa(*v.CSATScore)
	}
	transcript := strings.Join(lo.Map(v.Messages, func(m wire.Message, _ int) string { return m.SenderType + ": " + m.Content }), "\n")
	return []string{
		v.ID, sheet.Cell(v.ConversationID), v.Platform, text(v.CustomerID), text(v.AIAgentID), v.StartedAt.Format(time.RFC3339Nano),
		v.EndedAt.Format(time.RFC3339Nano), v.Handler, text(v.Topic), text(v.Subtopic), lo.FromPtr(v.Priority), score, lo.FromPtr(v.Sentiment),
		strconv.FormatBool(v.Escalated), text(v.EscalationReason), lo.FromPtr(v.Findings.Outcome.Kind), strconv.FormatBool(v.AIHandled),
		yes(v.FirstContactResolution), number(v.ResolutionTimeSeconds), number(v.HandleTimeSeconds), number(v.CostUSD),
		sheet.Cell(strings.Join(v.Tags, " ")), strconv.Itoa(len(v.Messages)), sheet.Cell(transcript), v.Cursor,
	}
}
