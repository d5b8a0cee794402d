//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// sized is a server with a store of one size.
type sized struct {
	*child
	orders
	n     int
	conn  *conn
	times map[string][]float64
}

// fill starts a server and stores n conversations of one organisation.
func (b *bench) fill(engine, storage string, n int) (*sized, error) {
	o := orders{Dir: b.dir(fmt.Sprint(engine, "-", n)), Storage: storage, Orgs: 1, CPU: b.profile(b.cpu, fmt.Sprint("reads-", n)), Heap: b.profile(b.heap, fmt.Sprint("reads-", n))}
	c, err := start(o)
	if err != nil {
		return nil, err
	}
	src := newSource(b.seed, n)
	const part = 10_000
	for from := 0; from < n; from += part {
		if _, err := upload(c.addr, c.Keys[0], src.lines(from, min(from+part, n))); err != nil {
			return nil, err
		}
	}
	if _, err := c.settle(time.Duration(n)*2*time.Millisecond + time.Minute); err != nil {
		return nil, err
	}
	return &sized{child: c, orders: o, n: n, times: map[string][]float64{}}, nil
}

// redial takes a new connection; the server closes those that were silent for long.
func (s *sized) redial() (err error) {
	s.hangUp()
	s.conn, err = dial(s.addr)
	return err
}

func (s *sized) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

// time notes how many milliseconds a GET takes.
func (s *sized) time(name, path string) error {
	begun := time.Now()
	_, err := s.conn.get(path, s.Keys[0])
	s.times[name] = append(s.times[name], time.Since(begun).Seconds()*1000)
	return err
}

// close ends the server.
func (s *sized) close() error {
	s.hangUp()
	return s.stop()
}

// last is where the windows end: inside the data, in the middle of a quarter hour.
func last() time.Time { return epoch().Add(80*24*time.Hour + 13*time.Hour + 7*time.Minute) }

// look is one read of a dashboard, with the length of its window.
type look struct {
	name   string
	length time.Duration
}

func dashboard() []look {
	const day = 24 * time.Hour
	return []look{{"dashboard", day}, {"csat-trends", 7 * day}, {"escalation-patterns", 7 * day}, {"cost-analysis", 30 * day}}
}

func metricPath(name string, length time.Duration) string {
	q := url.Values{"start": {last().Add(-length).Format(time.RFC3339)}, "end": {last().Format(time.RFC3339)}}
	return "/api/v1/cs-metrics/" + name + "?" + q.Encode()
}

// reads measures what must not get slower as an organisation grows, on stores of three sizes, the largest last.
func (b *bench) reads(engine string, storage func() (string, error)) error {
	var stores []*sized
	for _, n := range b.sizes() {
		address, err := storage()
		if err != nil {
			return err
		}
		s, err := b.fill(engine, address, n)
		if err != nil {
			return fmt.Errorf("filling %d: %w", n, err)
		}
		stores = append(stores, s)
	}
	large, mid := stores[len(stores)-1], stores[len(stores)-2]
	if err := b.memory(fmt.Sprintf("RSS after an import of %d, %s", large.n, engine), large.child, engine); err != nil {
		return err
	}
	for _, s := range stores {
		if err := s.redial(); err != nil {
			return err
		}
	}
	for range b.looks {
		for _, l := range dashboard() {
			for _, s := range stores {
				if err := s.time(l.name, metricPath(l.name, l.length)); err != nil {
					return err
				}
			}
		}
	}
	for _, l := range dashboard() {
		p, smallest := pairs{own: large.times[l.name], yard: mid.times[l.name]}, stores[0]
		b.table.add(row{
			what: fmt.Sprintf("%s of %.0f h at %d, %s", l.name, l.length.Hours(), large.n, engine), figure: number(median(p.own)) + " ms",
			yardstick: fmt.Sprintf("%s ms at %d, %s ms at %d", number(median(p.yard)), mid.n, number(median(smallest.times[l.name])), smallest.n),
			value:     p.ratio(), ratio: true, goal: goal{reach: 1.2, aim: 1.05},
		})
	}
	if err := b.totals(engine, large); err != nil {
		return err
	}
	if err := b.paging(engine, large); err != nil {
		return err
	}
	if err := b.search(engine, large); err != nil {
		return err
	}
	if err := b.equality(engine, large); err != nil {
		return err
	}
	if err := b.restart(engine, large); err != nil {
		return err
	}
	for _, s := range stores[:len(stores)-1] {
		if err := s.close(); err != nil {
			return err
		}
	}
	return nil
}

