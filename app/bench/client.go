//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one kept-alive connection. It writes requests that are ready as bytes, so that the machine's time goes to the
// server that is measured and not to its client.
type conn struct {
	net.Conn
	in *bufio.Reader
}

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 16<<10)}, nil
}

// request is a request as it goes over the wire; body may be nil.
func request(method, path, key, media string, body []byte) []byte {
	b := head(method, path, key, media, body)
	b.Grow(len(body))
	b.Write(body)
	return b.Bytes()
}

// head is a request without its body.
func head(method, path, key, media string, body []byte) *bytes.Buffer {
	b := new(bytes.Buffer)
	b.Grow(256)
	fmt.Fprintf(b, "%s %s HTTP/1.1\r\nHost: bench\r\n", method, path)
	if key != "" {
		fmt.Fprintf(b, "X-API-Key: %s\r\n", key)
	}
	if body != nil {
		fmt.Fprintf(b, "Content-Type: %s\r\nContent-Length: %s\r\n", media, strconv.Itoa(len(body)))
	}
	b.WriteString("\r\n")
	return b
}

// send sends one request and reads its answer to the end.
func (c *conn) send(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	return c.receive()
}

func (c *conn) receive() (status int, body []byte, err error) {
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, errors.Join(err, res.Body.Close())
}

// get sends one GET on a connection of its own; anything but 200 is an error.
func get(addr, path, key string) ([]byte, error) {
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return c.get(path, key)
}

func (c *conn) get(path, key string) ([]byte, error) {
	status, body, err := c.send(request(http.MethodGet, path, key, "", nil))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET %s: %d %s", path, status, body)
	}
	return body, err
}

// load sends requests over so many connections for a while; next gives the ith. It returns the answers a second, and how
// many there were.
func load(addr string, conns int, d time.Duration, next func(i int) []byte) (rate float64, n int, err error) {
	var (
		sent, answered atomic.Int64
		failed         atomic.Pointer[error]
		workers        sync.WaitGroup
		all            []*conn
	)
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	for range conns {
		c, err := dial(addr)
		if err != nil {
			return 0, 0, err
		}
		all = append(all, c)
	}
	start := time.Now()
	for _, c := range all {
		workers.Go(func() {
			for time.Since(start) < d && failed.Load() == nil {
				status, body, err := c.send(next(int(sent.Add(1) - 1)))
				if err == nil && status != http.StatusCreated && status != http.StatusOK {
					err = fmt.Errorf("%d %s", status, body)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				answered.Add(1)
			}
		})
	}
	workers.Wait()
	took := time.Since(start)
	if e := failed.Load(); e != nil {
		return 0, 0, *e
	}
	n = int(answered.Load())
	return float64(n) / took.Seconds(), n, nil
}

// upload sends NDJSON to the batch endpoint while it reads the results, which come meanwhile. It returns how many lines
// were stored.
func upload(addr, key string, lines []byte) (stored int, err error) {
	c, err := dial(addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	wrote := make(chan error, 1)
	go func() {
		// The lines are sent from where they are: copying them takes a client about a tenth of the time that storing them does.
		parts := net.Buffers{head(http.MethodPost, "/api/v1/conversations/batch", key, "application/x-ndjson", lines).Bytes(), lines}
		_, err := parts.WriteTo(c.Conn)
		wrote <- err
	}()
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	in := bufio.NewScanner(res.Body)
	for in.Scan() {
		if !bytes.Contains(in.Bytes(), []byte(`"status":20`)) {
			return stored, fmt.Errorf("a line was refused: %s", in.Bytes())
		}
		stored++
	}
	if want := bytes.Count(lines, []byte{'\n'}); stored != want {
		return stored, fmt.Errorf("%d of %d lines were answered", stored, want)
	}
	return stored, errors.Join(in.Err(), <-wrote)
}
