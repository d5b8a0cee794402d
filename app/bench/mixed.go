//go:build unix

package main

import (
	"fmt"
	"net/url"
	"strconv"
)

// seeded is how many conversations there are before the mixed load begins.
const seeded = 20_000

// mixed measures the memory of a server that 64 connections write to, read and search at once, for a while.
func (b *bench) mixed() error {
	c, err := start(orders{Dir: b.dir("mixed"), Orgs: 1, CPU: b.profile(b.cpu, "mixed"), Heap: b.profile(b.heap, "mixed")})
	if err != nil {
		return err
	}
	src := newSource(b.seed, 1_000_000)
	if _, err := upload(c.addr, c.Keys[0], src.lines(0, seeded)); err != nil {
		return err
	}
	ask := func(path string) []byte { return request("GET", path, c.Keys[0], "", nil) }
	var reads [][]byte
	for _, l := range dashboard() {
		reads = append(reads, ask(metricPath(l.name, l.length)))
	}
	for _, word := range []string{src.words[3], src.words[40], src.words[4000]} {
		reads = append(reads, ask("/api/v1/conversations?total=false&limit=50&search="+url.QueryEscape(word)))
	}
	for page := range 5 {
		reads = append(reads, ask("/api/v1/conversations?limit=50&offset="+strconv.Itoa(50*page)))
	}
	// Of ten requests eight bring a conversation, one of them a stored one again, and two read.
	rate, n, err := load(c.addr, 64, b.mix, func(i int) []byte {
		body := func(n int) []byte {
			return request("POST", "/api/v1/conversations", c.Keys[0], "application/json", src.append(nil, n))
		}
		switch {
		case i%10 > 7:
			return reads[(i/10*2+i%2)%len(reads)]
		case i%10 == 7:
			return body(i % seeded)
		}
		return body(seeded + i)
	})
	if err != nil {
		return err
	}
	b.table.add(row{what: fmt.Sprintf("mixed load for %s, 64 connections, sqlite", b.mix), figure: fmt.Sprintf("%s/s, %d answers", number(rate), n)})
	if err := b.memory("RSS after mixed load, sqlite", c, sqliteEngine); err != nil {
		return err
	}
	return c.stop()
}
