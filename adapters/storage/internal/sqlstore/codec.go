package sqlstore

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// The content of a row is one conversation in a compact form of fields with numbers. A field's number and form are
// stored and never change; a new field takes a free number, and a reader refuses numbers it does not know, because a
// row written back without them would lose what a newer version said.
//
//	content := version { field payload } 0
//
// Numbers are varints, texts a length and bytes, times microseconds after StartedAt. Stamps stand once in a table and
// are named by their place in it: most of a conversation comes from few deliveries.
const contentVersion = 1

type field = uint64

// The fields. Facts hold a stamp's place and a value.
const (
	fieldEnd field = iota
	fieldKey
	fieldTimes
	fieldStamps
	fieldMessages
	fieldFindings
	_
	_
	_
	_
	factCustomer // 10
	factAgent
	factRating
	factSentiment
	factEscalated
	factEscalationReason
	factResolution
	factFirstContact
	factAIHandled
	factTopic
	factSubtopic // 20
	factPriority
	factCost
	factMetadata
	factTags
	factCreated
	factClosed
	factHandedOff
	factAIFailed
	factOffered
	factHandle // 30
	factTokensIn
	factTokensOut
	factNextContact
)

var errContent = errors.New("not a stored conversation")

// encoder appends to buf. Times are written relative to base.
type encoder struct {
	buf    []byte
	base   int64
	stamps []conversation.Stamp
}

// encodeContent appends c without what the row itself holds: the organisation and Seq.
func encodeContent(buf []byte, c *conversation.Conversation) []byte {
	e := &encoder{buf: buf, base: c.StartedAt.UnixMicro()}
	e.buf = append(e.buf, contentVersion)
	e.number(fieldKey)
	e.text(string(c.Platform))
	e.text(c.ID)
	e.number(fieldTimes)
	e.signed(e.base)
	e.time(c.EndedAt)
	e.time(c.ReceivedAt)
	e.time(c.UpdatedAt)
	e.signed(int64(c.Trust))
	e.stampTable(c)
	e.facts(&c.Facts)
	e.messages(c.Messages)
	e.findings(&c.Findings)
	e.number(fieldEnd)
	return e.buf
}

func (e *encoder) number(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) signed(v int64)  { e.buf = binary.AppendVarint(e.buf, v) }

func (e *encoder) text(s string) {
	e.number(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) flag(b bool) {
	if b {
		e.buf = append(e.buf, 1)
	} else {
		e.buf = append(e.buf, 0)
	}
}

// time keeps the zero time apart from every real one.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.number(0)
		return
	}
	d := t.UnixMicro() - e.base
	e.number((uint64(d)<<1 ^ uint64(d>>63)) + 1)
}

func (e *encoder) real(x float64) {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(x))
}

func (e *encoder) optionalInt(p *int64) {
	e.flag(p != nil)
	if p != nil {
		e.signed(*p)
	}
}

func (e *encoder) optionalReal(p *float64) {
	e.flag(p != nil)
	if p != nil {
		e.real(*p)
	}
}

// size writes a list's length such that a nil list stays nil.
func (e *encoder) size(n int, isNil bool) bool {
	if isNil {
		e.number(0)
		return false
	}
	e.number(uint64(n) + 1)
	return n > 0
}

func (e *encoder) stampTable(c *conversation.Conversation) {
	visitStamps(&c.Facts, e.note)
	for i := range c.Messages {
		e.note(c.Messages[i].Stamp)
	}
	e.number(fieldStamps)
	e.number(uint64(len(e.stamps)))
	for _, s := range e.stamps {
		e.signed(int64(s.Trust))
		e.time(s.At)
	}
}

func (e *encoder) note(s conversation.Stamp) {
	if !s.IsZero() && e.place(s) == 0 {
		e.stamps = append(e.stamps, s)
	}
}

// place is the stamp's place in the table from 1; 0 is the zero stamp. Newer stamps are met more often.
func (e *encoder) place(s conversation.Stamp) uint64 {
	for i := len(e.stamps) - 1; i >= 0; i-- {
		if e.stamps[i].Trust == s.Trust && e.stamps[i].At.Equal(s.At) {
			return uint64(i) + 1
		}
	}
	return 0
}

func said[T any](e *encoder, f field, s *conversation.Said[T], write func(T)) {
	if !s.OK() {
		return
	}
	e.number(f)
	e.number(e.place(s.Stamp))
	write(s.Value)
}

