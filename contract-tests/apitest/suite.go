// Package apitest is the public HTTP API as black-box cases: what any server that claims to speak it must answer. It
// knows nothing of how a server is built; it needs its address and a few API keys.
//
// A case is a sentence, a reason, and a check. Checks report to a World and never stop the test run themselves, so that
// the suite can be tried against servers that were broken on purpose.
package apitest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Target is a server with two fresh organisations in it, both in UTC and USD.
type Target struct {
	// URL is where the server answers, without a slash at the end.
	URL string
	// Owner, Admin, Member and Viewer are keys of one organisation; Stranger is an owner's key of the other.
	Owner, Admin, Member, Viewer, Stranger string
	// Settle, when set, does the work that happens behind the write: knowledge gaps.
	Settle func() error
	// Drain, when set, makes the server refuse new requests.
	Drain func()
	// Limited, when set, is the address of a server that takes three requests of a key and then no more for an hour.
	Limited string
	// MaxBody and MaxBatch are the server's limits in bytes; 0 is 1 MiB and 64 MiB.
	MaxBody, MaxBatch int
}

// Case is one promise of the API.
type Case struct {
	// Name is the promise as a sentence.
	Name string
	// Why is what goes wrong where it is not kept.
	Why string
	// Check tries it.
	Check func(*World)
}

// Run tries every case on a fresh server.
func Run(t *testing.T, open func(testing.TB) Target) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			for _, fault := range Try(c, open(t)) {
				t.Error(fault)
			}
			if t.Failed() {
				t.Log("why it matters: " + c.Why)
			}
		})
	}
}

// Try checks one case on a server and returns what was wrong.
func Try(c Case, target Target) []string {
	if target.MaxBody == 0 {
		target.MaxBody = 1 << 20
	}
	if target.MaxBatch == 0 {
		target.MaxBatch = 64 << 20
	}
	w := &World{Target: target, client: &http.Client{Timeout: time.Minute}}
	c.Check(w)
	w.client.CloseIdleConnections()
	return w.faults
}

// Cases lists every case.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		ingestCases(), strictCases(), edgeCases(), batchCases(), readCases(), listCases(), pagingCases(), accessCases(),
		errorCases(), manageCases(), surfaceCases(),
	} {
		all = append(all, group...)
	}
	return all
}

// World is a server under test and what was found wrong with it.
type World struct {
	Target
	client *http.Client
	faults []string
}

// maxFaults bounds what one case reports.
const maxFaults = 20

// Fault notes that something is wrong.
func (w *World) Fault(format string, args ...any) {
	if len(w.faults) < maxFaults {
		w.faults = append(w.faults, fmt.Sprintf(format, args...))
	}
}
