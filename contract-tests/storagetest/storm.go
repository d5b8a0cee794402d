package storagetest

import (
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// storm writes, erases, expires, moves the organisation's days and renews its keys at the same time, by way of the stores
// given. What is left afterwards is known from the store alone, and must then fit itself: sums are those of the rows.
func (r *room) storm(seed uint64, stores ...port.Storage) error {
	const writers, rounds = 6, 30
	old := noon.Add(-100 * 24 * time.Hour)
	if err := r.put(r.aged(newGen(seed), old)...); err != nil {
		return err
	}
	if err := together(writers+3, func(i int) error {
		g := newGen(seed + uint64(i) + 1)
		for round := range rounds {
			s := stores[(i+round)%len(stores)]
			var err error
			switch i {
			case writers:
				_, err = s.Conversations.Delete(r, r.org, one(g, conversation.Query{UIDs: []uid{key(r.org, g.IntN(60)).UID()}}, conversation.Query{Topic: ptr("billing"), Customer: ptr("ann"), Start: noon}), noon)
			case writers + 1:
				_, err = s.Conversations.Expire(r, r.org, old.Add(time.Duration(round)*time.Hour), 1+g.IntN(3))
			case writers + 2:
				if round%5 == 0 {
					err = r.rezone(one(g, zones...))
				} else if k, ok := s.Orgs.(keeper); ok && round%5 == 2 {
					_, err = k.Renew(r, r.org)
				}
			default:
				err = r.gusts(g, s)
			}
			if err != nil {
				return fmt.Errorf("round %d of %d: %w", round, i, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return r.adopt(stores[0], old.Add(rounds*time.Hour))
}

// aged are conversations that nobody but retention touches.
func (r *room) aged(g gen, old time.Time) []conversation.Patch {
	var out []conversation.Patch
	for i := range 40 {
		at := old.Add(time.Duration(i) * time.Hour)
		stamp := conversation.Stamp{Trust: conversation.Signed, At: at}
		facts := g.facts(stamp)
		facts.CreatedAt = conversation.State(&at, stamp)
		out = append(out, conversation.NewPatch(key(r.org, 1000+i), facts, nil, stamp, at))
	}
	return out
}

// gusts applies some changes.
func (r *room) gusts(g gen, s port.Storage) error {
	var changes []conversation.Change
	for range 1 + g.IntN(20) {
		changes = append(changes, change(g.arrival(key(r.org, g.IntN(60)), noon.Add(time.Duration(g.IntN(40*24*4))*metric.Quarter))))
	}
	_, err := s.Conversations.Apply(r, changes)
	return err
}

// adopt takes what the store lists for what must be there; what it no longer lists of the aged has expired, because they
// were not erased. Then everything must fit.
func (r *room) adopt(s port.Storage, until time.Time) error {
	kept := map[uid]conversation.Conversation{}
	for c, err := range s.Conversations.Each(r, r.org, conversation.Query{}) {
		if err != nil {
			return fmt.Errorf("Each: %w", err)
		}
		kept[c.UID()] = c
	}
	for id, c := range r.live {
		if _, ok := kept[id]; !ok {
			r.expired = append(r.expired, c)
			r.gone[id] = true
			if !c.StartedAt.Before(until) {
				return fmt.Errorf("%s is gone, which nobody touched", c.ID)
			}
		}
	}
	r.live = kept
	r.s = s
	g := newGen(150)
	return first(
		r.everything,
		func() error { return follows(r) },
		func() error { return r.windows(g, 40) },
		func() error { return r.lists(conversation.Query{Search: "refund"}) },
		func() error { return r.rollup(metric.Selection{Window: always, By: metric.Grouping{Day: true}}) },
	)
}
