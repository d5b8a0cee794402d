package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
)

// lines is a batch of so many conversations.
func lines(n int) string {
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"conversation_id":"c%d","platform":"sdk"}`+"\n", i)
	}
	return body.String()
}

func TestClientsThatLeaveAreNotLoggedAsFailures(t *testing.T) {
	for path, body := range map[string]string{"/api/v1/conversations": small, "/api/v1/conversations/batch": lines(600)} {
		ctx, leave := context.WithCancel(t.Context())
		h := open(t, unreliable(func() error {
			leave()
			return fmt.Errorf("storing: %w", ctx.Err())
		}))
		r := httptest.NewRequestWithContext(ctx, "POST", path, strings.NewReader(body))
		r.Header.Set("X-API-Key", h.key)
		r.Header.Set("Content-Type", "application/x-ndjson")
		if body == small {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || strings.Contains(h.log.String(), `"level":"ERROR"`) {
			t.Errorf("%s: %d\n%s", path, w.Code, h.log.String())
		}
	}
}

func TestWhatStopsABatchIsLoggedOnceForAllItems(t *testing.T) {
	for _, good := range []int{0, 1} {
		calls := make(chan struct{}, good)
		h := open(t, unreliable(func() error {
			select {
			case calls <- struct{}{}:
				return nil
			default:
				return &port.Unavailable{After: time.Second, Cause: errors.New("the disk is full")}
			}
		}))
		h.send("POST", "/api/v1/conversations/batch", lines(400), "Content-Type", "application/x-ndjson")
		if n := strings.Count(h.log.String(), "the disk is full"); n != 1 {
			t.Errorf("logged %d times when it came after %d chunks", n, good)
		}
	}
}
