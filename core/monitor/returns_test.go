package monitor_test

import (
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// A conversation that turns out to be another topic's, another customer's, or to have begun earlier takes the links to
// its old place with it.
func TestLinksFollowWhatMoves(t *testing.T) {
	first, second, third := noon.AddDate(0, 0, -6), noon.AddDate(0, 0, -4), noon.AddDate(0, 0, -3)
	for name, test := range map[string]struct {
		move said
		next time.Time
	}{
		"topic":    {said{id: "second", topic: "returns"}, third},
		"customer": {said{id: "second", customer: "other"}, third},
		"start":    {said{id: "second", start: second.Add(-time.Hour), lines: []line{asks}}, second.Add(-time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for id, start := range map[string]time.Time{"first": first, "second": second, "third": third} {
				d.send(said{id: id, start: start, topic: "billing", customer: "one", lines: []line{asks, answers, thanks}})
			}
			next := func() time.Time {
				c, err := d.m.Conversation(d.ctx, d.org, conversation.Key{Org: d.org, Platform: conversation.Custom, ID: "first"}.UID())
				d.must(err)
				return c.Facts.NextContact.Value
			}
			d.work()
			if got := next(); !got.Equal(second) {
				t.Fatalf("next contact before the move: %s, want %s", got, second)
			}
			d.now = d.now.Add(time.Second)
			d.send(test.move)
			d.work()
			if got := next(); !got.Equal(test.next) {
				t.Errorf("next contact after the move: %s, want %s", got, test.next)
			}
		})
	}
}
