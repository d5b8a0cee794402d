package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// maxAnswer bounds an answer that is kept in memory.
const maxAnswer = 256 << 20

// request is one call, as often as it takes.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	contentType  string
	// once is the idempotency key, empty for none.
	once string
	// delicate requests are repeated only when the server said that it did nothing.
	delicate bool
}

// do sends the request until it is answered for good, and hands over the body of the answer.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	for n := 1; ; n++ {
		body, err := c.try(ctx, r)
		if err == nil || n >= c.attempts || !passing(ctx, err) || r.delicate && !refused(err) {
			return body, err
		}
		pause := c.wait(n)
		if after, ok := RetryAfter(err); ok {
			pause = after
		}
		c.log.Warn("will try again", "method", r.method, "path", r.path, "attempt", n, "in", pause, "error", err)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// call is do for calls with JSON on both sides; in may be nil.
func call[T any](ctx context.Context, c *Client, r request, in any) (out T, err error) {
	if in != nil {
		if r.body, err = json.Marshal(in); err != nil {
			return out, fmt.Errorf("sdk: %w", err)
		}
		r.contentType = "application/json"
	}
	raw, err := c.do(ctx, r)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("sdk: the server's answer is not understood: %w", err)
	}
	return out, nil
}

// try sends the request once.
func (c *Client) try(ctx context.Context, r request) ([]byte, error) {
	res, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &Unreachable{Endpoint: c.endpoint, Cause: err}
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("sdk: the answer is larger than %d bytes", maxAnswer)
	}
	return body, nil
}

// send sends the request once and hands over an answer that says yes, with its body still to be read.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	address := c.endpoint + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("sdk: %w", err)
	}
	req.Header.Set("X-API-Key", c.key)
	req.Header.Set("User-Agent", userAgent())
	req.Header.Set("Accept", "application/json, application/x-ndjson, text/csv, application/problem+json")
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.once != "" {
		req.Header.Set("Idempotency-Key", r.once)
	}
	start := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, &Unreachable{Endpoint: c.endpoint, Cause: err}
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("method", r.method), slog.String("path", r.path),
		slog.Int("status", res.StatusCode), slog.Duration("took", time.Since(start)))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // what can be read of it says enough
		return nil, newError(res, body)
	}
	return res, nil
}

// backoff doubles from a quarter of a second to 15 seconds and leaves out a random half.
func backoff(n int) time.Duration {
	full := min(250*time.Millisecond<<min(n-1, 10), 15*time.Second)
	return full/2 + rand.N(full/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// userAgent names the client and the version of the module it was built from.
var userAgent = sync.OnceValue(func() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return "csm-monitor-go/" + version
})

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header) (time.Duration, bool) {
	given := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(given); err == nil && seconds >= 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour), true
	}
	if at, err := http.ParseTime(given); err == nil {
		return min(max(time.Until(at), 0), time.Hour), true
	}
	return 0, false
}
