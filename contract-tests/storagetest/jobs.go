package storagetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
)

const (
	leaseIt    = "Jobs.Lease"
	release    = "Jobs.Release"
	cursorOf   = "Jobs.Cursor"
	saveCursor = "Jobs.SaveCursor"
)

func jobCases() []Case {
	return []Case{
		{
			About: leaseIt, Sentence: "one holder at a time; it lapses after its time; the holder may take it again",
			Reason: "a job runs once, and goes on elsewhere when its worker dies",
			Check:  in(leases),
		},
		{
			About: leaseIt, Sentence: "of many who ask at once, one gets it",
			Reason: "all workers wake at the same minute",
			Check:  in(leaseRace),
		},
		{
			About: release, Sentence: "gives back what one holds and nothing else",
			Reason: "a worker that woke late must not free its successor's lease",
			Check:  in(releases),
		},
		{
			About: cursorOf, Sentence: "empty at the beginning, then what was saved, for each organisation and job",
			Reason: "a pull goes on where it stopped",
			Check:  in(cursors),
		},
		{
			About: saveCursor, Sentence: "ErrConflict when the stored cursor is no longer the old one",
			Reason: "a worker that was overtaken must not move the cursor back",
			Check:  in(cursorConflicts),
		},
		{
			About: saveCursor, Sentence: "of many who move it at once, one does",
			Reason: "two would both believe their work counts",
			Check:  in(cursorRace),
		},
	}
}

func (r *room) lease(name, holder string, minutes int, want bool) func() error {
	return func() error {
		got, err := r.s.Jobs.Lease(r, name, holder, 10*time.Minute, noon.Add(time.Duration(minutes)*time.Minute))
		if err != nil {
			return fmt.Errorf("Lease: %w", err)
		}
		if got != want {
			return fmt.Errorf("%s asks for %s at minute %d: wanted %v, got %v", holder, name, minutes, want, got)
		}
		return nil
	}
}

func leases(r *room) error {
	return first(
		r.lease("gaps", "ann", 0, true),
		r.lease("gaps", "bob", 0, false),
		r.lease("gaps", "bob", 9, false),
		r.lease("retention", "bob", 9, true),
		r.lease("Gaps", "bob", 9, true),
		r.lease("gaps", "ann", 9, true), // until 19
		r.lease("gaps", "bob", 11, false),
		r.lease("gaps", "bob", 20, true), // lapsed, until 30
		r.lease("gaps", "ann", 21, false),
		r.lease("gaps", "ann", 31, true),
	)
}

func leaseRace(r *room) error {
	var got atomic.Int32
	err := together(20, func(i int) error {
		ok, err := r.s.Jobs.Lease(r, "gaps", fmt.Sprint("worker ", i), time.Hour, noon)
		if ok {
			got.Add(1)
		}
		return err
	})
	if err != nil {
		return err
	}
	if n := got.Load(); n != 1 {
		return fmt.Errorf("%d of 20 hold the lease", n)
	}
	return nil
}

func releases(r *room) error {
	giveBack := func(name, holder string) func() error {
		return func() error { return r.s.Jobs.Release(r, name, holder) }
	}
	return first(
		giveBack("gaps", "ann"),
		r.lease("gaps", "ann", 0, true),
		giveBack("gaps", "bob"),
		r.lease("gaps", "bob", 1, false),
		giveBack("gaps", "ann"),
		r.lease("gaps", "bob", 1, true),
		giveBack("gaps", "ann"),
		r.lease("gaps", "ann", 2, false),
	)
}

func (r *room) cursor(job, want string) func() error {
	return func() error {
		got, err := r.s.Jobs.Cursor(r, r.org, job)
		if err != nil {
			return fmt.Errorf("Cursor: %w", err)
		}
		if got != want {
			return fmt.Errorf("Cursor of %s: wanted %q, got %q", job, want, got)
		}
		return nil
	}
}

func (r *room) move(job, old, next string) func() error {
	return func() error { return r.s.Jobs.SaveCursor(r, r.org, job, old, next) }
}

func cursors(r *room) error {
	other, err := enter(r, r.s, 2)
	if err != nil {
		return err
	}
	odd := "2025-02-16T12:00:00Z|é\n%'\""
	return first(
		r.cursor("pull", ""),
		r.move("pull", "", odd),
		r.cursor("pull", odd), r.cursor("Pull", ""), r.cursor("pull ", ""), other.cursor("pull", ""),
		r.move("pull", odd, "2"), other.move("pull", "", "7"), r.move("Pull", "", "9"),
		r.cursor("pull", "2"), other.cursor("pull", "7"), r.cursor("Pull", "9"),
		r.move("pull", "2", "2"), r.cursor("pull", "2"),
		r.move("pull", "2", ""), r.cursor("pull", ""), // back to the beginning
		r.move("pull", "", "3"), r.cursor("pull", "3"),
	)
}

func cursorConflicts(r *room) error {
	conflict := func(old, next string) func() error {
		return func() error {
			return wantError(fmt.Sprintf("from %q", old), r.move("pull", old, next)(), port.ErrConflict)
		}
	}
	return first(
		conflict("1", "2"), r.cursor("pull", ""),
		r.move("pull", "", "1"), conflict("", "2"), conflict("2", "3"), conflict("1 ", "3"), r.cursor("pull", "1"),
	)
}

func cursorRace(r *room) error {
	var moved atomic.Int32
	for _, old := range []string{"", "start"} {
		moved.Store(0)
		if err := together(20, func(i int) error {
			err := r.s.Jobs.SaveCursor(r, r.org, "pull", old, fmt.Sprint(i))
			if err == nil {
				moved.Add(1)
			}
			if errors.Is(err, port.ErrConflict) {
				return nil
			}
			return err
		}); err != nil {
			return err
		}
		if n := moved.Load(); n != 1 {
			return fmt.Errorf("from %q: %d of 20 moved the cursor", old, n)
		}
		got, err := r.s.Jobs.Cursor(r, r.org, "pull")
		if err != nil {
			return err
		}
		if err := r.move("pull", got, "start")(); err != nil {
			return err
		}
	}
	return nil
}
