package storagetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// ledgerBook is what must be in an organisation's ledger.
type ledgerBook struct {
	head     roi.Head
	lines    []roi.Line
	closings []roi.Closing
}

func newLedgerBook(org tenant.ID) ledgerBook { return ledgerBook{head: roi.Genesis(org)} }

// books appends lines, closes months, and now and then comes too late.
func (j *journey) books(r *abode) error {
	drafts := make([]roi.Line, j.IntN(one(j.gen, 3, 30)))
	for i := range drafts {
		drafts[i] = roi.Line{
			Period: j.period(), Kind: one(j.gen, roi.AICost, roi.PlatformFee, roi.HumanCostAvoided), Ref: fmt.Sprintf("ref-%d", j.IntN(5)), Topic: j.topic(),
			Amount: one(j.gen, money.Micro(-7), 0, 1, 9_000_000_000_000_000_000), Currency: "USD", Model: roi.Reported, Rate: one(j.gen, "", "29.25/h × 480 s"),
			CorrectsPeriod: one(j.gen, "", j.period()),
		}
	}
	book := &r.ledger
	from := book.head
	late := j.IntN(6) == 0 && len(book.lines) > 0
	if late {
		from = roi.Genesis(r.org)
	}
	lines, head := roi.Seal(from, drafts, j.now)
	var closing *roi.Closing
	if j.IntN(3) == 0 {
		closing = &roi.Closing{
			Period: j.period(), ClosedAt: j.now, Head: head, Totals: roi.Totals{AICost: money.Micro(j.IntN(99)), HumanCost: -3},
			Terms: roi.Terms{Fee: 7, Rates: roi.Rates{Hourly: one(j.gen, nil, ptr(money.Micro(29_250_000))), HourlySource: roi.SourceSet}},
		}
	}
	closed := closing != nil && len(book.closings) > 0 && book.closings[len(book.closings)-1].Period >= closing.Period
	err := r.s.Ledger.Append(r, r.org, from, lines, closing)
	if late || closed {
		return wantError("Append", err, port.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	book.lines, book.head = append(book.lines, lines...), head
	if closing != nil {
		book.closings = append(book.closings, *closing)
	}
	return nil
}

func (j *journey) period() roi.Period {
	return roi.Period(fmt.Sprintf("20%02d-%02d", 24+j.IntN(3), 1+j.IntN(12)))
}

func (j *journey) seesLedger(r *abode) error {
	q := roi.LineQuery{After: j.Int64N(r.ledger.head.Seq + 1), Limit: j.IntN(4) * j.IntN(20)}
	if j.IntN(3) == 0 {
		q.Period = j.period()
	}
	if j.IntN(3) == 0 {
		q.Refs = []string{"ref-1", "ref-4", "ref-1"}[:j.IntN(4)]
	}
	var want []roi.Line
	for _, l := range r.ledger.lines {
		if l.Seq > q.After && (q.Period == "" || q.Period == l.Period) && (q.Refs == nil || slices.Contains(q.Refs, l.Ref)) && (q.Limit == 0 || len(want) < q.Limit) {
			want = append(want, l)
		}
	}
	got, err := r.lines(q)
	if err != nil {
		return err
	}
	head, err := r.s.Ledger.Head(r, r.org)
	if err != nil {
		return fmt.Errorf("Head: %w", err)
	}
	closings, err := r.s.Ledger.Closings(r, r.org)
	if err != nil {
		return fmt.Errorf("Closings: %w", err)
	}
	return first(
		func() error { return same(fmt.Sprintf("Lines %+v", q), want, got) },
		func() error { return same("Head", r.ledger.head, head) },
		func() error { return sameClosings(r.ledger.closings, closings) },
	)
}

// sameClosings compares closed months, their terms as they are written: a number has more than one form.
func sameClosings(want, got []roi.Closing) error {
	plain := func(list []roi.Closing) (texts []string, rest []roi.Closing, err error) {
		for _, c := range list {
			text, err := json.Marshal(c.Terms)
			if err != nil {
				return nil, nil, err
			}
			c.Terms = roi.Terms{}
			texts, rest = append(texts, string(text)), append(rest, c)
		}
		return texts, rest, nil
	}
	wantTerms, wantRest, err := plain(want)
	if err != nil {
		return err
	}
	gotTerms, gotRest, err := plain(got)
	if err != nil {
		return err
	}
	return first(
		func() error { return same("Closings", wantRest, gotRest) },
		func() error { return same("Closings: Terms", wantTerms, gotTerms) },
	)
}

func (j *journey) movesCursor(r *abode) error {
	job, next := one(j.gen, "pull", "Pull", "pull "), one(j.gen, "", "1", "2", "é\n%'\"")
	old := one(j.gen, r.cursors[job], r.cursors[job], "1")
	err := r.s.Jobs.SaveCursor(r, r.org, job, old, next)
	if old != r.cursors[job] {
		return wantError("SaveCursor", err, port.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("SaveCursor: %w", err)
	}
	r.cursors[job] = next
	return nil
}

func (j *journey) leasing(r *abode) error {
	name, holder := fmt.Sprintf("%s of %d", one(j.gen, "gaps", "retention"), j.tag), one(j.gen, "ann", "bob", "Bob")
	held, ok := j.leases[name]
	if j.IntN(4) == 0 {
		if ok && held.holder == holder {
			delete(j.leases, name)
		}
		return r.s.Jobs.Release(r, name, holder)
	}
	ttl := one(j.gen, time.Microsecond, 10*time.Minute, 20*time.Hour)
	got, err := r.s.Jobs.Lease(r, name, holder, ttl, j.now)
	if err != nil {
		return fmt.Errorf("Lease: %w", err)
	}
	want := !ok || held.holder == holder || !j.now.Before(held.until)
	if got != want {
		return fmt.Errorf("%s asks for %s, held by %+v, at %s: wanted %v, got %v", holder, name, held, j.now, want, got)
	}
	if want {
		j.leases[name] = lease{holder, j.now.Add(ttl)}
	}
	return nil
}

// keying makes a key or revokes one.
func (j *journey) keying(r *abode) error {
	k := apiKey(r.number, j.IntN(20))
	k.ID = fmt.Sprintf("%s-%d-%d", one(j.gen, "key", "Key", "kéy", "k_y"), j.IntN(6), j.tag)
	k.Prefix = fmt.Sprintf("amo_%d", j.tag)
	k.CreatedAt = noon.Add(time.Duration(j.IntN(3)) * time.Microsecond)
	revoking := j.IntN(3) == 0
	if known := slices.Sorted(maps.Keys(j.keys)); revoking && len(known) > 0 && j.IntN(3) > 0 {
		k.ID = one(j.gen, known...)
	}
	held, taken := j.keys[k.ID]
	if revoking {
		err := r.s.Keys.Revoke(r, r.org, k.ID, j.now)
		if !taken || held.Org != r.org {
			return wantError("Revoke", err, port.ErrNotFound)
		}
		if held.RevokedAt.IsZero() {
			held.RevokedAt = j.now
		}
		j.keys[k.ID] = held
		return err
	}
	err := r.s.Keys.Put(r, k)
	if taken {
		return wantError("Put", err, port.ErrConflict)
	}
	j.keys[k.ID] = k
	return err
}

func (j *journey) seesRest(r *abode) error {
	var all, mine []tenant.APIKey
	for _, k := range j.keys {
		all = append(all, k)
		if k.Org == r.org {
			mine = append(mine, k)
		}
	}
	byID := func(a, b tenant.APIKey) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(all, byID)
	slices.SortFunc(mine, func(a, b tenant.APIKey) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), byID(a, b)) })
	found, err := r.s.Keys.ByPrefix(r, fmt.Sprintf("amo_%d", j.tag))
	if err != nil {
		return fmt.Errorf("ByPrefix: %w", err)
	}
	slices.SortFunc(found, byID)
	got, err := r.s.Orgs.Get(r, r.org)
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	addressed, err := r.s.Orgs.ByAddress(r, r.told.Address)
	if err != nil {
		return fmt.Errorf("ByAddress: %w", err)
	}
	job := one(j.gen, "pull", "Pull", "pull ")
	return first(
		func() error { return same("ByPrefix", all, found) },
		func() error { return wantKeys(r, r.s, r.number, mine...) },
		func() error { return same("Orgs.Get", r.told, got) },
		func() error { return same("ByAddress", r.told, addressed) },
		r.cursor(job, r.cursors[job]),
	)
}
