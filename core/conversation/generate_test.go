package conversation_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

var key = conversation.Key{Org: uuid.UUID{1}, Platform: conversation.Zendesk, ID: "4711"}

// few draws from short lists, so that collisions, ties and repeats are common.
type few struct{ *rapid.T }

func pick[T any](f few, name string, list ...T) T { return rapid.SampledFrom(list).Draw(f.T, name) }

// minute is a time within the hour of noon; events often share one.
func (f few) minute(name string) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(f.T, name)) * time.Minute)
}

func maybe[T any](f few, name string, stamp conversation.Stamp, list ...T) conversation.Said[T] {
	if !rapid.Bool().Draw(f.T, name+" stated") {
		return conversation.Said[T]{}
	}
	v := pick(f, name, list...)
	return conversation.State(&v, stamp)
}

func (f few) message(i int) conversation.Message {
	m := conversation.Message{
		Sender:  pick(f, "sender", conversation.Customer, conversation.AI),
		Content: pick(f, "content", "yes", "no", "hello"),
	}
	if rapid.Bool().Draw(f.T, "timed") {
		m.At = f.minute(fmt.Sprint("time of message ", i))
	}
	if rapid.IntRange(0, 2).Draw(f.T, "has id") == 0 {
		m.ID = pick(f, "id", "m1", "m2", "m3")
	}
	if rapid.IntRange(0, 3).Draw(f.T, "has sender id") == 0 {
		m.SenderID = pick(f, "sender id", "ann", "bob")
	}
	return m
}

func (f few) patch() conversation.Patch {
	stamp := conversation.Stamp{
		Trust: pick(f, "trust", conversation.Unverified, conversation.Confirmed, conversation.Signed),
		At:    f.minute("event"),
	}
	facts := conversation.Facts{
		CustomerID: maybe(f, "customer", stamp, "ann", "bob"),
		Rating: maybe(f, "rating", stamp, conversation.Rating{Score: 1, Scale: conversation.Native5}, conversation.Rating{Score: 5, Scale: conversation.Native5},
			conversation.Rating{Score: 5, Scale: conversation.Binary, At: noon}),
		Escalated:         maybe(f, "escalated", stamp, true, false),
		Topic:             maybe(f, "topic", stamp, "billing", "login"),
		Tags:              maybe(f, "tags", stamp, []string{"a"}, []string{"a", "b"}, []string{}),
		Cost:              maybe(f, "cost", stamp, money.Micro(0), 5),
		CreatedAt:         maybe(f, "created", stamp, noon.Add(-time.Hour), noon),
		ResolutionSeconds: maybe(f, "resolution", stamp, 0, 3.5),
	}
	messages := make([]conversation.Message, rapid.IntRange(0, 5).Draw(f.T, "messages"))
	for i := range messages {
		messages[i] = f.message(i)
	}
	return conversation.NewPatch(key, facts, messages, stamp, f.minute("received"))
}

func (f few) patches(least, most int) []conversation.Patch {
	out := make([]conversation.Patch, rapid.IntRange(least, most).Draw(f.T, "patches"))
	for i := range out {
		out[i] = f.patch()
	}
	return out
}

// merged works patches in, one after the other.
func merged(patches ...conversation.Patch) conversation.Conversation {
	var c *conversation.Conversation
	for i := range patches {
		c = conversation.Merge(c, &patches[i])
	}
	return *c
}
