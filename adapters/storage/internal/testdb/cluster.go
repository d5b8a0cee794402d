package testdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster makes a PostgreSQL cluster in a folder of its own and runs it until the process ends. It listens on a socket
// in that folder alone, and does not sync: a test that crashes loses nothing worth keeping.
func cluster() (server, error) {
	bin, err := binaries()
	if err != nil {
		return server{}, err
	}
	as, err := owner()
	if err != nil {
		return server{}, err
	}
	dir, err := os.MkdirTemp("", "csm-postgres-")
	if err != nil {
		return server{}, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	if as != nil {
		err = os.Chown(dir, int(as.Uid), int(as.Gid))
	}
	data := filepath.Join(dir, "data")
	if err == nil {
		err = run(as, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	}
	if err != nil {
		remove()
		return server{}, err
	}
	stop, err := serve(as, dir, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "jit=off", "-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "logging_collector=off")
	if err != nil {
		remove()
		return server{}, err
	}
	s := server{
		address: (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}).String(),
		stop: func() {
			stop()
			remove()
		},
	}
	if err := wait(s.address); err != nil {
		s.stop()
		return server{}, err
	}
	return s, nil
}

// binaries is the folder of the newest server binaries: those in the path, else where Debian keeps them.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errNone, err)
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// owner is who runs the server where the tests run as root, which it refuses: the user postgres.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.Join(errNone, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func run(as *syscall.Credential, dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// serve starts the server and returns what stops it. The kernel stops it too when this process dies: that hangs on the
// thread that started it, so a goroutine keeps that thread for as long as the server runs.
func serve(as *syscall.Credential, dir, name string, args ...string) (stop func(), err error) {
	var output bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGINT}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-ended
	}, nil
}

// wait returns when the server answers.
func wait(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the throw-away PostgreSQL does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
