package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Month is one month of the ledger.
type Month struct {
	Frame
	Period roi.Period
	// Closed says that the month's own lines will never change; an open month shows what closing it now would book.
	Closed  bool
	Closing *roi.Closing
	// Lines are the month's own, then the corrections of earlier months booked in it.
	Lines  []roi.Line
	Export roi.Export
	Totals roi.Totals
}

// LedgerMonth answers with one month, YYYY-MM in the organisation's time zone. Its lines add up to its totals exactly.
func (m *Monitor) LedgerMonth(ctx context.Context, org tenant.ID, period roi.Period) (Month, error) {
	v, err := m.openMonth(ctx, org, period)
	if err != nil {
		return Month{}, err
	}
	closings, err := m.store.Ledger.Closings(ctx, org)
	if err != nil {
		return Month{}, err
	}
	out := Month{Frame: v.frame(), Period: period, Closed: closedIn(closings)(period)}
	if c, ok := lo.Find(closings, func(c roi.Closing) bool { return c.Period == period }); ok {
		out.Closing = &c
	}
	if !out.Closed {
		if out.Lines, _, err = v.draft(ctx, period); err != nil {
			return Month{}, err
		}
	}
	for l, err := range m.store.Ledger.Lines(ctx, org, roi.LineQuery{Period: period}) {
		if err != nil {
			return Month{}, err
		}
		out.Lines = append(out.Lines, l)
	}
	if out.Totals, err = roi.Total(out.Lines); err != nil {
		return Month{}, err
	}
	out.Export, err = roi.RoundForExport(out.Lines, v.org.Settings.Currency)
	return out, err
}

// CurrentPeriod is the month it is in the organisation's time zone.
func (m *Monitor) CurrentPeriod(ctx context.Context, org tenant.ID) (roi.Period, error) {
	o, err := m.Org(ctx, org)
	return roi.PeriodOf(m.now(), o.Settings.Location()), err
}

// CloseMonth books a month that is over and closes it for good. Faults, such as a month that still runs or is closed
// already, come back as *conversation.Invalid.
func (m *Monitor) CloseMonth(ctx context.Context, org tenant.ID, period roi.Period) (roi.Closing, error) {
	v, err := m.openMonth(ctx, org, period)
	if err != nil {
		return roi.Closing{}, err
	}
	refuse := func(why string) (roi.Closing, error) {
		return roi.Closing{}, &conversation.Invalid{Faults: []conversation.Fault{{Field: "/period", Message: why}}}
	}
	if v.window.End.After(v.asOf) {
		return refuse(fmt.Sprintf("must be over; %s ends at %s", period, v.window.End.Format(time.RFC3339)))
	}
	closings, err := m.store.Ledger.Closings(ctx, org)
	if err != nil {
		return roi.Closing{}, err
	}
	if closedIn(closings)(period) {
		return refuse("must be open; " + string(period) + " is closed already, or lies before a closed month")
	}
	if earlier, ok, err := v.earlierOpen(ctx, closings); err != nil {
		return roi.Closing{}, err
	} else if ok {
		return refuse(fmt.Sprintf("must not leave earlier months open; close %s first", earlier))
	}
	head, err := m.store.Ledger.Head(ctx, org)
	if err != nil {
		return roi.Closing{}, err
	}
	drafts, terms, err := v.draft(ctx, period)
	if err != nil {
		return roi.Closing{}, err
	}
	lines, next := roi.Seal(head, drafts, v.asOf)
	all := lines
	for l, err := range m.store.Ledger.Lines(ctx, org, roi.LineQuery{Period: period}) {
		if err != nil {
			return roi.Closing{}, err
		}
		all = append(all, l)
	}
	totals, err := roi.Total(all)
	if err != nil {
		return roi.Closing{}, err
	}
	closing := roi.Closing{Period: period, ClosedAt: v.asOf, Terms: terms, Totals: totals, Head: next}
	return closing, m.store.Ledger.Append(ctx, org, head, lines, &closing)
}

