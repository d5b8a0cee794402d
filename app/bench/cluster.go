//go:build unix

package main

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
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is a PostgreSQL to measure: the one CSM_BENCH_POSTGRES_DSN names, else one made for this run, with all its
// safeguards on.
type cluster struct {
	// address is that of the maintenance database.
	address string
	// made are the databases of this run.
	made []string
	stop func()
}

// errNoPostgres says why the rows about PostgreSQL are missing.
var errNoPostgres = errors.New("no PostgreSQL: set CSM_BENCH_POSTGRES_DSN or install its server binaries")

func openCluster(dir string) (*cluster, error) {
	if dsn := os.Getenv("CSM_BENCH_POSTGRES_DSN"); dsn != "" {
		return &cluster{address: dsn, stop: func() {}}, nil
	}
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	as, err := owner()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if as != nil {
		if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, int(as.Uid), int(as.Gid))); err != nil {
			return nil, err
		}
	}
	command := func(name string, args ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd, out := exec.Command(filepath.Join(bin, name), args...), &bytes.Buffer{}
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		return cmd, out
	}
	data := filepath.Join(dir, "data")
	if cmd, out := command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"); cmd.Run() != nil {
		return nil, fmt.Errorf("initdb: %s", out)
	}
	cmd, out := command("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "max_connections=100")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &cluster{stop: func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}}
	c.address = (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}).String()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := c.run("SELECT 1")
		if err == nil {
			return c, nil
		}
		if time.Now().After(end) {
			c.stop()
			return nil, fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, out)
		}
	}
}

// binaries is the folder of the server's binaries: those in the path, else where Debian keeps them.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errNoPostgres, err)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// owner is who runs the server for root, which it refuses: the user postgres.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.Join(errNoPostgres, err)
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

// run runs a statement in the maintenance database.
func (c *cluster) run(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, c.address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// database makes an empty database and returns its address.
func (c *cluster) database() (string, error) {
	name := fmt.Sprintf("csm_bench_%d_%d", os.Getpid(), len(c.made))
	if err := c.run("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return "", err
	}
	c.made = append(c.made, name)
	u, err := url.Parse(c.address)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// close drops what was made and stops the server if it was started here.
func (c *cluster) close() error {
	var errs []error
	for _, name := range c.made {
		errs = append(errs, c.run("DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"))
	}
	c.stop()
	return errors.Join(errs...)
}
