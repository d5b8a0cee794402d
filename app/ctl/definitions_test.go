package ctl

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

func TestDefinitions(t *testing.T) {
	run := func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		code := Main(context.Background(), append([]string{"definitions"}, args...), nil, strings.NewReader(""), &out, &errs)
		return code, out.String(), errs.String()
	}
	code, out, _ := run()
	if code != codeOK {
		t.Fatalf("exit %d", code)
	}
	for _, d := range metric.Definitions() {
		if !strings.Contains(out, d.ID+"  "+d.Name) {
			t.Errorf("%s is not printed", d.ID)
		}
	}
	for line := range strings.SplitSeq(out, "\n") {
		if len([]rune(line)) > 100 {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
	code, out, _ = run("--json", "CSAT.mean/")
	var list []metric.Definition
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != codeOK || len(list) != 1 || list[0].ID != "csat.mean/v1" {
		t.Errorf("exit %d, %v, %+v", code, err, list)
	}
	if code, _, errs := run("nonsense"); code != codeFailed || !strings.Contains(errs, "nonsense") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
