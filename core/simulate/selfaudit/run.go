package selfaudit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
)

// Options say how much is audited.
type Options struct {
	// Seeds is how many organisations; they have the seeds 1, 2, 3 and so on. FirstSeed, when set, is where they begin.
	Seeds     int
	FirstSeed uint64
	// Open opens an empty store for one organisation. It is closed afterwards.
	Open func(context.Context) (port.Storage, error)
	// Workers is how many organisations are worked on at a time, at least 1. It does not change the result.
	Workers int
	// Progress, when set, is told after each organisation how many are done. It is never called twice at a time.
	Progress func(done int)
}

// Run audits. The result depends on the seeds alone.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Seeds < 1 || o.Open == nil {
		return Report{}, errors.New("selfaudit: at least one seed and a store are needed")
	}
	first := max(o.FirstSeed, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make([]finding, o.Seeds)
	next := make(chan int)
	var workers sync.WaitGroup
	var mu sync.Mutex
	var failed error
	done := 0
	for range max(o.Workers, 1) {
		workers.Go(func() {
			for i := range next {
				f, err := audit(ctx, first+uint64(i), o.Open)
				mu.Lock()
				if err != nil {
					if failed == nil {
						failed = fmt.Errorf("seed %d: %w", first+uint64(i), err)
					}
					cancel()
				} else if results[i] = f; o.Progress != nil {
					done++
					o.Progress(done)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i := range o.Seeds {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	if failed != nil {
		return Report{}, failed
	}
	return report(first, results), nil
}

// begin is the first day of every audited organisation, and days how long it lives: two whole months that are measured,
// and a time after them in which satisfaction has fallen.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const (
	measured = 59
	days     = measured + 14
	fall     = 1.0
)
