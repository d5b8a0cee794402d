package conversation

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/samber/lo"
)

// Fault is one thing wrong with a request.
type Fault struct {
	// Field is a JSON pointer to what is wrong, such as /messages/3/content.
	Field string
	// Message says what was expected.
	Message string
}

// MaxFaults is how many faults of one request are told: a small body can have very many.
const MaxFaults = 100

// Invalid lists everything wrong with a conversation or a query, up to MaxFaults, so that the sender can mend it in one go.
type Invalid struct{ Faults []Fault }

// Error names each field and what was expected of it.
func (e *Invalid) Error() string {
	return "invalid: " + strings.Join(lo.Map(e.Faults, func(f Fault, _ int) string { return f.Field + " " + f.Message }), "; ")
}

// Add notes one more fault, unless there are enough.
func (e *Invalid) Add(field, message string) {
	if len(e.Faults) < MaxFaults {
		e.Faults = append(e.Faults, Fault{Field: field, Message: message})
	}
}

// OrNil is the error when there are faults, else nil.
func (e *Invalid) OrNil() error {
	if e == nil || len(e.Faults) == 0 {
		return nil
	}
	return e
}

// The bounds of what is taken in. Bytes are of UTF-8.
const (
	MaxIDBytes       = 255
	MaxLabelBytes    = 255 // topic, subtopic, a tag
	MaxReasonBytes   = 2000
	MaxContentBytes  = 256 << 10
	MaxMessages      = 5000
	MaxTags          = 100
	MaxMetadataBytes = 64 << 10
	MaxSeconds       = 3.2e9
	MaxCostMicro     = 1_000_000 * 1_000_000
	MaxTokens        = 1_000_000_000_000
	// MaxMessagesBytes is how much all the messages of a conversation may be, contents, metadata and identifiers.
	MaxMessagesBytes = 4 << 20
)

// MinTime is the earliest time accepted; the latest is a day after now.
var MinTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Validate checks every field of the patch against the rules of the API and returns *Invalid with every fault at once.
func (p *Patch) Validate(now time.Time) error {
	v := &validator{latest: now.Add(24 * time.Hour)}
	v.id("/conversation_id", p.Key.ID, true)
	if known := Platforms(); !slices.Contains(known, p.Key.Platform) {
		v.fault("/platform", oneOf(known))
	}
	v.facts(&p.Facts)
	if len(p.Messages) > MaxMessages {
		v.fault("/messages", fmt.Sprintf("must have at most %d items", MaxMessages))
	}
	for i := range p.Messages {
		v.in, v.item = "/messages/", i
		v.message(&p.Messages[i])
	}
	return v.OrNil()
}

// Validate checks what no single patch shows, how many messages there are in all and how long they are, and returns
// *Invalid. All of a conversation is read whenever a part of it comes.
func (c *Conversation) Validate() error {
	var v Invalid
	if n := len(c.Messages); n > MaxMessages {
		v.Add("/messages", fmt.Sprintf("would make %d messages in all; a conversation holds at most %d", n, MaxMessages))
	}
	size := 0
	for i := range c.Messages {
		m := &c.Messages[i]
		size += len(m.Content) + len(m.Metadata) + len(m.ID) + len(m.SenderID)
	}
	if size > MaxMessagesBytes {
		v.Add("/messages", fmt.Sprintf("would make %d bytes in all; the messages of a conversation have at most %d", size, MaxMessagesBytes))
	}
	return v.OrNil()
}

type validator struct {
	Invalid
	latest time.Time
	// in is the list whose item is checked, such as "/messages/", or empty.
	in   string
	item int
}

// fault notes a fault of the item that is checked.
func (v *validator) fault(field, message string) {
	if v.in != "" {
		field = v.in + strconv.Itoa(v.item) + field
	}
	v.Add(field, message)
}

