package httpapi

import (
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
)

type idempotency = conversation.Once

// newIdempotency ties a sender's token to the request's address and body.
func newIdempotency(where, token string, body []byte, at time.Time) *idempotency {
	return &idempotency{Route: where, Token: token, Body: sha256.Sum256(body), At: at}
}

// postConversation takes one conversation in.
func (c *call) postConversation() error { return c.take(nil) }

// patchConversation adds to one conversation that is known.
func (c *call) patchConversation() error {
	known, err := c.conversation()
	if err != nil {
		return err
	}
	return c.take(&known.Key)
}

// take reads the body and stores what it says. The answer comes when it is durable.
func (c *call) take(key *conversation.Key) error {
	body, err := c.read(c.api.MaxBody)
	if err != nil {
		return err
	}
	defer c.api.release(body)
	once, err := c.once("", body.Bytes())
	if err != nil {
		return err
	}
	room := c.api.arrival()
	warnings, err := c.understand(room, body.Bytes(), key)
	if err != nil {
		return err
	}
	room.only[0].Once = once
	results, err := c.api.Monitor.Ingest(c.r.Context(), room.only[:])
	if err != nil {
		return err
	}
	defer c.api.arrivals.Put(room) // not if it failed: who gave up waiting may have left it in the queue
	if results[0].Err != nil {
		return results[0].Err
	}
	return c.answerStored(&results[0], warnings)
}

// understand reads what the body says into room. It is apart from take, like answerStored, because every connection waits
// in take until its conversation is durable: the stack that is held meanwhile is small without the conversations of both.
func (c *call) understand(room *arrival, body []byte, key *conversation.Key) ([]intake.Warning, error) {
	z := &zoneOf{call: c}
	patch, warnings, err := room.reader.Read(body, intake.Frame{Org: c.who.org, Key: key, Now: c.api.now(), Zone: z.location})
	if z.err != nil {
		return nil, z.err
	}
	room.only[0].Patch = patch
	return warnings, err
}

// answerStored says what was stored.
func (c *call) answerStored(r *conversation.Result, warnings []intake.Warning) error {
	return c.answerConversation(status(r.Effect), &wire.ConversationAnswer{
		Success: true, Conversation: showConversation(r.Conversation), Effect: string(r.Effect), Warnings: showWarnings(warnings),
	})
}

// arrival is room for reading and storing one conversation.
type arrival struct {
	reader intake.Reader
	only   [1]monitor.Arrival
}

// arrival is room that may have been used before.
func (a *API) arrival() *arrival {
	if r, ok := a.arrivals.Get().(*arrival); ok {
		return r
	}
	return new(arrival)
}

// zoneOf reads the organisation's time zone when it is first needed.
type zoneOf struct {
	call *call
	zone *time.Location
	err  error
}

func (z *zoneOf) location() *time.Location {
	if z.zone == nil {
		z.zone, z.err = z.call.zone()
	}
	return z.zone
}

// status is 201 for a conversation that is new, 200 for one that changed or was repeated.
func status(effect conversation.Effect) int {
	if effect == conversation.Created {
		return http.StatusCreated
	}
	return http.StatusOK
}

// conversation is the one the path names.
func (c *call) conversation() (conversation.Conversation, error) {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil || id.String() != c.r.PathValue("id") {
		return conversation.Conversation{}, failure(codeNotFound, "no such thing in this organisation")
	}
	return c.api.Monitor.Conversation(c.r.Context(), c.who.org, id)
}

func (c *call) getConversation() error {
	found, err := c.conversation()
	if err != nil {
		return err
	}
	return c.answerConversation(http.StatusOK, &wire.ConversationAnswer{Success: true, Conversation: showConversation(&found)})
}

func (c *call) deleteConversation() error {
	found, err := c.conversation()
	if err != nil {
		return err
	}
	receipt, err := c.api.Monitor.Delete(c.r.Context(), c.who.org, conversation.Query{UIDs: []uuid.UUID{found.UID()}})
	if err != nil {
		return err
	}
	if receipt.Conversations == 0 {
		return failure(codeNotFound, "no such thing in this organisation")
	}
	return c.answer(http.StatusOK, wire.DeletionAnswer{Success: true, Receipt: wire.Receipt{
		Conversations: receipt.Conversations, Messages: receipt.Messages, GapLinks: receipt.GapLinks, DeletedAt: receipt.At,
	}})
}
