package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// folder holds what is built for the drills.
var folder string

// binary builds the server once for all drills.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "csm-server")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/csm-server").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "csm-faults"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// server is the real program with a data folder, which outlives it.
type server struct {
	t       *testing.T
	binary  string
	dir     string
	storage string
	addr    string
	key     string
	process *exec.Cmd
	out     bytes.Buffer
	log     bytes.Buffer
	// ready is how long the last start took until the server answered.
	ready time.Duration
}

func newServer(t *testing.T, storage string) *server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, binary: path, dir: t.TempDir(), storage: storage, addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

// start runs the program and waits until it is ready. The first start shows the key.
func (s *server) start() {
	s.t.Helper()
	s.out.Reset()
	s.process = exec.Command(s.binary, "--data-dir", filepath.Join(s.dir, "data"), "--addr", s.addr, "--log-level", "warn")
	if s.storage != "" {
		s.process.Args = append(s.process.Args, "--storage", s.storage)
	}
	s.process.Env = []string{}
	s.process.Stdout, s.process.Stderr = &s.out, &s.log
	begun := time.Now()
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	for !s.answers() {
		if time.Since(begun) > time.Minute {
			s.kill()
			s.t.Fatalf("not ready after a minute:\n%s", &s.log)
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.ready = time.Since(begun)
	if s.key == "" {
		s.key = s.shownKey()
	}
}

// shownKey waits for the welcome, which is printed right after the server begins to answer.
func (s *server) shownKey() string {
	s.t.Helper()
	key := regexp.MustCompile(`amo_[0-9a-z]{32}`)
	// The program's output may be read only when it has ended: a first start just for its welcome.
	_ = s.process.Process.Signal(os.Interrupt)
	if err := s.process.Wait(); err != nil {
		s.t.Fatalf("the first stop: %v\n%s", err, &s.log)
	}
	found := key.FindString(s.out.String())
	if found == "" {
		s.t.Fatalf("the first start shows no key:\n%s", &s.out)
	}
	s.key = found
	s.start()
	return found
}

func (s *server) answers() bool {
	res, err := http.Get("http://" + s.addr + "/readyz")
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

// kill is kill -9: the program gets no chance to tidy up.
func (s *server) kill() {
	if s.process == nil || s.process.ProcessState != nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	http.DefaultClient.CloseIdleConnections()
}

func (s *server) request(method, path, contentType string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, "http://"+s.addr+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-API-Key", s.key)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return http.DefaultClient.Do(request)
}

// get reads an answer that must succeed.
func (s *server) get(path string, into any) {
	s.t.Helper()
	res, err := s.request(http.MethodGet, path, "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v %s", path, res.Status, err, raw)
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		s.t.Fatal(err)
	}
}
