package main

import (
	"bytes"
	"io"
	"net"
	"regexp"
	"testing"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
)

func TestOutput(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cfg, err := config.Load(nil, []string{"CSM_STORAGE=memory://", "CSM_ADDR=" + addr}, builtin.Schemes())
	if err != nil {
		t.Fatal(err)
	}
	var welcome, out bytes.Buffer
	server := fx.New(app.Server(cfg), fx.Replace(app.Output{Out: &welcome, Log: io.Discard}))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop(t.Context()) }()
	t.Setenv("CSM_MONITOR_ENDPOINT", "http://"+addr)
	t.Setenv("CSM_MONITOR_API_KEY", regexp.MustCompile(`amo_[0-9a-z]{32}`).FindString(welcome.String()))
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = `created: handled by ai_only, escalated false, outcome confirmed
total_conversations: 1 (n = 1)
avg_csat_score: 5.00 (n = 1)
total_ai_cost: 0.12 (n = 1)
human_avg_csat: not known yet
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
