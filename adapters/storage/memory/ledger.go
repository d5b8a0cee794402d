package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type ledger struct{ *store }

// ledgerRoom is one organisation's ledger.
type ledgerRoom struct {
	lines    []roi.Line
	closings []roi.Closing
}

func (r ledgerRoom) head(org tenant.ID) roi.Head {
	if len(r.lines) == 0 {
		return roi.Genesis(org)
	}
	last := r.lines[len(r.lines)-1]
	return roi.Head{Seq: last.Seq, Hash: last.Hash}
}

func (s ledger) Head(ctx context.Context, org tenant.ID) (head roi.Head, err error) {
	err = s.read(ctx, func() error {
		head = s.look(org).ledger.head(org)
		return nil
	})
	return head, err
}

func (s ledger) Append(ctx context.Context, org tenant.ID, head roi.Head, lines []roi.Line, closing *roi.Closing) error {
	return s.write(ctx, func() error {
		r := &s.room(org).ledger
		if r.head(org) != head {
			return fmt.Errorf("the ledger has moved on: %w", port.ErrConflict)
		}
		if closing != nil {
			if n := len(r.closings); n > 0 && r.closings[n-1].Period >= closing.Period {
				return fmt.Errorf("%s is closed: %w", closing.Period, port.ErrConflict)
			}
			r.closings = append(r.closings, *closing)
		}
		r.lines = append(r.lines, lines...)
		return nil
	})
}

func (s ledger) Lines(ctx context.Context, org tenant.ID, q roi.LineQuery) iter.Seq2[roi.Line, error] {
	return func(yield func(roi.Line, error) bool) {
		var lines []roi.Line
		if err := s.read(ctx, func() error {
			lines = pick(s.look(org).ledger.lines, q)
			return nil
		}); err != nil {
			yield(roi.Line{}, err)
			return
		}
		for _, l := range lines {
			if err := ctx.Err(); err != nil {
				yield(roi.Line{}, err)
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

func pick(lines []roi.Line, q roi.LineQuery) []roi.Line {
	var out []roi.Line
	for _, l := range lines {
		if l.Seq <= q.After || q.Period != "" && l.Period != q.Period || q.Refs != nil && !slices.Contains(q.Refs, l.Ref) {
			continue
		}
		out = append(out, l)
		if q.Limit > 0 && len(out) == q.Limit {
			break
		}
	}
	return out
}

func (s ledger) Closings(ctx context.Context, org tenant.ID) (closings []roi.Closing, err error) {
	err = s.read(ctx, func() error {
		closings = slices.Clone(s.look(org).ledger.closings)
		return nil
	})
	return closings, err
}
