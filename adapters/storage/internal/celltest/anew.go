package celltest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Anew: whatever another build has left of the cells, a store that is opened has all of them as its rows say.
func Anew(t *testing.T, s Store) {
	var told bytes.Buffer
	s = s.logging(&told)
	all := s.filled(t)
	if told.Len() > 0 {
		t.Errorf("of a new store was logged: %s", &told)
	}
	for name, left := range map[string][]string{
		"views that it did not have":          {`DELETE FROM cells WHERE view IN (3, 9, 11)`},
		"views that are no more":              {`UPDATE cells SET view = 1000 WHERE view = 2`},
		"nothing":                             {`DELETE FROM cells`},
		"cells of another encoding":           {`UPDATE cells SET sums = logs, logs = sums`},
		"a log that the cells know already":   {`INSERT INTO cell_log (org, step, entries) SELECT org, 1000000 + seq, cell FROM conversations`, `UPDATE spaces SET logged = logged + 100`},
		"more parts than there are":           {`INSERT INTO cells (org, view, start, part, sums, logs) SELECT org, view, start, part + 1, sums, logs FROM cells`},
		"day cells of which half are missing": {`UPDATE spaces SET complete_from = 1770000000000000`, `DELETE FROM cells WHERE view IN (4, 5, 6, 7)`},
	} {
		t.Run(name, func(t *testing.T) {
			s.exec(t, left...)
			s.stale(t)
			told.Reset()
			s.whole(t, all)
			if log := told.String(); strings.Count(log, "\n") != 2 || strings.Count(log, "organisations=4") != 2 || strings.Count(log, "took=") != 1 {
				t.Errorf("logged was %s", log)
			}
		})
	}
	t.Run("no word of how they are kept", func(t *testing.T) {
		s.exec(t, `DELETE FROM facts WHERE name = 'cells'`, `DELETE FROM cells WHERE view = 1`)
		s.whole(t, all)
	})
	t.Run("a time zone that has just changed", func(t *testing.T) {
		opened := s.open(t)
		all[0].Settings.TimeZone = "Asia/Kolkata"
		_, err := opened.Orgs.Update(t.Context(), all[0].ID, func(tenant.Org) (tenant.Org, error) { return all[0].Org, nil })
		if err != nil {
			t.Fatal(err)
		}
		closed(t, opened)
		s.stale(t)
		s.whole(t, all)
	})
}

// whole opens the store twice, and compares all it says.
func (s Store) whole(t *testing.T, all []*org) {
	t.Helper()
	opened := s.open(t)
	for _, o := range all {
		o.compare(t, opened)
	}
	closed(t, opened)
	built := s.fact(t)
	opened = s.open(t)
	for _, o := range all[1:] {
		o.put(t, opened, 450) // which moves the cells that are there
		o.compare(t, opened)
	}
	closed(t, opened)
	if again := s.fact(t); again != built {
		t.Errorf("opened again, the fact is %x and was %x", again, built)
	}
}

// CutOff: whenever the building of cells is cut off, the next opening goes on with it, and none that was cut off serves.
// Beside is a store of the same database that was open before, which takes conversations meanwhile; nil where there cannot
// be any.
func CutOff(t *testing.T, s Store, beside func() port.Storage) {
	all := s.filled(t)
	var other port.Storage
	if beside != nil {
		other = beside()
	}
	s.stale(t)
	s.exec(t, `DELETE FROM cells WHERE view IN (1, 3, 8)`)
	openings, needed := 0, 0
	for last, given := s.fact(t), 1; ; openings++ {
		opened, err := s.Open(EndingAfter(t.Context(), given), slog.New(slog.DiscardHandler))
		if err == nil {
			for _, o := range all {
				o.compare(t, opened)
			}
			closed(t, opened)
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if beside != nil {
			for _, o := range all {
				o.put(t, other, lo.RangeWithSteps(2130, 4500, 100)...) // some of what is built, and some of what is not
			}
			if _, err := other.Rollups.Rollup(t.Context(), all[0].ID); !errors.Is(err, port.ErrUnavailable) {
				t.Errorf("sums that are half built are told: %v", err)
			}
		}
		switch fact := s.fact(t); {
		case fact != last:
			last = fact
			if needed == 0 {
				needed = given // for one step
			}
		case needed > 0 && given > 2*needed: // beside a step, what else asks the context does so more or less often
			t.Fatalf("opening number %d, longer than others before it, did not go on", openings)
		default:
			given++
		}
	}
	if openings < 5 {
		t.Errorf("only %d openings were cut off", openings)
	}
	if beside != nil {
		for _, o := range all {
			o.compare(t, other)
		}
	}
}

// fewSteps is a context that ends after it was asked a number of times, by whichever goroutine.
type fewSteps struct {
	context.Context
	left atomic.Int64
}

// EndingAfter is a context that ends after it was asked a number of times whether it has ended.
func EndingAfter(ctx context.Context, steps int) context.Context {
	c := &fewSteps{Context: ctx}
	c.left.Store(int64(steps))
	return c
}

func (c *fewSteps) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}
