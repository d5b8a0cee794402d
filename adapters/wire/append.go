package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the answer as encoding/json writes it, characters of HTML unescaped. Every conversation that comes
// in one by one is answered so, and reflection would take a good part of the time that takes.
func (a *ConversationAnswer) AppendJSON(to []byte) ([]byte, error) {
	o := object{b: to}
	o.begin()
	o.flag("success", a.Success)
	o.conversation("conversation", &a.Conversation)
	if a.Effect != "" {
		o.text("effect", a.Effect)
	}
	if len(a.Warnings) > 0 {
		o.other("warnings", a.Warnings)
	}
	o.end()
	return o.b, o.err
}

func (o *object) conversation(name string, c *Conversation) {
	o.name(name)
	o.begin()
	o.text("id", c.ID)
	o.text("conversation_id", c.ConversationID)
	o.text("platform", c.Platform)
	o.word("customer_id", c.CustomerID)
	o.word("ai_agent_id", c.AIAgentID)
	list(o, "messages", c.Messages, (*object).message)
	o.whole("csat_score", c.CSATScore)
	o.word("sentiment", c.Sentiment)
	o.word("sentiment_source", c.SentimentSource)
	o.flag("escalated", c.Escalated)
	o.text("escalated_source", c.EscalatedSource)
	o.word("escalation_reason", c.EscalationReason)
	o.number("resolution_time_seconds", c.ResolutionTimeSeconds)
	o.maybe("first_contact_resolution", c.FirstContactResolution)
	o.flag("ai_handled", c.AIHandled)
	o.text("ai_handled_source", c.AIHandledSource)
	o.word("topic", c.Topic)
	o.word("subtopic", c.Subtopic)
	o.word("priority", c.Priority)
	o.number("cost_usd", c.CostUSD)
	o.raw("metadata", c.Metadata)
	o.words("tags", c.Tags)
	o.time("created_at", c.CreatedAt)
	o.time("closed_at", c.ClosedAt)
	o.time("rated_at", c.RatedAt)
	o.time("handed_off_at", c.HandedOffAt)
	o.maybe("survey_offered", c.SurveyOffered)
	o.number("handle_time_seconds", c.HandleTimeSeconds)
	o.long("input_tokens", c.InputTokens)
	o.long("output_tokens", c.OutputTokens)
	o.text("handler", c.Handler)
	o.time("started_at", &c.StartedAt)
	o.time("ended_at", &c.EndedAt)
	o.time("received_at", &c.ReceivedAt)
	o.time("updated_at", &c.UpdatedAt)
	o.text("trust", c.Trust)
	o.findings("findings", &c.Findings)
	o.end()
}

func (o *object) message(m *Message) {
	o.text("sender_type", m.SenderType)
	o.text("content", m.Content)
	o.time("timestamp", m.Timestamp)
	o.word("sender_id", m.SenderID)
	o.word("message_id", m.MessageID)
	o.raw("metadata", m.Metadata)
}

func (o *object) findings(name string, f *Findings) {
	o.name(name)
	o.begin()
	o.flag("handler_conflict", f.HandlerConflict)
	o.word("attribution", f.Attribution)
	o.word("last_touch", f.LastTouch)
	o.whole("customer_turns", &f.CustomerTurns)
	o.long("first_response_seconds", f.FirstResponseSeconds)
	o.long("resolution_seconds", f.ResolutionSeconds)
	o.long("handle_seconds", f.HandleSeconds)

	o.name("escalation")
	o.begin()
	e := &f.Escalation
	o.flag("escalated", e.Escalated)
	o.time("at", e.At)
	o.whole("turn", e.Turn)
	o.word("reason", e.Reason)
	o.words("secondary_reasons", e.Secondary)
	o.words("signals", e.Signals)
	o.flag("unmet_request", e.UnmetRequest)
	o.flag("flag_conflict", e.FlagConflict)
	list(o, "evidence", e.Evidence, (*object).evidence)
	o.end()

	o.name("sentiment")
	o.begin()
	s := &f.Sentiment
	o.word("label", s.Label)
	o.real("compound", s.Compound)
	o.whole("frustration", &s.Frustration)
	o.word("language", s.Language)
	o.flag("language_supported", s.LanguageSupported)
	list(o, "evidence", s.Evidence, (*object).evidence)
	o.end()

	o.name("outcome")
	o.begin()
	o.word("kind", f.Outcome.Kind)
	list(o, "evidence", f.Outcome.Evidence, (*object).evidence)
	o.end()

	if q := f.FailedQuestion; q == nil {
		o.null("failed_question")
	} else {
		o.name("failed_question")
		o.begin()
		o.word("question", q.Question)
		o.words("kinds", q.Kinds)
		o.time("asked_at", q.AskedAt)
		o.end()
	}
	o.end()
}

