package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var schemes = []string{"memory", "sqlite", "postgres"}

func load(t *testing.T, args, environ []string) Config {
	t.Helper()
	c, err := Load(args, environ, schemes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, nil, []string{"HOME=/nowhere", "PATH=x"})
	dir = filepath.Join(dir, "csm-data")
	want := Config{
		Addr: "127.0.0.1:8080", MaxBody: 1 << 20, MaxBatch: 64 << 20, RateLimit: 20000, DrainTimeout: 30 * time.Second,
		DataDir: dir, Storage: DSN{"sqlite://" + dir + "/csm.db"},
		DefaultPlan: "self_hosted", LogLevel: Level(slog.LevelInfo), LogFormat: Auto,
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(DSN{}, Secret{})); diff != "" {
		t.Error(diff)
	}
	if c.KeyFile() != filepath.Join(dir, "master.key") {
		t.Error(c.KeyFile())
	}
}

func TestVariablesFlagsAndFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("# a heading\nfrom a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := load(t,
		[]string{"--addr", ":9000", "--log-level=DEBUG", "--storage", "memory://"},
		[]string{"CSM_ADDR=1.2.3.4:1", "CSM_MAX_BODY=2MiB", "CSM_RETENTION_DAYS=0", "CSM_MASTER_KEY_FILE=" + file,
			"CSM_RATE_LIMIT=2.5", "CSM_DEFAULT_PLAN=free", "CSM_DRAIN_TIMEOUT=", "CSM_MONITOR_API_KEY=x", "CSM_TEST_REQUIRE=postgres"})
	if c.Addr != ":9000" || c.LogLevel != Level(slog.LevelDebug) || c.MaxBody != 2<<20 || c.RateLimit != 2.5 || c.DefaultPlan != "free" {
		t.Errorf("%+v", c)
	}
	if c.MasterKey.Reveal() != "from a file" || c.Storage.Reveal() != "memory://" || *c.Retention() != 0 || c.DrainTimeout != 30*time.Second {
		t.Errorf("%+v", c)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name          string
		args, environ []string
		want          []string
	}{
		{"unknown scheme", nil, []string{"CSM_STORAGE=mysql://x"},
			[]string{`CSM_STORAGE names an unknown kind of store, "mysql"; known are memory://, sqlite://, postgres://.`}},
		{"no scheme", []string{"--storage", "/tmp/x.db"}, nil,
			[]string{`--storage must be an address that begins with one of memory://, sqlite://, postgres://.`}},
		{"unknown variable", nil, []string{"CSM_ADRR=:1"},
			[]string{"CSM_ADRR is not known; did you mean CSM_ADDR? Known are CSM_ADDR, CSM_MAX_BODY,"}},
		{"unknown flag", []string{"--colour=red"}, nil, []string{"--colour is not known; known are --addr, --max-body,"}},
		{"a word", []string{"serve"}, nil, []string{`"serve" is not understood`}},
		{"a flag without value", []string{"--addr"}, nil, []string{"--addr needs a value"}},
		{"a file where none may be named", nil, []string{"CSM_ADDR_FILE=x"}, []string{"CSM_ADDR_FILE is not known"}},
		{"a missing file", nil, []string{"CSM_MASTER_KEY_FILE=/nowhere/key"},
			[]string{"CSM_MASTER_KEY_FILE names a file that cannot be read", "/nowhere/key"}},
		{"a secret where its file belongs", nil, []string{"CSM_MASTER_KEY_FILE=csmkey_SECRET", "CSM_STORAGE_FILE=postgres://u:SECRET@h/d"},
			[]string{"CSM_MASTER_KEY_FILE takes the name of a file, and was given what CSM_MASTER_KEY takes", "CSM_STORAGE_FILE takes the name of a file"}},
		{"a secret without its flag", []string{"csmkey_SECRET"}, nil, []string{`"[redacted]" is not understood`}},
		{"a value and a file", nil, []string{"CSM_STORAGE=memory://", "CSM_STORAGE_FILE=config.go"},
			[]string{"CSM_STORAGE and CSM_STORAGE_FILE both set the same thing; keep one."}},
		{"a body larger than a batch", nil, []string{"CSM_MAX_BODY=2GiB"}, []string{"CSM_MAX_BODY must not be above CSM_MAX_BATCH"}},
		{"every fault at once", []string{"--addr=8080", "--drain-timeout=soon"},
			[]string{"CSM_MAX_BODY=big", "CSM_RATE_LIMIT=-1", "CSM_DEFAULT_PLAN=gold", "CSM_RETENTION_DAYS=x", "CSM_LOG_LEVEL=loud", "CSM_LOG_FORMAT=xml", "CSM_X=1"},
			[]string{"The configuration has 9 faults",
				`--addr must be host:port, such as 127.0.0.1:8080 or :8080, not "8080".`,
				`--drain-timeout must be a duration such as 30s or 2m, not "soon".`,
				`CSM_MAX_BODY must be a size`, `CSM_RATE_LIMIT must be a number above 0, at most 1000000, not "-1".`,
				`CSM_DEFAULT_PLAN must be one of free, starter, professional, enterprise, self_hosted, not "gold".`,
				`CSM_RETENTION_DAYS must be a number of days`, `CSM_LOG_LEVEL must be one of debug, info, warn, error`,
				`CSM_LOG_FORMAT must be one of auto, text, json`, `CSM_X is not known`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.args, c.environ, schemes)
			var invalid *Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in:\n%s", want, err)
				}
			}
			if strings.Contains(err.Error(), "SECRET") {
				t.Error("the secret is in the error")
			}
		})
	}
}

