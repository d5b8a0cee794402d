package conversation

import (
	"fmt"
	"math"
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

// Invalid lists everything wrong with a conversation or a query, so that the sender can mend it in one go.
type Invalid struct{ Faults []Fault }

// Error names each field and what was expected of it.
func (e *Invalid) Error() string {
	return "invalid: " + strings.Join(lo.Map(e.Faults, func(f Fault, _ int) string { return f.Field + " " + f.Message }), "; ")
}

// Add notes one more fault.
func (e *Invalid) Add(field, message string) {
	e.Faults = append(e.Faults, Fault{Field: field, Message: message})
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
)

// MinTime is the earliest time accepted; the latest is a day after now.
var MinTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Validate checks every field of the patch against the rules of the API and returns *Invalid with every fault at once.
func (p Patch) Validate(now time.Time) error {
	v := &validator{latest: now.Add(24 * time.Hour)}
	v.id("/conversation_id", p.Key.ID, true)
	oneOf(v, "/platform", p.Key.Platform, Platforms(), true)
	v.facts(p.Facts)
	if len(p.Messages) > MaxMessages {
		v.Add("/messages", fmt.Sprintf("must have at most %d items", MaxMessages))
	}
	for i, m := range p.Messages {
		v.message(fmt.Sprintf("/messages/%d", i), m)
	}
	return v.OrNil()
}

type validator struct {
	Invalid
	latest time.Time
}

func (v *validator) facts(f Facts) {
	v.said("/customer_id", f.CustomerID)
	v.said("/ai_agent_id", f.AIAgentID)
	if r := f.Rating; r.OK() && (r.Value.Score < 1 || r.Value.Score > 5) {
		v.Add("/csat_score", "must be a whole number from 1 to 5")
	}
	if f.Rating.OK() && !f.Rating.Value.At.IsZero() {
		v.time("/rated_at", f.Rating.Value.At)
	}
	if f.Sentiment.OK() {
		oneOf(v, "/sentiment", f.Sentiment.Value, Sentiments(), true)
	}
	if f.Priority.OK() {
		oneOf(v, "/priority", f.Priority.Value, Priorities(), true)
	}
	v.text("/escalation_reason", f.EscalationReason.Value, MaxReasonBytes)
	v.text("/topic", f.Topic.Value, MaxLabelBytes)
	v.text("/subtopic", f.Subtopic.Value, MaxLabelBytes)
	v.seconds("/resolution_time_seconds", f.ResolutionSeconds)
	v.seconds("/handle_time_seconds", f.HandleSeconds)
	if c := f.Cost.Value; c < 0 || c > MaxCostMicro {
		v.Add("/cost_usd", "must be from 0 to 1000000")
	}
	v.count("/input_tokens", f.TokensIn)
	v.count("/output_tokens", f.TokensOut)
	if len(f.Metadata.Value) > MaxMetadataBytes {
		v.Add("/metadata", fmt.Sprintf("must be at most %d bytes", MaxMetadataBytes))
	}
	if len(f.Tags.Value) > MaxTags {
		v.Add("/tags", fmt.Sprintf("must have at most %d items", MaxTags))
	}
	for i, tag := range f.Tags.Value {
		v.text(fmt.Sprintf("/tags/%d", i), tag, MaxLabelBytes)
	}
	for _, t := range []struct {
		field string
		said  Said[time.Time]
	}{{"/created_at", f.CreatedAt}, {"/closed_at", f.ClosedAt}, {"/handed_off_at", f.HandedOffAt}} {
		if t.said.OK() {
			v.time(t.field, t.said.Value)
		}
	}
}

func (v *validator) message(path string, m Message) {
	oneOf(v, path+"/sender_type", m.Sender, Senders(), true)
	v.text(path+"/content", m.Content, MaxContentBytes)
	v.id(path+"/message_id", m.ID, false)
	v.id(path+"/sender_id", m.SenderID, false)
	if !m.At.IsZero() {
		v.time(path+"/timestamp", m.At)
	}
	if len(m.Metadata) > MaxMetadataBytes {
		v.Add(path+"/metadata", fmt.Sprintf("must be at most %d bytes", MaxMetadataBytes))
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
		v.Add(field, fmt.Sprintf("must be 1 to %d bytes", MaxIDBytes))
	case len(s) > MaxIDBytes:
		v.Add(field, fmt.Sprintf("must be 1 to %d bytes", MaxIDBytes))
	case strings.ContainsRune(s, 0):
		v.Add(field, "must not contain the NUL character")
	case !utf8.ValidString(s):
		v.Add(field, "must be valid UTF-8")
	}
}

func (v *validator) text(field, s string, limit int) {
	switch {
	case len(s) > limit:
		v.Add(field, fmt.Sprintf("must be at most %d bytes", limit))
	case strings.ContainsRune(s, 0):
		v.Add(field, "must not contain the NUL character")
	case !utf8.ValidString(s):
		v.Add(field, "must be valid UTF-8")
	}
}

func (v *validator) seconds(field string, s Said[float64]) {
	if x := s.Value; math.IsNaN(x) || x < 0 || x > MaxSeconds {
		v.Add(field, "must be from 0 to 3200000000 seconds")
	}
}

func (v *validator) count(field string, s Said[int64]) {
	if s.Value < 0 || s.Value > MaxTokens {
		v.Add(field, "must be from 0 to 1000000000000")
	}
}

func (v *validator) time(field string, t time.Time) {
	if t.Before(MinTime) || t.After(v.latest) {
		v.Add(field, "must be between 2000-01-01 and one day from now")
	}
}

func oneOf[T ~string](v *validator, field string, got T, known []T, required bool) {
	if got == "" && !required || lo.Contains(known, got) {
		return
	}
	v.Add(field, "must be one of "+strings.Join(lo.Map(known, func(k T, _ int) string { return string(k) }), ", "))
}
