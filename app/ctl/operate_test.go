package ctl

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/app"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
)

var keyForm = regexp.MustCompile(`amo_[0-9a-z]{32}`)

// serve starts a server on the data folder that CSM_DATA_DIR names; stop ends it. Its first start says the key.
func serve(t *testing.T) (stop func()) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load([]string{"--addr", addr}, os.Environ(), builtin.Schemes())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	graph := fx.New(app.Server(cfg), fx.Replace(app.Output{Out: &out, Log: &bytes.Buffer{}}))
	if err := graph.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv(sdk.EnvEndpoint, "http://"+addr)
	if key := keyForm.FindString(out.String()); key != "" {
		t.Setenv(sdk.EnvAPIKey, key)
	}
	stop = sync.OnceFunc(func() {
		if err := graph.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// done runs csmctl and expects it to succeed.
func done(t *testing.T, args ...string) result {
	t.Helper()
	got := csmctl(t, "", args...)
	if got.code != 0 {
		t.Fatalf("%v: %+v", args, got)
	}
	return got
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// conversations are n lines to import.
func conversations(n int) string {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"conversation_id":"c-%d","platform":"custom","topic":"t-%d","messages":[{"sender_type":"customer","content":"Where is \"parcel\" %d?\nIt's late."},{"sender_type":"ai","content":"On its way."}]}`+"\n", i, i%3, i)
	}
	return lines.String()
}

func TestOperating(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	t.Setenv("CSM_DATA_DIR", dir)
	stop := serve(t)
	const n = 321
	done(t, "import", write(t, "in.ndjson", conversations(n)))
	listed := func(what string) {
		t.Helper()
		client, err := sdk.FromEnv()
		if err != nil {
			t.Fatal(err)
		}
		page, err := client.Conversations(t.Context(), sdk.Filter{Limit: 5})
		if err != nil || page.Total == nil || *page.Total != n || len(page.Conversations[0].Messages) != 2 {
			t.Errorf("%s: %+v, %v", what, page, err)
		}
	}
	listed("at first")

	t.Run("an export that was interrupted goes on", func(t *testing.T) {
		for _, format := range []string{"ndjson", "csv"} {
			whole := filepath.Join(t.TempDir(), "whole")
			done(t, "export", whole, "--format", format)
			rows := strings.Count(read(t, whole), "\n")
			if format == "csv" {
				records, err := csv.NewReader(strings.NewReader(read(t, whole))).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				rows = len(records) - 1
			}
			if rows != n {
				t.Errorf("%s: %d rows", format, rows)
			}
			for _, cut := range []int{0, 5, 1000, 20_000, 77_777, len(read(t, whole)) - 1, len(read(t, whole))} {
				file := filepath.Join(t.TempDir(), "again")
				if err := os.WriteFile(file+partSuffix, []byte(read(t, whole)[:cut]), 0o600); err != nil {
					t.Fatal(err)
				}
				done(t, "export", file, "--format", format)
				if read(t, file) != read(t, whole) {
					t.Errorf("%s cut at %d bytes goes on to something else", format, cut)
				}
			}
			file := filepath.Join(t.TempDir(), "other")
			if err := os.WriteFile(file+partSuffix, []byte(read(t, whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := csmctl(t, "", "export", file, "--format", format, "--topic", "t-1"); got.code != 2 || !strings.Contains(got.err, "--restart begins anew") {
				t.Errorf("a part with other filters: %+v", got)
			}
			done(t, "export", file, "--format", format, "--topic", "t-1", "--restart")
		}
		if got := done(t, "export", "-", "--topic", "t-1"); strings.Count(got.out, "\n") != n/3 {
			t.Errorf("%d rows of a topic", strings.Count(got.out, "\n"))
		}
	})

	restart := func() { stop(); serve(t) } // it outlives the part of the test that asks for it
	t.Run("keys are rotated while the server serves", func(t *testing.T) {
		file := filepath.Join(dir, "master.key")
		keys := func() int { return strings.Count(read(t, file), "csmkey_") }
		first := read(t, file)
		got := done(t, "keys", "rotate", "--data")
		if keys() != 2 || !strings.Contains(got.out, "1 organisation ") || !regexp.MustCompile(`\d{3} values sealed anew`).MatchString(got.out) {
			t.Errorf("%d keys, %+v", keys(), got)
		}
		listed("after the rotation")
		done(t, "import", write(t, "in.ndjson", conversations(n)))
		done(t, "keys", "prune")
		if keys() != 1 || strings.Contains(first, strings.TrimSpace(read(t, file)[strings.Index(read(t, file), "csmkey_"):])) {
			t.Errorf("%d keys, or the older one was kept", keys())
		}
		listed("after the older key was taken away")
		restart()
		listed("after a restart with the new key alone")
	})

	t.Run("a configured key is not made up", func(t *testing.T) {
		t.Setenv("CSM_MASTER_KEY", read(t, filepath.Join(dir, "master.key"))[strings.Index(read(t, filepath.Join(dir, "master.key")), "csmkey_"):])
		got := csmctl(t, "", "keys", "rotate")
		if got.code != 2 || !strings.HasPrefix(got.out, "csmkey_") || !strings.Contains(got.err, "Put the new key") {
			t.Errorf("%+v", got)
		}
		listed("after a rotation that could not be")
	})

	t.Run("an organisation is destroyed by its name alone", func(t *testing.T) {
		table := done(t, "orgs", "list").out
		id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(table)
		if got := csmctl(t, "", "orgs", "destroy", id, "--name", "Another"); got.code != 2 || !strings.Contains(got.err, "nothing was removed") {
			t.Errorf("%+v", got)
		}
		listed("after another was to be destroyed")
		name := regexp.MustCompile(`"(.+)"`).FindStringSubmatch(table)[1]
		done(t, "orgs", "destroy", id, "--name", name)
		if got := done(t, "orgs", "list"); strings.Contains(got.out, id) {
			t.Errorf("%+v", got)
		}
	})
}

// A server that breaks off after a few rows, again and again, must not cost a row or give one twice.
func TestExportTakesUpABrokenStream(t *testing.T) {
	const n = 23
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/export") {
			fmt.Fprintf(w, `{"success":true,"conversations":[],"count":0,"total":%d}`, n)
			return
		}
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		for i := from; i < n; i++ {
			if i == from+10 {
				fmt.Fprintf(w, `{"id":%d,"cur`, i)
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			fmt.Fprintf(w, `{"id":%d,"cursor":"%d"}`+"\n", i, i+1)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv(sdk.EnvEndpoint, server.URL)
	t.Setenv(sdk.EnvAPIKey, "amo_right")
	got := done(t, "export", "-")
	var want strings.Builder
	for i := range n {
		fmt.Fprintf(&want, `{"id":%d,"cursor":"%d"}`+"\n", i, i+1)
	}
	if got.out != want.String() {
		t.Errorf("%s", got.out)
	}
}
