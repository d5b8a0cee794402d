package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	// sweepEvery is how often every organisation is looked at, whatever the hints say.
	sweepEvery = 10 * time.Second
	// resumeEvery is how often organisations are looked at that a visit left with work to do.
	resumeEvery = time.Second
	// calm is how long nobody must have written before work begins, and patience how long work waits for that: the more
	// there is to do, the less each conversation costs. A burst, which is when that many writes a second are heard of, it
	// lets pass for as long as endurance.
	calm      = 200 * time.Millisecond
	patience  = 3 * time.Second
	burst     = 100
	endurance = 10 * time.Second
	// leaseFor is longer than any step takes; a worker that died blocks its organisation for so long. A lease is taken
	// again when a third of it is over.
	leaseFor = time.Minute
	// maxSteps is how many steps one organisation gets before the next has its turn.
	maxSteps = 50
	// maxPause bounds the pause after failures, which doubles from a second.
	maxPause = time.Minute
	// share is how many times as long as a step callers go first, while they write.
	share = 6
	// glance is how long work waits after a step to hear whether there are callers.
	glance = 20 * time.Millisecond
	// maxRest bounds one such pause.
	maxRest = time.Second
)

// Options are what a Runner needs.
type Options struct {
	Orgs    port.Orgs
	Changes port.Changes
	// Leases keep several workers apart. Nil says that this process is the only one: it serves callers too, and while
	// they write the runner lets them go first.
	Leases port.Jobs
	Jobs   []Job
	// Settle, unless nil, is called when nobody writes, and when Run ends.
	Settle func(context.Context) error
	Clock  func() time.Time
	Logger *slog.Logger
}

// Runner works through the jobs of every organisation, in one goroutine.
type Runner struct {
	Options
	holder string
	states map[task]*state
	// fresh are organisations that stored something since they were last visited, left those that were visited and have
	// work left.
	fresh, left map[tenant.ID]bool
	hints       <-chan tenant.ID
}

type task struct {
	job string
	org tenant.ID
}

// state is what the runner remembers of one job of one organisation. It only saves work: a new runner knows nothing and
// does the same.
type state struct {
	// head is the number of the newest version at which the job had nothing to do; -1 when there was none.
	head     int64
	next     time.Time
	failures int
}

// New makes a runner. It holds leases under a name of its own.
func New(o Options) *Runner {
	return &Runner{
		Options: o, holder: uuid.NewString(), states: map[task]*state{},
		fresh: map[tenant.ID]bool{}, left: map[tenant.ID]bool{},
	}
}

// Run works until ctx ends. Failures are logged and tried again, less and less often.
func (r *Runner) Run(ctx context.Context) {
	var err error
	if r.hints, err = r.Changes.Watch(ctx); err != nil {
		r.Logger.Warn("changes cannot be watched; work waits for the clock", "error", err)
	}
	sweep, resume := time.NewTicker(sweepEvery), time.NewTicker(resumeEvery)
	defer sweep.Stop()
	defer resume.Stop()
	r.sweep(ctx)
	for ctx.Err() == nil {
		if len(r.fresh) > 0 {
			r.visitAll(ctx, r.fresh)
		}
		select {
		case <-ctx.Done():
		case <-sweep.C:
			r.gather(ctx)
			r.sweep(ctx)
			if len(r.fresh) == 0 {
				r.settle(ctx)
			}
		case <-resume.C:
			if len(r.left) > 0 {
				r.gather(ctx)
				r.visitAll(ctx, r.left)
			}
		case org, ok := <-r.hints:
			r.hear(org, ok)
			r.gather(ctx)
		}
	}
	r.settle(context.WithoutCancel(ctx))
}

func (r *Runner) settle(ctx context.Context) {
	if r.Settle == nil {
		return
	}
	if err := r.Settle(ctx); err != nil {
		r.complain(ctx, "how far jobs have come cannot be written down", err)
	}
}

// hear notes a hint.
func (r *Runner) hear(org tenant.ID, ok bool) {
	if ok {
		r.fresh[org] = true
	} else {
		r.hints = nil
	}
}

// gather collects hints until it is calm, or patience is over.
func (r *Runner) gather(ctx context.Context) {
	began, quiet := time.Now(), time.NewTimer(calm)
	defer quiet.Stop()
	for heard := 1; ; heard++ {
		select {
		case <-ctx.Done():
			return
		case <-quiet.C:
			return
		case org, ok := <-r.hints:
			r.hear(org, ok)
			waited := time.Since(began)
			if waited > endurance || waited > patience && heard < int(burst*waited.Seconds()) {
				return
			}
			quiet.Reset(calm)
		}
	}
}

// busy says whether somebody has written since it was last asked.
func (r *Runner) busy() (heard bool) {
	for {
		select {
		case org, ok := <-r.hints:
			r.hear(org, ok)
			heard = heard || ok
		default:
			return heard
		}
	}
}

// rest lets callers go first after work that began at a time, if they write and share this process, until it is calm. The
// work writes too, so that only what is heard after it tells of callers: under load they are heard at once.
func (r *Runner) rest(ctx context.Context, began time.Time) {
	if r.Leases != nil {
		return
	}
	r.busy()
	over := time.Now().Add(min(share*time.Since(began), maxRest))
	for wait := glance; ctx.Err() == nil && time.Now().Before(over); wait = calm {
		pause := time.NewTimer(min(wait, time.Until(over)))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
		if !r.busy() {
			return
		}
	}
}

