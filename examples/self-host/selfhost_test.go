// Package selfhost shows how a server is run: run.sh from nothing to figures, csm-server.service as a service.
package selfhost

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

func TestOutput(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: run.sh needs curl")
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", dir, "../../cmd/csm-server", "../../cmd/csmctl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	script, err := filepath.Abs("run.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CSM_ADDR=" + addr}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := regexp.MustCompile(`^3 conversations: 3 stored, 0 updated, 0 unchanged, 0 refused; [^\n]*
total_conversations 3
escalation_rate 33\.3
avg_csat_score 3\.50
$`)
	if !want.Match(out) {
		t.Errorf("run.sh printed\n%s", out)
	}
}
