package app

import (
	"context"
	"net/http"
	"sync"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
)

// flights counts the requests under way, so that stopping can wait for them while the listener still tells newcomers
// to come back later.
type flights struct {
	next http.Handler
	mu   sync.Mutex
	n    int
	// landed is closed when nothing is under way; nil until somebody waits.
	landed chan struct{}
}

func newFlights(api *httpapi.API) *flights { return &flights{next: api} }

// ServeHTTP counts the request while it is answered.
func (f *flights) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.add(1)
	defer f.add(-1)
	f.next.ServeHTTP(w, r)
}

func (f *flights) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n += n
	if f.n == 0 && f.landed != nil {
		close(f.landed)
		f.landed = nil
	}
}

func (f *flights) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// wait returns when nothing is under way for a moment, or when ctx ends.
func (f *flights) wait(ctx context.Context) error {
	f.mu.Lock()
	if f.n == 0 {
		f.mu.Unlock()
		return nil
	}
	if f.landed == nil {
		f.landed = make(chan struct{})
	}
	landed := f.landed
	f.mu.Unlock()
	select {
	case <-landed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
