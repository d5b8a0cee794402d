package sqlstore

import (
	"fmt"
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// decoder reads what encoder wrote. After the first fault everything reads as zero and fault is set. Texts are slices
// of the one string the content was made into.
type decoder struct {
	rest   string
	base   int64
	stamps []conversation.Stamp
	room   []conversation.Message
	fault  bool
}

// decodeContent reads a conversation's content into c, whatever that held: a conversation is too large to be handed from
// one to the other. It refuses anything encodeContent cannot have written. The messages lie in room where that suffices.
func decodeContent(c *conversation.Conversation, content []byte, room []conversation.Message) error {
	*c = conversation.Conversation{}
	if len(content) == 0 || content[0] != contentVersion {
		return fmt.Errorf("content of an unknown version: %w", errContent)
	}
	d := &decoder{rest: string(content[1:]), room: room}
	for !d.fault {
		f := d.number()
		if d.fault {
			break
		}
		if f == fieldEnd {
			if d.rest != "" {
				break
			}
			return nil
		}
		if !d.field(c, f) {
			return fmt.Errorf("field %d, perhaps of a newer version: %w", f, errContent)
		}
	}
	return errContent
}

func (d *decoder) field(c *conversation.Conversation, f field) bool {
	switch f {
	case fieldKey:
		c.Platform = conversation.Platform(d.text())
		c.ID = d.text()
	case fieldTimes:
		d.base = d.signed()
		c.StartedAt = time.UnixMicro(d.base).UTC()
		c.EndedAt = d.time()
		c.ReceivedAt = d.time()
		c.UpdatedAt = d.time()
		c.Trust = conversation.Trust(d.signed())
	case fieldStamps:
		d.stamps = make([]conversation.Stamp, d.count(2))
		for i := range d.stamps {
			if d.stamps[i] = (conversation.Stamp{Trust: conversation.Trust(d.signed()), At: d.time()}); d.stamps[i].IsZero() {
				d.fail()
			}
		}
	case fieldMessages:
		c.Messages = d.messages()
	case fieldFindings:
		d.findings(&c.Findings)
	default:
		return d.fact(&c.Facts, f)
	}
	return true
}

func (d *decoder) fail() {
	d.fault = true
	d.rest = ""
}

func (d *decoder) number() uint64 {
	var v uint64
	for i := 0; i < len(d.rest) && i < 10; i++ {
		b := d.rest[i]
		if i == 9 && b > 1 {
			break
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.fail()
	return 0
}

func (d *decoder) signed() int64 {
	v := d.number()
	return int64(v>>1) ^ -int64(v&1)
}

// count reads a list's length and refuses one that the rest cannot hold, so that a damaged length costs no memory.
func (d *decoder) count(least int) int {
	n := d.number()
	if n > uint64(len(d.rest)/least) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count(1)
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) flag() bool {
	v := d.number()
	if v > 1 {
		d.fail()
	}
	return v == 1
}

func (d *decoder) time() time.Time {
	v := d.number()
	if v == 0 {
		return time.Time{}
	}
	v--
	return time.UnixMicro(d.base + (int64(v>>1) ^ -int64(v&1))).UTC()
}

func (d *decoder) real() float64 {
	if len(d.rest) < 8 {
		d.fail()
		return 0
	}
	var v uint64
	for i := range 8 {
		v |= uint64(d.rest[i]) << (8 * i)
	}
	d.rest = d.rest[8:]
	return math.Float64frombits(v)
}

func (d *decoder) optionalInt() *int64 {
	if !d.flag() {
		return nil
	}
	v := d.signed()
	return &v
}

func (d *decoder) optionalReal() *float64 {
	if !d.flag() {
		return nil
	}
	v := d.real()
	return &v
}

func (d *decoder) stamp() conversation.Stamp {
	place := d.number()
	if place == 0 {
		return conversation.Stamp{}
	}
	if place > uint64(len(d.stamps)) {
		d.fail()
		return conversation.Stamp{}
	}
	return d.stamps[place-1]
}

func heard[T any](d *decoder, s *conversation.Said[T], read func() T) {
	if s.Stamp = d.stamp(); s.Stamp.IsZero() {
		d.fail() // what nobody said is not written
	}
	s.Value = read()
}

func word[T ~string](d *decoder) func() T { return func() T { return T(d.text()) } }

func (d *decoder) fact(f *conversation.Facts, number field) bool {
	switch number {
	case factCustomer:
		heard(d, &f.CustomerID, d.text)
	case factAgent:
		heard(d, &f.AIAgentID, d.text)
	case factRating:
		heard(d, &f.Rating, d.rating)
	case factSentiment:
		heard(d, &f.Sentiment, word[conversation.Sentiment](d))
	case factEscalated:
		heard(d, &f.Escalated, d.flag)
	case factEscalationReason:
		heard(d, &f.EscalationReason, d.text)
	case factResolution:
		heard(d, &f.ResolutionSeconds, d.real)
	case factFirstContact:
		heard(d, &f.FirstContactResolution, d.flag)
	case factAIHandled:
		heard(d, &f.AIHandled, d.flag)
	case factTopic:
		heard(d, &f.Topic, d.text)
	case factSubtopic:
		heard(d, &f.Subtopic, d.text)
	case factPriority:
		heard(d, &f.Priority, word[conversation.Priority](d))
	case factCost:
		heard(d, &f.Cost, func() money.Micro { return money.Micro(d.signed()) })
	case factMetadata:
		heard(d, &f.Metadata, d.text)
	case factTags:
		heard(d, &f.Tags, func() []string { return words[string](d) })
	case factCreated:
		heard(d, &f.CreatedAt, d.time)
	case factClosed:
		heard(d, &f.ClosedAt, d.time)
	case factHandedOff:
		heard(d, &f.HandedOffAt, d.time)
	case factAIFailed:
		heard(d, &f.AIFailed, d.flag)
	case factOffered:
		heard(d, &f.Offered, d.flag)
	case factHandle:
		heard(d, &f.HandleSeconds, d.real)
	case factTokensIn:
		heard(d, &f.TokensIn, d.signed)
	case factTokensOut:
		heard(d, &f.TokensOut, d.signed)
	case factNextContact:
		heard(d, &f.NextContact, d.time)
	default:
		return false
	}
	return true
}

func (d *decoder) rating() conversation.Rating {
	return conversation.Rating{
		Score: int(d.signed()), Scale: conversation.Scale(d.text()), At: d.time(), Subject: conversation.Party(d.text()),
	}
}

// list reads a list's length, which leaves a nil list nil. The count is of entries of at least `least` bytes.
func list[T any](d *decoder, least int) []T {
	n := d.number()
	switch {
	case n == 0:
		return nil
	case n-1 > uint64(len(d.rest)/least):
		d.fail()
		return nil
	}
	return make([]T, n-1)
}

func words[T ~string](d *decoder) []T {
	out := list[T](d, 1)
	for i := range out {
		out[i] = T(d.text())
	}
	return out
}

func (d *decoder) messages() []conversation.Message {
	n := d.count(9)
	out := d.room[:min(n, cap(d.room))]
	if len(out) < n || out == nil {
		out = make([]conversation.Message, n)
	}
	for i := range out {
		m := &out[i]
		m.ID = d.text()
		m.Sender = conversation.Sender(d.text())
		m.SenderID = d.text()
		m.Content = d.text()
		m.At = d.time()
		m.Metadata = d.text()
		m.Order = d.time()
		m.Position = int(d.signed())
		m.Stamp = d.stamp()
	}
	return out
}

func (d *decoder) findings(f *conversation.Findings) {
	f.Handler = conversation.Handler(d.text())
	f.HandlerConflict = d.flag()
	f.Attribution = conversation.Party(d.text())
	f.LastTouch = conversation.Party(d.text())
	f.CustomerTurns = int(d.signed())
	f.FirstResponseSeconds = d.optionalInt()
	f.ResolutionSeconds = d.optionalInt()
	f.HandleSeconds = d.optionalInt()
	f.Escalation = conversation.EscalationFinding{
		Escalated: d.flag(), Declared: d.flag(), At: d.time(), Turn: int(d.signed()),
		Signals: words[conversation.Signal](d), Primary: conversation.Reason(d.text()),
		Secondary: words[conversation.Reason](d), UnmetRequest: d.flag(), FlagConflict: d.flag(), Evidence: d.evidence(),
		AnswersBefore: int(d.signed()),
	}
	f.Sentiment = conversation.SentimentFinding{
		Label: conversation.Sentiment(d.text()), Compound: d.optionalReal(), Last: d.optionalReal(),
		Frustration: int(d.signed()), Language: d.text(), LanguageSupported: d.flag(), Evidence: d.evidence(),
	}
	f.Outcome = conversation.OutcomeFinding{Kind: conversation.Outcome(d.text()), Evidence: d.evidence()}
	f.Failure = conversation.FailureFinding{Kinds: words[conversation.Failure](d), Question: d.text(), At: d.time()}
}

func (d *decoder) evidence() []conversation.Evidence {
	out := list[conversation.Evidence](d, 3)
	for i := range out {
		out[i] = conversation.Evidence{Signal: conversation.Signal(d.text()), Message: int(d.signed()), Words: d.text()}
	}
	return out
}
