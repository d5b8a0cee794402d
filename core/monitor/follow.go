package monitor

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Event is one thing that happened, as live pages show it.
type Event struct {
	// Seq is how far the stream has come; following after it misses nothing.
	Seq int64
	// Exactly one of the three is set.
	Totals     *Totals
	Escalation *conversation.Conversation
	Gap        *Gap
}

// Totals are the figures of today that move with every conversation.
type Totals struct {
	// Changed is how many conversations were stored since the last totals.
	Changed int
	Today   Figures
	Frame   Frame
}

// settle is how long a stream waits for more before it reckons totals: a burst is one change.
const settle = 250 * time.Millisecond

// glance is how often a stream looks without a hint, as hints may be lost.
const glance = 15 * time.Second

// Follow tells emit what happens to an organisation from after on, until ctx ends or emit fails: totals that moved, new
// escalations and new knowledge gaps. After 0, or after what has not happened, as where a store was restored, it begins
// with the present. emit is called with nil now and then when nothing happened, so that a lost connection is noticed.
func (m *Monitor) Follow(ctx context.Context, org tenant.ID, after int64, emit func(*Event) error) error {
	hints, err := m.store.Changes.Watch(ctx)
	if err != nil {
		return err
	}
	f := &follower{m: m, org: org, seq: after, emit: emit, escalated: map[uuid.UUID]bool{}}
	if err := f.begin(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		if err := f.advance(ctx); err != nil {
			return err
		}
		if err := f.wait(ctx, hints, tick.C); err != nil {
			return err
		}
	}
}

type follower struct {
	m    *Monitor
	org  tenant.ID
	seq  int64
	emit func(*Event) error
	// escalated are those already told, so that a change of one is not told as a new one; it is bounded.
	escalated map[uuid.UUID]bool
	// gap is the highest id told, looked when the gaps were last listed.
	gap    int64
	looked time.Time
}

func (f *follower) begin(ctx context.Context) error {
	head, err := f.m.store.Changes.Head(ctx, f.org)
	if err != nil {
		return err
	}
	if f.seq == 0 || f.seq > head {
		f.seq = head
	}
	gaps, err := f.m.store.Gaps.List(ctx, f.org, knowledge.Query{AsOf: f.m.now()})
	if err != nil {
		return err
	}
	for _, g := range gaps {
		f.gap = max(f.gap, g.ID)
	}
	f.looked = f.m.now()
	return f.totals(ctx, 0)
}

// advance tells what was stored since the last time.
func (f *follower) advance(ctx context.Context) error {
	changed := 0
	for {
		list, err := f.m.store.Changes.Since(ctx, f.org, f.seq, batch)
		if err != nil {
			return err
		}
		for _, c := range list {
			f.seq = c.Seq
			if err := f.escalation(c); err != nil {
				return err
			}
		}
		changed += len(list)
		if len(list) == 0 {
			break
		}
	}
	if changed == 0 {
		return f.gaps(ctx)
	}
	if err := f.totals(ctx, changed); err != nil {
		return err
	}
	return f.gaps(ctx)
}

// toldAtMost bounds what a stream remembers; beyond it an old escalation that changes may be told again.
const toldAtMost = 10_000

func (f *follower) escalation(c conversation.Conversation) error {
	uid := c.UID()
	if !c.Findings.Escalation.Escalated || f.escalated[uid] {
		return nil
	}
	if len(f.escalated) >= toldAtMost {
		clear(f.escalated)
	}
	f.escalated[uid] = true
	return f.emit(&Event{Seq: f.seq, Escalation: &c})
}

func (f *follower) totals(ctx context.Context, changed int) error {
	v, err := f.m.open(ctx, Request{Org: f.org}, DashboardHours)
	if err != nil {
		return err
	}
	headline, err := v.askHeadline(ctx)
	if err != nil {
		return err
	}
	if err := v.read(ctx); err != nil {
		return err
	}
	figures, err := headline.figures(ctx)
	if err != nil {
		return err
	}
	return f.emit(&Event{Seq: f.seq, Totals: &Totals{Changed: changed, Today: figures, Frame: v.frame()}})
}

// gapsEvery is how often a stream looks for new gaps, as that means listing them.
const gapsEvery = 5 * time.Second

func (f *follower) gaps(ctx context.Context) error {
	now := f.m.now()
	if now.Sub(f.looked) < gapsEvery {
		return nil
	}
	f.looked = now
	list, err := f.m.store.Gaps.List(ctx, f.org, knowledge.Query{AsOf: now})
	if err != nil {
		return err
	}
	unpriced := func(string) (float64, bool) { return 0, false } // the list says what a gap costs; the event says that there is one
	for _, s := range list {
		if s.ID <= f.gap {
			continue
		}
		f.gap = s.ID
		gap := showGap(s, unpriced)
		if err := f.emit(&Event{Seq: f.seq, Gap: &gap}); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when there may be something new. Several hints in a row are one.
func (f *follower) wait(ctx context.Context, hints <-chan tenant.ID, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case org, ok := <-hints:
			if !ok {
				return context.Canceled
			}
			if org != f.org {
				continue
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settle):
				return nil
			}
		case <-tick:
			return f.emit(nil)
		}
	}
}
