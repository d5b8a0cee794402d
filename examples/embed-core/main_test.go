package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	var out bytes.Buffer
	run(t.Context(), &out)
	const want = `escalated true because of a knowledge_gap; handled by ai_then_human
gap 1, seen 30 times: Where is my refund?
ROI 95.7 %, between 82.8 and 110.1
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

// Whoever embeds the core gets neither a server, nor a database, nor fx. The interfaces of database/sql/driver come with
// google/uuid.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, banned := range []string{"net/http", "database/sql", "go.uber.org/", "github.com/jmoiron/", "modernc.org/", "github.com/jackc/"} {
			if dep == banned || strings.HasSuffix(banned, "/") && strings.HasPrefix(dep, banned) {
				t.Errorf("embedding the core brings %s", dep)
			}
		}
	}
}
