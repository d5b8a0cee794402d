package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	// sweepEvery is how often every organisation is looked at, whatever the hints say.
	sweepEvery = time.Second
	// gather is how long hints are collected, so that a stream of writes is worked off in few rounds.
	gather = 200 * time.Millisecond
	// leaseFor is longer than any step takes; a worker that died blocks its job for so long.
	leaseFor = time.Minute
	// maxSteps is how many steps one organisation gets before the next has its turn.
	maxSteps = 50
	// maxPause bounds the pause after failures, which doubles from a second.
	maxPause = time.Minute
)

// Options are what a Runner needs.
type Options struct {
	Orgs    port.Orgs
	Changes port.Changes
	Leases  port.Jobs
	Jobs    []Job
	Clock   func() time.Time
	Logger  *slog.Logger
}

// Runner works through the jobs of every organisation, in one goroutine.
type Runner struct {
	Options
	holder string
	states map[task]*state
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
	return &Runner{Options: o, holder: uuid.NewString(), states: map[task]*state{}}
}

// Run works until ctx ends. Failures are logged and tried again, less and less often.
func (r *Runner) Run(ctx context.Context) {
	hints, err := r.Changes.Watch(ctx)
	if err != nil {
		r.Logger.Warn("changes cannot be watched; work waits for the clock", "error", err)
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	r.sweep(ctx)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			r.sweep(ctx)
		case org, ok := <-hints:
			if !ok {
				hints = nil
				continue
			}
			for _, org := range collect(ctx, org, hints) {
				r.visit(ctx, org)
			}
		}
	}
}

// collect gathers hints for a short while.
func collect(ctx context.Context, first tenant.ID, hints <-chan tenant.ID) []tenant.ID {
	found := map[tenant.ID]struct{}{first: {}}
	over := time.NewTimer(gather)
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over.C:
			return lo.Keys(found)
		case org, ok := <-hints:
			if !ok {
				return lo.Keys(found)
			}
			found[org] = struct{}{}
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

// visit gives one organisation its turn.
func (r *Runner) visit(ctx context.Context, id tenant.ID) {
	org, err := r.Orgs.Get(ctx, id)
	if err != nil {
		r.complain(ctx, "an organisation cannot be read", err, "org", id)
		return
	}
	r.work(ctx, org)
}

func (r *Runner) work(ctx context.Context, org tenant.Org) {
	for _, job := range r.Jobs {
		if ctx.Err() != nil {
			return
		}
		r.turn(ctx, job, org)
	}
}

// turn does a job for an organisation if it is due, under its lease.
func (r *Runner) turn(ctx context.Context, job Job, org tenant.Org) {
	s := r.state(job, org)
	now := r.Clock()
	if now.Before(s.next) {
		return
	}
	head, err := r.Changes.Head(ctx, org.ID)
	if err == nil && job.Every == 0 && head == s.head {
		return
	}
	done := false
	if err == nil {
		done, err = r.leased(ctx, job, org)
	}
	switch {
	case err != nil:
		s.failures++
		s.next = now.Add(min(time.Second<<min(s.failures-1, 10), maxPause))
		r.complain(ctx, "a job failed and will be tried again", err, "job", job.Name, "org", org.ID, "failures", s.failures)
	case done:
		s.failures, s.head, s.next = 0, head, now.Add(job.Every)
	default:
		s.failures = 0
	}
}

func (r *Runner) state(job Job, org tenant.Org) *state {
	key := task{job.Name, org.ID}
	if r.states[key] == nil {
		r.states[key] = &state{head: -1}
	}
	return r.states[key]
}

// leased takes steps until there is nothing left to do; done is false when somebody else has the job or time is up.
func (r *Runner) leased(ctx context.Context, job Job, org tenant.Org) (done bool, err error) {
	name := job.Name + ":" + org.ID.String()
	ok, err := r.Leases.Lease(ctx, name, r.holder, leaseFor, r.Clock())
	if err != nil || !ok {
		return false, err
	}
	defer func() {
		// Given back also when ctx has ended, so that the next worker need not wait.
		err = errors.Join(err, r.Leases.Release(context.WithoutCancel(ctx), name, r.holder))
	}()
	for range maxSteps {
		n, err := job.Step(ctx, org)
		if err != nil || n == 0 {
			return err == nil, err
		}
		if ok, err = r.Leases.Lease(ctx, name, r.holder, leaseFor, r.Clock()); err != nil || !ok {
			return false, err
		}
	}
	return false, nil
}

// complain logs, unless the failure is that the process ends.
func (r *Runner) complain(ctx context.Context, message string, err error, args ...any) {
	if ctx.Err() != nil || errors.Is(err, port.ErrClosed) {
		return
	}
	r.Logger.Warn(message, append(args, "error", err)...)
}
