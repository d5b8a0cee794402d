package storagetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

var reads = []act{
	{"a page", 20, (*journey).seesPage},
	{"a stream", 5, (*journey).seesStream},
	{"sums", 30, (*journey).seesSums},
	{"one conversation", 5, (*journey).seesOne},
	{"changes", 8, (*journey).seesChanges},
	{"contacts", 8, (*journey).seesContacts},
	{"gaps", 8, (*journey).seesGaps},
	{"the ledger", 3, (*journey).seesLedger},
	{"cursors, keys and organisations", 4, (*journey).seesRest},
	{"everything", 1, func(_ *journey, r *abode) error { return r.everything() }},
}

// query is a random question for conversations that some of the stored ones may answer.
func (j *journey) query(r *abode) conversation.Query {
	var q conversation.Query
	for range j.IntN(3) {
		one(j.gen, filters()...)(&q)
	}
	if j.IntN(3) == 0 {
		q.Topic = ptr(j.topic())
	}
	if j.IntN(3) == 0 {
		q.Start = j.near(r)
	}
	if j.IntN(3) == 0 {
		q.End = j.near(r)
	}
	if j.IntN(6) == 0 {
		q.Search = one(j.gen, words...) + one(j.gen, "", "", " ", ", ") + one(j.gen, "", one(j.gen, words...), "STRASSE", "!?")
	}
	if q.UIDs != nil && j.IntN(2) == 0 {
		q.UIDs = nil
		for range j.IntN(30) {
			q.UIDs = append(q.UIDs, key(r.org, j.IntN(40)).UID())
		}
	}
	return q
}

// near is an instant at an edge or close to where a conversation starts.
func (j *journey) near(r *abode) time.Time {
	if len(r.seen) == 0 || j.IntN(2) == 0 {
		return j.moment()
	}
	return one(j.gen, r.seen...).StartedAt.Add(time.Duration(j.IntN(3)-1) * one(j.gen, time.Nanosecond, time.Microsecond, time.Minute))
}