func (v *validator) facts(f *Facts) {
	v.said("/customer_id", f.CustomerID)
	v.said("/ai_agent_id", f.AIAgentID)
	if r := f.Rating; r.OK() && (r.Value.Score < 1 || r.Value.Score > 5) {
		v.fault("/csat_score", "must be a whole number from 1 to 5")
	}
	if f.Rating.OK() && !f.Rating.Value.At.IsZero() {
		v.time("/rated_at", f.Rating.Value.At)
	}
	if f.Sentiment.OK() {
		if known := Sentiments(); !slices.Contains(known, f.Sentiment.Value) {
			v.fault("/sentiment", oneOf(known))
		}
	}
	if f.Priority.OK() {
		if known := Priorities(); !slices.Contains(known, f.Priority.Value) {
			v.fault("/priority", oneOf(known))
		}
	}
	v.text("/escalation_reason", f.EscalationReason.Value, MaxReasonBytes)
	v.text("/topic", f.Topic.Value, MaxLabelBytes)
	v.text("/subtopic", f.Subtopic.Value, MaxLabelBytes)
	v.seconds("/resolution_time_seconds", f.ResolutionSeconds)
	v.seconds("/handle_time_seconds", f.HandleSeconds)
	if c := f.Cost.Value; c < 0 || c > MaxCostMicro {
		v.fault("/cost_usd", "must be from 0 to 1000000")
	}
	v.count("/input_tokens", f.TokensIn)
	v.count("/output_tokens", f.TokensOut)
	if len(f.Metadata.Value) > MaxMetadataBytes {
		v.fault("/metadata", fmt.Sprintf("must be at most %d bytes", MaxMetadataBytes))
	}
	if len(f.Tags.Value) > MaxTags {
		v.fault("/tags", fmt.Sprintf("must have at most %d items", MaxTags))
	}
	for i, tag := range f.Tags.Value {
		v.in, v.item = "/tags/", i
		v.text("", tag, MaxLabelBytes)
	}
	v.in = ""
	for _, t := range []struct {
		field string
		said  Said[time.Time]
	}{{"/created_at", f.CreatedAt}, {"/closed_at", f.ClosedAt}, {"/handed_off_at", f.HandedOffAt}} {
		if t.said.OK() {
			v.time(t.field, t.said.Value)
		}
	}
}

func (v *validator) message(m *Message) {
	if known := Senders(); !slices.Contains(known, m.Sender) {
		v.fault("/sender_type", oneOf(known))
	}
	v.text("/content", m.Content, MaxContentBytes)
	v.id("/message_id", m.ID, false)
	v.id("/sender_id", m.SenderID, false)
	if !m.At.IsZero() {
		v.time("/timestamp", m.At)
	}
	if len(m.Metadata) > MaxMetadataBytes {
		v.fault("/metadata", fmt.Sprintf("must be at most %d bytes", MaxMetadataBytes))
	}
}

func (v *validator) said(field string, s Said[string]) {
	if s.OK() {
		v.id(field, s.Value, true)
	}
}

func (v *validator) id(field, s string, required bool) {
	switch {
	case s == "" && required:
		v.fault(field, fmt.Sprintf("must be 1 to %d bytes", MaxIDBytes))
	case len(s) > MaxIDBytes:
		v.fault(field, fmt.Sprintf("must be 1 to %d bytes", MaxIDBytes))
	case strings.ContainsRune(s, 0):
		v.fault(field, "must not contain the NUL character")
	case !utf8.ValidString(s):
		v.fault(field, "must be valid UTF-8")
	}
}

func (v *validator) text(field, s string, limit int) {
	switch {
	case len(s) > limit:
		v.fault(field, fmt.Sprintf("must be at most %d bytes", limit))
	case strings.ContainsRune(s, 0):
		v.fault(field, "must not contain the NUL character")
	case !utf8.ValidString(s):
		v.fault(field, "must be valid UTF-8")
	}
}

func (v *validator) seconds(field string, s Said[float64]) {
	if x := s.Value; math.IsNaN(x) || x < 0 || x > MaxSeconds {
		v.fault(field, "must be from 0 to 3200000000 seconds")
	}
}

func (v *validator) count(field string, s Said[int64]) {
	if s.Value < 0 || s.Value > MaxTokens {
		v.fault(field, "must be from 0 to 1000000000000")
	}
}

func (v *validator) time(field string, t time.Time) {
	if t.Before(MinTime) || t.After(v.latest) {
		v.fault(field, "must be between 2000-01-01 and one day from now")
	}
}

func oneOf[T ~string](known []T) string {
	return "must be one of " + strings.Join(lo.Map(known, func(k T, _ int) string { return string(k) }), ", ")
}
