package httpapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// limiter bounds the requests of many names, each on its own.
type limiter struct {
	rate  Rate
	mu    sync.Mutex
	names map[limited]*rate.Limiter
}

// limited is a name whose requests are bounded: a credential of an organisation, or all of it when that is empty.
type limited struct {
	org        tenant.ID
	credential string
}

// mostNames is how many names are kept before those that have been quiet are dropped.
const mostNames = 10_000

func newLimiter(r Rate) *limiter {
	return &limiter{rate: r, names: map[limited]*rate.Limiter{}}
}

// take counts one request. When it is one too many, ok is false and wait says when the next may come.
func (l *limiter) take(name limited, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.names[name]
	if bucket == nil {
		if len(l.names) >= mostNames {
			l.dropQuiet(now)
		}
		bucket = rate.NewLimiter(rate.Limit(l.rate.PerSecond), max(1, l.rate.Burst))
		l.names[name] = bucket
	}
	reservation := bucket.ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// dropQuiet forgets the names whose allowance is full again, which changes nothing for them.
func (l *limiter) dropQuiet(now time.Time) {
	for name, bucket := range l.names {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(l.names, name)
		}
	}
}
