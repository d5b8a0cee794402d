package storage_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	tableForm  = regexp.MustCompile(`(?ms)^CREATE TABLE (\w+) \((.*?)^\)`)
	columnForm = regexp.MustCompile(`(?m)^\s+([a-z]\w*)\s+[A-Za-z]`)
	rowForm    = regexp.MustCompile(`(?m)^\| (\w+) \| ([\w, ]+) \| (sealed|keyed|wrapped|plain) \| .+ \|$`)
)

// The page that says which columns can be read in a stolen file must not forget one.
func TestThePageOfSealedColumnsIsWhole(t *testing.T) {
	raw, err := os.ReadFile("../seal/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "<!-- columns -->")
	page, _, _ := strings.Cut(rest, "<!-- /columns -->")
	told := map[string][]string{}
	for _, row := range rowForm.FindAllStringSubmatch(page, -1) {
		told[row[1]] = append(told[row[1]], strings.Split(row[2], ", ")...)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		files, err := os.ReadDir(database + "/migrations")
		if err != nil {
			t.Fatal(err)
		}
		there := map[string][]string{}
		for _, f := range files {
			raw, err := os.ReadFile(database + "/migrations/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range tableForm.FindAllStringSubmatch(string(raw), -1) {
				for _, column := range columnForm.FindAllStringSubmatch(table[2], -1) {
					there[table[1]] = append(there[table[1]], column[1])
				}
			}
		}
		if len(there) < 15 {
			t.Fatalf("%s: only %d tables were found", database, len(there))
		}
		for _, name := range slices.Sorted(maps.Keys(there)) {
			slices.Sort(there[name])
			slices.Sort(told[name])
			if diff := cmp.Diff(there[name], told[name]); diff != "" {
				t.Errorf("%s, table %s: the schema (-) and the page (+):\n%s", database, name, diff)
			}
		}
	}
}
