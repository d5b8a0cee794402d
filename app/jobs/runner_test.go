package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a store with organisations and a clock that stands still.
type house struct {
	store   port.Storage
	monitor *monitor.Monitor
	orgs    []tenant.Org
	now     time.Time
	log     bytes.Buffer
}

func newHouse(t *testing.T, orgs int) *house {
	t.Helper()
	h := &house{store: memory.New(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	t.Cleanup(func() { _ = h.store.Close() })
	var err error
	if h.monitor, err = monitor.New(h.store, monitor.Options{Clock: func() time.Time { return h.now }}); err != nil {
		t.Fatal(err)
	}
	for range orgs {
		org, err := h.monitor.CreateOrg(t.Context(), "o", tenant.SelfHosted)
		if err != nil {
			t.Fatal(err)
		}
		h.orgs = append(h.orgs, org)
	}
	return h
}

func (h *house) runner(jobs ...Job) *Runner {
	return New(Options{
		Orgs: h.store.Orgs, Changes: h.store.Changes, Leases: h.store.Jobs, Jobs: jobs,
		Clock: func() time.Time { return h.now }, Logger: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
}

func (h *house) write(t *testing.T, org tenant.Org) {
	t.Helper()
	key := conversation.Key{Org: org.ID, Platform: conversation.Custom, ID: uuid.NewString()}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: h.now}
	results, err := h.monitor.Ingest(t.Context(), []monitor.Arrival{{Patch: conversation.NewPatch(key, conversation.Facts{}, nil, stamp, h.now)}})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results[0].Err)
	}
}

// counting is a job that has work left for a number of steps at each organisation.
func counting(name string, every time.Duration, steps int, ran map[tenant.ID]int) Job {
	return Job{Name: name, Every: every, Step: func(_ context.Context, org tenant.Org) (int, error) {
		ran[org.ID]++
		if ran[org.ID]%(steps+1) == 0 {
			return 0, nil
		}
		return 1, nil
	}}
}

func TestStepsAreTakenUntilNothingIsLeftAndAgainAfterAWrite(t *testing.T) {
	h := newHouse(t, 2)
	ran := map[tenant.ID]int{}
	r := h.runner(counting("a", 0, 3, ran))
	for range 3 { // the second and third sweep find nothing new
		r.sweep(t.Context())
	}
	if diff := cmp.Diff(map[tenant.ID]int{h.orgs[0].ID: 4, h.orgs[1].ID: 4}, ran); diff != "" {
		t.Error(diff)
	}
	h.write(t, h.orgs[1])
	r.sweep(t.Context())
	if ran[h.orgs[0].ID] != 4 || ran[h.orgs[1].ID] != 8 {
		t.Error(ran)
	}
}

func TestTimedJobsWaitForTheirTime(t *testing.T) {
	h := newHouse(t, 1)
	ran := map[tenant.ID]int{}
	r := h.runner(counting("a", 10*time.Minute, 0, ran))
	r.sweep(t.Context())
	h.write(t, h.orgs[0])
	h.now = h.now.Add(9 * time.Minute)
	r.sweep(t.Context())
	if ran[h.orgs[0].ID] != 1 {
		t.Errorf("ran %d times before its time", ran[h.orgs[0].ID])
	}
	h.now = h.now.Add(time.Minute)
	r.sweep(t.Context())
	if ran[h.orgs[0].ID] != 2 {
		t.Errorf("ran %d times", ran[h.orgs[0].ID])
	}
}

func TestFailuresAreToldAndTriedAgainLater(t *testing.T) {
	h := newHouse(t, 1)
	attempts := 0
	r := h.runner(Job{Name: "fails", Step: func(context.Context, tenant.Org) (int, error) {
		attempts++
		return 0, errors.New("the disk is full")
	}})
	var waits []int
	for second := 0; len(waits) < 8; second++ {
		before := attempts
		r.sweep(t.Context())
		if attempts > before {
			waits = append(waits, second)
		}
		h.now = h.now.Add(time.Second)
	}
	if diff := cmp.Diff([]int{0, 1, 3, 7, 15, 31, 63, 123}, waits); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(h.log.String(), "the disk is full") || !strings.Contains(h.log.String(), "job=fails") {
		t.Error(h.log.String())
	}
}

func TestAStepThatPanicsIsAFailureOfItsJobAlone(t *testing.T) {
	h := newHouse(t, 2)
	ran := map[tenant.ID]int{}
	r := h.runner(Job{Name: "panics", Step: func(context.Context, tenant.Org) (int, error) { panic("trouble") }}, counting("sound", 0, 0, ran))
	r.sweep(t.Context())
	if ran[h.orgs[0].ID] != 1 || ran[h.orgs[1].ID] != 1 {
		t.Error(ran)
	}
	if n := strings.Count(h.log.String(), "trouble"); n != 2 || !strings.Contains(h.log.String(), "job=panics") {
		t.Errorf("told %d times: %s", n, h.log.String())
	}
}

func TestOneWorkerAtATime(t *testing.T) {
	h := newHouse(t, 1)
	var other *Runner
	inside := 0
	job := Job{Name: "a", Step: func(ctx context.Context, _ tenant.Org) (int, error) {
		inside++
		if inside == 1 {
			other.sweep(ctx) // finds the lease taken
		}
		return 0, nil
	}}
	first := h.runner(job)
	other = h.runner(job)
	first.sweep(t.Context())
	if inside != 1 {
		t.Errorf("%d workers were at it at once", inside)
	}
	other.sweep(t.Context())
	if inside != 2 {
		t.Error("the lease was not given back")
	}
	// A worker that died gives nothing back: its lease lapses.
	if ok, err := h.store.Jobs.Lease(t.Context(), leaseOf(h.orgs[0]), "dead", leaseFor, h.now); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.write(t, h.orgs[0])
	first.sweep(t.Context())
	if inside != 2 {
		t.Error("worked in spite of the lease")
	}
	h.now = h.now.Add(leaseFor + time.Second)
	first.sweep(t.Context())
	if inside != 3 {
		t.Error("the lease of a dead worker does not lapse")
	}
}

// An endless job must not keep the others from their turn.
func TestOneOrganisationDoesNotHoldUpTheOthers(t *testing.T) {
	h := newHouse(t, 2)
	ran := map[tenant.ID]int{}
	r := h.runner(Job{Name: "endless", Step: func(_ context.Context, org tenant.Org) (int, error) {
		ran[org.ID]++
		return 1, nil
	}})
	r.sweep(t.Context())
	if ran[h.orgs[0].ID] != maxSteps || ran[h.orgs[1].ID] != maxSteps {
		t.Error(ran)
	}
}

func TestRunFollowsWritesAndStops(t *testing.T) {
	h := newHouse(t, 1)
	var mu sync.Mutex
	seen := make(chan int64, 100)
	job := Job{Name: "a", Step: func(ctx context.Context, org tenant.Org) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		head, err := h.store.Changes.Head(ctx, org.ID)
		seen <- head
		return 0, err
	}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	r := h.runner(job)
	go func() { defer close(done); r.Run(ctx) }()
	if head := <-seen; head != 0 {
		t.Errorf("began at %d", head)
	}
	h.write(t, h.orgs[0])
	if head := <-seen; head != 1 {
		t.Errorf("saw %d after one write", head)
	}
	cancel()
	<-done
	if h.log.Len() > 0 {
		t.Error(h.log.String())
	}
}

// While callers write, a runner in their process rests longer than it works; what its own steps write does not hold it up.
func TestCallersGoFirst(t *testing.T) {
	const (
		steps = 4
		step  = 50 * time.Millisecond
	)
	for _, callers := range []bool{true, false} {
		h := newHouse(t, 1)
		var began []time.Time
		r := h.runner(Job{Name: "a", Step: func(context.Context, tenant.Org) (int, error) {
			began = append(began, time.Now())
			h.write(t, h.orgs[0])
			time.Sleep(step)
			return steps - len(began), nil
		}})
		r.Leases = nil
		var err error
		if r.hints, err = h.store.Changes.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		over, writing := make(chan struct{}), sync.WaitGroup{}
		if callers {
			writing.Go(func() {
				for tick := time.Tick(2 * time.Millisecond); ; {
					select {
					case <-over:
						return
					case <-tick:
						h.write(t, h.orgs[0])
					}
				}
			})
		}
		r.sweep(t.Context())
		close(over)
		writing.Wait()
		if len(began) != steps {
			t.Fatalf("%d steps", len(began))
		}
		for i := range steps - 1 {
			between := began[i+1].Sub(began[i])
			if callers && between < share*step {
				t.Errorf("callers write: step %d came %s after the one before", i+1, between)
			}
			if !callers && between > step+calm {
				t.Errorf("nobody else writes: step %d came %s after the one before", i+1, between)
			}
		}
	}
}

// Jobs begin when nobody writes, soon while a few do, and let a burst pass for as long as they may.
func TestJobsLetABurstPass(t *testing.T) {
	for name, c := range map[string]struct {
		// every is the time between two hints, 0 where there are none.
		every, from, to time.Duration
	}{
		"silence":    {0, calm, calm},
		"some write": {50 * time.Millisecond, patience, patience + calm},
		"a burst":    {time.Millisecond, endurance, endurance + calm},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hints := make(chan tenant.ID)
				r := New(Options{})
				r.hints = hints
				ctx, stop := context.WithCancel(t.Context())
				var writing sync.WaitGroup
				if c.every > 0 {
					writing.Go(func() {
						for ctx.Err() == nil {
							time.Sleep(c.every)
							select {
							case hints <- tenant.ID{}:
							case <-ctx.Done():
							}
						}
					})
				}
				began := time.Now()
				r.gather(ctx)
				if waited := time.Since(began); waited < c.from || waited > c.to {
					t.Errorf("jobs waited for %s, not %s to %s", waited, c.from, c.to)
				}
				stop()
				writing.Wait()
			})
		})
	}
}

