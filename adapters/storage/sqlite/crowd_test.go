package sqlite_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Readers who keep a part of the log in use while it is copied into the database read what is there, whatever of the
// writing is still under way.
func TestReadersAmongWriters(t *testing.T) {
	var copied atomic.Int64
	path := file(t)
	s, err := sqlite.OpenWatched(t.Context(), path, "FULL", storage.Options{}, func(e vfs.Event) {
		if e.Path == path && e.Kind == vfs.Write {
			copied.Add(1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	org := tenant.ID{5}
	plant(t, s, org)
	var (
		all  sync.WaitGroup
		done atomic.Bool
	)
	for range 6 {
		all.Go(func() {
			for !done.Load() && !t.Failed() {
				if _, err := s.Conversations.List(t.Context(), org, conversation.Query{Limit: 200}); err != nil {
					t.Errorf("a listing: %v", err)
				}
				window := metric.Window{Start: epoch.Add(-time.Hour), End: epoch.Add(time.Hour), Zone: time.UTC}
				if _, err := s.Rollups.Rollup(t.Context(), org, metric.Selection{Window: window, By: metric.Grouping{Topic: true}}); err != nil {
					t.Errorf("a sum: %v", err)
				}
			}
		})
	}
	for n := 100; copied.Load() < 3000 && !t.Failed(); n += 20 {
		changes := lo.Times(20, func(i int) conversation.Change { return planted(org, n+i) })
		for i := range changes {
			changes[i].Once = nil
		}
		if _, err := s.Conversations.Apply(t.Context(), changes); err != nil {
			t.Errorf("a write: %v", err)
		}
	}
	done.Store(true)
	all.Wait()
}
