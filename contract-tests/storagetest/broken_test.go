package storagetest

import (
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// broken is a store with one fault, put around one without, and the cases that must find it.
type broken struct {
	name string
	hurt func(port.Storage) port.Storage
	red  []string
}

// The beginnings of cases that find many faults.
const (
	journeyCase = "Conversations.Apply: every port answers as a model in maps does, whatever"
	stormCase   = "Rollups.Rollup: equals the fold after arrivals, erasures"
)

// TestSuiteFindsFaults runs, for every broken store, the cases that must go red. A suite that stays green on a broken
// store proves nothing about a whole one.
func TestSuiteFindsFaults(t *testing.T) {
	for _, b := range append(brokenConversations(), brokenRest()...) {
		t.Run(b.name, func(t *testing.T) {
			open := func(t *testing.T) port.Storage {
				s := memory.New()
				t.Cleanup(func() { _ = s.Close() })
				return b.hurt(s)
			}
			for _, name := range b.red {
				c := find(t, name)
				err := run(t, c, open, Options{}, 2*time.Second)
				if err == nil {
					t.Errorf("the case %q is green", c.Name())
					continue
				}
				first, _, _ := strings.Cut(err.Error(), "\n")
				t.Logf("red: %s: %.160s", c.Name(), first)
			}
		})
	}
}

// find is the one case whose name begins so.
func find(t *testing.T, name string) Case {
	t.Helper()
	var found []Case
	for _, c := range Cases() {
		if strings.HasPrefix(c.Name(), name) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d cases begin with %q", len(found), name)
	}
	return found[0]
}

// TestCasesAreTold checks that every case can be read: whose it is, what must hold and why, and one way to check it.
func TestCasesAreTold(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Cases() {
		if names[c.Name()] {
			t.Errorf("two cases are called %q", c.Name())
		}
		names[c.Name()] = true
		if c.About == "" || c.Sentence == "" || c.Reason == "" {
			t.Errorf("%q: About, Sentence and Reason must all be there", c.Name())
		}
		ways := 0
		for _, set := range []bool{c.Check != nil, c.Reopen != nil, c.Second != nil} {
			if set {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("%q: %d ways to check it", c.Name(), ways)
		}
	}
}

// TestEveryMethodHasACase walks over the ports: a method without a case is a promise nobody checks.
func TestEveryMethodHasACase(t *testing.T) {
	about := map[string]bool{}
	for _, c := range Cases() {
		about[c.About] = true
	}
	for _, method := range methods() {
		if !about[method] {
			t.Errorf("no case is about %s", method)
		}
	}
	if n := len(methods()); n < 30 {
		t.Errorf("only %d methods were found", n)
	}
}
