//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// imports measures NDJSON through the API of a new server, against the bare driver's insert of the same bytes.
func (b *bench) imports() error {
	raw := newSource(b.seed, b.imported).lines(0, b.imported)
	lines := bytes.Split(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\n'})
	var rates pairs
	var costs, behind []float64
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(len(lines)) }
	for range b.reps {
		dir := b.dir("bare")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		yard, err := insertSQLite(dir, lines)
		if err != nil {
			return fmt.Errorf("the yardstick: %w", err)
		}
		c, err := start(orders{Dir: b.dir("import"), Orgs: 1, CPU: b.profile(b.cpu, "import"), Heap: b.profile(b.heap, "import")})
		if err != nil {
			return err
		}
		before, err := c.settle(5 * time.Second)
		if err != nil {
			return err
		}
		begun := time.Now()
		if _, err := upload(c.addr, c.Keys[0], raw); err != nil {
			return err
		}
		took := time.Since(begun)
		after, err := c.usage()
		if err != nil {
			return err
		}
		done, err := c.settle(time.Minute)
		if err != nil {
			return err
		}
		rates.add(float64(len(lines))/took.Seconds(), float64(len(lines))/yard.Seconds())
		costs, behind = append(costs, per(after.CPU-before.CPU)), append(behind, per(done.CPU-before.CPU))
		if err := c.stop(); err != nil {
			return err
		}
	}
	b.table.add(row{what: fmt.Sprintf("NDJSON import of %d, sqlite", len(lines)), figure: number(median(rates.own)) + "/s",
		yardstick: number(median(rates.yard)) + "/s, bare insert in groups of 256", value: rates.ratio(), ratio: true,
		goal: goal{reach: 0.70, aim: 0.85, least: true}, cpu: fmt.Sprintf("%.0f µs, with the work behind the write %.0f µs", median(costs), median(behind))})
	return nil
}
