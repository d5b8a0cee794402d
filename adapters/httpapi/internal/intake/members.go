package intake

import (
	"fmt"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// member reads one member of a conversation.
func (r *Reader) member(name []byte) error {
	f := &r.facts
	switch string(name) {
	case "conversation_id":
		return r.id(field("conversation_id"), &r.key.ID, &r.given.id)
	case "platform":
		var said conversation.Said[conversation.Platform]
		err := choice(r, field("platform"), &said, platforms)
		r.key.Platform, r.given.platform = said.Value, r.given.platform || said.OK()
		return err
	case "messages":
		return r.messageList()
	case "customer_id":
		return r.text(field("customer_id"), &f.CustomerID)
	case "ai_agent_id":
		return r.text(field("ai_agent_id"), &f.AIAgentID)
	case "csat_score":
		return r.rating(field("csat_score"), &f.Rating)
	case "sentiment":
		return choice(r, field("sentiment"), &f.Sentiment, sentiments)
	case "escalated":
		return r.flag(field("escalated"), &f.Escalated)
	case "escalation_reason":
		return r.text(field("escalation_reason"), &f.EscalationReason)
	case "resolution_time_seconds":
		return r.seconds(field("resolution_time_seconds"), &f.ResolutionSeconds)
	case "first_contact_resolution":
		return r.flag(field("first_contact_resolution"), &f.FirstContactResolution)
	case "ai_handled":
		return r.flag(field("ai_handled"), &f.AIHandled)
	case "topic":
		return r.text(field("topic"), &f.Topic)
	case "subtopic":
		return r.text(field("subtopic"), &f.Subtopic)
	case "priority":
		return choice(r, field("priority"), &f.Priority, priorities)
	case "cost_usd":
		return r.cost(field("cost_usd"), &f.Cost)
	case "metadata":
		return r.metadata(field("metadata"), &f.Metadata)
	case "tags":
		return r.tags(&f.Tags)
	}
	return r.extension(name)
}

// extension reads the members that go beyond the fixed contract, and passes over those that nobody knows: a client may
// be newer than this server, and must not be able to set what is not a client's to set.
func (r *Reader) extension(name []byte) error {
	f := &r.facts
	switch string(name) {
	case "created_at":
		return r.time(field("created_at"), &f.CreatedAt)
	case "closed_at":
		return r.time(field("closed_at"), &f.ClosedAt)
	case "rated_at":
		return r.time(field("rated_at"), &r.ratedAt)
	case "handed_off_at":
		return r.time(field("handed_off_at"), &f.HandedOffAt)
	case "survey_offered":
		return r.flag(field("survey_offered"), &f.Offered)
	case "handle_time_seconds":
		return r.seconds(field("handle_time_seconds"), &f.HandleSeconds)
	case "input_tokens":
		return r.count(field("input_tokens"), &f.TokensIn)
	case "output_tokens":
		return r.count(field("output_tokens"), &f.TokensOut)
	}
	r.warn(field(label(name)), "unknown field, ignored")
	return r.scanner.Skip()
}

func (r *Reader) messageList() error {
	ok, err := r.expect(field("messages"), strict.Array, "must be an array")
	if !ok {
		return err
	}
	return r.scanner.Array(func(i int) error {
		if i >= conversation.MaxMessages {
			if i == conversation.MaxMessages {
				r.fault(field("messages"), fmt.Sprintf("must have at most %d items", conversation.MaxMessages), false)
			}
			return r.scanner.Skip()
		}
		return r.message(i + 1)
	})
}

func (r *Reader) message(n int) error {
	var m conversation.Message
	var sender conversation.Said[conversation.Sender]
	var content bool
	kind, err := r.scanner.Peek()
	if err != nil {
		return err
	}
	if kind != strict.Object {
		r.fault(inMessage(n, ""), "must be an object", false)
		r.messages = append(r.messages, conversation.Message{Sender: conversation.Customer})
		return r.scanner.Skip()
	}
	err = r.scanner.Object(func(name []byte) error {
		switch string(name) {
		case "sender_type":
			return choice(r, inMessage(n, "sender_type"), &sender, senders)
		case "content":
			return r.content(inMessage(n, "content"), &m.Content, &content)
		case "timestamp":
			var said conversation.Said[time.Time]
			err := r.time(inMessage(n, "timestamp"), &said)
			m.At = said.Value
			return err
		case "sender_id":
			return r.id(inMessage(n, "sender_id"), &m.SenderID, nil)
		case "message_id":
			return r.id(inMessage(n, "message_id"), &m.ID, nil)
		case "metadata":
			var said conversation.Said[string]
			err := r.metadata(inMessage(n, "metadata"), &said)
			m.Metadata = said.Value
			return err
		}
		r.warn(inMessage(n, label(name)), "unknown field, ignored")
		return r.scanner.Skip()
	})
	if err != nil {
		return err
	}
	m.Sender = sender.Value
	if !sender.OK() {
		r.required(inMessage(n, "sender_type"))
	}
	if !content {
		r.required(inMessage(n, "content"))
	}
	r.messages = append(r.messages, m)
	return nil
}

// required notes that a field is missing, unless what was wrong with it has been noted already.
func (r *Reader) required(p place) {
	if r.enough() {
		return
	}
	pointer := p.String()
	for _, f := range r.faults {
		if f.Field == pointer {
			return
		}
	}
	r.fault(p, "is required", false)
}

func (r *Reader) tags(into *conversation.Said[[]string]) error {
	ok, err := r.expect(field("tags"), strict.Array, "must be an array of strings")
	if !ok {
		return err
	}
	tags := []string{}
	err = r.scanner.Array(func(i int) error {
		p := place{list: "tags", item: i + 1}
		ok, err := r.expect(p, strict.String, "must be a string")
		if !ok {
			tags = append(tags, "")
			return err
		}
		b, err := r.scanner.Bytes()
		tags = append(tags, string(b))
		return err
	})
	*into = conversation.Said[[]string]{Value: tags, Stamp: r.stamp}
	return err
}

// label cuts a member's name for a warning.
func label(name []byte) string {
	const most = 100
	if len(name) > most {
		name = name[:most]
	}
	return strings.ToValidUTF8(string(name), "")
}
