//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// The functions of the write path by which a profile is taken apart: all of it, and what keeps cells.
var (
	writing = []string{"sqlstore.conversations.Apply", "sqlstore.parallel.", "sqlstore.(*Store).foldSome"}
	keeping = []string{"sqlstore.(*tx).moveCells", "sqlstore.encodeLog", "sqlstore.deltas.", "sqlstore.(*Store).foldSome"}
)

// cells measures what keeping cells adds to the CPU time of writes. No store writes without them, so the yardstick is
// the profile of the same writes less what is spent on cells.
func (b *bench) cells() error {
	raw := newSource(b.seed, b.imported).lines(0, b.imported)
	lines := bytes.Split(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\n'})
	ctx := context.Background()
	org := tenant.Org{ID: tenant.ID{1}, Address: "bench", Name: "bench", Plan: tenant.SelfHosted, CreatedAt: epoch(), Settings: tenant.DefaultSettings()}
	changes, err := assessed(ctx, org, lines)
	if err != nil {
		return err
	}
	var costs pairs
	for range b.reps {
		dir := b.dir("cells")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		path := filepath.Join(dir, "csm.db")
		store, err := openSealed(ctx, "sqlite://"+path, sqlite.Driver)
		if err != nil {
			return err
		}
		if err := store.Orgs.Create(ctx, org); err != nil {
			return err
		}
		var text bytes.Buffer
		if err := pprof.StartCPUProfile(&text); err != nil {
			return err
		}
		for _, g := range lo.Chunk(changes, group) {
			if _, err = store.Conversations.Apply(ctx, g); err != nil {
				break
			}
		}
		if err == nil {
			err = folded(path)
		}
		pprof.StopCPUProfile()
		if err := errors.Join(err, store.Close()); err != nil {
			return err
		}
		p, err := profile.Parse(&text)
		if err != nil {
			return err
		}
		all, cells := spent(p, writing), spent(p, keeping)
		each := func(nanos int64) float64 { return float64(nanos) / 1000 / float64(len(lines)) }
		costs.add(each(all), each(all-cells))
	}
	b.table.add(row{what: "cells kept, CPU per write, sqlite", figure: number(median(costs.own)) + " µs",
		yardstick: number(median(costs.yard)) + " µs, the same writes less what a profile finds in cells", value: costs.ratio(), ratio: true, goal: goal{reach: 1.4, aim: 1.25}})
	return nil
}

// folded waits until the store has folded all that it logged about cells.
func folded(path string) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for range 1000 {
		var left int64
		if err := db.QueryRow(sqliteUnfolded).Scan(&left); err != nil || left == 0 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("the log of cells is not folded")
}

// spent is the CPU time, in nanoseconds, of a profile's stacks with one of the functions in them.
func spent(p *profile.Profile, functions []string) (nanos int64) {
	within := func(l *profile.Location) bool {
		return lo.SomeBy(l.Line, func(line profile.Line) bool {
			return lo.SomeBy(functions, func(f string) bool { return strings.Contains(line.Function.Name, f) })
		})
	}
	for _, s := range p.Sample {
		if lo.SomeBy(s.Location, within) {
			nanos += s.Value[1]
		}
	}
	return nanos
}