func TestHelpAndVersionAreAskedFor(t *testing.T) {
	for arg, want := range map[string]Asked{"--help": {Help: true}, "-h": {Help: true}, "--version": {Version: true}} {
		_, err := Load([]string{arg}, []string{"CSM_NONSENSE=1"}, schemes)
		var asked *Asked
		if !errors.As(err, &asked) || *asked != want {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

// A secret must not leave by any door a Config can be printed through.
func TestNothingPrintsSecrets(t *testing.T) {
	const canary = "c4n4ry"
	c := load(t, nil, []string{"CSM_MASTER_KEY=" + canary, "CSM_STORAGE=postgres://" + canary + ":" + canary + "@db:5432/csm?password=" + canary})
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&logs, nil), slog.NewTextHandler(&logs, nil)} {
		slog.New(handler).Info("config", "all", c, "key", c.MasterKey, "storage", c.Storage)
	}
	out := fmt.Sprintf("%v %+v %#v %s %q %x", c, c, c, c.MasterKey, c.Storage, c.MasterKey) + string(raw) + logs.String()
	if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
		t.Error(out)
	}
	if !strings.Contains(logs.String(), "postgres://db:5432/csm") {
		t.Error("the address without its secrets is worth logging:", logs.String())
	}
	_, err = Load(nil, []string{"CSM_STORAGE=" + canary, "CSM_ADDR=x"}, schemes)
	if strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	for _, s := range settings() {
		if s.env == "" || s.group == "" || s.initial == "" || !strings.HasSuffix(s.help, ".") {
			t.Errorf("%+v", s)
		}
	}
	var help bytes.Buffer
	WriteSettings(&help, true)
	for _, line := range strings.Split(help.String(), "\n") {
		if len(line) > 84 {
			t.Errorf("too long for a terminal: %s", line)
		}
	}
	var worker bytes.Buffer
	WriteSettings(&worker, false)
	if help := worker.String(); strings.Contains(help, "--addr") || strings.Contains(help, "Serving") || !strings.Contains(help, "--storage") {
		t.Errorf("a process that serves nothing is offered what serves:\n%s", help)
	}
}

func TestURL(t *testing.T) {
	for addr, want := range map[Addr]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", ":80": "http://127.0.0.1:80", "0.0.0.0:1": "http://127.0.0.1:1",
		"[::]:1": "http://127.0.0.1:1", "[::1]:1": "http://[::1]:1", "example.com:1": "http://example.com:1",
	} {
		if got := addr.URL(); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}
