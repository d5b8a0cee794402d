package ctl

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/simulate/selfaudit"
)

var update = flag.Bool("update", false, "write what the commands print to the files the tests compare it with")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func TestAssess(t *testing.T) {
	file := filepath.Join("testdata", "assess.ndjson")
	refusals := "line 5: invalid: /csat_score must be a whole number from 1 to 5\n" +
		"line 6: invalid: /platform must be one of zendesk, intercom, freshdesk, custom, sdk\n" +
		"line 7: not JSON: invalid character 'o' in literal null (expecting 'u')\n"
	for _, format := range []string{"text", "ndjson", "summary"} {
		got := csmctl(t, "", "assess", "--format", format, file)
		if got.code != codeRefused || got.err != refusals {
			t.Errorf("%s: exit %d, %s", format, got.code, got.err)
		}
		golden(t, "assess."+format+".golden", got.out)
	}
	in, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	piped := csmctl(t, string(in), "assess")
	if read := csmctl(t, "", "assess", file); piped.out != read.out {
		t.Error("standard input is read differently from a file")
	}
	if got := csmctl(t, "", "assess"); got.code != codeOK || !strings.HasPrefix(got.out, "0 conversations") || !strings.Contains(got.out, "unknown") {
		t.Errorf("nothing gives %+v", got)
	}
	if got := csmctl(t, "", "assess", "nowhere.ndjson"); got.code != codeFailed || !strings.Contains(got.err, "nowhere.ndjson") {
		t.Errorf("a file that is not there gives %+v", got)
	}
}

// What is wrong with a line is said in words that help.
func TestAssessExplainsFaults(t *testing.T) {
	for line, want := range map[string]string{
		`[]`:                                     "must be a JSON object",
		`{`:                                      "not JSON: unexpected end of JSON input",
		`{"platform":"sdk"}`:                     "invalid: /conversation_id must be 1 to 255 bytes",
		`{"csat_score":"5"}`:                     "wire: not a JSON number",
		`{"cost_usd":-1e400}`:                    "invalid: /cost_usd must be a number from 0 to 1000000",
		`{"conversation_id":5,"platform":"sdk"}`: "/conversation_id cannot be of the kind number",
		`{"messages":[{"timestamp":"2026-01-01 10:00"}]}`:           `"2026-01-01 10:00" is not a time such as 2026-01-31T09:30:00Z`,
		`{"messages":[{"sender_type":true}]}`:                       "/messages/sender_type cannot be of the kind bool",
		`{"conversation_id":"a","platform":"sdk","csat_score":4.5}`: "invalid: /csat_score must be a whole number from 1 to 5",
	} {
		if got := csmctl(t, line, "assess", "--format", "ndjson"); got.code != codeRefused || got.err != "line 1: "+want+"\n" {
			t.Errorf("%s gives %d, %s", line, got.code, got.err)
		}
	}
}

// What customers and platforms name must not steer the terminal that it is read on.
func TestAssessWritesNoControlCharacters(t *testing.T) {
	got := csmctl(t, `{"conversation_id":"a\u001b[2J\u202eb","platform":"sdk","topic":"t\nforged\u0007","messages":[`+
		`{"sender_type":"customer","content":"i want \u001b[2J a human agent now"},{"sender_type":"ai","content":"I cannot help"}]}`, "assess")
	if got.code != codeOK || strings.ContainsAny(got.out, "\x1b\a\u202e") || strings.Contains(got.out, "\nforged") {
		t.Errorf("%d: %q", got.code, got.out)
	}
}

func TestAssessKnowsPolicyTopics(t *testing.T) {
	got := csmctl(t, "", "assess", "--format", "summary", "--policy-topics", "refunds,legal", filepath.Join("testdata", "assess.ndjson"))
	if !strings.Contains(got.out, "policy_required 1") {
		t.Error(got.out)
	}
}

func TestGaps(t *testing.T) {
	questions := "How do I pause my membership?\nCan I pay by bank transfer?\r\n\nHow do I pause my membership?\nhow do i pause my membership\n" +
		"Is paying by bank transfer possible?"
	got := csmctl(t, questions, "gaps")
	lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
	if got.code != codeOK || len(lines) != 6 {
		t.Fatalf("%+v", got)
	}
	want := []string{
		"1\tHow do I pause my membership?", "2\tCan I pay by bank transfer?", "0\t", "1\tHow do I pause my membership?", "1\thow do i pause my membership",
	}
	if diff := cmp.Diff(want, lines[:5]); diff != "" {
		t.Error(diff)
	}
	if _, text, ok := strings.Cut(lines[5], "\t"); !ok || text != "Is paying by bank transfer possible?" {
		t.Error(lines[5])
	}
	final := csmctl(t, questions, "gaps", "--consolidate")
	if n := strings.Count(final.out, "\n"); final.code != codeOK || n != 6 || !strings.Contains(final.out, "\n0\t\n") {
		t.Errorf("%+v", final)
	}
	if long := csmctl(t, strings.Repeat("x", maxLine+1), "gaps"); long.code != codeFailed || !strings.Contains(long.err, "line 1: is longer than") {
		t.Errorf("a line without an end gives %d, %s", long.code, long.err)
	}
}

