package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// welcome makes the first organisation and its key in an empty store, and shows them once.
type welcome struct {
	cfg     config.Config
	store   port.Storage
	monitor *monitor.Monitor
	keys    httpapi.Keys
	ring    *keyring
	clock   func() time.Time
	out     io.Writer
	made    *first
}

// first is what the first start made.
type first struct {
	org    tenant.Org
	secret string
}

func newWelcome(cfg config.Config, store port.Storage, m *monitor.Monitor, keys httpapi.Keys, ring *keyring, clock func() time.Time, o Output) *welcome {
	return &welcome{cfg: cfg, store: store, monitor: m, keys: keys, ring: ring, clock: clock, out: o.Out}
}

// leaseName keeps two servers that start at the same time on one empty store from both making an organisation.
const leaseName = "first-start"

// prepare makes what a store must have before it can serve. In a store that has it already, it changes nothing.
func (w *welcome) prepare(ctx context.Context) error {
	holder := uuid.NewString()
	for {
		ok, err := w.store.Jobs.Lease(ctx, leaseName, holder, time.Minute, w.clock())
		if err != nil {
			return err
		}
		if ok {
			break
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	err := w.make(ctx)
	return errors.Join(err, w.store.Jobs.Release(context.WithoutCancel(ctx), leaseName, holder))
}

// make finishes what an interrupted first start left undone: an organisation without a single key is nobody's.
func (w *welcome) make(ctx context.Context) error {
	org, found, err := w.organisation(ctx)
	if err != nil {
		return err
	}
	if !found {
		if org, err = w.monitor.CreateOrg(ctx, "My organisation", tenant.Plan(w.cfg.DefaultPlan)); err != nil {
			return fmt.Errorf("making the first organisation: %w", err)
		}
		if days := w.cfg.Retention(); days != nil {
			if org, err = w.monitor.UpdateSettings(ctx, org.ID, func(s tenant.Settings) (tenant.Settings, error) {
				s.RetentionDays = days
				return s, nil
			}); err != nil {
				return fmt.Errorf("setting the retention of the first organisation: %w", err)
			}
		}
	}
	keys, err := w.keys.List(ctx, org.ID)
	if err != nil || len(keys) > 0 {
		return err
	}
	secret, _, err := w.keys.Create(ctx, org.ID, "first key", tenant.Owner)
	if err != nil {
		return fmt.Errorf("making the first API key: %w", err)
	}
	w.made = &first{org, secret}
	return nil
}

// organisation is the first one of the store.
func (w *welcome) organisation(ctx context.Context) (tenant.Org, bool, error) {
	for org, err := range w.store.Orgs.All(ctx) {
		return org, err == nil, err
	}
	return tenant.Org{}, false, nil
}

// show prints the welcome of a first start. The key leaves memory with it.
func (w *welcome) show(url string) error {
	if w.made == nil {
		return nil
	}
	_, err := io.WriteString(w.out, greeting(w.cfg, w.ring, url, *w.made))
	w.made = nil
	return err
}

func greeting(cfg config.Config, ring *keyring, url string, made first) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString("\nWelcome to csm-monitor. This is shown once.\n\n")
	line("URL", "%s  (API described at %s/docs)", url, url)
	line("Organisation", "%s", made.org.ID)
	line("API key", "%s  (keep it: it cannot be shown again)", made.secret)
	if cfg.Storage.Scheme() == "memory" {
		line("Data", "in memory: gone when the server stops")
	} else {
		line("Data", "%s", cfg.Storage)
	}
	if ring.made != "" {
		line("Master key", "%s  (keep a copy: without it the data cannot be read)", ring.made)
	}
	stops := "Ctrl-C stops the server; the data stays."
	if cfg.Storage.Scheme() == "memory" {
		stops = "Ctrl-C stops the server; what it holds is gone then."
	}
	fmt.Fprintf(&b, `
Send a conversation:

  curl -sS %[1]s/api/v1/conversations \
    -H 'X-API-Key: %[2]s' \
    -H 'Content-Type: application/json' \
    -d '%[3]s'

Read the figures:

  curl -sS %[1]s/api/v1/cs-metrics/dashboard \
    -H 'X-API-Key: %[2]s'

%[4]s

`, url, made.secret, exampleBody, stops)
	return b.String()
}

// exampleBody is the conversation of the welcome and of the README.
const exampleBody = `{"conversation_id": "chat-1", "platform": "custom", "messages": [
      {"sender_type": "customer", "content": "Where do I find my invoice?"},
      {"sender_type": "ai", "content": "Under Billing, Invoices. Anything else?"}],
      "csat_score": 5, "escalated": false, "topic": "billing", "sentiment": "positive"}`

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
