// Package storagetest is what a store must be like, as cases that run. A store's own test is one call:
//
//	func TestContract(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) port.Storage { return open(t) }, storagetest.Options{})
//	}
//
// Every sentence of the port page is a case: what the store must do, why it matters, and a function that returns what
// is wrong. Each case gets an empty store of its own.
package storagetest

import (
	"context"
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
)

// Options are abilities a store may have. It claims one by handing over the means to check it.
type Options struct {
	// Reopen opens an empty store that keeps its data when it is closed. The function it returns closes the store and
	// opens it again on the same data; it may be called more than once.
	Reopen func(t *testing.T) (port.Storage, func() port.Storage)
	// Second opens an empty store twice, as two processes would. A store that says Shared must hand it over.
	Second func(t *testing.T) (first, second port.Storage)
}

// Case is one thing a store must do.
type Case struct {
	// About is the port's method: "Conversations.Apply".
	About string
	// Sentence is what must hold, Reason what would go wrong otherwise.
	Sentence string
	Reason   string
	// Check returns what is wrong. Exactly one of the three is set.
	Check  func(ctx context.Context, s port.Storage) error
	Reopen func(ctx context.Context, s port.Storage, again func() port.Storage) error
	Second func(ctx context.Context, first, second port.Storage) error
}

// Name is the case as a test's name.
func (c Case) Name() string { return c.About + ": " + c.Sentence }

// Cases is the suite, in the order of the port page.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{
		applyCases(), onceCases(), textCases(), listCases(), deleteCases(), expireCases(), rollupCases(), changesCases(),
		gapCases(), orgCases(), keyCases(), ledgerCases(), jobCases(), isolationCases(), parallelCases(), propertyCases(), closeCases(),
		reopenCases(), secondCases(), journeyCases(),
	} {
		all = append(all, part...)
	}
	return all
}

// Patience is how long one case may take before it counts as hanging.
const Patience = time.Minute

// Run runs every case on a fresh store that open makes empty and cleans up with t.Cleanup, several at a time. It prints
// what the store does not claim.
func Run(t *testing.T, open func(t *testing.T) port.Storage, o Options) {
	t.Helper()
	unclaimed := map[string]int{}
	for _, c := range Cases() {
		switch {
		case c.Reopen != nil && o.Reopen == nil:
			unclaimed["Reopen"]++
		case c.Second != nil && o.Second == nil:
			unclaimed["Second"]++
		default:
			t.Run(c.Name(), func(t *testing.T) {
				t.Parallel() // each has a store of its own, and most of the time is waiting for disks
				if err := run(t, c, open, o, Patience); err != nil {
					t.Errorf("%v\nwhy it matters: %s", err, c.Reason)
				}
			})
		}
	}
	longJourneys(t, open, o)
	for _, ability := range []string{"Reopen", "Second"} {
		if n := unclaimed[ability]; n > 0 {
			fmt.Printf("storagetest: %s: not claimed: %s (%d cases)\n", t.Name(), ability, n)
		}
	}
	if o.Second == nil && open(t).Shared {
		t.Error("the store says Shared and hands over no Second to check it with")
	}
}

// run answers one case within a time; a panic is a fault.
func run(t *testing.T, c Case, open func(t *testing.T) port.Storage, o Options, patience time.Duration) (err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	switch {
	case c.Reopen != nil:
		first, again := o.Reopen(t)
		return guard(func() error { return c.Reopen(ctx, first, again) })
	case c.Second != nil:
		first, second := o.Second(t)
		return guard(func() error { return c.Second(ctx, first, second) })
	default:
		s := open(t)
		return guard(func() error { return c.Check(ctx, s) })
	}
}

func guard(check func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return check()
}
