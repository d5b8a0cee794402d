package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// The demo serves two months of an organisation as soon as it answers.
func TestDemoHasAPast(t *testing.T) {
	cfg := load(t, "CSM_STORAGE=memory://")
	out := &bytes.Buffer{}
	var l *listener
	graph := fx.New(Demo(cfg), fx.Replace(Output{out, io.Discard}), fx.Populate(&l))
	if err := graph.Start(t.Context()); err != nil {
		t.Fatal(dig.RootCause(err))
	}
	defer func() {
		if err := graph.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	}()
	if !strings.Contains(out.String(), "This is a demo") {
		t.Errorf("it says %s", out)
	}
	res, body := get(t, l.url()+"/api/v1/cs-metrics/dashboard?time_range=1464", keyForm.FindString(out.String()))
	var answer struct {
		Metrics map[string]any `json:"metrics"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %.200s: %v", res.StatusCode, body, err)
	}
	for name, least := range map[string]float64{"total_conversations": 1500, "rated_conversations": 400, "escalated_conversations": 100, "total_ai_cost": 300} {
		if v, ok := answer.Metrics[name].(float64); !ok || v < least {
			t.Errorf("%s is %v, expected at least %g", name, answer.Metrics[name], least)
		}
	}
}

// While it runs, conversations begin, go on and are rated.
func TestDemoLives(t *testing.T) {
	now := time.Date(2026, 5, 20, 11, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store := memory.New()
	defer store.Close()
	keys, err := auth.NewKeys(store.Keys, make([]byte, 32), clock)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMonitor(config.Config{}, store, clock)
	if err != nil {
		t.Fatal(err)
	}
	output := Output{io.Discard, io.Discard}
	w := newWelcome(load(t, "CSM_STORAGE=memory://"), store, m, keys, nil, clock, output)
	d := newDemo(w, m, clock, output, slog.New(slog.DiscardHandler))
	if err := d.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() int64 {
		page, err := m.Conversations(t.Context(), d.org, conversation.Query{Limit: 1, Total: true})
		if err != nil {
			t.Fatal(err)
		}
		return *page.Total
	}
	before := count()
	if before < 1500 || before > int64(d.told) {
		t.Errorf("%d conversations are there, %d are told of", before, d.told)
	}
	now = now.Add(demoEvery)
	d.start(now)
	now = now.AddDate(0, 0, 12) // longer than any delivery takes
	d.deliver(t.Context(), now)
	if after := count(); after != int64(d.told)+1 || len(d.waiting) != 0 {
		t.Errorf("%d conversations are there, %d were told of and one began; %d deliveries wait", after, d.told, len(d.waiting))
	}
}

func TestDemoFlag(t *testing.T) {
	p, args := ServerProgram().withDemo([]string{"--addr", ":0", "--demo"})
	if !slices.Equal(args, []string{"--addr", ":0", "--storage", "memory://"}) || p.Graph == nil {
		t.Errorf("the flag leaves %v", args)
	}
	if _, args := WorkerProgram().withDemo([]string{"--demo"}); !slices.Equal(args, []string{"--demo"}) {
		t.Errorf("a worker takes the flag: %v", args)
	}
	if got := refusal(t, Demo, load(t)); !strings.Contains(got, "needs memory://") {
		t.Error(got)
	}
}
