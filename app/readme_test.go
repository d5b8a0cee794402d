package app

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The README's request is sent as printed and gets the answers printed there: every member shown is in the real answer,
// with the same value.
func TestTheReadmeIsTrue(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme)
	request := regexp.MustCompile(`(?s)-d '(.*?)'`).FindStringSubmatch(text)
	answers := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(text, -1)
	if request == nil || len(answers) != 2 {
		t.Fatal("the README has lost its request or its answers")
	}
	r := start(t, load(t, "CSM_STORAGE=memory://"))
	res, created := do(t, "POST", r.url+"/api/v1/conversations", r.key(), request[1])
	if res.StatusCode != 201 {
		t.Fatal(res.Status, created)
	}
	contains(t, answers[0][1], created)
	_, figures := get(t, r.url+"/api/v1/cs-metrics/dashboard", r.key())
	contains(t, answers[1][1], figures)
	// Numbers as they are printed: 5.00, not 5.
	for _, shown := range regexp.MustCompile(`"[a-z_]+": ([0-9.]+|null),\n`).FindAllString(answers[1][1], -1) {
		if plain := strings.TrimSuffix(strings.ReplaceAll(shown, ": ", ":"), ",\n"); !strings.Contains(figures, plain) {
			t.Errorf("the dashboard does not say %s", plain)
		}
	}
}

// contains says what of shown is not in the answer.
func contains(t *testing.T, shown, answer string) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(shown), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	within(t, "", want, got)
}

func within(t *testing.T, path string, want, got any) {
	t.Helper()
	members, ok := want.(map[string]any)
	if !ok {
		w, g := fmt.Sprint(want), fmt.Sprint(got)
		if number, ok := want.(float64); ok { // shown to three places
			if have, ok := got.(float64); ok {
				w, g = fmt.Sprintf("%.3f", number), fmt.Sprintf("%.3f", have)
			}
		}
		if w != g {
			t.Errorf("%s is %s, the README says %s", path, g, w)
		}
		return
	}
	have, _ := got.(map[string]any)
	for name, value := range members {
		if _, ok := have[name]; !ok {
			t.Errorf("%s/%s is not in the answer", path, name)
			continue
		}
		within(t, path+"/"+name, value, have[name])
	}
}

// The lines that show how to embed the core are lines of the example that runs.
func TestTheReadmeEmbedsWhatTheExampleDoes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../examples/embed-core/main.go")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(string(readme))
	if block == nil {
		t.Fatal("the README has lost its lines of Go")
	}
	for line := range strings.Lines(block[1]) {
		if !strings.Contains(string(example), strings.TrimSpace(line)) {
			t.Errorf("the example has no line %s", line)
		}
	}
}
