package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// house is a server on an empty memory store, with one organisation.
type house struct {
	t       testing.TB
	monitor *monitor.Monitor
	options httpapi.Options
	api     *httpapi.API
	keys    *auth.Keys
	org     tenant.Org
	key     string
	log     bytes.Buffer
}

func open(t testing.TB, adjust ...func(*port.Storage)) *house {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	for _, a := range adjust {
		a(&store)
	}
	m, err := monitor.New(store, monitor.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, monitor: m}
	h.keys, err = auth.NewKeys(store.Keys, bytes.Repeat([]byte("p"), 32), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if h.org, err = m.CreateOrg(context.Background(), "Example", tenant.SelfHosted); err != nil {
		t.Fatal(err)
	}
	h.key = h.newKey(h.org.ID, tenant.Owner)
	o := httpapi.Options{
		Monitor: m, Keys: h.keys, CursorKey: bytes.Repeat([]byte("c"), 32), Clock: time.Now,
		Logger: slog.New(slog.NewJSONHandler(&h.log, nil)),
	}
	h.options = o
	if h.api, err = httpapi.New(o); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) newKey(org tenant.ID, role tenant.Role) string {
	h.t.Helper()
	secret, _, err := h.keys.Create(context.Background(), org, "test", role)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// send makes one request with the owner's key. Headers come as name, value.
func (h *house) send(method, target, body string, headers ...string) *http.Response {
	h.t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader([]byte(body)))
	r.Header.Set("X-API-Key", h.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return w.Result()
}

func text(r *http.Response) string {
	b, _ := io.ReadAll(r.Body)
	return string(b)
}
