//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"
)

// post is one way of sending conversations one by one.
type post struct {
	conns         int
	again, spread bool // conversations that are stored already; a hundred organisations
}

func (p post) name(engine string) string {
	name := fmt.Sprintf("durable POST, %s, %d connections", engine, p.conns)
	if p.again {
		name += ", re-sent"
	}
	if p.spread {
		name += ", 100 organisations"
	}
	return name
}

func (p post) goal() goal {
	switch {
	case p.conns == 64 && !p.again:
		return goal{reach: 0.30, aim: 0.50, least: true}
	case p.conns == 256:
		return goal{reach: 0.40, aim: 0.60, least: true}
	default:
		return goal{}
	}
}

// readied is how many requests a second of a turn are made before the clock runs.
const readied = 12_000

// resent is how many stored conversations are sent again and again.
const resent = 2000

// durable measures POSTs against a server that only reads the body. Each way is measured in turns with the yardstick,
// and every turn begins when the work behind the earlier writes is done.
func (b *bench) durable(engine, storage string, ways []post) error {
	product, err := start(orders{Dir: b.dir("post-" + engine), Storage: storage, Orgs: 100, CPU: b.profile(b.cpu, "post-"+engine), Heap: b.profile(b.heap, "post-"+engine)})
	if err != nil {
		return err
	}
	yard, err := start(orders{Dir: b.dir("body"), Body: true})
	if err != nil {
		return err
	}
	src := newSource(b.seed, 1_000_000)
	fresh := resent // the number of the next new conversation
	body := func(n int, key string) []byte {
		return request("POST", "/api/v1/conversations", key, "application/json", src.append(nil, n))
	}
	if _, err := upload(product.addr, product.Keys[0], src.lines(0, resent)); err != nil {
		return err
	}
	// Requests are made before the clock runs; what is sent beyond them is made on the way.
	requests := func(p post) func(i int) []byte {
		key := func(i int) string {
			if p.spread {
				return product.Keys[i%len(product.Keys)]
			}
			return product.Keys[0]
		}
		random := rand.New(rand.NewPCG(b.seed, 9))
		first := fresh
		one := func(i int) []byte { return body(first+i, key(i)) }
		var ready [][]byte
		for i := range int(b.turn.Seconds() * readied) {
			if p.again {
				ready = append(ready, body(random.IntN(resent), product.Keys[0]))
			} else {
				ready = append(ready, one(i))
			}
		}
		return func(i int) []byte {
			switch {
			case i < len(ready):
				return ready[i]
			case p.again:
				return ready[i%len(ready)]
			}
			return one(i)
		}
	}
	rates, costs, behind := map[post]*pairs{}, map[post]*pairs{}, map[post][]float64{}
	measure := func(c *child, conns int, next func(int) []byte) (rate, cpu, all float64, n int, err error) {
		before, err := c.settle(20 * time.Second)
		if err != nil {
			return
		}
		if rate, n, err = load(c.addr, conns, b.turn, next); err != nil {
			return
		}
		after, err := c.usage()
		if err != nil {
			return
		}
		done, err := c.settle(20 * time.Second)
		each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
		return rate, each(after.CPU - before.CPU), each(done.CPU - before.CPU), n, err
	}
	for range b.reps {
		for _, way := range ways {
			if rates[way] == nil {
				rates[way], costs[way] = &pairs{}, &pairs{}
			}
			next := requests(way)
			yardRate, yardCPU, _, _, err := measure(yard, way.conns, func(i int) []byte { return next(i % int(b.turn.Seconds()*readied)) })
			if err != nil {
				return fmt.Errorf("the yardstick: %w", err)
			}
			rate, cpu, all, n, err := measure(product, way.conns, next)
			if err != nil {
				return fmt.Errorf("%s: %w", way.name(engine), err)
			}
			if !way.again {
				fresh += n + way.conns
			}
			rates[way].add(rate, yardRate)
			costs[way].add(cpu, yardCPU)
			behind[way] = append(behind[way], all)
		}
	}
	for _, way := range ways {
		r, c := rates[way], costs[way]
		cpu := fmt.Sprintf("%.0f µs, with the work behind the write %.0f µs", median(c.own), median(behind[way]))
		b.table.add(row{what: way.name(engine), figure: number(median(r.own)) + "/s", yardstick: number(median(r.yard)) + "/s, body read only",
			value: r.ratio(), ratio: true, goal: way.goal(), cpu: cpu})
	}
	for _, way := range ways {
		if way.conns == 64 && !way.again && !way.spread {
			c := costs[way]
			b.table.add(row{what: "server CPU per durable POST, " + engine + ", 64 connections", figure: number(median(c.own)) + " µs",
				yardstick: number(median(c.yard)) + " µs, body read only", value: c.ratio(), ratio: true, goal: goal{reach: 4.5, aim: 3}})
		}
	}
	if err := b.memory("RSS after POSTs, "+engine, product, engine); err != nil {
		return err
	}
	if err := product.stop(); err != nil {
		return err
	}
	return yard.stop()
}

// memory adds the row of what a server holds now.
func (b *bench) memory(what string, c *child, engine string) error {
	u, err := c.usage()
	if err != nil {
		return err
	}
	mib := func(n int64) float64 { return float64(n) / (1 << 20) }
	g := goal{}
	if engine == sqliteEngine {
		g = goal{reach: 80, aim: 60}
	}
	b.table.add(row{what: what, figure: fmt.Sprintf("%.0f MB, %.0f MB at most", mib(u.RSS), mib(u.Peak)), value: mib(u.RSS), goal: g})
	return nil
}

// dir is a folder of its own below the harness's.
func (b *bench) dir(name string) string {
	b.made++
	return filepath.Join(b.root, fmt.Sprintf("%02d-%s", b.made, name))
}
