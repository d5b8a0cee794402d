package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/app/importer"
)

// result is what one call of csmctl did.
type result struct {
	code     int
	out, err string
}

func csmctl(t *testing.T, in string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(t.Context(), args, os.Environ(), strings.NewReader(in), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// fakeServer takes batches as the real one does: it keeps what has an id and refuses the rest.
func fakeServer(t *testing.T) map[string]bool {
	kept := map[string]bool{}
	var mu sync.Mutex // an import sends several batches at a time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != "amo_right" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"title":"A valid credential is required","status":401,"code":"unauthenticated"}`)
			return
		}
		raw, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		encoder := json.NewEncoder(w)
		for i, line := range bytes.Split(raw, []byte("\n")) {
			var body struct {
				ID string `json:"conversation_id"`
			}
			switch err := json.Unmarshal(line, &body); {
			case err != nil || body.ID == "":
				encoder.Encode(wire.BatchResult{Index: i, Status: 422, Error: &wire.Problem{Title: "T", Errors: []wire.Fault{{Field: "/conversation_id", Message: "is required"}}}})
			case kept[body.ID]:
				encoder.Encode(wire.BatchResult{Index: i, Status: 200, Effect: "unchanged"})
			default:
				kept[body.ID] = true
				encoder.Encode(wire.BatchResult{Index: i, Status: 201, Effect: "created"})
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv(sdk.EnvEndpoint, server.URL)
	t.Setenv(sdk.EnvAPIKey, "amo_right")
	return kept
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	fakeServer(t)
	file := write(t, "f.ndjson", `{"conversation_id":"a"}`+"\n"+`{"conversation_id":"b"}`+"\n")
	got := csmctl(t, "", "import", file)
	if got.code != 0 || got.err != "" || !strings.HasPrefix(got.out, "2 conversations: 2 stored, 0 updated, 0 unchanged, 0 refused; ") {
		t.Errorf("%+v", got)
	}
	if got = csmctl(t, "", "import", file); got.code != 0 || !strings.Contains(got.out, "0 stored, 0 updated, 2 unchanged, 0 refused") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(file + importer.StateSuffix); err == nil {
		t.Error("an import that ended leaves its state")
	}
	if got = csmctl(t, `{"conversation_id":"c"}`, "import", "-"); got.code != 0 || !strings.Contains(got.out, "1 stored") {
		t.Errorf("%+v", got)
	}
}

func TestRefusedLinesAreReported(t *testing.T) {
	fakeServer(t)
	text := `{"conversation_id":"a"}` + "\n{}\n\nnonsense\n"
	got := csmctl(t, text, "import", "-")
	want := "line 2: conversation_id is required\nline 4: conversation_id is required\n"
	if got.code != 1 || got.err != want || !strings.Contains(got.out, "1 stored, 0 updated, 0 unchanged, 2 refused") {
		t.Errorf("%+v", got)
	}
	report := filepath.Join(t.TempDir(), "report")
	got = csmctl(t, text, "import", "-", "--report", report)
	raw, err := os.ReadFile(report)
	if got.code != 1 || got.err != "" || err != nil || string(raw) != want {
		t.Errorf("%+v %q %v", got, raw, err)
	}
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	kept := fakeServer(t)
	file := write(t, "f.ndjson", `{"conversation_id":"a"}`+"\n"+`{"conversation_id":"b"}`+"\n")
	state, _, _, err := importer.OpenState(file, os.Getenv(sdk.EnvEndpoint))
	if err != nil {
		t.Fatal(err)
	}
	save := func() {
		if err := state.Save(importer.Progress{Line: 1, Counts: importer.Counts{Stored: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	save()
	got := csmctl(t, "", "import", file)
	if got.code != 0 || !strings.Contains(got.err, "Going on after line 1") || !strings.Contains(got.out, "2 conversations: 2 stored") || kept["a"] || !kept["b"] {
		t.Errorf("%+v %v", got, kept)
	}
	save()
	got = csmctl(t, "", "import", file, "--restart")
	if got.code != 0 || got.err != "" || !strings.Contains(got.out, "1 stored, 0 updated, 1 unchanged") || !kept["a"] {
		t.Errorf("%+v %v", got, kept)
	}
}

func TestWhatCannotBeDoneIsExplained(t *testing.T) {
	fakeServer(t)
	var cut bytes.Buffer
	z := gzip.NewWriter(&cut)
	io.WriteString(z, `{"conversation_id":"a"}`)
	z.Close()
	for name, c := range map[string]struct {
		setup func()
		in    string
		args  []string
		want  string
	}{
		"no command":     {args: nil, want: "csmctl: expected one of"},
		"a flag":         {args: []string{"import", "x", "--fast"}, want: "unknown flag --fast"},
		"a file":         {args: []string{"import", "/nowhere/x"}, want: "no such file"},
		"a folder":       {args: []string{"import", t.TempDir()}, want: "is a folder"},
		"an array":       {args: []string{"import", "-"}, in: "[]", want: "this is a JSON array"},
		"a damaged file": {args: []string{"import", "-"}, in: cut.String()[:cut.Len()-6], want: "reading line"},
		"a role":         {args: []string{"keys", "create", "n", "--role", "king"}, want: "must be one of"},
		"the wrong key":  {setup: func() { t.Setenv(sdk.EnvAPIKey, "amo_wrong") }, in: "{}", args: []string{"import", "-"}, want: "CSM_MONITOR_API_KEY holds the key"},
		"no key":         {setup: func() { t.Setenv(sdk.EnvAPIKey, "") }, args: []string{"keys", "list"}, want: "With --local no key is needed"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.setup != nil {
				before := os.Getenv(sdk.EnvAPIKey)
				c.setup()
				defer os.Setenv(sdk.EnvAPIKey, before)
			}
			if got := csmctl(t, c.in, c.args...); got.code != 2 || !strings.Contains(got.err, c.want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestInterruption(t *testing.T) {
	fakeServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := write(t, "f", `{"conversation_id":"a"}`)
	var out, errs bytes.Buffer
	if code := Main(ctx, []string{"import", file}, nil, nil, &out, &errs); code != 130 || !strings.Contains(errs.String(), "The same command goes on from there") {
		t.Error(code, out.String(), errs.String())
	}
}

func TestKeysBesideTheStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	t.Setenv("CSM_DATA_DIR", dir)
	if got := csmctl(t, "", "keys", "list", "--local"); got.code != 2 || !strings.Contains(got.err, "there is no master key") {
		t.Errorf("%+v", got)
	}
	if got := csmctl(t, "", "migrate"); got.code != 0 || got.out != "sqlite://"+dir+"/csm.db is up to date.\n" {
		t.Errorf("%+v", got)
	}
	if got := csmctl(t, "", "keys", "list", "--local"); got.code != 2 || !strings.Contains(got.err, "there is no organisation yet") {
		t.Errorf("%+v", got)
	}
}

func TestVersionAndHelp(t *testing.T) {
	if got := csmctl(t, "", "version"); got.code != 0 || !regexp.MustCompile(`^csmctl \S+ go1`).MatchString(got.out) {
		t.Errorf("%+v", got)
	}
	if got := csmctl(t, "", "--help"); got.code != 0 || !strings.Contains(got.out, "CSM_MONITOR_API_KEY") {
		t.Errorf("%+v", got)
	}
	if got := csmctl(t, "", "import", "--help"); got.code != 0 || !strings.Contains(got.out, "Importing a file twice changes nothing") {
		t.Errorf("%+v", got)
	}
}
