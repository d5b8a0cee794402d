// Package pgtest gives a test a PostgreSQL database of its own, for tests that reach the database only through the
// program under test.
//
// The first that works is used: a new database on the server in CSM_TEST_POSTGRES_DSN; a cluster made with this
// machine's initdb, which lives as long as the test. Without either the test is skipped, loudly;
// CSM_TEST_REQUIRE=postgres turns the skip into a failure.
package pgtest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Database returns the address of an empty database that goes away with the test.
func Database(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("CSM_TEST_POSTGRES_DSN"); server != "" {
		return onServer(t, server)
	}
	if bin := programs(); bin != "" {
		return newCluster(t, bin).Address
	}
	missing(t, "no PostgreSQL: neither CSM_TEST_POSTGRES_DSN nor initdb")
	return ""
}

// missing skips the test, or fails it where PostgreSQL is required.
func missing(t testing.TB, how string) {
	t.Helper()
	if os.Getenv("CSM_TEST_REQUIRE") == "postgres" {
		t.Fatal(how)
	}
	t.Skip("SKIPPED, " + how)
}

// onServer makes a database on a server that is there.
func onServer(t testing.TB, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("CSM_TEST_POSTGRES_DSN is no address")
	}
	name := "csm_test_" + strings.ToLower(rand.Text())
	statement := func(sql string) error {
		out, err := exec.Command("psql", "--no-psqlrc", "--quiet", "--dbname", server, "--command", sql).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", sql, err, out)
		}
		return nil
	}
	if err := statement("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := statement("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// programs is the folder of initdb and postgres, empty when there is none. Debian keeps them out of PATH.
func programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1])
}

// Cluster is a PostgreSQL of the test's own, which only this machine can reach and which runs until the test ends.
type Cluster struct {
	// Address is that of an empty database.
	Address        string
	t              testing.TB
	bin, dir, port string
	as             *syscall.SysProcAttr
	log            bytes.Buffer
	process        *os.Process
	gone           chan error
}

// NewCluster makes a cluster that can crash. Without this machine's initdb the test is skipped as for Database.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	bin := programs()
	if bin == "" {
		missing(t, "no PostgreSQL that may crash: no initdb")
	}
	return newCluster(t, bin)
}

func newCluster(t testing.TB, bin string) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "csm-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &Cluster{t: t, bin: bin, dir: dir, port: freePort(t), as: owner(t, dir)}
	c.Address = fmt.Sprintf("postgres://csm@127.0.0.1:%s/postgres?sslmode=disable", c.port)
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", c.data(), "--username", "csm", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = c.as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.Start()
	t.Cleanup(c.Crash) // nothing of it is needed any more
	return c
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Start runs the server, again after a crash, and returns when it takes connections.
func (c *Cluster) Start() {
	c.t.Helper()
	// What makes a commit durable stays on: that is what some tests are about. For their sake the server does not write its
	// log before somebody waits for it, either.
	server := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data(), "-c", "listen_addresses=127.0.0.1", "-p", c.port, "-k", c.dir,
		"-c", "max_connections=60", "-c", "wal_writer_delay=10s", "-c", "wal_writer_flush_after=1GB")
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = c.as, c.dir, &c.log, &c.log
	if err := server.Start(); err != nil {
		c.t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- server.Wait() }()
	c.process, c.gone = server.Process, gone
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if exec.Command(filepath.Join(c.bin, "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", c.port).Run() == nil {
			return
		}
		select {
		case err := <-gone:
			gone <- err
			c.t.Fatalf("postgres ended: %v\n%s", err, &c.log)
		default:
		}
		if time.Now().After(deadline) {
			c.t.Fatal("postgres does not become ready within a minute")
		}
	}
}

// Crash ends the server at once, so that what it has not written of its log is lost.
func (c *Cluster) Crash() {
	_ = c.process.Signal(syscall.SIGQUIT)
	<-c.gone
	c.gone <- nil // for the next who waits
}

// owner is who PostgreSQL runs as: it refuses to run as root.
func owner(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	as := &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		return as
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2, os.Chown(dir, int(uid), int(gid))); err != nil {
			t.Fatal(err)
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return as
	}
	t.Fatal("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
	return nil
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
