package golden

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// DirVariable names the folder of golden files to run instead of testdata.
const DirVariable = "CSM_GOLDEN_DIR"

type file struct {
	Area          string     `json:"area"`
	SchemaVersion int        `json:"schema_version"`
	Cases         []caseFile `json:"cases"`
}

type caseFile struct {
	Name      string          `json:"name"`
	Op        string          `json:"op"`
	What      string          `json:"what"`
	Inputs    json.RawMessage `json:"inputs"`
	Expected  json.RawMessage `json:"expected"`
	Tolerance tolerance       `json:"tolerance"`
	Source    string          `json:"source"`
}

// ops is the whole table: one map per idea of the core, each in its own file.
func ops() map[string]op {
	all := map[string]op{}
	for _, part := range []map[string]op{statOps, csatOps, sentimentOps, escalationOps, alertOps, roiOps, gapOps, rollupOps} {
		for name, fn := range part {
			if _, twice := all[name]; twice {
				panic("golden: op " + name + " is registered twice")
			}
			all[name] = fn
		}
	}
	return all
}

func TestGolden(t *testing.T) {
	dir := os.Getenv(DirVariable)
	if dir == "" {
		dir = "testdata"
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files (*.json) in %s", dir)
	}
	table, names := ops(), map[string]string{}
	var passed, failed int
	notCovered := map[string]int{}
	fail := func(what string) {
		failed++
		t.Error(what)
		fmt.Println("golden: FAILED " + strings.ReplaceAll(what, "\n  ", "; "))
	}
	for _, path := range paths {
		cases, err := load(path)
		if err != nil { // the other files still run: one summary says it all
			fail(filepath.Base(path) + ": " + err.Error())
		}
		for _, c := range cases {
			if earlier, twice := names[c.Name]; twice {
				fail(fmt.Sprintf("%s: the name %q is also used in %s", filepath.Base(path), c.Name, filepath.Base(earlier)))
				continue
			}
			names[c.Name] = path
			fn, ok := table[c.Op]
			if !ok {
				notCovered[c.Op]++
				continue
			}
			faults := run(fn, c)
			if len(faults) == 0 {
				passed++
				continue
			}
			fail(fmt.Sprintf("%s: %s (%s)\n  %s", filepath.Base(path), c.Name, c.Op, strings.Join(faults, "\n  ")))
		}
	}
	u := 0
	for _, name := range sortedKeys(notCovered) {
		fmt.Printf("golden: not covered: %s (%d)\n", name, notCovered[name])
		u += notCovered[name]
	}
	fmt.Printf("golden: %d passed, %d failed, %d not covered\n", passed, failed, u)
	if u > 0 && os.Getenv(DirVariable) == "" {
		t.Errorf("%d of this project's own cases are not covered", u)
	}
}

func load(path string) ([]caseFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	if f.SchemaVersion != 2 {
		return nil, fmt.Errorf("schema_version %d; this runner reads 2", f.SchemaVersion)
	}
	return f.Cases, nil
}

// run answers one case and returns what is wrong with the answer. A panic is a fault, not the end of the run.
func run(fn op, c caseFile) (faults []string) {
	defer func() {
		if r := recover(); r != nil {
			faults = []string{fmt.Sprintf("panic: %v", r)}
		}
	}()
	if !c.Tolerance.valid() {
		return []string{"tolerance must be one of abs, rel, exact"}
	}
	out, err := fn(c.Inputs)
	if err != nil {
		return []string{err.Error()}
	}
	got, err := toJSON(out)
	if err != nil {
		return []string{err.Error()}
	}
	want, err := parse(c.Expected)
	if err != nil {
		return []string{err.Error()}
	}
	return compare("expected", want, got, c.Tolerance)
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