// totals compares the sums of 30 days from cells with the sums over the rows.
func (b *bench) totals(engine string, s *sized) error {
	t := totals{Org: s.child.Orgs[0], Start: last().Add(-30 * 24 * time.Hour), End: last(), Times: 5}
	var p pairs
	note := ""
	for range b.looks {
		cells, err := s.totals(t)
		if err != nil {
			return err
		}
		live, err := liveTotals(s.Storage, s.Dir, t)
		if err != nil {
			return err
		}
		if cells.Conversations != live.Conversations {
			note = fmt.Sprintf(" (they DIFFER: %d and %d conversations)", cells.Conversations, live.Conversations)
		}
		p.add(cells.Took.Seconds()*1000, live.Took.Seconds()*1000)
	}
	b.table.add(row{what: fmt.Sprintf("30-day totals from cells at %d, %s%s", s.n, engine, note), figure: number(median(p.own)) + " ms",
		yardstick: number(median(p.yard)) + " ms, GROUP BY over the rows", value: p.ratio(), ratio: true, goal: goal{reach: 1.0 / 50, aim: 1.0 / 200}})
	return nil
}

// paging compares a page deep in the listing with the first.
func (b *bench) paging(engine string, s *sized) error {
	if err := s.redial(); err != nil {
		return err
	}
	cursor, depth := "", 0
	for ; depth < s.n/2; depth += 500 {
		path := "/api/v1/conversations?total=false&limit=500"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		body, err := s.conn.get(path, s.Keys[0])
		if err != nil {
			return err
		}
		var page struct {
			Next string `json:"next_cursor"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		cursor = page.Next
	}
	for range b.looks * 3 {
		if err := s.time("first page", "/api/v1/conversations?total=false&limit=50"); err != nil {
			return err
		}
		if err := s.time("deep page", "/api/v1/conversations?total=false&limit=50&cursor="+url.QueryEscape(cursor)); err != nil {
			return err
		}
	}
	p := pairs{own: s.times["deep page"], yard: s.times["first page"]}
	b.table.add(row{what: fmt.Sprintf("page of 50 by cursor at depth %d, %s", depth, engine), figure: number(median(p.own)) + " ms",
		yardstick: number(median(p.yard)) + " ms, first page", value: p.ratio(), ratio: true, goal: goal{reach: 1.5, aim: 1.1}})
	return nil
}

// search looks for the newest 50 conversations with a frequent word and with a rare one.
func (b *bench) search(engine string, s *sized) error {
	limit := goal{reach: 5}
	if engine == postgresEngine {
		limit.reach = 30
	}
	all := newSource(b.seed, s.n).words
	for _, wanted := range [][2]string{{"a frequent word", all[3]}, {"a rare word", all[4000]}, {"a word and another", all[3] + " " + all[40]}} {
		name, word := wanted[0], wanted[1]
		path := "/api/v1/conversations?total=false&limit=50&search=" + url.QueryEscape(word)
		for range b.looks {
			if err := s.time(name, path); err != nil {
				return err
			}
		}
		body, err := s.conn.get(path, s.Keys[0])
		if err != nil {
			return err
		}
		var page struct {
			Count int `json:"count"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		ms := median(s.times[name])
		b.table.add(row{what: fmt.Sprintf("search of %s, newest 50 of %d messages, %s", name, 6*s.n, engine), figure: number(ms) + " ms (" + strconv.Itoa(page.Count) + " found)", value: ms, goal: limit})
	}
	return nil
}

// restart measures the start on the large store; it ends that server.
func (b *bench) restart(engine string, s *sized) error {
	if err := s.close(); err != nil {
		return err
	}
	o := s.orders
	o.Orgs, o.CPU, o.Heap = 0, "", ""
	return b.starts(fmt.Sprintf("start to ready, %d conversations, %s", s.n, engine), goal{reach: 1}, func() orders { return o })
}

// starts measures how long a server takes from its start until it says that it is ready.
func (b *bench) starts(what string, g goal, o func() orders) error {
	var took []float64
	for range b.reps {
		c, err := start(o())
		if err != nil {
			return err
		}
		took = append(took, c.took.Seconds())
		if err := c.stop(); err != nil {
			return err
		}
	}
	b.table.add(row{what: what, figure: number(median(took)) + " s", value: median(took), goal: g})
	return nil
}
