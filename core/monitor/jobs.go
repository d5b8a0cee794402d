package monitor

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// batch is how many conversations a job works in at a time.
const batch = 500

// Orgs yields every organisation, for the jobs.
func (m *Monitor) Orgs(ctx context.Context) iter.Seq2[tenant.Org, error] {
	return m.store.Orgs.All(ctx)
}

// Retain removes what conversations older than the plan's cutoff said, in small batches, and returns how many it took.
func (m *Monitor) Retain(ctx context.Context, org tenant.Org) (int, error) {
	cutoff, ok := org.Cutoff(m.now())
	if !ok {
		return 0, nil
	}
	all := 0
	for {
		n, err := m.store.Conversations.Expire(ctx, org.ID, cutoff, batch)
		all += n
		if err != nil || n < batch {
			return all, err
		}
	}
}

// returnsJob is the cursor of LinkReturns.
const returnsJob = "returns"

// LinkReturns works through what was stored since the last time and notes on every conversation when the same customer
// was next back on the same topic. It returns how many conversations it looked at. Running it twice, or in two
// processes, does no harm.
func (m *Monitor) LinkReturns(ctx context.Context, org tenant.ID) (int, error) {
	cursor, err := m.store.Jobs.Cursor(ctx, org, returnsJob)
	if err != nil {
		return 0, err
	}
	after, _ := strconv.ParseInt(cursor, 10, 64)
	changed, err := m.store.Changes.Since(ctx, org, after, batch)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	if err := m.linkAll(ctx, org, changed); err != nil {
		return 0, err
	}
	next := strconv.FormatInt(changed[len(changed)-1].Seq, 10)
	if err := m.store.Jobs.SaveCursor(ctx, org, returnsJob, cursor, next); err != nil && !lost(err) {
		return 0, err
	}
	return len(changed), nil
}

// linkAll links the contacts that changed conversations belong to.
func (m *Monitor) linkAll(ctx context.Context, org tenant.ID, changed []conversation.Conversation) error {
	for _, group := range lo.GroupBy(changed, contactOf) {
		if !group[0].Facts.CustomerID.OK() {
			continue
		}
		if err := m.linkContacts(ctx, org, group); err != nil {
			return err
		}
	}
	return nil
}

// contact is one customer on one topic; conversations without a topic are one topic.
type contact struct{ customer, topic string }

func contactOf(c conversation.Conversation) contact {
	return contact{c.Facts.CustomerID.Value, c.Facts.Topic.Value}
}

// linkContacts looks at all conversations of one contact around those that changed.
func (m *Monitor) linkContacts(ctx context.Context, org tenant.ID, changed []conversation.Conversation) error {
	who := contactOf(changed[0])
	from := lo.MinBy(changed, func(a, b conversation.Conversation) bool { return a.StartedAt.Before(b.StartedAt) }).StartedAt
	until := lo.MaxBy(changed, func(a, b conversation.Conversation) bool { return a.EndedAt.After(b.EndedAt) }).EndedAt
	q := conversation.Query{
		Customer: &who.customer,
		Start:    from.Add(-metric.DurableWindow - longest), End: until.Add(metric.DurableWindow),
	}
	var all []conversation.Conversation
	for c, err := range m.store.Conversations.Each(ctx, org, q) {
		if err != nil {
			return err
		}
		if contactOf(c) == who {
			all = append(all, c)
		}
	}
	var arrivals []Arrival
	now := m.now()
	for _, c := range all {
		if next := nextContact(c, all); !next.Equal(c.Facts.NextContact.Value) {
			stamp := conversation.Stamp{Trust: c.Trust, At: now} // a link proves nothing about the conversation
			facts := conversation.Facts{NextContact: conversation.State(&next, stamp)}
			arrivals = append(arrivals, Arrival{Patch: conversation.NewPatch(c.Key, facts, nil, stamp, now)})
		}
	}
	if len(arrivals) == 0 {
		return nil
	}
	_, err := m.Ingest(ctx, arrivals) // one that was deleted meanwhile carries its own error and needs no link
	return err
}

// longest is how long a conversation may go on and still be found by its start.
const longest = 30 * 24 * time.Hour

// nextContact is the earliest start of another conversation at or after the end of c, within the longest window that
// counts; zero when there is none.
func nextContact(c conversation.Conversation, all []conversation.Conversation) time.Time {
	var next time.Time
	for _, o := range all {
		gap := o.StartedAt.Sub(c.EndedAt)
		if o.Key == c.Key || gap < 0 || gap >= metric.DurableWindow {
			continue
		}
		if next.IsZero() || o.StartedAt.Before(next) {
			next = o.StartedAt
		}
	}
	return next
}
