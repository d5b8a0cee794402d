package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// served is a client of a server that answers with fn; waits are noted, not waited for.
func served(t *testing.T, o Options, fn http.HandlerFunc) (*Client, *[]int) {
	t.Helper()
	server := httptest.NewServer(fn)
	t.Cleanup(server.Close)
	var waits []int
	o.APIKey, o.Endpoint = "amo_k", server.URL
	o.Wait = func(n int) time.Duration { waits = append(waits, n); return 0 }
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &waits
}

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"title":"T","status":%d,"detail":"D","success":false,"code":%q,"request_id":"r","errors":[{"field":"/f","message":"must be m"}]}`, status, code)
}

func TestRepeatsWhatMayPassWithOneIdempotencyKey(t *testing.T) {
	var keys, bodies []string
	c, waits := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		keys, bodies = append(keys, r.Header.Get("Idempotency-Key")), append(bodies, string(raw))
		switch len(keys) {
		case 1:
			problem(w, 503, "unavailable")
		case 2:
			w.WriteHeader(502) // something between client and server
		case 3:
			w.Header().Set("Retry-After", "0")
			problem(w, 429, "rate_limited")
		default:
			if r.Header.Get("X-API-Key") != "amo_k" || r.Header.Get("Content-Type") != "application/json" {
				t.Error(r.Header)
			}
			fmt.Fprint(w, `{"success":true,"conversation":{"id":"u"},"effect":"created"}`)
		}
	})
	answer, err := c.Send(t.Context(), Conversation{ConversationID: "a", Platform: "sdk"})
	if err != nil || answer.Conversation.ID != "u" || answer.Effect != "created" {
		t.Fatal(answer, err)
	}
	if len(keys) != 4 || keys[0] == "" || keys[0] != keys[3] || bodies[0] != bodies[3] {
		t.Error(keys, bodies)
	}
	// The third pause was the server's.
	if diff := cmp.Diff([]int{1, 2, 3}, *waits); diff != "" {
		t.Error(diff)
	}
}

func TestWaitsAsLongAsTheServerAsks(t *testing.T) {
	calls := 0
	c, _ := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			w.Header().Set("Retry-After", "1")
			problem(w, 503, "draining")
			return
		}
		fmt.Fprint(w, `{}`)
	})
	start := time.Now()
	if _, err := c.Dashboard(t.Context(), Window{}); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(start); waited < time.Second {
		t.Errorf("waited %s", waited)
	}
}

func TestRefusalsAreTypedAndNotRepeated(t *testing.T) {
	for status, want := range map[int]error{
		400: ErrInvalid, 401: ErrUnauthenticated, 403: ErrForbidden, 404: ErrNotFound, 409: ErrConflict, 410: ErrGone,
		413: ErrInvalid, 415: ErrInvalid, 422: ErrInvalid,
	} {
		calls := 0
		c, _ := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) { calls++; problem(w, status, "code") })
		_, err := c.Send(t.Context(), Conversation{})
		var e *Error
		if !errors.Is(err, want) || !errors.As(err, &e) || e.Code != "code" || e.Errors[0].Field != "/f" || calls != 1 {
			t.Errorf("%d: %v after %d calls", status, err, calls)
		}
		if errors.Is(err, ErrUnavailable) {
			t.Errorf("%d would be repeated", status)
		}
		if !strings.Contains(err.Error(), "T: D; /f must be m") {
			t.Error(err)
		}
	}
}

func TestGivesUpAfterItsAttempts(t *testing.T) {
	calls := 0
	c, _ := served(t, Options{Attempts: 3}, func(w http.ResponseWriter, r *http.Request) { calls++; problem(w, 503, "x") })
	if _, err := c.KnowledgeGaps(t.Context(), GapFilter{}); !errors.Is(err, ErrUnavailable) || calls != 3 {
		t.Error(err, calls)
	}
	down, err := New(Options{APIKey: "k", Endpoint: "http://127.0.0.1:1", Attempts: 2, Wait: func(int) time.Duration { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	var none *Unreachable
	if _, err := down.Keys(t.Context()); !errors.As(err, &none) || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "http://127.0.0.1:1") {
		t.Error(err)
	}
}

// A key that was made twice would be a key nobody knows of.
func TestKeysAreNotMadeTwice(t *testing.T) {
	calls := 0
	c, _ := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls == 1 {
			problem(w, 503, "unavailable") // the server did nothing
			return
		}
		w.WriteHeader(504) // who knows
	})
	if _, err := c.CreateKey(t.Context(), "n", ""); err == nil || calls != 2 {
		t.Error(err, calls)
	}
}

func TestCancellationEndsTheWaiting(t *testing.T) {
	var calls atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", "3600")
		problem(w, 503, "x")
		cancel()
	}))
	defer server.Close()
	c, err := New(Options{APIKey: "k", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Keys(ctx); err == nil || calls.Load() != 1 {
		t.Error(err, calls.Load())
	}
}

func TestTheKeyIsNotCarriedElsewhere(t *testing.T) {
	var asked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer other.Close()
	c, err := New(Options{APIKey: "k", Endpoint: redirectTo(t, other.URL)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Keys(t.Context()); err == nil || asked.Load() {
		t.Error(err, asked.Load())
	}
}

func redirectTo(t *testing.T, to string) string {
	server := httptest.NewServer(http.RedirectHandler(to, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	return server.URL
}

func TestBatch(t *testing.T) {
	var sent []string
	answer := `{"index":0,"status":201,"effect":"created"}
{"index":1,"status":422,"error":{"title":"T","status":422,"code":"validation_failed","errors":[{"field":"/platform","message":"is required"}]}}
`
	c, _ := served(t, Options{Environment: "staging"}, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		sent = append(sent, string(raw))
		if r.URL.Path != "/api/v1/conversations/batch" || r.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Error(r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		fmt.Fprint(w, answer)
	})
	batch := []Conversation{
		{ConversationID: "a", Platform: "sdk", Metadata: json.RawMessage(`{"x":1}`)},
		{ConversationID: "b", Metadata: json.RawMessage(`{"environment":"mine"}`)},
	}
	results, err := c.SendBatch(t.Context(), batch)
	if err != nil || len(results) != 2 || results[0].Effect != "created" || results[1].Error.Errors[0].Field != "/platform" {
		t.Fatal(results, err)
	}
	want := `{"conversation_id":"a","platform":"sdk","metadata":{"environment":"staging","x":1}}
{"conversation_id":"b","metadata":{"environment":"mine"}}`
	if diff := cmp.Diff(want, sent[0]); diff != "" {
		t.Error(diff)
	}
	if string(batch[0].Metadata) != `{"x":1}` {
		t.Error("the caller's conversation was changed")
	}
	raw := `{"conversation_id" : "as it is"}`
	if _, err := c.SendLines(t.Context(), [][]byte{[]byte(raw), []byte("{}")}); err != nil || sent[1] != raw+"\n{}" {
		t.Error(err, sent[1])
	}
	if _, err := c.SendBatch(t.Context(), []Conversation{{Metadata: json.RawMessage(`[]`)}}); err == nil {
		t.Error("metadata that is no object passed")
	}
}

// A batch that broke off half-way is finished, and what was stored is not sent again.
func TestBatchGoesOnWhereItBrokeOff(t *testing.T) {
	answers := []string{
		`{"index":0,"status":201,"effect":"created"}` + "\n" + `{"index":1,"status":503,"error":{"title":"T"}}`, // nothing of 2
		``,
		`{"index":0,"status":200,"effect":"unchanged"}` + "\n" + `{"index":1,"status":422,"error":{"title":"T"}}`,
	}
	var sent []string
	c, _ := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		sent = append(sent, string(raw))
		fmt.Fprintln(w, answers[len(sent)-1])
	})
	results, err := c.SendLines(t.Context(), [][]byte{[]byte("a"), []byte("b"), []byte("c")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a\nb\nc", "b\nc", "b\nc"}, sent); diff != "" {
		t.Error(diff)
	}
	for i, status := range []int{201, 200, 422} {
		if results[i].Status != status || results[i].Index != i || results[i].Line != i+1 {
			t.Errorf("%d: %+v", i, results[i])
		}
	}
	stuck, _ := served(t, Options{Attempts: 2}, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, `{"index":0,"status":503}`) })
	if _, err := stuck.SendLines(t.Context(), [][]byte{[]byte("a")}); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

func TestReads(t *testing.T) {
	var got []string
	c, _ := served(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.RequestURI())
		switch {
		case strings.Contains(r.URL.Path, "cost"):
			fmt.Fprint(w, `{"cost_analysis":{"total_ai_cost":500.00,"roi_percentage":null,"estimates":{"total_ai_cost":{"value":500,"n":7},"roi_percentage":{"value":null}}}}`)
		case r.URL.Query().Get("cursor") == "next":
			fmt.Fprint(w, `{"conversations":[{"id":"3"}]}`)
		case r.URL.Path == "/api/v1/conversations":
			fmt.Fprint(w, `{"conversations":[{"id":"1"},{"id":"2"}],"next_cursor":"next"}`)
		default:
			fmt.Fprint(w, `{"success":true}`)
		}
	})
	topic, yes, four := "a&b", true, 4
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	w := Window{Start: start, End: start.AddDate(1, 0, 0), TimeZone: "Europe/Berlin", Topic: &topic}
	cost, err := c.CostAnalysis(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	total, _ := cost.CostAnalysis.Get("total_ai_cost")
	unknown, ok := cost.CostAnalysis.Get("roi_percentage")
	if total.Number != "500.00" || total.Estimate.N != 7 || !ok || unknown.Number != "" {
		t.Errorf("%+v %+v", total, unknown)
	}
	var ids []string
	for conversation, err := range c.Each(t.Context(), Filter{Escalated: &yes, CSATMin: &four, Search: "x y", Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, conversation.ID)
	}
	for _, read := range []func() error{
		func() error { _, err := c.Dashboard(t.Context(), Window{Hours: 12.5}); return err },
		func() error { _, err := c.CSATTrends(t.Context(), Window{}); return err },
		func() error { _, err := c.EscalationPatterns(t.Context(), Window{}); return err },
		func() error {
			_, err := c.KnowledgeGaps(t.Context(), GapFilter{MinOccurrences: 1, Limit: 5})
			return err
		},
		func() error { _, err := c.Conversation(t.Context(), "u/v"); return err },
		func() error { return c.RevokeKey(t.Context(), "k") },
	} {
		if err := read(); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"GET /api/v1/cs-metrics/cost-analysis?end=2021-01-01T00%3A00%3A00Z&start=2020-01-01T00%3A00%3A00Z&time_zone=Europe%2FBerlin&topic=a%26b",
		"GET /api/v1/conversations?csat_min=4&escalated=true&limit=2&search=x+y",
		"GET /api/v1/conversations?csat_min=4&cursor=next&escalated=true&limit=2&search=x+y",
		"GET /api/v1/cs-metrics/dashboard?time_range=12.5", "GET /api/v1/cs-metrics/csat-trends",
		"GET /api/v1/cs-metrics/escalation-patterns", "GET /api/v1/conversations/knowledge-gaps?limit=5&min_occurrences=1",
		"GET /api/v1/conversations/u%2Fv", "DELETE /api/v1/keys/k",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestFromEnv(t *testing.T) {
	for _, name := range []string{EnvAPIKey, EnvEndpoint, EnvEnvironment, EnvLogLevel} {
		t.Setenv(name, "")
	}
	if _, err := FromEnv(); err == nil || !strings.Contains(err.Error(), EnvAPIKey) {
		t.Error(err)
	}
	t.Setenv(EnvAPIKey, "amo_x")
	c, err := FromEnv()
	if err != nil || c.Endpoint() != DefaultEndpoint || c.environment != Production {
		t.Error(c, err)
	}
	t.Setenv(EnvEndpoint, "https://csm.example.com/")
	t.Setenv(EnvEnvironment, "staging")
	if c, err = FromEnv(); err != nil || c.Endpoint() != "https://csm.example.com" || c.environment != "staging" {
		t.Error(c, err)
	}
	t.Setenv(EnvLogLevel, "loud")
	if _, err := FromEnv(); err == nil || !strings.Contains(err.Error(), "DEBUG, INFO, WARN, ERROR") {
		t.Error(err)
	}
	for _, o := range []Options{{APIKey: "a b"}, {APIKey: "k", Endpoint: "csm.example.com"}, {APIKey: "k", Endpoint: "ftp://x"}, {APIKey: "k", Endpoint: "http://u:p@x"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v passed", o)
		}
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	for n := 1; n < 100; n++ {
		full := min(250*time.Millisecond<<min(n-1, 10), 15*time.Second)
		if d := backoff(n); d < full/2 || d > full {
			t.Errorf("%d: %s", n, d)
		}
	}
}
