package app

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func run(t *testing.T, p Program, args, environ []string) (code int, out, log string) {
	t.Helper()
	var o, l bytes.Buffer
	code = p.Main(args, environ, Output{&o, &l})
	return code, o.String(), l.String()
}

func TestHelpAndVersion(t *testing.T) {
	for _, p := range []Program{ServerProgram(), WorkerProgram()} {
		code, out, log := run(t, p, []string{"--help"}, nil)
		if code != 0 || log != "" {
			t.Error(code, log)
		}
		for _, want := range []string{"Usage: " + p.Name, "CSM_STORAGE", "--storage", "Default: ./csm-data.", "postgres://", "Example"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing in:\n%s", want, out)
			}
		}
		for _, line := range strings.Split(out, "\n") {
			if len([]rune(line)) > 84 {
				t.Errorf("too long for a terminal: %s", line)
			}
		}
		if code, out, _ = run(t, p, []string{"--version"}, nil); code != 0 || !strings.HasPrefix(out, p.Name+" ") {
			t.Error(code, out)
		}
	}
}

// A configuration that cannot be is told in one line, before anything is touched.
func TestRefusedConfigurations(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range map[string]struct {
		args, environ []string
		code          int
		want          string
	}{
		"scheme":     {environ: []string{"CSM_STORAGE=mysql://x"}, code: 2, want: "csm-server: CSM_STORAGE names an unknown kind of store, \"mysql\"; known are memory://, sqlite://, postgres://.\n"},
		"name":       {environ: []string{"CSM_PORT=1"}, code: 2, want: "csm-server: CSM_PORT is not known"},
		"flag":       {args: []string{"--port=1"}, code: 2, want: "csm-server: --port is not known"},
		"master key": {environ: []string{"CSM_MASTER_KEY=x"}, code: 1, want: "csm-server: CSM_MASTER_KEY is not a master key"},
	} {
		code, out, log := run(t, ServerProgram(), c.args, c.environ)
		if code != c.code || out != "" || !strings.HasPrefix(log, c.want) || strings.Count(log, "\n") != 1 {
			t.Errorf("%s: code %d, out %q, log %q", name, code, out, log)
		}
	}
	if code, _, log := run(t, WorkerProgram(), nil, []string{"CSM_STORAGE=memory://"}); code != 1 || !strings.Contains(log, "a worker cannot use memory://") || strings.Count(log, "\n") != 1 {
		t.Error(code, log)
	}
	left, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.Name() != "csm-data" {
			t.Errorf("left behind: %s", entry.Name())
		}
	}
}

// The curl of the welcome works as pasted: a shell takes it apart, and what it would send is sent.
func TestThePastedCurlWorks(t *testing.T) {
	r := start(t, load(t, "CSM_STORAGE=memory://"))
	_, text, _ := strings.Cut(r.out.String(), "Send a conversation:")
	command, rest, _ := strings.Cut(text, "Read the figures:")
	script := `curl() { for a in "$@"; do printf '%s\0' "$a"; done; }` + "\n"
	args := func(pasted string) []string {
		out, err := exec.Command("sh", "-c", script+pasted).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	post := args(command)
	if len(post) != 8 || post[0] != "-sS" || post[2] != "-H" || post[3] != "X-API-Key: "+r.key() || post[5] != "Content-Type: application/json" || post[6] != "-d" {
		t.Fatalf("%q", post)
	}
	if res, body := do(t, "POST", post[1], r.key(), post[7]); res.StatusCode != 201 {
		t.Error(res.Status, body)
	}
	rest, _, _ = strings.Cut(rest, "Ctrl-C")
	read := args(rest)
	if len(read) != 4 {
		t.Fatalf("%q", read)
	}
	if res, body := get(t, read[1], strings.TrimPrefix(read[3], "X-API-Key: ")); res.StatusCode != 200 || !strings.Contains(body, `"avg_csat_score":5.00`) {
		t.Error(res.Status, body)
	}
}