func TestTimetableNamesEveryJobOnce(t *testing.T) {
	h := newHouse(t, 1)
	var names []string
	for _, job := range Timetable(h.monitor) {
		names = append(names, job.Name)
		if n, err := job.Step(t.Context(), h.orgs[0]); n != 0 || err != nil {
			t.Errorf("%s on an empty store: %d, %v", job.Name, n, err)
		}
	}
	if diff := cmp.Diff([]string{"returns", "gaps", "ledger", "retention"}, names); diff != "" {
		t.Error(diff)
	}
}

// repeated counts the versions that jobs read.
type repeated struct {
	port.Changes
	read int
}

func (r *repeated) Since(ctx context.Context, org tenant.ID, after int64, limit int) ([]conversation.Conversation, error) {
	list, err := r.Changes.Since(ctx, org, after, limit)
	r.read += len(list)
	return list, err
}

// A process that comes after one that had caught up reads nothing again, whether that ended or was killed when nobody wrote.
func TestTheNextProcessGoesOnWhereThisOneWas(t *testing.T) {
	for name, ends := range map[string]bool{"killed when it was calm": false, "ended": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, 2)
				r := New(Options{
					Orgs: h.store.Orgs, Changes: h.store.Changes, Jobs: Timetable(h.monitor), Settle: h.monitor.NoteProgress,
					Clock: func() time.Time { return h.now }, Logger: slog.New(slog.NewTextHandler(&h.log, nil)),
				})
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { r.Run(ctx) })
				h.write(t, h.orgs[0])
				h.write(t, h.orgs[1])
				time.Sleep(time.Second)
				if ends {
					stop()
					running.Wait()
				} else {
					time.Sleep(sweepEvery)
				}
				synctest.Wait()
				store, changes := h.store, &repeated{Changes: h.store.Changes}
				store.Changes = changes
				next, err := monitor.New(store, monitor.Options{Clock: func() time.Time { return h.now }})
				if err != nil {
					t.Fatal(err)
				}
				for _, job := range Timetable(next) {
					for _, org := range h.orgs {
						if _, err := job.Step(t.Context(), org); err != nil {
							t.Error(err)
						}
					}
				}
				if changes.read > 0 {
					t.Errorf("%d versions were read again", changes.read)
				}
				stop()
				running.Wait()
			})
		})
	}
}
