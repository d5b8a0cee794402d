package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load is a configuration with a data folder and a port of its own.
func load(t *testing.T, environ ...string) config.Config {
	t.Helper()
	environ = append([]string{"CSM_ADDR=127.0.0.1:0", "CSM_DATA_DIR=" + filepath.Join(t.TempDir(), "data"), "CSM_DRAIN_TIMEOUT=10s"}, environ...)
	cfg, err := config.Load(nil, environ, builtin.Schemes())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// running is a server under test.
type running struct {
	url      string
	out, log *guarded
	stop     func()
	flights  *flights
}

var keyForm = regexp.MustCompile(`amo_[0-9a-z]{32}`)

// key is the key that the welcome shows.
func (r running) key() string { return keyForm.FindString(r.out.String()) }

// start runs a server until the test ends or stop is called.
func start(t *testing.T, cfg config.Config, more ...fx.Option) running {
	t.Helper()
	r := running{out: &guarded{}, log: &guarded{}}
	var l *listener
	graph := fx.New(Server(cfg), fx.Replace(Output{r.out, r.log}), fx.Populate(&l, &r.flights), fx.Options(more...))
	if err := graph.Start(t.Context()); err != nil {
		t.Fatal(dig.RootCause(err))
	}
	r.url = l.url()
	r.stop = sync.OnceFunc(func() {
		if err := graph.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(r.stop)
	return r
}

// startWorker runs a worker beside a server until the test ends.
func startWorker(t *testing.T, cfg config.Config) {
	t.Helper()
	graph := fx.New(Worker(cfg), fx.Replace(Output{io.Discard, io.Discard}))
	if err := graph.Start(t.Context()); err != nil {
		t.Fatal(dig.RootCause(err))
	}
	t.Cleanup(func() {
		if err := graph.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// guarded is a buffer for many goroutines.
type guarded struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buffer.Write(p)
}

func (g *guarded) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buffer.String()
}

// refusal is why a server does not start.
func refusal(t *testing.T, graph func(config.Config) fx.Option, cfg config.Config) string {
	t.Helper()
	app := fx.New(graph(cfg), fx.Replace(Output{io.Discard, io.Discard}))
	err := app.Err()
	if err == nil {
		err = app.Start(t.Context())
	}
	_ = app.Stop(context.Background())
	if err == nil {
		t.Fatal("it started")
	}
	return dig.RootCause(err).Error()
}

func TestGraphsAreComplete(t *testing.T) {
	cfg := load(t)
	for name, graph := range map[string]func(config.Config) fx.Option{"server": Server, "worker": Worker} {
		if err := fx.ValidateApp(graph(cfg)); err != nil {
			t.Errorf("%s: %v", name, dig.RootCause(err))
		}
	}
}

func TestServerStartsAndStops(t *testing.T) {
	for _, storage := range []string{"memory://", "sqlite://" + filepath.Join(t.TempDir(), "csm.db")} {
		r := start(t, load(t, "CSM_STORAGE="+storage))
		for _, path := range []string{"/healthz", "/readyz", "/docs", "/openapi.json"} {
			if res, _ := get(t, r.url+path, ""); res.StatusCode != http.StatusOK {
				t.Errorf("%s %s: %d", storage, path, res.StatusCode)
			}
		}
		r.stop()
		if !strings.Contains(r.log.String(), "drained") {
			t.Errorf("%s: %s", storage, r.log)
		}
	}
}

func TestWorkerRefusesAStoreOfOneProcess(t *testing.T) {
	cfg := load(t, "CSM_STORAGE=memory://")
	got := refusal(t, Worker, cfg)
	if !strings.Contains(got, "a worker cannot use memory://") || !strings.Contains(got, "Run csm-server alone") {
		t.Error(got)
	}
	// Nothing is there yet, and nothing is left behind.
	cfg = load(t)
	if got := refusal(t, Worker, cfg); !strings.Contains(got, "a worker cannot use sqlite://") {
		t.Error(got)
	}
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the worker made the data folder: %v", err)
	}
	// The same on a database that is there and has its key.
	start(t, cfg).stop()
	if got := refusal(t, Worker, cfg); !strings.Contains(got, "a worker cannot use sqlite://") {
		t.Error(got)
	}
}

func TestFirstStart(t *testing.T) {
	cfg := load(t)
	r := start(t, cfg)
	welcome := r.out.String()
	for _, want := range []string{"Welcome", r.url, "Organisation", r.key(), "master.key", cfg.DataDir} {
		if want == "" || !strings.Contains(welcome, want) {
			t.Errorf("%q is missing in:\n%s", want, welcome)
		}
	}
	for path, mode := range map[string]os.FileMode{"": 0o700, "master.key": 0o600, "csm.db": 0o600} {
		info, err := os.Stat(filepath.Join(cfg.DataDir, path))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q: %v %v", path, info.Mode(), err)
		}
	}
	res, _ := get(t, r.url+"/api/v1/cs-metrics/dashboard", r.key())
	if res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
	if strings.Contains(r.log.String(), r.key()) {
		t.Error("the key is in the log")
	}
	r.stop()

	again := start(t, cfg)
	if again.out.String() != "" {
		t.Errorf("a later start prints:\n%s", again.out)
	}
	if res, _ := get(t, again.url+"/api/v1/cs-metrics/dashboard", r.key()); res.StatusCode != http.StatusOK {
		t.Errorf("the key of the first start no longer works: %s", res.Status)
	}
}

func TestPlanAndRetentionOfTheFirstOrganisation(t *testing.T) {
	r := start(t, load(t, "CSM_STORAGE=memory://", "CSM_DEFAULT_PLAN=free", "CSM_RETENTION_DAYS=3"))
	_, body := get(t, r.url+"/api/v1/organization", r.key())
	if !strings.Contains(body, `"plan":"free"`) || !strings.Contains(body, `"retention_days":3`) {
		t.Error(body)
	}
}

// A port that is taken must not use up the only showing of the key.
func TestATakenPortCostsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cfg := load(t)
	taken := cfg
	taken.Addr = config.Addr(l.Addr().String())
	if got := refusal(t, Server, taken); !strings.Contains(got, "address already in use") {
		t.Error(got)
	}
	if r := start(t, cfg); r.key() == "" {
		t.Error("the next start shows no key")
	}
}

// Two servers on one database file would both believe that they have it to themselves.
func TestOneServerPerDatabaseFile(t *testing.T) {
	cfg := load(t)
	r := start(t, cfg)
	if got := refusal(t, Server, cfg); !strings.Contains(got, "another csm-server is using sqlite://") {
		t.Error(got)
	}
	other := load(t, "CSM_MASTER_KEY_FILE="+cfg.KeyFile(), "CSM_STORAGE=sqlite://"+filepath.Join(t.TempDir(), "other.db"))
	if err := os.Symlink(filepath.Join(cfg.DataDir, "csm.db"), strings.TrimPrefix(other.Storage.Reveal(), "sqlite://")); err != nil {
		t.Fatal(err)
	}
	if got := refusal(t, Server, other); !strings.Contains(got, "another csm-server is using sqlite://") {
		t.Errorf("under another name: %s", got)
	}
	r.stop()
	start(t, cfg)
}

func TestMasterKey(t *testing.T) {
	cfg := load(t)
	start(t, cfg).stop()
	kept, err := os.ReadFile(cfg.KeyFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(cfg.KeyFile()); err != nil {
		t.Fatal(err)
	}
	if got := refusal(t, Server, cfg); !strings.Contains(got, "there is no master key") || !strings.Contains(got, cfg.KeyFile()) {
		t.Error(got)
	}
	if _, err := os.Stat(cfg.KeyFile()); err == nil {
		t.Error("another key was made for data that has one")
	}
	configured := cfg
	elsewhere := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(elsewhere, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	configured.MasterKey = load(t, "CSM_MASTER_KEY_FILE="+elsewhere).MasterKey
	start(t, configured).stop()

	other, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	configured.MasterKey = config.NewSecret(seal.Text(other).Reveal())
	if got := refusal(t, Server, configured); !strings.Contains(got, "master key") || strings.Contains(got, seal.Text(other).Reveal()) {
		t.Error(got)
	}

	configured.MasterKey = config.NewSecret("too short")
	if got := refusal(t, Server, configured); !strings.Contains(got, "CSM_MASTER_KEY is not a master key") || strings.Contains(got, "too short") {
		t.Error(got)
	}
}

// Stopping answers newcomers with 503 while requests under way finish.
func TestDrain(t *testing.T) {
	r := start(t, load(t, "CSM_STORAGE=memory://"))
	body, send := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, r.url+"/api/v1/conversations", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", r.key())
	request.Header.Set("Content-Type", "application/json")
	answered := make(chan *http.Response, 1)
	go func() {
		res, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
		}
		answered <- res
	}()
	if _, err := io.WriteString(send, `{"conversation_id":"a",`); err != nil {
		t.Fatal(err)
	}
	until(t, "the request is under way", func() bool { return r.flights.count() == 1 })

	stopped := make(chan struct{})
	go func() { defer close(stopped); r.stop() }()
	var res *http.Response
	until(t, "newcomers are turned away", func() bool {
		res, _ = get(t, r.url+"/readyz", "")
		return res.StatusCode != http.StatusOK
	})
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("a newcomer is answered %s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
	}
	select {
	case <-stopped:
		t.Error("it stopped with a request under way")
	default:
	}
	if _, err := io.WriteString(send, `"platform":"custom"}`); err != nil {
		t.Fatal(err)
	}
	send.Close()
	if res := <-answered; res == nil || res.StatusCode != http.StatusCreated {
		t.Errorf("the request under way was answered %v", res)
	} else {
		res.Body.Close()
	}
	<-stopped
}

// until waits for what another goroutine is about to do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

func get(t *testing.T, url, key string) (*http.Response, string) {
	t.Helper()
	return do(t, http.MethodGet, url, key, "")
}

func do(t *testing.T, method, url, key, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("X-API-Key", key)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}
