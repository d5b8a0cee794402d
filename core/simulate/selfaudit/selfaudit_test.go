package selfaudit_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/simulate/selfaudit"
)

func open(context.Context) (port.Storage, error) { return memory.New(), nil }

// The report depends on the seeds alone, whoever works on them, and what must hold for every organisation holds.
func TestReportIsDeterministic(t *testing.T) {
	t.Parallel()
	const seeds = 2
	var told []int
	r, err := selfaudit.Run(t.Context(), selfaudit.Options{
		Seeds: seeds, FirstSeed: 11, Open: open, Workers: 2, Progress: func(done int) { told = append(told, done) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2}, told); diff != "" {
		t.Error(diff)
	}
	if r.FirstSeed != 11 || r.Seeds != seeds || r.Conversations < 1800*seeds || r.Deliveries < r.Conversations {
		t.Errorf("%+v", r)
	}
	judged := 0
	for _, row := range r.Rows {
		if row.Verdict != selfaudit.Told {
			judged++
		}
		if row.Goal == "all" && row.Verdict != selfaudit.Met {
			t.Errorf("%s: %s: %s", row.Group, row.What, row.Recovered)
		}
		if (row.Goal == "") != (row.Verdict == selfaudit.Told) || row.Recovered == "" {
			t.Errorf("%+v", row)
		}
	}
	if judged < 8 {
		t.Errorf("%d goals", judged)
	}
	again, err := selfaudit.Run(t.Context(), selfaudit.Options{Seeds: seeds, FirstSeed: 11, Open: open})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("one worker reports differently: %s", diff)
	}
}

func TestErrorsEndTheAudit(t *testing.T) {
	t.Parallel()
	broken := errors.New("no store today")
	var opened atomic.Int64
	_, err := selfaudit.Run(t.Context(), selfaudit.Options{Seeds: 50, Workers: 2, Open: func(context.Context) (port.Storage, error) {
		opened.Add(1)
		return port.Storage{}, broken
	}})
	if !errors.Is(err, broken) || opened.Load() > 4 {
		t.Errorf("%v after %d stores", err, opened.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := selfaudit.Run(ctx, selfaudit.Options{Seeds: 3, Open: open}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled audit ends with %v", err)
	}
	for _, o := range []selfaudit.Options{{Seeds: 0, Open: open}, {Seeds: 1}} {
		if _, err := selfaudit.Run(t.Context(), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