func TestSimulate(t *testing.T) {
	args := []string{"simulate", "--seed", "3", "--months", "1", "--start", "2026-01-01", "--per-day", "1"}
	got := csmctl(t, "", args...)
	plan := simulate.NewPlan(3, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 31)
	plan.PerDay = 1
	planted, deliveries := simulate.Generate(plan)
	if got.code != codeOK || got.err != fmt.Sprintf("%d conversations in %d lines, 2026-01-01 to 2026-01-31.\n", len(planted.Cases), len(deliveries)) {
		t.Errorf("exit %d, %s", got.code, got.err)
	}
	golden(t, "simulate.golden", got.out)

	file, truth := filepath.Join(t.TempDir(), "out.ndjson"), filepath.Join(t.TempDir(), "truth.ndjson")
	if again := csmctl(t, "", append(args, "-o", file, "--truth", truth)...); again.code != codeOK || again.out != "" {
		t.Errorf("%+v", again)
	}
	written, err := os.ReadFile(file)
	if err != nil || string(written) != got.out {
		t.Errorf("the file differs from standard output: %v", err)
	}
	facts, err := os.ReadFile(truth)
	if err != nil {
		t.Fatal(err)
	}
	var c simulate.Case
	first, _, _ := bytes.Cut(facts, []byte("\n"))
	if err := json.Unmarshal(first, &c); err != nil || c.ID == "" || c.Topic == "" || c.Start.Before(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s: %v", first, err)
	}
	if sum := csmctl(t, got.out, "assess", "--format", "summary"); sum.code != codeOK || !strings.HasPrefix(sum.out, fmt.Sprintf("%d conversations\n", len(planted.Cases))) {
		t.Errorf("what is made up cannot be assessed: %+v", sum)
	}
	for _, bad := range [][]string{{"--months", "0"}, {"--per-day", "-1"}, {"--per-day", "NaN"}, {"--start", "tomorrow"}, {"--drop", "2026-13-01"}} {
		if got := csmctl(t, "", append([]string{"simulate"}, bad...)...); got.code != codeFailed || !strings.Contains(got.err, strings.TrimPrefix(bad[0], "--")) {
			t.Errorf("%v gives %d, %s", bad, got.code, got.err)
		}
	}
}

// A body that is written reads back as what it was.
func TestBodiesReadBack(t *testing.T) {
	plan := simulate.NewPlan(4, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 5)
	_, deliveries := simulate.Generate(plan)
	for _, d := range deliveries {
		p := d.Patch(uuid.Nil)
		line, err := writeBody(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := readBody(line, d.At)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if a, b := conversation.Merge(nil, &p), conversation.Merge(nil, &back); !a.SameAs(b) {
			t.Fatalf("%s reads back differently: %s", line, cmp.Diff(a, b))
		}
	}
}

func FuzzReadBody(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("testdata", "assess.ndjson"))
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(seed) {
		f.Add(line)
	}
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := readBody(line, now)
		if err != nil || p.Validate(now) != nil {
			return
		}
		written, err := writeBody(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := readBody(written, now)
		if err != nil {
			t.Fatalf("%s, written as %s: %v", line, written, err)
		}
		if a, b := conversation.Merge(nil, &p), conversation.Merge(nil, &back); !a.SameAs(b) {
			t.Fatalf("%s, written as %s, reads back differently", line, written)
		}
	})
}

func TestSelfAudit(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the product over whole organisations")
	}
	got := csmctl(t, "", "self-audit", "--seeds", "2")
	for _, line := range []string{
		"2 organisations (seeds 1 to 2), ", "\nAI against people\n", " ✓ AI cost exact to the millionth", " ✓ ledger equals headline",
		"wrong sign: raw averages", "false discoveries",
	} {
		if !strings.Contains(got.out, line) {
			t.Errorf("there is no %q in\n%s", line, got.out)
		}
	}
	if missed := strings.Contains(got.out, "✗"); missed != (got.code == codeRefused) || missed == strings.Contains(got.out, "goals are met") {
		t.Errorf("exit %d for\n%s", got.code, got.out)
	}
	if bad := csmctl(t, "", "self-audit", "--seeds", "0"); bad.code != codeFailed || !strings.Contains(bad.err, "--seeds") {
		t.Errorf("%+v", bad)
	}
}

func TestAuditReport(t *testing.T) {
	r := selfaudit.Report{FirstSeed: 5, Seeds: 3, Conversations: 12345, Deliveries: 23456, Rows: []selfaudit.Row{
		{Group: "One", What: "a thing that is told", Recovered: "12"},
		{Group: "One", What: "a thing that is met", Planted: "3 of 3", Recovered: "3 of 3", Goal: "all", Verdict: selfaudit.Met},
		{Group: "Two", What: "a thing that is missed", Planted: "0.50", Recovered: "0.70", Goal: "0.40 to 0.60", Verdict: selfaudit.Missed},
	}}
	var plain, coloured bytes.Buffer
	showAudit(&plain, r, false)
	golden(t, "audit.golden", plain.String())
	showAudit(&coloured, r, true)
	if !strings.Contains(coloured.String(), "\x1b[31m✗\x1b[0m") || strings.Contains(plain.String(), "\x1b") {
		t.Error("colours are wrong")
	}
}