// sweep gives every organisation its turn.
func (r *Runner) sweep(ctx context.Context) {
	for org, err := range r.Orgs.All(ctx) {
		if err != nil {
			r.complain(ctx, "organisations cannot be listed", err)
			return
		}
		r.work(ctx, org)
	}
}

// visitAll gives some organisations their turn.
func (r *Runner) visitAll(ctx context.Context, orgs map[tenant.ID]bool) {
	list := lo.Keys(orgs)
	clear(orgs)
	for _, id := range list {
		org, err := r.Orgs.Get(ctx, id)
		if err != nil {
			r.complain(ctx, "an organisation cannot be read", err, "org", id)
			continue
		}
		r.work(ctx, org)
	}
}

// work gives one organisation its turn: whatever is due, under one lease. Jobs take steps in turns, so that what one
// has just read serves the next.
func (r *Runner) work(ctx context.Context, org tenant.Org) {
	if ctx.Err() != nil {
		return
	}
	began, now := time.Now(), r.Clock()
	due := lo.Filter(r.Jobs, func(job Job, _ int) bool {
		s := r.state(job, org)
		waits := now.Before(s.next)
		r.leave(org, waits && s.failures > 0)
		return !waits
	})
	if len(due) == 0 {
		return
	}
	head, err := r.Changes.Head(ctx, org.ID)
	if err != nil {
		r.failed(ctx, due, org, now, err)
		return
	}
	due = lo.Filter(due, func(job Job, _ int) bool { return job.Every > 0 || head != r.state(job, org).head })
	if len(due) == 0 {
		return
	}
	ok, err := r.lease(ctx, org, now)
	if err != nil {
		r.failed(ctx, due, org, now, err)
	}
	if !ok {
		r.leave(org, true)
		return
	}
	defer r.release(ctx, org)
	leased := now
	for range maxSteps {
		due = lo.Filter(due, func(job Job, _ int) bool { return r.step(ctx, job, org, head, now) })
		if len(due) == 0 || ctx.Err() != nil {
			break
		}
		r.rest(ctx, began)
		began = time.Now()
		if at := r.Clock(); at.Sub(leased) > leaseFor/3 {
			if ok, err := r.lease(ctx, org, at); !ok || err != nil {
				break
			}
			leased = at
		}
	}
	r.leave(org, len(due) > 0)
	r.rest(ctx, began)
}

// leave notes that an organisation has work left, if it has.
func (r *Runner) leave(org tenant.Org, has bool) {
	if has {
		r.left[org.ID] = true
	}
}

// step does one step of a job and says whether there is more to do.
func (r *Runner) step(ctx context.Context, job Job, org tenant.Org, head int64, now time.Time) (more bool) {
	s := r.state(job, org)
	n, err := attempt(ctx, job, org)
	switch {
	case err != nil:
		r.failed(ctx, []Job{job}, org, now, err)
		return false
	case n > 0:
		s.failures = 0
		return true
	}
	s.failures, s.head, s.next = 0, head, now.Add(job.Every)
	return false
}

// attempt takes a step. One that panics must not take the process with it, which would meet the same at its next start:
// only the job of that organisation is put off.
func attempt(ctx context.Context, job Job, org tenant.Org) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("a job panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return job.Step(ctx, org)
}

func (r *Runner) state(job Job, org tenant.Org) *state {
	key := task{job.Name, org.ID}
	if r.states[key] == nil {
		r.states[key] = &state{head: -1}
	}
	return r.states[key]
}

// failed puts jobs off for a while.
func (r *Runner) failed(ctx context.Context, jobs []Job, org tenant.Org, now time.Time, err error) {
	for _, job := range jobs {
		s := r.state(job, org)
		s.failures++
		s.next = now.Add(min(time.Second<<min(s.failures-1, 10), maxPause))
		r.complain(ctx, "a job failed and will be tried again", err, "job", job.Name, "org", org.ID, "failures", s.failures)
	}
	r.leave(org, true)
}

func leaseOf(org tenant.Org) string { return "jobs:" + org.ID.String() }

// lease takes the organisation's lease, or takes it again; ok is false when somebody else has it.
func (r *Runner) lease(ctx context.Context, org tenant.Org, now time.Time) (ok bool, err error) {
	if r.Leases == nil {
		return true, nil
	}
	return r.Leases.Lease(ctx, leaseOf(org), r.holder, leaseFor, now)
}

// release gives the lease back, also when ctx has ended, so that the next worker need not wait.
func (r *Runner) release(ctx context.Context, org tenant.Org) {
	if r.Leases == nil {
		return
	}
	if err := r.Leases.Release(context.WithoutCancel(ctx), leaseOf(org), r.holder); err != nil {
		r.complain(ctx, "an organisation's lease cannot be given back", err, "org", org.ID)
	}
}

// complain logs, unless the failure is that the process ends.
func (r *Runner) complain(ctx context.Context, message string, err error, args ...any) {
	if ctx.Err() != nil || errors.Is(err, port.ErrClosed) {
		return
	}
	r.Logger.Warn(message, append(args, "error", err)...)
}
