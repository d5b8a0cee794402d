package simulate

import (
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Delivered is one piece of a conversation on its way: a ticket, some messages, a rating the day after.
type Delivered struct {
	// At is when it arrives, which may be long after it happened.
	At time.Time
	// Case names the conversation it is a piece of.
	Case string
	// Facts and Messages are what it states, stamped with the time at which it happened.
	Facts    conversation.Facts
	Messages []conversation.Message
	stamp    conversation.Stamp
}

// Platform is where every simulated conversation is held.
const Platform = conversation.Custom

// Patch is the delivery as an organisation receives it.
func (d Delivered) Patch(org tenant.ID) conversation.Patch {
	key := conversation.Key{Org: org, Platform: Platform, ID: d.Case}
	return conversation.NewPatch(key, d.Facts, d.Messages, d.stamp, d.At)
}

// deliver cuts a conversation into what is sent of it, and lets that go wrong. No two pieces disagree, so that their
// order cannot matter.
func (g *Generator) deliver(c Case, messages []conversation.Message) []Delivered {
	var out []Delivered
	cut := len(messages)
	if g.r.Float64() < g.plan.Delivery.Split {
		cut = 1 + g.r.IntN(len(messages))
	}
	opened := piece(c, messages[cut-1].At)
	opened.open(c)
	opened.Messages = messages[:cut]
	out = append(out, opened)
	closed := piece(c, c.End)
	if cut == len(messages) {
		g.close(&out[0], c)
	} else {
		closed.Messages = messages[cut:]
		g.close(&closed, c)
		out = append(out, closed)
	}
	if c.Rated {
		rated := piece(c, c.RatedAt)
		rated.Facts.Rating = conversation.State(&conversation.Rating{Score: c.Score, Scale: conversation.Native5, At: c.RatedAt}, rated.stamp)
		out = append(out, rated)
	}
	for i := range out {
		out[i].At = out[i].At.Add(between(g.r, time.Second, 20*time.Second))
		if g.r.Float64() < g.plan.Delivery.Late {
			out[i].At = out[i].At.Add(g.late())
		}
		if g.r.Float64() < g.plan.Delivery.Repeated {
			again := out[i]
			again.At = again.At.Add(between(g.r, 30*time.Second, 6*time.Hour))
			out = append(out, again)
		}
	}
	return out
}

// late is mostly hours, seldom days, at most nine of them.
func (g *Generator) late() time.Duration {
	u := g.r.Float64()
	return 10*time.Minute + time.Duration(u*u*u*9*24*float64(time.Hour)).Truncate(time.Second)
}

func piece(c Case, at time.Time) Delivered {
	return Delivered{At: at, Case: c.ID, stamp: conversation.Stamp{Trust: conversation.Signed, At: at}}
}

// open states what is known when a conversation begins.
func (d *Delivered) open(c Case) {
	d.Facts.CustomerID = conversation.State(&c.Customer, d.stamp)
	d.Facts.Topic = conversation.State(&c.Topic, d.stamp)
	d.Facts.Priority = conversation.State(&c.Priority, d.stamp)
	d.Facts.CreatedAt = conversation.State(&c.Start, d.stamp)
	if c.AIFirst {
		d.Facts.AIAgentID = conversation.State(lo.ToPtr(aiAgent), d.stamp)
	}
}

// close states what is known at its end.
func (g *Generator) close(d *Delivered, c Case) {
	f := &d.Facts
	f.ClosedAt = conversation.State(&c.End, d.stamp)
	f.Offered = conversation.State(lo.ToPtr(true), d.stamp)
	f.AIHandled = conversation.State(lo.ToPtr(c.Handler.AIInvolved()), d.stamp)
	f.Cost = conversation.State(c.Cost, d.stamp)
	if c.HandleSeconds > 0 {
		f.HandleSeconds = conversation.State(lo.ToPtr(float64(c.HandleSeconds)), d.stamp)
	}
	if c.Escalated && g.r.Float64() < flaggedShare {
		f.Escalated = conversation.State(lo.ToPtr(true), d.stamp)
	}
	if c.Declared {
		f.EscalationReason = conversation.State(lo.ToPtr(one(g.r, declared(c.Reason))), d.stamp)
	}
}
