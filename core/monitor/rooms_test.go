package monitor_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// What one conversation left in a room that is used again must not show in the next: each is found what it is found to
// be when read alone, also when many are read at a time.
func TestRoomsAreLeftClean(t *testing.T) {
	d := newDesk(t)
	d.now = received
	all := arrivals(120)
	var readers sync.WaitGroup
	for w := range 4 {
		readers.Go(func() {
			for i := w; i < len(all); i += 4 {
				a := all[i]
				a.key.Org = d.org
				got, err := d.m.Ingest(d.ctx, []monitor.Arrival{{Patch: a.patch()}})
				if err != nil || got[0].Err != nil {
					t.Error(err, got)
					return
				}
				if diff := cmp.Diff(monitor.Read(*got[0].Conversation, tenant.Settings{}), got[0].Conversation.Findings); diff != "" {
					t.Errorf("%s read alone and after others:\n%s", a.key.ID, diff)
				}
			}
		})
	}
	readers.Wait()
}
