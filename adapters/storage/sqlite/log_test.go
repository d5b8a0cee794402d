package sqlite_test

import (
	"os"
	"sync"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// However long writers keep at it, the log begins anew again and again.
func TestTheLogStaysShortUnderLoad(t *testing.T) {
	var (
		mu      sync.Mutex
		written int64
	)
	path := file(t)
	s, err := sqlite.OpenWatched(t.Context(), path, "FULL", storage.Options{}, func(e vfs.Event) {
		if e.Kind == vfs.Write && e.Path != path {
			mu.Lock()
			written += int64(len(e.Data))
			mu.Unlock()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	const limit = 500 * 4120
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return written > 12*limit
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; !enough() && !t.Failed(); n += 20 {
				changes := lo.Times(20, func(i int) conversation.Change {
					c := planted(tenant.ID{5}, w*100_000+n+i)
					c.Once = nil
					return c
				})
				if _, err := s.Conversations.Apply(t.Context(), changes); err != nil {
					t.Errorf("a write: %v", err)
				}
			}
		})
	}
	writers.Wait()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 4*limit {
		t.Errorf("of %d bytes that were written the log keeps %d", written, info.Size())
	}
}
