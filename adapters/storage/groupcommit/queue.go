package groupcommit

import "github.com/csm-monitor/csm-monitor/core/tenant"

// queue is calls by organisation, each in the order of arrival. Organisations take turns, so that one that sends a
// thousand calls does not hold up another that sends one.
type queue struct {
	turns []tenant.ID
	calls map[tenant.ID][]*call
}

func (q *queue) empty() bool { return len(q.turns) == 0 }

// org is whose turn a call waits for: that of its first change.
func (c *call) org() tenant.ID { return c.changes[0].Key.Org }

func (q *queue) put(c *call) {
	if q.calls == nil {
		q.calls = map[tenant.ID][]*call{}
	}
	org := c.org()
	if len(q.calls[org]) == 0 {
		q.turns = append(q.turns, org)
	}
	q.calls[org] = append(q.calls[org], c)
}

// take removes calls in turns until the next one would exceed the limit; one call is always taken.
func (q *queue) take(limit int) (out []*call) {
	size := 0
	for !q.empty() {
		org := q.turns[0]
		c := q.calls[org][0]
		if size > 0 && size+len(c.changes) > limit {
			return out
		}
		size += len(c.changes)
		out = append(out, c)
		q.turns = q.turns[1:]
		if q.calls[org] = q.calls[org][1:]; len(q.calls[org]) > 0 {
			q.turns = append(q.turns, org)
		} else {
			delete(q.calls, org)
		}
	}
	return out
}

func (q *queue) remove(c *call) {
	org := c.org()
	left := q.calls[org]
	for i := range left {
		if left[i] == c {
			left = append(left[:i:i], left[i+1:]...)
			break
		}
	}
	if q.calls[org] = left; len(left) > 0 {
		return
	}
	delete(q.calls, org)
	for i := range q.turns {
		if q.turns[i] == org {
			q.turns = append(q.turns[:i:i], q.turns[i+1:]...)
			return
		}
	}
}
