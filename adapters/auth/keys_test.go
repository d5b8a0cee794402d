package auth_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

var pepper = bytes.Repeat([]byte("p"), 32)

// counted counts how often the store is asked for a prefix. What meanwhile does happens before the answer arrives.
type counted struct {
	port.Keys
	asked     int
	meanwhile func()
}

func (c *counted) ByPrefix(ctx context.Context, prefix string) ([]tenant.APIKey, error) {
	c.asked++
	found, err := c.Keys.ByPrefix(ctx, prefix)
	if c.meanwhile != nil {
		c.meanwhile()
	}
	return found, err
}

type house struct {
	store *counted
	keys  *auth.Keys
	now   time.Time
	org   tenant.ID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	h := &house{store: &counted{Keys: store.Keys}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), org: uuid.New()}
	org := tenant.Org{ID: h.org, Address: "org_a", Plan: tenant.SelfHosted, Settings: tenant.DefaultSettings()}
	if err := store.Orgs.Create(context.Background(), org); err != nil {
		t.Fatal(err)
	}
	var err error
	h.keys, err = auth.NewKeys(h.store, pepper, func() time.Time { return h.now })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) create(t *testing.T, role tenant.Role) (string, tenant.APIKey) {
	t.Helper()
	secret, key, err := h.keys.Create(context.Background(), h.org, "test", role)
	if err != nil {
		t.Fatal(err)
	}
	return secret, key
}

func (h *house) opens(t *testing.T, secret string) bool {
	t.Helper()
	_, err := h.keys.Authenticate(context.Background(), secret)
	if err != nil && !errors.Is(err, port.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAKeyOpensItsOrganisation(t *testing.T) {
	h := newHouse(t)
	secret, made := h.create(t, tenant.Admin)
	if !regexp.MustCompile(`^amo_[0-9a-z]{32}$`).MatchString(secret) {
		t.Errorf("the key has the form %q", secret)
	}
	found, err := h.keys.Authenticate(context.Background(), secret)
	if err != nil || found.ID != made.ID || found.Org != h.org || found.Role != tenant.Admin {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestOnlyAHashIsStored(t *testing.T) {
	h := newHouse(t)
	secret, _ := h.create(t, tenant.Member)
	list, err := h.keys.List(context.Background(), h.org)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	k := list[0]
	if k.Prefix != secret[:12] || bytes.Contains(k.Hash, []byte(secret[12:])) || len(k.Hash) != 32 {
		t.Errorf("stored %+v of %s", k, secret)
	}
	other, err := auth.NewKeys(h.store, bytes.Repeat([]byte("q"), 32), func() time.Time { return h.now })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Authenticate(context.Background(), secret); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("another pepper opens it: %v", err)
	}
}

func TestNothingElseOpens(t *testing.T) {
	h := newHouse(t)
	secret, _ := h.create(t, tenant.Owner)
	last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(secret, "0")]
	for _, guess := range []string{
		"", "amo_", secret[:35], secret + "0", strings.ToUpper(secret), " " + secret, secret + " ", secret[:35] + last, secret[:12] + strings.Repeat("0", 24),
		"amo_" + strings.Repeat("0", 32), "xmo_" + secret[4:], secret[:35] + "\x00", secret[:34] + "é", strings.Repeat("a", 1<<20),
	} {
		if h.opens(t, guess) {
			t.Errorf("%.60q opens", guess)
		}
	}
}

func TestARevokedKeyIsDead(t *testing.T) {
	h := newHouse(t)
	secret, key := h.create(t, tenant.Owner)
	elsewhere, err := auth.NewKeys(h.store, pepper, func() time.Time { return h.now })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Authenticate(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	if err := h.keys.Revoke(context.Background(), uuid.New(), key.ID); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("another organisation could revoke it: %v", err)
	}
	if err := h.keys.Revoke(context.Background(), h.org, key.ID); err != nil {
		t.Fatal(err)
	}
	if h.opens(t, secret) {
		t.Error("still opens where it was revoked")
	}
	h.now = h.now.Add(auth.CacheFor)
	if _, err := elsewhere.Authenticate(context.Background(), secret); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("still opens on another server after %s: %v", auth.CacheFor, err)
	}
}

func TestLookUpsAreCached(t *testing.T) {
	h := newHouse(t)
	secret, _ := h.create(t, tenant.Owner)
	unknown := "amo_" + strings.Repeat("z", 32)
	for range 10 {
		h.opens(t, secret)
		h.opens(t, unknown)
	}
	if h.store.asked != 2 {
		t.Errorf("the store was asked %d times, want once for each prefix", h.store.asked)
	}
	h.now = h.now.Add(auth.CacheFor)
	if h.opens(t, secret); h.store.asked != 3 {
		t.Errorf("the cache does not end")
	}
	h.now = h.now.Add(-time.Hour) // a clock that was set back must not make it last
	if h.opens(t, secret); h.store.asked != 4 {
		t.Errorf("the cache survives a clock set back")
	}
}

func TestKeysAreDrawnFairly(t *testing.T) {
	h := newHouse(t)
	count := map[rune]int{}
	seen := map[string]bool{}
	const n = 3000
	for range n {
		secret, _ := h.create(t, tenant.Viewer)
		if seen[secret] {
			t.Fatal("a key was drawn twice")
		}
		seen[secret] = true
		for _, c := range secret[4:] {
			count[c]++
		}
	}
	// Chi-squared with 35 degrees of freedom exceeds 100 about once in ten million runs.
	expected, chi := float64(n*32)/36, 0.0
	for _, c := range "0123456789abcdefghijklmnopqrstuvwxyz" {
		d := float64(count[c]) - expected
		chi += d * d / expected
	}
	if len(count) != 36 || chi > 100 {
		t.Errorf("%d characters, chi-squared %.1f", len(count), chi)
	}
}

func TestHalfConfiguredKeysDoNotStart(t *testing.T) {
	clock := time.Now
	store := memory.New()
	for name, build := range map[string]func() (*auth.Keys, error){
		"no store":     func() (*auth.Keys, error) { return auth.NewKeys(nil, pepper, clock) },
		"short pepper": func() (*auth.Keys, error) { return auth.NewKeys(store.Keys, pepper[:31], clock) },
		"no clock":     func() (*auth.Keys, error) { return auth.NewKeys(store.Keys, pepper, nil) },
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	h := newHouse(t)
	if _, _, err := h.keys.Create(context.Background(), h.org, "x", "god"); err == nil {
		t.Error("a key of an unknown role was made")
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	store := memory.New()
	keys, _ := auth.NewKeys(store.Keys, pepper, time.Now)
	org := tenant.Org{ID: uuid.New(), Address: "org_a", Plan: tenant.SelfHosted, Settings: tenant.DefaultSettings()}
	_ = store.Orgs.Create(context.Background(), org)
	secret, _, err := keys.Create(context.Background(), org.ID, "x", tenant.Member)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := keys.Authenticate(context.Background(), secret); err != nil {
			b.Fatal(err)
		}
	}
}

// A lookup that was under way when its key was revoked must not bring the key back.
func TestARevokedKeyIsDeadAtOnceWhateverIsUnderWay(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	secret, key, err := h.keys.Create(ctx, h.org, "x", tenant.Member)
	if err != nil {
		t.Fatal(err)
	}
	h.store.meanwhile = func() {
		h.store.meanwhile = nil
		if err := h.keys.Revoke(ctx, h.org, key.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = h.keys.Authenticate(ctx, secret) // came before the end of the revocation, and may be let in
	if _, err := h.keys.Authenticate(ctx, secret); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("the revoked key opens: %v", err)
	}
}
