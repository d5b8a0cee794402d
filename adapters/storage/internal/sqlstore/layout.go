package sqlstore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Cells are worth something only where all of them are kept in the same way: a view that an earlier build did not have
// lacks everything from before, and nothing tells that from hours in which nobody wrote. The database therefore says how
// its cells are kept, under this name among its facts, and a build that keeps them in another way builds them anew before
// it serves. It does so whichever of the two is the newer one: rows hold all that cells are made of, and nobody knows what
// a later build may have changed.
const cellsFact = "cells"

// revision is counted up where all cells must be built anew although they are kept as before, because some were wrong.
const revision = 1

// layoutSize is how many bytes a layout has.
const layoutSize = 16

// layoutOf tells the way in which this build keeps cells from every other. It is made of what is stored of sample cells,
// so that it changes with the views, their packs and how cells are encoded, and nobody has to think of it.
func layoutOf() (string, error) {
	// A zone whose days begin amid the hours, and a generation of day cells that is not the first.
	sp := &space{zone: time.FixedZone("", int((5*time.Hour+45*time.Minute)/time.Second)), grid: 1, from: allComplete}
	entries, err := sampleEntries()
	if err != nil {
		return "", err
	}
	packs, err := sumViews(sp, entries, views)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, _ = fmt.Fprintln(hash, revision) // a hash takes everything
	for i := range packs {
		sums, err := mergeCells(nil, &packs[i].tally, sumsHalf, nil)
		if err != nil {
			return "", err
		}
		logs, err := mergeCells(nil, &packs[i].tally, logsHalf, nil)
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(hash, "%d %d %x %x\n", packs[i].View, packs[i].Start, sums, logs)
	}
	return string(hash.Sum(nil)[:layoutSize]), nil
}

// sampleEntries are entries of every quarter hour of more than a week that differ in all dimensions. One of them has
// every measure.
func sampleEntries() (entries []entry, err error) {
	const quarters = 8 * 96
	begin := time.Date(2024, 2, 27, 0, 0, 0, 0, time.UTC)
	every := make(metric.Vector, expiredCount)
	for i := range every {
		every[i] = metric.Entry{Measure: metric.Measure(i + 1), Value: int64(i + 1)}
	}
	for i := range quarters {
		values := every[:1]
		if i == 0 {
			values = every
		}
		e := entry{bucket: begin.Add(time.Duration(i) * metric.Quarter).UnixMicro()}
		e.Topic = string(rune('a' + i%3))
		e.Priority, e.Handler, e.Platform = int64(i%5), int64(i%7), int64(i%11)
		if e.vector, err = values.AppendBinary(nil); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

var errOtherCells = errors.New("store: another version builds or has built the cells of this database anew; all that use a database must be of one version")

// ours fails where the cells are not kept as this build keeps them, as long as another builds them anew and afterwards.
// Writers, who only add to the log, which is the same for all, go on.
func (sp *space) ours() error {
	if sp.foreign {
		return &port.Unavailable{After: RetryAfter, Cause: errOtherCells}
	}
	return nil
}