func (o *object) evidence(e *Evidence) {
	o.text("signal", e.Signal)
	o.whole("message", e.Message)
	o.text("words", e.Words)
}

// object appends the members of JSON objects. The first error stays.
type object struct {
	b   []byte
	err error
}

func (o *object) begin() { o.b = append(o.b, '{') }
func (o *object) end()   { o.b = append(o.b, '}') }

func (o *object) name(name string) {
	if last := o.b[len(o.b)-1]; last != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) null(name string) {
	o.name(name)
	o.b = append(o.b, "null"...)
}

func (o *object) text(name, v string) {
	o.name(name)
	o.quote(v)
}

func (o *object) word(name string, v *string) {
	if v == nil {
		o.null(name)
		return
	}
	o.text(name, *v)
}

func (o *object) flag(name string, v bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) maybe(name string, v *bool) {
	if v == nil {
		o.null(name)
		return
	}
	o.flag(name, *v)
}

func (o *object) whole(name string, v *int) {
	if v == nil {
		o.null(name)
		return
	}
	n := int64(*v)
	o.long(name, &n)
}

func (o *object) long(name string, v *int64) {
	if v == nil {
		o.null(name)
		return
	}
	o.name(name)
	o.b = strconv.AppendInt(o.b, *v, 10)
}

// real appends a number. One that encoding/json writes with an exponent is left to it.
func (o *object) real(name string, v *float64) {
	if v == nil {
		o.null(name)
		return
	}
	o.name(name)
	if size := math.Abs(*v); size != 0 && !(size >= 1e-6 && size < 1e21) {
		o.encode(*v)
		return
	}
	o.b = strconv.AppendFloat(o.b, *v, 'f', -1, 64)
}

func (o *object) number(name string, v Number) {
	if v == "" {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, v...)
}

func (o *object) time(name string, v *time.Time) {
	if v == nil {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '"')
	o.b = v.AppendFormat(o.b, time.RFC3339Nano)
	o.b = append(o.b, '"')
}

func (o *object) raw(name string, v json.RawMessage) {
	if v == nil {
		o.null(name)
		return
	}
	o.other(name, v)
}

func (o *object) words(name string, v []string) {
	if v == nil {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '[')
	for i, w := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.quote(w)
	}
	o.b = append(o.b, ']')
}

// list appends objects; a nil list is null.
func list[T any](o *object, name string, v []T, members func(*object, *T)) {
	if v == nil {
		o.null(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '[')
	for i := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.begin()
		members(o, &v[i])
		o.end()
	}
	o.b = append(o.b, ']')
}

// What a byte says of the text it is in.
const (
	escaped = 1 << iota // it needs an escape
	unicode             // it may, or be no UTF-8
)

var bytesOf = func() (says [256]uint8) {
	for b := range says {
		switch {
		case b < ' ' || b == '"' || b == '\\' || b == 0x7f:
			says[b] = escaped
		case b >= utf8.RuneSelf:
			says[b] = unicode
		}
	}
	return says
}()

// quote appends a text. What needs escapes is left to encoding/json.
func (o *object) quote(v string) {
	found := uint8(0)
	for i := range len(v) {
		found |= bytesOf[v[i]]
	}
	if found&escaped != 0 || found&unicode != 0 &&
		(!utf8.ValidString(v) || strings.Contains(v, "\u2028") || strings.Contains(v, "\u2029")) { // ends of lines in JavaScript
		o.encode(v)
		return
	}
	o.b = append(append(append(o.b, '"'), v...), '"')
}

// other appends a member that encoding/json writes.
func (o *object) other(name string, v any) {
	o.name(name)
	o.encode(v)
}

func (o *object) encode(v any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil && o.err == nil {
		o.err = err
	}
	o.b = append(o.b, bytes.TrimSuffix(out.Bytes(), []byte{'\n'})...)
}