// VerifyLedger checks that every line is what was written and that none is missing; a *roi.BadLine names the first
// that is not. It returns the number of lines.
func (m *Monitor) VerifyLedger(ctx context.Context, org tenant.ID) (int64, error) {
	head := roi.Genesis(org)
	at := map[int64]roi.Hash{0: head.Hash}
	closings, err := m.store.Ledger.Closings(ctx, org)
	if err != nil {
		return 0, err
	}
	for l, err := range m.store.Ledger.Lines(ctx, org, roi.LineQuery{}) {
		if err != nil {
			return head.Seq, err
		}
		if head, err = roi.Verify(head, []roi.Line{l}); err != nil {
			return head.Seq, err
		}
		at[head.Seq] = head.Hash
	}
	for _, c := range closings {
		if at[c.Head.Seq] != c.Head.Hash {
			return head.Seq, &roi.BadLine{Seq: c.Head.Seq, Reason: "is missing: the ledger does not reach where " + string(c.Period) + " was closed"}
		}
	}
	return head.Seq, nil
}

// openMonth opens the view of a calendar month.
func (m *Monitor) openMonth(ctx context.Context, org tenant.ID, period roi.Period) (view, error) {
	o, err := m.Org(ctx, org)
	if err != nil {
		return view{}, err
	}
	start, end, err := period.Bounds(o.Settings.Location())
	if err != nil || start.Year() < 1970 || end.Year() > 2200 {
		return view{}, &conversation.Invalid{Faults: []conversation.Fault{{Field: "/period", Message: "must be a month such as 2026-01"}}}
	}
	v, err := m.open(ctx, Request{Org: org, Start: start, End: end}, CostHours)
	return v, err
}

// closedIn says whether a month is closed: it, or one after it.
func closedIn(closings []roi.Closing) func(roi.Period) bool {
	if len(closings) == 0 {
		return func(roi.Period) bool { return false }
	}
	last := closings[len(closings)-1].Period
	return func(p roi.Period) bool { return p <= last }
}

// earlierOpen finds an open month before the view's that has conversations.
func (v view) earlierOpen(ctx context.Context, closings []roi.Closing) (roi.Period, bool, error) {
	from := conversation.MinTime.AddDate(-30, 0, 0)
	zone := v.org.Settings.Location()
	if len(closings) > 0 {
		_, end, err := closings[len(closings)-1].Period.Bounds(zone)
		if err != nil {
			return "", false, err
		}
		from = end
	}
	if !from.Before(v.window.Start) {
		return "", false, nil
	}
	daily := v.between(from, v.window.Start).sum(metric.Grouping{Day: true})
	if err := v.read(ctx); err != nil || len(daily.cells) == 0 {
		return "", false, err
	}
	return roi.PeriodOf(daily.cells[0].Key.Bucket, zone), true, nil
}

// draft is what closing the month now would book, and at which terms.
func (v view) draft(ctx context.Context, period roi.Period) ([]roi.Line, roi.Terms, error) {
	learnt := v.askRates()
	if err := v.read(ctx); err != nil {
		return nil, roi.Terms{}, err
	}
	rates, err := v.rates(learnt)
	if err != nil {
		return nil, roi.Terms{}, err
	}
	fee, err := v.fee(v.org.Settings.Costs.MonthlyFee)
	if err != nil {
		return nil, roi.Terms{}, err
	}
	terms := roi.Terms{Rates: rates, Model: costModel(v.org.Settings.Costs), Fee: fee}
	var entries []roi.Entry
	q := conversation.Query{Start: v.window.Start, End: v.window.End}
	for c, err := range v.m.store.Conversations.Each(ctx, v.org.ID, q) {
		if err != nil {
			return nil, roi.Terms{}, err
		}
		entries = append(entries, entry(c, period))
	}
	lines, err := roi.Draft(period, v.org.Settings.Currency, entries, terms)
	return lines, terms, err
}

// entry is what the ledger needs of a conversation: the same integers as its cell, so that ledger and figures cannot
// disagree.
func entry(c conversation.Conversation, period roi.Period) roi.Entry {
	counts := topicCounts(metric.Contribution(&c))
	return roi.Entry{
		Ref: c.Key.UID().String(), Period: period, Topic: counts.Topic,
		Credited: counts.Credited(roi.Standard) > 0, Usage: counts.Usage,
	}
}

// ledgerJob is the cursor of CorrectLedger.
const ledgerJob = "ledger"

