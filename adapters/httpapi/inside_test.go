package httpapi

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestEveryRouteHasAPermission(t *testing.T) {
	a := &API{}
	for _, r := range a.table() {
		if err := r.check(); err != nil {
			t.Error(err)
		}
		if strings.HasPrefix(r.path, "/api/") && r.need == public {
			t.Errorf("%s %s is open to everybody", r.method, r.path)
		}
	}
	handle := func(*call) error { return nil }
	for _, r := range []route{
		{method: "GET", path: "/x", summary: "x", handle: handle},
		{method: "GET", path: "/x", summary: "x", handle: handle, need: "god"},
		{method: "GET", path: "/x", summary: "x", need: tenant.Viewer},
		{method: "GET", path: "/x", handle: handle, need: tenant.Viewer},
	} {
		if r.check() == nil {
			t.Errorf("%+v would start", r)
		}
	}
}

func TestEveryErrorHasOneRow(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range errorTable {
		if seen[k.code] || k.status < 400 || k.title == "" {
			t.Errorf("%+v", k)
		}
		seen[k.code] = true
	}
	if kindOf("no such code").code != codeInternal {
		t.Error("an unknown code is not an internal error")
	}
}

func TestLimiter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := newLimiter(Rate{PerSecond: 2, Burst: 3})
	for i := range 3 {
		if _, ok := l.take(limited{credential: "a"}, now); !ok {
			t.Fatalf("request %d was refused", i)
		}
	}
	wait, ok := l.take(limited{credential: "a"}, now)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("the fourth: %v, %s", ok, wait)
	}
	if _, ok := l.take(limited{credential: "b"}, now); !ok {
		t.Error("another name was refused")
	}
	if _, ok := l.take(limited{credential: "a"}, now.Add(wait)); !ok {
		t.Error("refused after waiting as long as it was told to")
	}
	for i := range 2 * mostNames {
		l.take(limited{credential: fmt.Sprint(i)}, now.Add(time.Duration(i)*time.Second))
	}
	if len(l.names) > mostNames {
		t.Errorf("%d names are kept", len(l.names))
	}
}

func TestCursorsOpenOnePlaceOfOneListing(t *testing.T) {
	a := &API{Options: Options{CursorKey: bytes.Repeat([]byte("k"), 32)}}
	org, other := uuid.UUID{1}, uuid.UUID{2}
	filters := map[string]any{"topic": "t", "escalated": true}
	for _, at := range []time.Time{time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		want := conversation.Position{StartedAt: at, UID: uuid.UUID{7, 8}}
		cursor := a.cursor(org, filters, want)
		got, err := a.readCursor(org, map[string]any{"escalated": true, "topic": "t"}, cursor)
		if err != nil || *got != want {
			t.Errorf("%s: %v, %v", at, got, err)
		}
		b := &API{Options: Options{CursorKey: bytes.Repeat([]byte("x"), 32)}}
		for name, err := range map[string]error{
			"organisation": refusal(a.readCursor(other, filters, cursor)),
			"filters":      refusal(a.readCursor(org, map[string]any{"topic": "t"}, cursor)),
			"key":          refusal(b.readCursor(org, filters, cursor)),
		} {
			if err == nil {
				t.Errorf("opens under another %s", name)
			}
		}
	}
}

func refusal[T any](_ T, err error) error { return err }

func FuzzCursor(f *testing.F) {
	a := &API{Options: Options{CursorKey: bytes.Repeat([]byte("k"), 32)}}
	f.Add("AAAA")
	f.Add(strings.Repeat("A", 75))
	f.Fuzz(func(t *testing.T, cursor string) {
		if _, err := a.readCursor(uuid.UUID{1}, nil, cursor); err == nil {
			t.Errorf("%q opens", cursor)
		}
	})
}
