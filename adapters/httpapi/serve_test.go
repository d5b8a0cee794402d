package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// flaky is a store whose conversations do as they are told.
type flaky struct {
	port.Conversations
	apply func() error
}

func (f *flaky) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	if err := f.apply(); err != nil {
		return nil, err
	}
	return f.Conversations.Apply(ctx, changes)
}

// unreliable makes every write ask first.
func unreliable(apply func() error) func(*port.Storage) {
	return func(s *port.Storage) { s.Conversations = &flaky{s.Conversations, apply} }
}

const small = `{"conversation_id":"c","platform":"sdk"}`

func TestAStoreThatCannotWriteIsA503(t *testing.T) {
	h := open(t, unreliable(func() error {
		return fmt.Errorf("wrapped: %w", &port.Unavailable{After: 2500 * time.Millisecond, Cause: errors.New("disk /var/secret is full")})
	}))
	r := h.send("POST", "/api/v1/conversations", small)
	body := text(r)
	if r.StatusCode != 503 || r.Header.Get("Retry-After") != "3" || strings.Contains(body, "secret") {
		t.Errorf("%d, Retry-After %s: %s", r.StatusCode, r.Header.Get("Retry-After"), body)
	}
	if !strings.Contains(h.log.String(), "disk /var/secret is full") {
		t.Error("the log does not say why")
	}
	if r := h.send("POST", "/api/v1/conversations/batch", "["+small+"]"); r.StatusCode != 503 {
		t.Errorf("a batch of which nothing could be stored: %d", r.StatusCode)
	}
}

