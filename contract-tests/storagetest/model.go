package storagetest

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// uid is how the suite names the type of identifiers without importing more than the core.
type uid = tenant.ID

// model is what one organisation's conversations must be: a map, worked out without a store.
type model struct {
	live map[uid]conversation.Conversation
	// expired still count and can no longer be read; gone are both these and the deleted.
	expired []conversation.Conversation
	gone    map[uid]bool
}

func newModel() *model {
	return &model{live: map[uid]conversation.Conversation{}, gone: map[uid]bool{}}
}

// take works a patch in and says what a store must answer.
func (m *model) take(p conversation.Patch) conversation.Result {
	id := p.Key.UID()
	if m.gone[id] {
		return conversation.Result{Err: port.ErrGone}
	}
	var old *conversation.Conversation
	if c, ok := m.live[id]; ok {
		old = &c
	}
	next, err := step(p)(old)
	effect := conversation.Updated
	switch {
	case err != nil:
		return conversation.Result{Err: err}
	case old == nil:
		effect = conversation.Created
	case next.SameAs(old):
		effect = conversation.Unchanged
	}
	if old != nil && next.SameVersion(old) {
		next = old
	}
	m.live[id] = *next
	return conversation.Result{Conversation: next, Effect: effect}
}

// step is the pure function of a change that works a patch in.
func step(p conversation.Patch) func(*conversation.Conversation) (*conversation.Conversation, error) {
	return func(old *conversation.Conversation) (*conversation.Conversation, error) {
		c := conversation.Merge(old, &p)
		c.Findings = findings(*c)
		return c, nil
	}
}

func change(p conversation.Patch) conversation.Change {
	return conversation.Change{Key: p.Key, Fn: step(p)}
}

// listed is what a listing of q must contain, in its order, before paging.
func (m *model) listed(q conversation.Query) []conversation.Conversation {
	var out []conversation.Conversation
	for _, c := range m.live {
		if holds(q, c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, newestFirst)
	return out
}

func newestFirst(a, b conversation.Conversation) int {
	ua, ub := a.UID(), b.UID()
	return cmp.Or(b.StartedAt.Compare(a.StartedAt), bytes.Compare(ua[:], ub[:]))
}

// holds is what it means that a query picks a conversation, one condition after the other.
func holds(q conversation.Query, c conversation.Conversation) bool {
	rating := c.Facts.Rating
	uid := c.UID()
	for _, fails := range []bool{
		q.Platform != "" && c.Platform != q.Platform,
		q.Topic != nil && c.Facts.Topic.Value != *q.Topic,
		q.Subtopic != nil && c.Facts.Subtopic.Value != *q.Subtopic,
		q.AIAgent != nil && c.Facts.AIAgentID.Value != *q.AIAgent,
		q.Customer != nil && c.Facts.CustomerID.Value != *q.Customer,
		q.Priority != nil && c.Facts.Priority.Value != *q.Priority,
		q.Handler != "" && c.Findings.Handler != q.Handler,
		q.Sentiment != "" && c.Sentiment() != q.Sentiment,
		q.Escalated != nil && c.Findings.Escalation.Escalated != *q.Escalated,
		q.AIHandled != nil && c.AIHandled() != *q.AIHandled,
		q.CSATMin != nil && (!rating.OK() || rating.Value.Score < *q.CSATMin),
		q.CSATMax != nil && (!rating.OK() || rating.Value.Score > *q.CSATMax),
		q.Outcome != "" && c.Findings.Outcome.Kind != q.Outcome,
		q.Reason != "" && c.Findings.Escalation.Primary != q.Reason,
		q.Rated != nil && rating.OK() != *q.Rated,
		!q.Start.IsZero() && c.StartedAt.Before(q.Start),
		!q.End.IsZero() && !c.StartedAt.Before(q.End),
		!says(c, q.Search),
		q.UIDs != nil && !slices.Contains(q.UIDs, uid),
	} {
		if fails {
			return false
		}
	}
	return true
}

func says(c conversation.Conversation, search string) bool {
	wanted := conversation.SearchWords(search)
	if len(wanted) == 0 {
		return true
	}
	said := map[string]bool{}
	for _, m := range c.Messages {
		for _, w := range conversation.SearchWords(m.Content) {
			said[w] = true
		}
	}
	for _, w := range wanted {
		if !said[w] {
			return false
		}
	}
	return true
}

// counted is every conversation that figures are made of.
func (m *model) counted() []conversation.Conversation {
	out := slices.Clone(m.expired)
	for _, c := range m.live {
		out = append(out, c)
	}
	return out
}

func (m *model) fold(s metric.Selection) ([]metric.Cell, error) { return metric.Fold(m.counted(), s) }

func (m *model) delete(q conversation.Query) conversation.Receipt {
	var r conversation.Receipt
	for _, c := range m.listed(q) {
		r.Conversations++
		r.Messages += len(c.Messages)
		delete(m.live, c.UID())
		m.gone[c.UID()] = true
	}
	return r
}

// expire takes what a store said it took: the oldest n.
func (m *model) expire(q conversation.Query, n int) {
	old := m.listed(q)
	for _, c := range old[len(old)-n:] {
		m.expired = append(m.expired, c)
		delete(m.live, c.UID())
		m.gone[c.UID()] = true
	}
}
