package sqlstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Work behind the writes begins when nobody writes, soon while a few do, and lets a burst pass for as long as it may.
func TestWorkLetsABurstPass(t *testing.T) {
	for name, c := range map[string]struct {
		// every is the time between two writes, 0 where there are none.
		every, endures, from, to time.Duration
	}{
		"silence":                  {0, endurance, calm, calm},
		"some write":               {30 * time.Millisecond, endurance, patience, patience + 2*calm},
		"a burst":                  {time.Millisecond, endurance, endurance, endurance + 2*calm},
		"a burst, and work urgent": {time.Millisecond, patience, patience, patience + 2*calm},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b behind
				ctx, stop := context.WithCancel(t.Context())
				if c.every > 0 {
					go func() {
						for sleep(ctx, c.every) == nil {
							b.writes.Add(1)
						}
					}()
				}
				began := time.Now()
				if err := b.gather(ctx, c.endures); err != nil {
					t.Error(err)
				}
				if waited := time.Since(began); waited < c.from || waited > c.to {
					t.Errorf("work waited for %s, not %s to %s", waited, c.from, c.to)
				}
				stop()
			})
		})
	}
}
