package sqlstore

import (
	"database/sql"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Row is one conversation as it is stored.
type Row struct {
	Org       tenant.ID
	UID       uuid.UUID
	Seq       int64
	StartedAt int64
	Platform  int64
	Handler   int64
	Sentiment int64
	Priority  int64
	Outcome   int64
	Reason    int64
	Escalated int64
	AIHandled int64
	CSAT      sql.NullInt64
	Topic     string
	Subtopic  sql.NullInt64
	Agent     sql.NullInt64
	Customer  sql.NullInt64
	Messages  int64
	// Cell is what the row counts, as an entry of the cell log.
	Cell    []byte
	Content []byte
	// Form is the new row as Bulk sends it, all but its number.
	Form []byte
}

// RowColumns are the columns of a row in the order of Row.Values.
const RowColumns = `org, uid, seq, started_at, platform, handler, sentiment, priority, outcome, reason, escalated, ai_handled, csat, topic, subtopic, agent, customer, messages, cell, content`

// Values are the row's columns as arguments of a statement.
func (r *Row) Values() []any {
	return []any{
		r.Org[:], r.UID[:], r.Seq, r.StartedAt, r.Platform, r.Handler, r.Sentiment, r.Priority, r.Outcome, r.Reason,
		r.Escalated, r.AIHandled, orNull(r.CSAT), r.Topic, orNull(r.Subtopic), orNull(r.Agent), orNull(r.Customer), r.Messages, r.Cell, r.Content,
	}
}

// orNull is a number as drivers take it without asking it for its value.
func orNull(n sql.NullInt64) any {
	if !n.Valid {
		return nil
	}
	return n.Int64
}

// counted is what the row counts.
func (r *Row) counted() (counted entry, err error) {
	err = decodeLog(r.Cell, nil, func(e entry) error {
		counted = e
		return nil
	})
	return counted, err
}

// rowOf is c as it is stored, without its place in the order of versions, and what it counts.
func (sp *space) rowOf(c *conversation.Conversation) (Row, entry, error) {
	var err error
	cell := metric.Contribution(c)
	uid := c.UID()
	r := Row{
		Org: sp.org, UID: uid, Seq: c.Seq, StartedAt: c.StartedAt.UnixMicro(),
		Platform:  mustCode(platformCodes, c.Platform, &err),
		Handler:   mustCode(handlerCodes, c.Findings.Handler, &err),
		Sentiment: mustCode(sentimentCodes, c.Sentiment(), &err),
		Priority:  mustCode(priorityCodes, c.Facts.Priority.Value, &err),
		Outcome:   mustCode(outcomeCodes, c.Findings.Outcome.Kind, &err),
		Reason:    mustCode(reasonCodes, c.Findings.Escalation.Primary, &err),
		Escalated: bit(c.Findings.Escalation.Escalated),
		AIHandled: bit(c.AIHandled()),
		Topic:     c.Facts.Topic.Value,
		Subtopic:  sp.fingerprint("subtopic", c.Facts.Subtopic),
		Agent:     sp.fingerprint("agent", c.Facts.AIAgentID),
		Customer:  sp.fingerprint("customer", c.Facts.CustomerID),
		Messages:  int64(len(c.Messages)),
	}
	if err != nil {
		return Row{}, entry{}, err
	}
	if c.Facts.Rating.OK() {
		r.CSAT = sql.NullInt64{Int64: int64(c.Facts.Rating.Value.Score), Valid: true}
	}
	counted := entry{bucket: cell.Key.Bucket.UnixMicro(), cellDims: dimsOf(cell.Key)}
	if counted.vector, err = cell.Values.AppendBinary(make([]byte, 0, 4*len(cell.Values))); err != nil {
		return Row{}, entry{}, err
	}
	r.Cell = appendEntry(make([]byte, 0, len(counted.vector)+len(counted.Topic)+roomForKey), counted)
	counted.vector = r.Cell[len(r.Cell)-len(counted.vector):]
	r.Content = sp.sealContent(c, uid)
	return r, counted, nil
}

// fingerprint is the stored form of a value that is only ever compared for being equal.
func (sp *space) fingerprint(purpose string, s conversation.Said[string]) sql.NullInt64 {
	if s.Value == "" {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: sp.token(purpose, s.Value), Valid: true}
}

func (sp *space) token(purpose, value string) int64 {
	t := sp.sealer.Token(purpose, value)
	return int64(binary.BigEndian.Uint64(t[:8]))
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// micros is the time of a stored number.
func micros(us int64) time.Time { return time.UnixMicro(us).UTC() }
