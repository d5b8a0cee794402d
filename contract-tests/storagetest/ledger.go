package storagetest

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

func ledgerCases() []Case {
	return []Case{
		{
			About: "Ledger.Head", Sentence: "a ledger without lines ends in the organisation's genesis",
			Reason: "the chain starts there, and a line of another organisation must not fit",
			Check:  in(emptyLedger),
		},
		{
			About: "Ledger.Append", Sentence: "lines come back as they were appended, in the order of their numbers",
			Reason: "a line is verified by its hash: one changed byte and the whole ledger is in doubt",
			Check:  in(ledgerRoundTrip),
		},
		{
			About: "Ledger.Append", Sentence: "an append that does not follow the head is a conflict and stores nothing",
			Reason: "two workers closing the same month must not book it twice",
			Check:  in(ledgerConflict),
		},
		{
			About: "Ledger.Closings", Sentence: "a month is closed once, together with its lines",
			Reason: "a closed month never changes",
			Check:  in(ledgerClosing),
		},
		{
			About: "Ledger.Lines", Sentence: "a query picks by month, reference, number and limit",
			Reason: "a correction looks for the lines of one conversation among millions",
			Check:  in(ledgerQuery),
		},
	}
}

// bookings are sealed lines after head: one for each amount, in turn for two months and three references.
func bookings(head roi.Head, amounts ...int64) ([]roi.Line, roi.Head) {
	drafts := make([]roi.Line, len(amounts))
	for i, a := range amounts {
		drafts[i] = roi.Line{
			Period: roi.Period(fmt.Sprintf("2026-0%d", 1+i%2)), Kind: roi.AICost, Ref: fmt.Sprintf("ref-%d", i%3), Topic: "bïlling",
			Amount: money.Micro(a), Currency: "USD", Model: roi.Reported, Rate: "as sent", CorrectsPeriod: "2025-12",
		}
	}
	return roi.Seal(head, drafts, noon)
}

