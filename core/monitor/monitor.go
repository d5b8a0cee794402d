// Package monitor holds the use cases: what comes in goes through Ingest, what is shown comes out of the reads, and
// what happens behind the write runs in the jobs. It is the only core package that calls ports.
package monitor

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Monitor answers for all organisations of one store.
type Monitor struct {
	store    port.Storage
	clock    func() time.Time
	meaning  Meaning
	cache    settingsCache
	gaps     gapIndexes
	models   *models
	progress progress
	rooms    sync.Pool // of *reading
}

// Options are what a Monitor needs besides a store.
type Options struct {
	// Clock is the time of day; required, so that nothing in the core reads a clock of its own.
	Clock func() time.Time
	// Meaning, when its Embedder is set, gathers knowledge gaps by what questions mean instead of by their words.
	Meaning Meaning
}

// New builds a Monitor. A store with a missing part, or no clock, is an error that names it.
func New(store port.Storage, o Options) (*Monitor, error) {
	if missing := store.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("monitor: the storage has no %s", strings.Join(missing, ", "))
	}
	if o.Clock == nil {
		return nil, fmt.Errorf("monitor: Options.Clock is required")
	}
	if o.Meaning.Embedder != nil && !(o.Meaning.Threshold > 0 && o.Meaning.Threshold < 1) {
		return nil, fmt.Errorf("monitor: Options.Meaning.Threshold must be between 0 and 1")
	}
	return &Monitor{
		store: store, clock: o.Clock, meaning: o.Meaning,
		cache:    settingsCache{orgs: map[tenant.ID]cachedSettings{}},
		gaps:     gapIndexes{orgs: map[tenant.ID]*gapIndex{}},
		models:   newModels(),
		progress: progress{at: map[job]reached{}},
	}, nil
}

// now is the present in the precision stores keep.
func (m *Monitor) now() time.Time { return m.clock().UTC().Truncate(time.Microsecond) }
