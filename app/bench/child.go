//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// childArg is the hidden command of a child process.
const childArg = "serve-for-bench"

// child is a server in a process of its own: what it uses is its own and nothing of the harness.
type child struct {
	addr string
	ready
	cmd *exec.Cmd
	to  io.WriteCloser
	out *json.Decoder
	log string
	// took is the time from the start of the process to its first answer that it is ready.
	took time.Duration
}

// start starts a child and waits until it can serve.
func start(o orders) (*child, error) {
	addr, err := free()
	if err != nil {
		return nil, err
	}
	o.Addr = addr
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	c := &child{addr: addr, cmd: exec.Command(self, childArg, string(text)), log: filepath.Join(o.Dir, "log")}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	c.cmd.Stderr = log
	if c.to, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	from, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(bufio.NewReader(from))
	begun := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.out.Decode(&c.ready) }()
	for {
		if _, err := get(addr, "/readyz", ""); err == nil {
			c.took = time.Since(begun)
			break
		}
		select {
		case err := <-ended: // it spoke or ended before it served
			if err != nil {
				return nil, c.broken(err)
			}
			ended <- nil
		case <-time.After(2 * time.Millisecond):
		}
	}
	if err := <-ended; err != nil {
		return nil, c.broken(err)
	}
	return c, nil
}

// broken says what a child that failed wrote last.
func (c *child) broken(err error) error {
	_ = c.to.Close()
	_ = c.cmd.Wait()
	raw, _ := os.ReadFile(c.log)
	return fmt.Errorf("a server ended: %w\n%s", err, raw[max(0, len(raw)-2000):])
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ask asks the child something on its standard input.
func (c *child) ask(question string, answer any) error {
	if _, err := io.WriteString(c.to, question+"\n"); err != nil {
		return err
	}
	if err := c.out.Decode(answer); err != nil {
		return c.broken(err)
	}
	return nil
}

func (c *child) usage() (usage, error) {
	var u usage
	err := c.ask("usage", &u)
	return u, err
}

func (c *child) totals(t totals) (totals, error) {
	question, err := json.Marshal(t)
	if err != nil {
		return t, err
	}
	err = c.ask(string(question), &t)
	return t, err
}

// settle waits until the child has had nothing to do for a while, for at most a time, and returns what it has used by
// then. Work behind the writes lets writers go first between its steps, so that it is not over at the first pause.
func (c *child) settle(limit time.Duration) (usage, error) {
	const (
		pause = 250 * time.Millisecond
		quiet = 8 // pauses without work
	)
	before, err := c.usage()
	for end, idle := time.Now().Add(limit), 0; err == nil && idle < quiet && time.Now().Before(end); {
		time.Sleep(pause)
		var now usage
		now, err = c.usage()
		if idle++; now.CPU-before.CPU >= pause/50 {
			idle = 0
		}
		before = now
	}
	return before, err
}

// stop ends the child in order.
func (c *child) stop() error {
	err := c.to.Close()
	return errors.Join(err, c.cmd.Wait())
}
