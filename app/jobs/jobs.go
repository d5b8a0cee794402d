// Package jobs is the timetable of what happens behind the write: linking returns, gathering knowledge gaps,
// correcting the ledger, retention.
// Every job is cut into small steps that may be repeated, so a crash or a second worker costs work and no truth.
package jobs

import (
	"context"
	"time"

	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Job is one thing to do for every organisation.
type Job struct {
	Name string
	// Every is the time between two rounds. 0 follows what is written: the job runs when something was stored since it
	// last found nothing to do.
	Every time.Duration
	// Step does a bounded piece of work and says how much it was; 0 ends the round.
	Step func(ctx context.Context, org tenant.Org) (int, error)
}

// Timetable is every job of a monitor. Returns come first: whether a customer came back decides what counts as resolved.
func Timetable(m *monitor.Monitor) []Job {
	return []Job{
		{Name: "returns", Step: func(ctx context.Context, org tenant.Org) (int, error) { return m.LinkReturns(ctx, org.ID) }},
		{Name: "gaps", Step: func(ctx context.Context, org tenant.Org) (int, error) { return m.AssignGaps(ctx, org.ID) }},
		{Name: "ledger", Step: func(ctx context.Context, org tenant.Org) (int, error) { return m.CorrectLedger(ctx, org.ID) }},
		{Name: "retention", Every: 10 * time.Minute, Step: func(ctx context.Context, org tenant.Org) (int, error) { return m.Retain(ctx, org) }},
	}
}