func (e *encoder) facts(f *conversation.Facts) {
	said(e, factCustomer, &f.CustomerID, e.text)
	said(e, factAgent, &f.AIAgentID, e.text)
	said(e, factRating, &f.Rating, e.rating)
	said(e, factSentiment, &f.Sentiment, func(s conversation.Sentiment) { e.text(string(s)) })
	said(e, factEscalated, &f.Escalated, e.flag)
	said(e, factEscalationReason, &f.EscalationReason, e.text)
	said(e, factResolution, &f.ResolutionSeconds, e.real)
	said(e, factFirstContact, &f.FirstContactResolution, e.flag)
	said(e, factAIHandled, &f.AIHandled, e.flag)
	said(e, factTopic, &f.Topic, e.text)
	said(e, factSubtopic, &f.Subtopic, e.text)
	said(e, factPriority, &f.Priority, func(p conversation.Priority) { e.text(string(p)) })
	said(e, factCost, &f.Cost, func(m money.Micro) { e.signed(int64(m)) })
	said(e, factMetadata, &f.Metadata, e.text)
	said(e, factTags, &f.Tags, func(tags []string) { texts(e, tags) })
	said(e, factCreated, &f.CreatedAt, e.time)
	said(e, factClosed, &f.ClosedAt, e.time)
	said(e, factHandedOff, &f.HandedOffAt, e.time)
	said(e, factAIFailed, &f.AIFailed, e.flag)
	said(e, factOffered, &f.Offered, e.flag)
	said(e, factHandle, &f.HandleSeconds, e.real)
	said(e, factTokensIn, &f.TokensIn, e.signed)
	said(e, factTokensOut, &f.TokensOut, e.signed)
	said(e, factNextContact, &f.NextContact, e.time)
}

func (e *encoder) rating(r conversation.Rating) {
	e.signed(int64(r.Score))
	e.text(string(r.Scale))
	e.time(r.At)
	e.text(string(r.Subject))
}

func texts[T ~string](e *encoder, list []T) {
	e.size(len(list), list == nil)
	for _, s := range list {
		e.text(string(s))
	}
}

func (e *encoder) messages(list []conversation.Message) {
	if list == nil {
		return
	}
	e.number(fieldMessages)
	e.number(uint64(len(list)))
	for i := range list {
		m := &list[i]
		e.text(m.ID)
		e.text(string(m.Sender))
		e.text(m.SenderID)
		e.text(m.Content)
		e.time(m.At)
		e.text(m.Metadata)
		e.time(m.Order)
		e.signed(int64(m.Position))
		e.number(e.place(m.Stamp))
	}
}

func (e *encoder) findings(f *conversation.Findings) {
	e.number(fieldFindings)
	e.text(string(f.Handler))
	e.flag(f.HandlerConflict)
	e.text(string(f.Attribution))
	e.text(string(f.LastTouch))
	e.signed(int64(f.CustomerTurns))
	e.optionalInt(f.FirstResponseSeconds)
	e.optionalInt(f.ResolutionSeconds)
	e.optionalInt(f.HandleSeconds)
	esc := &f.Escalation
	e.flag(esc.Escalated)
	e.flag(esc.Declared)
	e.time(esc.At)
	e.signed(int64(esc.Turn))
	texts(e, esc.Signals)
	e.text(string(esc.Primary))
	texts(e, esc.Secondary)
	e.flag(esc.UnmetRequest)
	e.flag(esc.FlagConflict)
	e.evidence(esc.Evidence)
	e.signed(int64(esc.AnswersBefore))
	sen := &f.Sentiment
	e.text(string(sen.Label))
	e.optionalReal(sen.Compound)
	e.optionalReal(sen.Last)
	e.signed(int64(sen.Frustration))
	e.text(sen.Language)
	e.flag(sen.LanguageSupported)
	e.evidence(sen.Evidence)
	e.text(string(f.Outcome.Kind))
	e.evidence(f.Outcome.Evidence)
	texts(e, f.Failure.Kinds)
	e.text(f.Failure.Question)
	e.time(f.Failure.At)
}

func (e *encoder) evidence(list []conversation.Evidence) {
	e.size(len(list), list == nil)
	for i := range list {
		e.text(string(list[i].Signal))
		e.signed(int64(list[i].Message))
		e.text(list[i].Words)
	}
}

// visitStamps calls note with the stamp of every fact.
func visitStamps(f *conversation.Facts, note func(conversation.Stamp)) {
	for _, s := range [...]conversation.Stamp{
		f.CustomerID.Stamp, f.AIAgentID.Stamp, f.Rating.Stamp, f.Sentiment.Stamp, f.Escalated.Stamp,
		f.EscalationReason.Stamp, f.ResolutionSeconds.Stamp, f.FirstContactResolution.Stamp, f.AIHandled.Stamp,
		f.Topic.Stamp, f.Subtopic.Stamp, f.Priority.Stamp, f.Cost.Stamp, f.Metadata.Stamp, f.Tags.Stamp,
		f.CreatedAt.Stamp, f.ClosedAt.Stamp, f.HandedOffAt.Stamp, f.AIFailed.Stamp, f.Offered.Stamp,
		f.HandleSeconds.Stamp, f.TokensIn.Stamp, f.TokensOut.Stamp, f.NextContact.Stamp,
	} {
		note(s)
	}
}
