package architecture

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// standard says whether an import path is of the standard library.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// layers of the core, lowest first: arrows point one way.
var layers = [][]string{
	{"core/money", "core/stat", "core/tenant", "core/text"},
	{"core/conversation"},
	{"core/metric"},
	{"core/alert", "core/escalation", "core/knowledge", "core/outcome", "core/roi", "core/scoring"},
	{"core/port"},
	{"core/monitor"},
	{"core/assess", "core/simulate"},
}

func layer(folder string) int {
	return slices.IndexFunc(layers, func(of []string) bool {
		return slices.ContainsFunc(of, func(name string) bool { return within(folder, name) })
	})
}

// allowlist reads the modules that the core may import.
func allowlist(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../../core/DEPENDENCIES")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func TestCoreStandsAlone(t *testing.T) {
	allowed := allowlist(t)
	banned := []string{"net", "net/http", "database/sql", "os", "testing"}
	each(t, "core", false, func(f file) {
		own, foreign := f.imports()
		for _, path := range foreign {
			switch {
			case standard(path) && (slices.Contains(banned, path) || strings.HasPrefix(path, "os/") || strings.HasPrefix(path, "net/")):
				t.Errorf("%s imports %s: the core does no I/O", f.path, path)
			case !standard(path) && !slices.ContainsFunc(allowed, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }):
				t.Errorf("%s imports %s, which is not in core/DEPENDENCIES", f.path, path)
			}
		}
		here := layer(f.folder)
		if here < 0 {
			t.Errorf("%s is in no layer of the core; add its package to this test", f.path)
		}
		for _, path := range own {
			if there := layer(path); there < 0 || there > here {
				t.Errorf("%s imports %s: inside the core the arrows point one way", f.path, path)
			}
		}
	})
}

// shared are adapters that others of their kind are built on.
var shared = map[string][]string{
	"adapters/httpapi": {"adapters/wire", "adapters/report"}, "adapters/sdk": {"adapters/wire"},
	"adapters/dashboard": {"adapters/report"}, "adapters/embed": {"adapters/outbound"}, "adapters/notify": {"adapters/outbound"},
	"adapters/source": {"adapters/outbound"}, "adapters/auth": {"adapters/outbound"},
}

func TestAdaptersKnowTheCoreAndTheirFamily(t *testing.T) {
	each(t, "adapters", false, func(f file) {
		family := strings.Join(strings.SplitN(f.folder, "/", 3)[:2], "/")
		own, foreign := f.imports()
		for _, path := range own {
			if within(path, "core") && family != "adapters/wire" {
				if family == "adapters/sdk" {
					t.Errorf("%s imports %s: the client knows wire and nothing else of ours", f.path, path)
				}
				continue
			}
			if path == family || inFamily(path, f.folder, family) || slices.Contains(shared[family], path) {
				continue
			}
			t.Errorf("%s imports %s: an adapter knows the core, its own family's root and internal, nothing else", f.path, path)
		}
		for _, path := range foreign {
			if strings.HasPrefix(path, "go.uber.org/fx") {
				t.Errorf("%s imports fx, which lives in app and cmd alone", f.path)
			}
			if family == "adapters/wire" && !standard(path) {
				t.Errorf("%s imports %s: wire takes the standard library alone", f.path, path)
			}
		}
	})
}

// inFamily allows an adapter its own folder and what is internal to a folder above it.
func inFamily(path, folder, family string) bool {
	if !within(path, family) {
		return false
	}
	above, _, internal := strings.Cut(path, "/internal/")
	return internal && within(folder, above) || within(path, folder) || within(folder, path)
}

func TestAppAndCommands(t *testing.T) {
	each(t, "app", false, func(f file) {
		own, _ := f.imports()
		for _, path := range own {
			if within(path, "cmd") || within(path, "contract-tests") || within(path, "examples") {
				t.Errorf("%s imports %s", f.path, path)
			}
		}
	})
	each(t, "cmd", false, func(f file) {
		own, _ := f.imports()
		for _, path := range own {
			if !within(path, "app") {
				t.Errorf("%s imports %s: a command knows app alone", f.path, path)
			}
		}
		if f.lines > 35 {
			t.Errorf("%s has %d lines: a command only calls app", f.path, f.lines)
		}
	})
}

func TestSuitesKnowTheCore(t *testing.T) {
	each(t, "contract-tests", false, func(f file) {
		own, foreign := f.imports()
		for _, path := range own {
			if !within(path, "core") && !within(path, "contract-tests") {
				t.Errorf("%s imports %s: a suite depends on the core alone", f.path, path)
			}
		}
		allowed := allowlist(t)
		for _, path := range foreign {
			if !standard(path) && !slices.ContainsFunc(allowed, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
				t.Errorf("%s imports %s: whoever uses the suite would inherit it", f.path, path)
			}
		}
	})
	each(t, "", false, func(f file) {
		own, foreign := f.imports()
		for _, path := range own {
			if within(path, "contract-tests") && !within(f.folder, "contract-tests") {
				t.Errorf("%s imports %s outside a test", f.path, path)
			}
		}
		for _, path := range foreign {
			if strings.HasPrefix(path, "go.uber.org/fx") && !within(f.folder, "app") && !within(f.folder, "cmd") && !within(f.folder, "examples") {
				t.Errorf("%s imports fx, which lives in app and cmd alone", f.path)
			}
		}
	})
}

func TestBinariesHoldNoTests(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../../cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if dep == "testing" || strings.HasPrefix(dep, module+"/contract-tests") {
			t.Errorf("the binaries contain %s", dep)
		}
	}
}