func (r *room) lines(q roi.LineQuery) (out []roi.Line, err error) {
	for l, err := range r.s.Ledger.Lines(r, r.org, q) {
		if err != nil {
			return nil, fmt.Errorf("Lines: %w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

func (r *room) wantLines(q roi.LineQuery, want []roi.Line) error {
	got, err := r.lines(q)
	if err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("Lines %+v: wanted %d, got %d", q, len(want), len(got))
	}
	for i := range want {
		if !got[i].PostedAt.Equal(want[i].PostedAt) {
			return fmt.Errorf("Lines %+v: line %d was posted at %s, got %s", q, i, want[i].PostedAt, got[i].PostedAt)
		}
		got[i].PostedAt = want[i].PostedAt
		if got[i] != want[i] {
			return fmt.Errorf("Lines %+v: wanted %+v, got %+v", q, want[i], got[i])
		}
	}
	return nil
}

func emptyLedger(r *room) error {
	head, err := r.s.Ledger.Head(r, r.org)
	if err != nil || head != roi.Genesis(r.org) {
		return fmt.Errorf("Head: wanted the genesis, got %+v and %v", head, err)
	}
	if closings, err := r.s.Ledger.Closings(r, r.org); err != nil || len(closings) != 0 {
		return fmt.Errorf("Closings: wanted none, got %v and %v", closings, err)
	}
	return r.wantLines(roi.LineQuery{}, nil)
}

func ledgerRoundTrip(r *room) error {
	first, head := bookings(roi.Genesis(r.org), 1, -2, 9_000_000_000_000_000_000)
	second, end := bookings(head, 4, 0)
	if err := r.s.Ledger.Append(r, r.org, roi.Genesis(r.org), first, nil); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	if err := r.s.Ledger.Append(r, r.org, head, second, nil); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	if got, err := r.s.Ledger.Head(r, r.org); err != nil || got != end {
		return fmt.Errorf("Head: wanted %+v, got %+v and %v", end, got, err)
	}
	all := append(first, second...)
	if err := r.wantLines(roi.LineQuery{}, all); err != nil {
		return err
	}
	got, err := r.lines(roi.LineQuery{})
	if err != nil {
		return err
	}
	_, err = roi.Verify(roi.Genesis(r.org), got)
	return err
}

func ledgerConflict(r *room) error {
	first, head := bookings(roi.Genesis(r.org), 1)
	if err := r.s.Ledger.Append(r, r.org, roi.Genesis(r.org), first, nil); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	closing := &roi.Closing{Period: "2026-01", ClosedAt: noon, Head: head}
	err := r.s.Ledger.Append(r, r.org, roi.Genesis(r.org), first, closing)
	if !errors.Is(err, port.ErrConflict) {
		return fmt.Errorf("Append after a head that has moved: wanted ErrConflict, got %v", err)
	}
	if closings, err := r.s.Ledger.Closings(r, r.org); err != nil || len(closings) != 0 {
		return fmt.Errorf("the refused Append closed a month: %v, %v", closings, err)
	}
	return r.wantLines(roi.LineQuery{}, first)
}

func ledgerClosing(r *room) error {
	lines, head := bookings(roi.Genesis(r.org), 1, 2)
	hourly := money.Micro(29_250_000)
	closing := roi.Closing{
		Period: "2026-01", ClosedAt: noon, Head: head, Totals: roi.Totals{AICost: 3},
		Terms: roi.Terms{Fee: 7, Rates: roi.Rates{Hourly: &hourly, HourlySource: roi.SourceSet}},
	}
	if err := r.s.Ledger.Append(r, r.org, roi.Genesis(r.org), lines, &closing); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	for _, again := range []roi.Period{"2026-01", "2025-12"} {
		c := closing
		c.Period = again
		if err := r.s.Ledger.Append(r, r.org, head, nil, &c); !errors.Is(err, port.ErrConflict) {
			return fmt.Errorf("closing %s after 2026-01: wanted ErrConflict, got %v", again, err)
		}
	}
	got, err := r.s.Ledger.Closings(r, r.org)
	if err != nil || len(got) != 1 {
		return fmt.Errorf("Closings: wanted 1, got %d and %v", len(got), err)
	}
	got[0].ClosedAt = closing.ClosedAt
	if got[0].Period != closing.Period || got[0].Head != head || got[0].Totals != closing.Totals || got[0].Terms.Fee != 7 ||
		!reflect.DeepEqual(got[0].Terms.Rates.Hourly, &hourly) {
		return fmt.Errorf("Closings: wanted %+v, got %+v", closing, got[0])
	}
	return nil
}

func ledgerQuery(r *room) error {
	all, _ := bookings(roi.Genesis(r.org), 1, 2, 3, 4, 5, 6, 7)
	if err := r.s.Ledger.Append(r, r.org, roi.Genesis(r.org), all, nil); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	other := organisation(2)
	if err := r.s.Orgs.Create(r, other); err != nil {
		return fmt.Errorf("Orgs.Create: %w", err)
	}
	foreign, _ := bookings(roi.Genesis(other.ID), 100)
	if err := r.s.Ledger.Append(r, other.ID, roi.Genesis(other.ID), foreign, nil); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	for _, c := range []struct {
		q    roi.LineQuery
		want []int
	}{
		{roi.LineQuery{Period: "2026-02"}, []int{1, 3, 5}},
		{roi.LineQuery{Refs: []string{"ref-2", "ref-0"}}, []int{0, 2, 3, 5, 6}},
		{roi.LineQuery{Refs: []string{}}, nil},
		{roi.LineQuery{After: 4, Limit: 2}, []int{4, 5}},
		{roi.LineQuery{Period: "2026-01", Refs: []string{"ref-0"}, After: 1}, []int{6}},
	} {
		var want []roi.Line
		for _, i := range c.want {
			want = append(want, all[i])
		}
		if err := r.wantLines(c.q, want); err != nil {
			return err
		}
	}
	return nil
}