// Who asks whether the server is ready is told that it can be read but not written, and no more.
func TestAServerThatCannotWriteIsNotReady(t *testing.T) {
	h := open(t, func(s *port.Storage) {
		s.Ready = func(context.Context) error {
			return fmt.Errorf("%w: %w", port.ErrUnwritable, &port.Unavailable{After: time.Second, Cause: errors.New("disk /var/secret is full")})
		}
	})
	r := h.send("GET", "/readyz", "")
	if body := text(r); r.StatusCode != 503 || !strings.Contains(body, port.ErrUnwritable.Error()) || strings.Contains(body, "secret") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestWhatGoesWrongInsideStaysInside(t *testing.T) {
	h := open(t, unreliable(func() error { return errors.New(`pq: relation "orgs" at /root/x.go:12`) }))
	r := h.send("POST", "/api/v1/conversations", small)
	body := text(r)
	if r.StatusCode != 500 || strings.Contains(body, "orgs") || strings.Contains(body, ".go") || !strings.Contains(body, `"code":"internal_error"`) {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	h = open(t, unreliable(func() error { panic("boom at /root/y.go") }))
	r = h.send("POST", "/api/v1/conversations", small)
	if body := text(r); r.StatusCode != 500 || strings.Contains(body, "boom") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	if !strings.Contains(h.log.String(), "boom") {
		t.Error("the panic was not logged")
	}
}

func TestABatchThatFailsHalfWaySaysWhatWasStored(t *testing.T) {
	var calls atomic.Int64 // chunks are stored side by side
	h := open(t, unreliable(func() error {
		if calls.Add(1) > 1 {
			return &port.Unavailable{After: time.Second, Cause: errors.New("full")}
		}
		return nil
	}))
	var body strings.Builder
	const n = 600
	for i := range n {
		fmt.Fprintf(&body, `{"conversation_id":"c%d","platform":"sdk"}`+"\n", i)
	}
	r := h.send("POST", "/api/v1/conversations/batch", body.String(), "Content-Type", "application/x-ndjson")
	lines := strings.Split(strings.TrimSpace(text(r)), "\n")
	stored, refused := 0, 0
	for _, line := range lines {
		var result struct{ Status int }
		if err := json.Unmarshal([]byte(line), &result); err != nil {
			t.Fatal(err)
		}
		switch result.Status {
		case 201:
			stored++
		case 503:
			refused++
		}
	}
	if r.StatusCode != 200 || stored != 256 || refused != 344 || len(lines) != 600 {
		t.Errorf("status %d: %d stored, %d refused in %d lines", r.StatusCode, stored, refused, len(lines))
	}
	calls.Store(0)
	array := h.send("POST", "/api/v1/conversations/batch", "["+strings.ReplaceAll(strings.TrimSpace(body.String()), "\n", ",")+"]")
	var answer struct {
		Success            bool
		Accepted, Rejected int
	}
	if err := json.NewDecoder(array.Body).Decode(&answer); err != nil || answer.Success || answer.Accepted != 256 || answer.Rejected != 344 {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestAChunkThatPanicsIsRefusedLineByLine(t *testing.T) {
	var calls atomic.Int64
	h := open(t, unreliable(func() error {
		if calls.Add(1) > 1 {
			panic("boom at /root/y.go")
		}
		return nil
	}))
	var body strings.Builder
	for i := range 300 {
		fmt.Fprintf(&body, `{"conversation_id":"c%d","platform":"sdk"}`+"\n", i)
	}
	r := h.send("POST", "/api/v1/conversations/batch", body.String(), "Content-Type", "application/x-ndjson")
	answer := text(r)
	if stored, refused := strings.Count(answer, `"status":201`), strings.Count(answer, `"code":"internal_error"`); stored != 256 || refused != 44 || strings.Contains(answer, "boom") {
		t.Errorf("%d stored, %d refused: %.300s", stored, refused, answer)
	}
}

// TestNDJSONIsAnsweredWhileItIsSent sends 256 items, waits for their results, and only then sends the rest.
func TestNDJSONIsAnsweredWhileItIsSent(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.api)
	defer server.Close()
	body, feed := io.Pipe()
	request, err := http.NewRequest("POST", server.URL+"/api/v1/conversations/batch", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", h.key)
	request.Header.Set("Content-Type", "application/x-ndjson")
	send := func(from, to int) {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, `{"conversation_id":"c%d","platform":"sdk"}`+"\n", i)
		}
		if _, err := io.WriteString(feed, b.String()); err != nil {
			t.Error(err)
		}
	}
	go send(0, 257)
	r, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	for i := range 256 {
		if !lines.Scan() || !strings.Contains(lines.Text(), fmt.Sprintf(`"index":%d,`, i)) {
			t.Fatalf("result %d is %q, %v", i, lines.Text(), lines.Err())
		}
	}
	go func() {
		send(257, 300)
		feed.Close()
	}()
	rest := 0
	for lines.Scan() {
		rest++
	}
	if rest != 44 {
		t.Errorf("%d further results, want 44", rest)
	}
}

func TestDrainLetsRequestsUnderWayFinish(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := open(t, unreliable(func() error {
		close(entered)
		<-leave
		return nil
	}))
	server := httptest.NewServer(h.api)
	defer server.Close()
	var wg sync.WaitGroup
	status := 0
	wg.Go(func() {
		request, _ := http.NewRequest("POST", server.URL+"/api/v1/conversations", strings.NewReader(small))
		request.Header.Set("X-API-Key", h.key)
		request.Header.Set("Content-Type", "application/json")
		r, err := server.Client().Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		status = r.StatusCode
		r.Body.Close()
	})
	<-entered
	h.api.Drain()
	if r := h.send("GET", "/api/v1/conversations", ""); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("a new request got %d", r.StatusCode)
	}
	close(leave)
	wg.Wait()
	if status != 201 {
		t.Errorf("the request under way got %d", status)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	h := open(t)
	const canary = "canary7f3a"
	h.send("POST", "/api/v1/conversations", `{"conversation_id":"`+canary+`","platform":"sdk","customer_id":"`+canary+`","messages":[{"sender_type":"ai","content":"`+canary+`"}]}`, "Idempotency-Key", canary)
	h.send("POST", "/api/v1/conversations", `{"conversation_id":"`+canary+`","csat_score":"`+canary+`"`)
	h.send("GET", "/api/v1/conversations?search="+canary+"&topic="+canary+"&cursor="+canary, "")
	h.send("GET", "/api/v1/conversations", "", "X-API-Key", "amo_"+canary+strings.Repeat("0", 22), "Cookie", canary)
	h.send("GET", "/api/v1/conversations", "", "Authorization", "Bearer "+canary)
	made := h.send("POST", "/api/v1/keys", `{"name":"x"}`)
	var key struct{ Key struct{ Secret string } }
	if err := json.NewDecoder(made.Body).Decode(&key); err != nil || key.Key.Secret == "" {
		t.Fatal(key, err)
	}
	// Who revokes a key by its secret, or takes it for an address, has it in the path.
	h.send("DELETE", "/api/v1/keys/"+h.key, "")
	h.send("GET", "/"+h.key+"/csmkey_"+canary, "")
	log := h.log.String()
	for _, secret := range []string{canary, h.key, h.key[12:], key.Key.Secret[12:]} {
		if strings.Contains(log, secret) {
			t.Errorf("the log contains %s", secret)
		}
	}
}

func TestNobodyWritesLinesOfOurLog(t *testing.T) {
	h := open(t)
	r := httptest.NewRequest("GET", "/x", nil)
	r.URL.Path = "/x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[31m\u2028" + strings.Repeat("y", 1000)
	r.Header.Set("X-Request-Id", "a\nb")
	h.api.ServeHTTP(httptest.NewRecorder(), r)
	lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
	if len(lines) != 1 || strings.Contains(lines[0], "\x1b") || strings.Contains(lines[0], "\u2028") || len(lines[0]) > 700 {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}

func TestHalfConfiguredAPIsDoNotStart(t *testing.T) {
	whole := open(t).options
	for name, spoil := range map[string]func(*httpapi.Options){
		"Monitor":   func(o *httpapi.Options) { o.Monitor = nil },
		"Keys":      func(o *httpapi.Options) { o.Keys = nil },
		"CursorKey": func(o *httpapi.Options) { o.CursorKey = o.CursorKey[:31] },
		"Clock":     func(o *httpapi.Options) { o.Clock = nil },
	} {
		o := whole
		spoil(&o)
		if _, err := httpapi.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestBearerTokens(t *testing.T) {
	tokens, err := auth.NewTokens(bytes.Repeat([]byte("t"), 32), "csm", "api", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t)
	o := h.options
	o.Tokens = tokens
	if h.api, err = httpapi.New(o); err != nil {
		t.Fatal(err)
	}
	ask := func(method, body, credential string) int {
		r := httptest.NewRequest(method, "/api/v1/conversations", strings.NewReader(body))
		r.Header.Set("Authorization", credential)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		return w.Code
	}
	member, err := tokens.Issue(h.org.ID, tenant.Member, "user", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := tokens.Issue(h.org.ID, tenant.Viewer, "user", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]int{
		"a member may send":       {ask("POST", small, "Bearer "+member), 201},
		"a viewer may read":       {ask("GET", "", "bearer "+viewer), 200},
		"a viewer may not send":   {ask("POST", small, "Bearer "+viewer), 403},
		"a spoilt token is no":    {ask("GET", "", "Bearer "+viewer[:len(viewer)-2]), 401},
		"another scheme is no":    {ask("GET", "", "Token "+viewer), 401},
		"a token alone is no":     {ask("GET", "", viewer), 401},
		"an empty token is no":    {ask("GET", "", "Bearer "), 401},
		"a doubled token is no":   {ask("GET", "", "Bearer "+viewer+" "+viewer), 401},
		"an unsigned token is no": {ask("GET", "", "Bearer eyJhbGciOiJub25lIn0.e30."), 401},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d, want %d", name, got[0], got[1])
		}
	}
}

func TestTheServerBoundsSlowAndHugeRequests(t *testing.T) {
	s := httpapi.NewServer("127.0.0.1:0", http.NotFoundHandler())
	if s.ReadHeaderTimeout != 5*time.Second || s.IdleTimeout != time.Minute || s.MaxHeaderBytes != 32<<10 || s.ReadTimeout == 0 || s.WriteTimeout == 0 {
		t.Errorf("%+v", s)
	}
}

// An address is one as it is written: what only reads like one once unescaped may be another.
func TestAddressesAreTakenAsWritten(t *testing.T) {
	h := open(t)
	for target, want := range map[string]int{
		"/api/v1/conversations":         200,
		"/api/v1/%63onversations":       200,
		"/api%2Fv1/conversations":       404,
		"/api/v1//conversations":        404,
		"/api/v1/x/../conversations":    404,
		"/api/v1/conversations/":        404,
		"/api/v1/conversations%2F":      404,
		"/api/v1/conversations?limit=1": 200,
	} {
		if got := h.send("GET", target, "").StatusCode; got != want {
			t.Errorf("GET %s: %d, want %d", target, got, want)
		}
	}
	if got := h.send("HEAD", "/api/v1/conversations", "").StatusCode; got != 200 {
		t.Errorf("HEAD: %d", got)
	}
}
