// Package assess reads conversations without a store: what a server would find in each, with the evidence, and what it
// would say of all of them together.
package assess

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Assessor takes conversations in, piece by piece, and keeps them in memory, so that a later piece is read together
// with the earlier ones of its conversation. It is not safe for concurrent use.
type Assessor struct {
	settings tenant.Settings
	known    map[conversation.Key]*conversation.Conversation
	order    []conversation.Key
}

// New starts empty. The settings decide what an organisation may decide: policy topics and the like.
func New(settings tenant.Settings) *Assessor {
	return &Assessor{settings: settings, known: map[conversation.Key]*conversation.Conversation{}}
}

// Add takes in a piece and returns its conversation as it is known now, with its findings. A piece that a server would
// refuse is *conversation.Invalid; it changes nothing. now bounds the times a piece may state.
func (a *Assessor) Add(p conversation.Patch, now time.Time) (conversation.Conversation, error) {
	if err := p.Validate(now); err != nil {
		return conversation.Conversation{}, err
	}
	old := a.known[p.Key]
	c := conversation.Merge(old, &p)
	if err := c.Validate(); err != nil {
		return conversation.Conversation{}, err
	}
	c.Findings = monitor.Read(*c, a.settings)
	if old == nil {
		a.order = append(a.order, p.Key)
	}
	a.known[p.Key] = c
	return *c, nil
}

// Conversations lists what was taken in, each once in its last version, in the order of their first pieces.
func (a *Assessor) Conversations() []conversation.Conversation {
	out := make([]conversation.Conversation, len(a.order))
	for i, key := range a.order {
		out[i] = *a.known[key]
	}
	return out
}