// caughtUp asks for a page until the answer says that nothing is missing in it.
func (r *abode) caughtUp(q conversation.Query) (conversation.Page, error) {
	asked := time.Now().Truncate(time.Microsecond)
	for {
		page, err := r.s.Conversations.List(r, r.org, q)
		if err != nil {
			return page, fmt.Errorf("List %s: %w", showQuery(q), err)
		}
		if page.IndexedThrough.IsZero() != (q.Search == "") {
			return page, fmt.Errorf("List %s: IndexedThrough is %s", showQuery(q), page.IndexedThrough)
		}
		if q.Search == "" || !page.IndexedThrough.Before(asked) {
			return page, nil
		}
		select {
		case <-r.Done():
			return page, r.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (j *journey) seesPage(r *abode) error {
	q := j.query(r)
	all := r.listed(q)
	want := all
	if len(r.seen) > 0 && j.IntN(2) == 0 {
		q.After = position(one(j.gen, r.seen...))
		if j.IntN(4) == 0 {
			q.After.UID = uid{byte(j.IntN(256))}
		}
		want = slices.DeleteFunc(slices.Clone(want), func(c conversation.Conversation) bool { return !after(c, *q.After) })
	}
	q.Offset, q.Limit, q.Total = j.IntN(3)*j.IntN(5), one(j.gen, 0, 1, 2, 5, 50, 500), j.IntN(2) == 0
	want = want[min(q.Offset, len(want)):]
	page, err := r.caughtUp(q)
	if err != nil {
		return err
	}
	limit := cmp.Or(q.Limit, conversation.DefaultLimit)
	more := len(want) > limit
	want = want[:min(limit, len(want))]
	what := fmt.Sprintf("List %s after %s, offset %d, limit %d", showQuery(q), show(q.After), q.Offset, q.Limit)
	if err := r.sameNumbered(what, want, page.Conversations); err != nil {
		return err
	}
	if more != (page.Next != nil) || more && differ(*position(want[limit-1]), *page.Next) != "" {
		return fmt.Errorf("%s: there is more: %v, and Next is %s", what, more, show(page.Next))
	}
	if q.Total != (page.Total != nil) || q.Total && *page.Total != int64(len(all)) {
		return fmt.Errorf("%s: %d match, and the total is %s", what, len(all), show(page.Total))
	}
	return nil
}

// sameNumbered compares conversations and their numbers.
func (r *abode) sameNumbered(what string, want, got []conversation.Conversation) error {
	if err := sameList(what, want, got); err != nil {
		return err
	}
	for _, c := range got {
		if c.Seq != r.seqs[c.UID()] {
			return fmt.Errorf("%s: %s has the number %d, wanted %d", what, c.ID, c.Seq, r.seqs[c.UID()])
		}
	}
	return nil
}

// after says whether a conversation comes behind a position in a listing.
func after(c conversation.Conversation, p conversation.Position) bool {
	id := c.UID()
	return cmp.Or(p.StartedAt.Compare(c.StartedAt), slices.Compare(id[:], p.UID[:])) > 0
}

func (j *journey) seesStream(r *abode) error {
	q := j.query(r)
	if _, err := r.caughtUp(q); err != nil {
		return err
	}
	var got []conversation.Conversation
	for c, err := range r.s.Conversations.Each(r, r.org, q) {
		if err != nil {
			return fmt.Errorf("Each: %w", err)
		}
		got = append(got, c)
	}
	return r.sameNumbered("Each "+showQuery(q), r.listed(q), got)
}

// seesSums asks for several sums at once, whose windows often share an end.
func (j *journey) seesSums(r *abode) error {
	asked := make([]metric.Selection, 1+j.IntN(4))
	for i := range asked {
		s := metric.Selection{By: j.grouping(), SumsOnly: j.IntN(2) == 0}
		if j.IntN(2) == 0 {
			s.Where = j.filter()
		}
		if j.IntN(6) == 0 {
			s.Where.Topic = ptr(j.topic())
		}
		a, b := j.near(r), j.near(r)
		if j.IntN(4) == 0 {
			b = a.Add(time.Duration(j.IntN(100)) * time.Hour)
		}
		if b.Before(a) && j.IntN(20) > 0 {
			a, b = b, a
		}
		zone := one(j.gen, location(one(j.gen, zones...)), r.told.Settings.Location(), nil)
		s.Window = metric.Window{Start: a, End: b, Zone: zone}
		if i > 0 && j.IntN(2) == 0 {
			s.Window = one(j.gen, asked[i-1].Window, asked[i-1].Window.Previous())
		}
		asked[i] = s
	}
	return r.rollup(asked...)
}

func (j *journey) seesOne(r *abode) error {
	id := j.whose(r)
	want, ok := r.live[id]
	got, err := r.s.Conversations.Get(r, r.org, id)
	if !ok {
		return wantError("Get", err, port.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("Get: %w", err)
	}
	return r.sameNumbered("Get", []conversation.Conversation{want}, []conversation.Conversation{got})
}

// seesChanges follows what was stored from some number on, in steps.
func (j *journey) seesChanges(r *abode) error {
	after, step := j.Int64N(r.newest+1), one(j.gen, 3, 20, 1000)
	var want []conversation.Conversation
	highest := int64(0)
	for id, c := range r.live {
		c.Seq = r.seqs[id]
		highest = max(highest, c.Seq)
		if c.Seq > after {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, func(a, b conversation.Conversation) int { return cmp.Compare(a.Seq, b.Seq) })
	head, err := r.s.Changes.Head(r, r.org)
	if err != nil {
		return fmt.Errorf("Head: %w", err)
	}
	if head != highest {
		return fmt.Errorf("Head: wanted %d, got %d", highest, head)
	}
	var got []conversation.Conversation
	for at := after; ; {
		some, err := r.s.Changes.Since(r, r.org, at, step)
		if err != nil {
			return fmt.Errorf("Since: %w", err)
		}
		if len(some) > step {
			return fmt.Errorf("Since: wanted at most %d, got %d", step, len(some))
		}
		if len(some) == 0 {
			break
		}
		got = append(got, some...)
		at = some[len(some)-1].Seq
		j.at(r)
	}
	return same(fmt.Sprintf("Since %d in steps of %d", after, step), want, got)
}

// seesContacts asks around versions as they are and as they were.
func (j *journey) seesContacts(r *abode) error {
	var given []conversation.Conversation
	for range j.IntN(8) {
		if len(r.seen) > 0 {
			given = append(given, one(j.gen, r.seen...))
		}
	}
	spans := []time.Duration{0, time.Microsecond, time.Hour, 72 * time.Hour, 40 * 24 * time.Hour}
	before, after := one(j.gen, spans...), one(j.gen, spans...)
	got, err := r.s.Changes.Contacts(r, r.org, given, before, after)
	if err != nil {
		return fmt.Errorf("Contacts: %w", err)
	}
	slices.SortFunc(got, newestFirst)
	return r.sameNumbered(fmt.Sprintf("Contacts of %d, %s before and %s after", len(given), before, after), r.contacts(given, before, after), got)
}
