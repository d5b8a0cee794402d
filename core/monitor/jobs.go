package monitor

import (
	"context"
	"iter"
	"sync"
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
	at, err := m.reached(ctx, org, returnsJob)
	if err != nil {
		return 0, err
	}
	changed, err := m.store.Changes.Since(ctx, org, at.through, batch)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	if err := m.linkAll(ctx, org, changed, changed); err != nil {
		return 0, err
	}
	return len(changed), m.reach(ctx, org, returnsJob, at, changed[len(changed)-1].Seq)
}

// linkAll links the contacts that changed conversations belong to; there are those of them that are still there.
func (m *Monitor) linkAll(ctx context.Context, org tenant.ID, changed, there []conversation.Conversation) error {
	others, err := m.store.Changes.Contacts(ctx, org, changed, metric.DurableWindow+longest, metric.DurableWindow)
	if err != nil {
		return err
	}
	moved, all := byContact(changed), byContact(there, others)
	var arrivals []Arrival
	now := m.now()
	for who, contacts := range all {
		for _, c := range contacts {
			next := nextContact(c, contacts)
			if next.Equal(c.Facts.NextContact.Value) || !known(c, moved[who]) {
				continue
			}
			stamp := conversation.Stamp{Trust: c.Trust, At: now} // a link proves nothing about the conversation
			facts := conversation.Facts{NextContact: conversation.State(&next, stamp)}
			arrivals = append(arrivals, Arrival{Patch: conversation.NewPatch(c.Key, facts, nil, stamp, now)})
		}
	}
	if len(arrivals) == 0 {
		return nil
	}
	_, err = m.Ingest(ctx, arrivals) // one that was deleted meanwhile carries its own error and needs no link
	return err
}

// departed are the versions of conversations before they got another customer, topic or start. Others may have been
// linked to where they were, which only these versions still tell.
type departed struct {
	mu       sync.Mutex
	versions []conversation.Conversation
}

// note keeps old if next is elsewhere. A store may ask for the same change twice.
func (d *departed) note(old, next *conversation.Conversation) {
	if old == nil || !old.Facts.CustomerID.OK() || contactOf(old) == contactOf(next) && old.StartedAt.Equal(next.StartedAt) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.versions = append(d.versions, *old)
}

func (d *departed) take() []conversation.Conversation {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.versions
}

// linkDeparted links anew those that may have been linked to old versions of what was stored.
func (m *Monitor) linkDeparted(ctx context.Context, old []conversation.Conversation, stored []conversation.Result) error {
	for org, versions := range lo.GroupBy(old, func(c conversation.Conversation) tenant.ID { return c.Key.Org }) {
		there := map[conversation.Key]conversation.Conversation{}
		keys := lo.SliceToMap(versions, func(c conversation.Conversation) (conversation.Key, bool) { return c.Key, true })
		for _, r := range stored {
			if r.Err == nil && keys[r.Conversation.Key] {
				there[r.Conversation.Key] = *r.Conversation
			}
		}
		if err := m.linkAll(ctx, org, versions, lo.Values(there)); err != nil {
			return err
		}
	}
	return nil
}

// contact is one customer on one topic; conversations without a topic are one topic.
type contact struct{ customer, topic string }

func contactOf(c *conversation.Conversation) contact {
	return contact{c.Facts.CustomerID.Value, c.Facts.Topic.Value}
}

// byContact are the conversations of some lists by contact, but for those without a customer.
func byContact(lists ...[]conversation.Conversation) map[contact][]*conversation.Conversation {
	out := make(map[contact][]*conversation.Conversation, len(lists[0]))
	for _, list := range lists {
		for i := range list {
			if who := contactOf(&list[i]); who.customer != "" {
				out[who] = append(out[who], &list[i])
			}
		}
	}
	return out
}

// known says whether all that may come next after c has been read: what was read reaches as far behind the end of one
// that changed as a return may.
func known(c *conversation.Conversation, changed []*conversation.Conversation) bool {
	return lo.ContainsBy(changed, func(o *conversation.Conversation) bool {
		return !c.EndedAt.After(o.EndedAt) && !c.StartedAt.Before(o.StartedAt.Add(-metric.DurableWindow-longest))
	})
}

// longest is how long a conversation may go on and still be found by its start.
const longest = 30 * 24 * time.Hour

// nextContact is the earliest start of another conversation at or after the end of c, within the longest window that
// counts; zero when there is none.
func nextContact(c *conversation.Conversation, all []*conversation.Conversation) time.Time {
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
