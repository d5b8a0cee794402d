package ctl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// body is a body of POST /api/v1/conversations. The rating is read as a number, because 4.0 is one too.
type body struct {
	wire.NewConversation
	CSATScore wire.Number `json:"csat_score,omitempty"`
}

// readBody reads a line as a server would that received it now.
func readBody(line []byte, now time.Time) (conversation.Patch, error) {
	var b body
	if err := json.Unmarshal(line, &b); err != nil {
		return conversation.Patch{}, plain(err)
	}
	r := reader{stamp: conversation.Stamp{Trust: conversation.Signed, At: now}}
	facts := r.facts(b)
	if err := r.faults.OrNil(); err != nil {
		return conversation.Patch{}, err
	}
	key := conversation.Key{Org: uuid.Nil, Platform: conversation.Platform(b.Platform), ID: b.ConversationID}
	messages := lo.Map(b.Messages, func(m wire.NewMessage, _ int) conversation.Message {
		return conversation.Message{
			ID: lo.FromPtr(m.MessageID), Sender: conversation.Sender(m.SenderType), SenderID: lo.FromPtr(m.SenderID),
			Content: m.Content, At: lo.FromPtr(m.Timestamp), Metadata: string(m.Metadata),
		}
	})
	return conversation.NewPatch(key, facts, messages, r.stamp, now), nil
}

// plain says what is wrong with a line without the words of the decoder.
func plain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var moment *time.ParseError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w", err)
	case errors.As(err, &moment):
		return fmt.Errorf("%q is not a time such as 2026-01-31T09:30:00Z", moment.Value)
	case errors.As(err, &kind) && kind.Field == "":
		return errors.New("must be a JSON object")
	case errors.As(err, &kind):
		field := strings.TrimPrefix(kind.Field, "NewConversation.")
		return fmt.Errorf("/%s cannot be of the kind %s", strings.ReplaceAll(field, ".", "/"), kind.Value)
	}
	return err
}

type reader struct {
	stamp  conversation.Stamp
	faults conversation.Invalid
}

func (r *reader) facts(b body) conversation.Facts {
	said := r.stamp
	f := conversation.Facts{
		CustomerID: conversation.State(b.CustomerID, said), AIAgentID: conversation.State(b.AIAgentID, said),
		Sentiment: stateAs[conversation.Sentiment](b.Sentiment, said), Escalated: conversation.State(b.Escalated, said),
		EscalationReason: conversation.State(b.EscalationReason, said), ResolutionSeconds: conversation.State(b.ResolutionTimeSeconds, said),
		FirstContactResolution: conversation.State(b.FirstContactResolution, said), AIHandled: conversation.State(b.AIHandled, said),
		Topic: conversation.State(b.Topic, said), Subtopic: conversation.State(b.Subtopic, said),
		Priority:  stateAs[conversation.Priority](b.Priority, said),
		CreatedAt: conversation.State(b.CreatedAt, said), ClosedAt: conversation.State(b.ClosedAt, said),
		HandedOffAt: conversation.State(b.HandedOffAt, said), Offered: conversation.State(b.SurveyOffered, said),
		HandleSeconds: conversation.State(b.HandleTimeSeconds, said), TokensIn: conversation.State(b.InputTokens, said),
		TokensOut: conversation.State(b.OutputTokens, said),
	}
	if len(b.Metadata) > 0 && string(b.Metadata) != "null" {
		f.Metadata = conversation.State(lo.ToPtr(string(b.Metadata)), said)
	}
	if b.Tags != nil {
		f.Tags = conversation.State(&b.Tags, said)
	}
	if b.CostUSD != "" {
		if cost, err := money.Parse(string(b.CostUSD)); err != nil {
			r.faults.Add("/cost_usd", "must be a number from 0 to 1000000")
		} else {
			f.Cost = conversation.State(&cost, said)
		}
	}
	if b.CSATScore != "" {
		f.Rating = r.rating(b)
	}
	return f
}

func (r *reader) rating(b body) conversation.Said[conversation.Rating] {
	score, ok := b.CSATScore.Float64()
	if !ok || score != float64(int(score)) || score < 1 || score > 5 {
		r.faults.Add("/csat_score", "must be a whole number from 1 to 5")
		return conversation.Said[conversation.Rating]{}
	}
	return conversation.State(&conversation.Rating{
		Score: int(score), Scale: conversation.Native5, At: lo.FromPtr(b.RatedAt),
	}, r.stamp)
}

func stateAs[T ~string](v *string, said conversation.Stamp) conversation.Said[T] {
	if v == nil {
		return conversation.Said[T]{}
	}
	return conversation.State(lo.ToPtr(T(*v)), said)
}

// writeBody is the line that readBody reads back.
func writeBody(p conversation.Patch) ([]byte, error) {
	f := p.Facts
	b := wire.NewConversation{
		ConversationID: p.Key.ID, Platform: string(p.Key.Platform), CustomerID: f.CustomerID.Get(), AIAgentID: f.AIAgentID.Get(),
		Messages:  lo.Map(p.Messages, func(m conversation.Message, _ int) wire.NewMessage { return writeMessage(m) }),
		Escalated: f.Escalated.Get(), EscalationReason: f.EscalationReason.Get(), ResolutionTimeSeconds: f.ResolutionSeconds.Get(),
		FirstContactResolution: f.FirstContactResolution.Get(), AIHandled: f.AIHandled.Get(), Topic: f.Topic.Get(),
		Subtopic: f.Subtopic.Get(), Tags: f.Tags.Value, CreatedAt: f.CreatedAt.Get(), ClosedAt: f.ClosedAt.Get(),
		HandedOffAt: f.HandedOffAt.Get(), SurveyOffered: f.Offered.Get(), HandleTimeSeconds: f.HandleSeconds.Get(),
		InputTokens: f.TokensIn.Get(), OutputTokens: f.TokensOut.Get(),
		Sentiment: some(f.Sentiment.Value), Priority: some(f.Priority.Value),
	}
	if f.Rating.OK() {
		b.CSATScore = &f.Rating.Value.Score
		if at := f.Rating.Value.At; !at.IsZero() {
			b.RatedAt = &at
		}
	}
	if f.Cost.OK() {
		b.CostUSD = wire.Number(f.Cost.Value.String())
	}
	if f.Metadata.OK() {
		b.Metadata = json.RawMessage(f.Metadata.Value)
	}
	return json.Marshal(b)
}

func writeMessage(m conversation.Message) wire.NewMessage {
	out := wire.NewMessage{SenderType: string(m.Sender), Content: m.Content, SenderID: some(m.SenderID), MessageID: some(m.ID)}
	if !m.At.IsZero() {
		out.Timestamp = &m.At
	}
	if m.Metadata != "" {
		out.Metadata = json.RawMessage(m.Metadata)
	}
	return out
}

// some is a text, or nil when there is none.
func some[T ~string](v T) *string {
	if v == "" {
		return nil
	}
	return lo.ToPtr(string(v))
}