// CorrectLedger works through what was stored since the last time and posts what changes in closed months, as reversing
// lines in the open one. It returns how many conversations it looked at; while no month is closed, it need look at none.
func (m *Monitor) CorrectLedger(ctx context.Context, org tenant.ID) (int, error) {
	at, err := m.reached(ctx, org, ledgerJob)
	if err != nil {
		return 0, err
	}
	head, err := m.store.Changes.Head(ctx, org)
	if err != nil || head <= at.through {
		return 0, err
	}
	closings, err := m.store.Ledger.Closings(ctx, org)
	if err != nil {
		return 0, err
	}
	if len(closings) == 0 {
		return 0, m.reach(ctx, org, ledgerJob, at, head)
	}
	changed, err := m.store.Changes.Since(ctx, org, at.through, batch)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	o, err := m.Org(ctx, org)
	if err != nil {
		return 0, err
	}
	zone := o.Settings.Location()
	entries := lo.Map(changed, func(c conversation.Conversation, _ int) roi.Entry {
		return entry(c, roi.PeriodOf(c.StartedAt, zone))
	})
	for err = m.correct(ctx, o, entries); lost(err); {
		err = m.correct(ctx, o, entries)
	}
	if err != nil {
		return 0, err
	}
	return len(changed), m.reach(ctx, org, ledgerJob, at, changed[len(changed)-1].Seq)
}

// correct posts what the present entries change in closed months.
func (m *Monitor) correct(ctx context.Context, o tenant.Org, entries []roi.Entry) error {
	closings, err := m.store.Ledger.Closings(ctx, o.ID)
	if err != nil || len(closings) == 0 {
		return err
	}
	head, err := m.store.Ledger.Head(ctx, o.ID)
	if err != nil {
		return err
	}
	booked := map[string][]roi.Line{}
	refs := lo.Map(entries, func(e roi.Entry, _ int) string { return e.Ref })
	for l, err := range m.store.Ledger.Lines(ctx, o.ID, roi.LineQuery{Refs: refs}) {
		if err != nil {
			return err
		}
		booked[l.Ref] = append(booked[l.Ref], l)
	}
	now := m.now()
	closed := closedIn(closings)
	open := roi.OpenPeriod(roi.PeriodOf(now, o.Settings.Location()), closed)
	terms := func(p roi.Period) (roi.Terms, bool) {
		c, ok := lo.Find(closings, func(c roi.Closing) bool { return c.Period >= p })
		return c.Terms, ok
	}
	var drafts []roi.Line
	for _, e := range entries {
		lines, err := roi.Correct(booked[e.Ref], e, open, o.Settings.Currency, terms)
		if err != nil {
			return err
		}
		drafts = append(drafts, lines...)
	}
	if len(drafts) == 0 {
		return nil
	}
	lines, _ := roi.Seal(head, drafts, now)
	return m.store.Ledger.Append(ctx, o.ID, head, lines, nil)
}

// Waterfall explains the savings of the window step by step, from what a simple calculator would claim to what holds.
type Waterfall struct {
	Frame
	View  roi.View
	Steps []roi.Step
}

// Waterfall answers for the window. There are no steps while the cost of people or of the AI is unknown.
func (m *Monitor) Waterfall(ctx context.Context, r Request, as roi.View) (Waterfall, error) {
	v, err := m.open(ctx, r, CostHours)
	if err != nil {
		return Waterfall{}, err
	}
	asked, err := v.askAccount(ctx)
	if err != nil {
		return Waterfall{}, err
	}
	if err := v.read(ctx); err != nil {
		return Waterfall{}, err
	}
	s, err := asked.reckon(ctx)
	if err != nil {
		return Waterfall{}, err
	}
	out := Waterfall{Frame: v.frame(), View: as}
	if s.priced {
		out.Steps, err = s.Waterfall(as)
	}
	return out, err
}

// gone is the entry of a conversation that was deleted.
func gone(c conversation.Conversation, zone *time.Location) roi.Entry {
	e := entry(c, roi.PeriodOf(c.StartedAt, zone))
	e.Gone, e.Credited, e.Usage = true, false, roi.Usage{}
	return e
}
