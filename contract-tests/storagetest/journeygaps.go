package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// gapBook is what must be kept of an organisation's gaps.
type gapBook struct {
	version, through int64
	records          map[int64]knowledge.Record
	links            map[uid]knowledge.Link
	// touched says that something changed since the version was last looked at.
	touched bool
}

func newGapBook() gapBook {
	return gapBook{records: map[int64]knowledge.Record{}, links: map[uid]knowledge.Link{}}
}

// forget is what a deletion leaves; it returns the number of links.
func (b *gapBook) forget(id uid) (links int) {
	if _, ok := b.links[id]; ok {
		links, b.touched = 1, true
		delete(b.links, id)
	}
	for n, rec := range b.records {
		if rec.Example == id {
			rec.Representative, rec.Example, b.touched = "", uid{}, true
			b.records[n] = rec
		}
	}
	return links
}

// silence is what retention leaves.
func (b *gapBook) silence(id uid) {
	l, ok := b.links[id]
	if !ok {
		return
	}
	b.touched = true
	l.Question = ""
	b.links[id] = l
	if rec, ok := b.follow(l.Gap); ok {
		rec.EvidenceExpired = true
		b.records[rec.ID] = rec
	}
}

// follow is the gap an id leads to.
func (b *gapBook) follow(id int64) (knowledge.Record, bool) {
	rec, ok := b.records[id]
	for range len(b.records) {
		if ok && rec.AliasOf != 0 {
			rec, ok = b.records[rec.AliasOf]
		}
	}
	return rec, ok && rec.AliasOf == 0
}

func (b *gapBook) sorted() ([]knowledge.Record, []knowledge.Link) {
	records := slices.Collect(maps.Values(b.records))
	slices.SortFunc(records, func(a, b knowledge.Record) int { return cmp.Compare(a.ID, b.ID) })
	links := slices.Collect(maps.Values(b.links))
	slices.SortFunc(links, inTime)
	return records, links
}

// whose is a conversation that a commit may speak of: stored, gone or never heard of.
func (j *journey) whose(r *abode) uid {
	if j.IntN(12) == 0 {
		return uid{9, byte(j.IntN(9))}
	}
	if len(r.seen) > 0 && j.IntN(3) > 0 {
		return one(j.gen, r.seen...).UID()
	}
	return key(r.org, j.IntN(40)).UID()
}

// savesGaps commits records and links, now and then on a version that is not the stored one.
func (j *journey) savesGaps(r *abode) error {
	if err := j.turnsOver(r); err != nil {
		return err
	}
	b := &r.gaps
	c := knowledge.Commit{Through: r.newest}
	taken := map[int64]bool{}
	for range j.IntN(4) {
		rec := j.record(r)
		if !taken[rec.ID] {
			taken[rec.ID] = true
			c.Records = append(c.Records, rec)
		}
	}
	linked := map[uid]bool{}
	known := slices.Sorted(maps.Keys(b.records))
	for _, rec := range c.Records {
		known = append(known, rec.ID)
	}
	for range min(j.IntN(one(j.gen, 3, 10, 40)), 40*len(known)) {
		l := j.link(one(j.gen, known...), j.whose(r))
		linked[l.Conversation] = true
		c.Links = append(c.Links, l)
	}
	for range j.IntN(3) {
		if id := j.whose(r); !linked[id] {
			c.Unlink = append(c.Unlink, id)
		}
	}
	version := b.version
	if j.IntN(6) == 0 {
		version += one(j.gen, int64(-1), 1)
	}
	got, err := r.s.Gaps.Save(r, r.org, version, c)
	if version != b.version {
		return wantError("Save", err, port.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	if got == version {
		return fmt.Errorf("Save: the version is still %d", got)
	}
	r.commits(c)
	b.version = got
	return nil
}

func (j *journey) record(r *abode) knowledge.Record {
	rec := knowledge.Record{
		ID: int64(1 + j.IntN(8)), Language: one(j.gen, "en", "de", ""), Representative: one(j.gen, "How?", "“é”\n", ""), EvidenceExpired: j.IntN(8) == 0,
	}
	if j.IntN(3) > 0 {
		rec.Example = j.whose(r)
	}
	if j.IntN(4) == 0 {
		rec.AliasOf = int64(1 + j.IntN(8)) // a ring of aliases names nothing
	}
	if j.IntN(4) == 0 {
		rec.ResolvedAt = j.moment()
		rec.History = []knowledge.Step{{State: knowledge.Resolved, At: rec.ResolvedAt}}
	}
	return rec
}

func (j *journey) link(gap int64, id uid) knowledge.Link {
	l := knowledge.Link{Gap: gap, Conversation: id, Question: one(j.gen, "Why?", "Où est-ce ?", "", "q "+fmt.Sprint(j.IntN(9))), Topic: j.topic(), At: j.moment()}
	for _, f := range []knowledge.Failure{knowledge.FailedEscalated, knowledge.FailedLowRating, knowledge.FailedSentiment, knowledge.FailedGaveUp} {
		if j.IntN(3) == 0 {
			l.Failures = append(l.Failures, f)
		}
	}
	return l
}

// commits works a commit into the book.
func (r *abode) commits(c knowledge.Commit) {
	b := &r.gaps
	expired := map[uid]bool{}
	for _, x := range r.expired {
		expired[x.UID()] = true
	}
	deleted := func(id uid) bool { return r.gone[id] && !expired[id] }
	for _, rec := range c.Records {
		if deleted(rec.Example) {
			rec.Representative, rec.Example = "", uid{}
		}
		b.records[rec.ID] = rec
	}
	for _, id := range c.Unlink {
		delete(b.links, id)
	}
	for i, l := range c.Links {
		if slices.ContainsFunc(c.Links[i+1:], func(o knowledge.Link) bool { return o.Conversation == l.Conversation }) {
			continue // the last one stands
		}
		if deleted(l.Conversation) {
			delete(b.links, l.Conversation)
			continue
		}
		b.links[l.Conversation] = l
		if expired[l.Conversation] {
			b.silence(l.Conversation)
		}
	}
	b.through, b.touched = c.Through, false
}

func (j *journey) resolvesGap(r *abode) error {
	if err := j.turnsOver(r); err != nil {
		return err
	}
	id, resolved, at := int64(1+j.IntN(9)), j.IntN(2) == 0, j.moment()
	rec, ok := r.gaps.follow(id)
	err := r.s.Gaps.SetResolved(r, r.org, id, resolved, at)
	if !ok {
		return wantError("SetResolved", err, port.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("SetResolved: %w", err)
	}
	step := knowledge.Step{State: knowledge.Open, At: at}
	rec.ResolvedAt = time.Time{}
	if resolved {
		step.State, rec.ResolvedAt = knowledge.Resolved, at
	}
	rec.History = append(slices.Clone(rec.History), step)
	r.gaps.records[rec.ID] = rec
	r.gaps.touched = true
	return j.turnsOver(r)
}

// turnsOver looks whether there is a new version where there must be one.
func (j *journey) turnsOver(r *abode) error {
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return fmt.Errorf("Load: %w", err)
	}
	if (got.Version != r.gaps.version) != r.gaps.touched {
		return fmt.Errorf("Load: the version was %d and is %d; something changed: %v", r.gaps.version, got.Version, r.gaps.touched)
	}
	r.gaps.version, r.gaps.touched = got.Version, false
	records, links := r.gaps.sorted()
	return same("Load", knowledge.Snapshot{Version: got.Version, Through: r.gaps.through, Records: records, Links: links}, got)
}

// seesGaps compares all there is to read of gaps.
func (j *journey) seesGaps(r *abode) error {
	if err := j.turnsOver(r); err != nil {
		return err
	}
	records, links := r.gaps.sorted()
	direct := slices.Clone(links)
	for i := range direct { // as if every link had always been of the gap it leads to
		to, ok := r.gaps.follow(direct[i].Gap)
		if direct[i].Gap = to.ID; !ok {
			direct[i].Gap = -1
		}
	}
	gapsOnly := slices.DeleteFunc(slices.Clone(records), func(rec knowledge.Record) bool { return rec.AliasOf != 0 })
	q := knowledge.Query{MinOccurrences: j.IntN(4)}
	if j.IntN(2) == 0 {
		q.Topic = ptr(j.topic())
	}
	if j.IntN(2) == 0 {
		q.Resolved = ptr(j.IntN(2) == 0)
	}
	part, err := r.s.Gaps.Load(r, r.org, knowledge.Examples)
	if err != nil {
		return fmt.Errorf("Load: %w", err)
	}
	whole := knowledge.Snapshot{Version: r.gaps.version, Through: r.gaps.through, Records: records, Links: links}
	return first(
		func() error { return r.room.gaps(q, gapsOnly, direct) },
		func() error { return same("Load of examples", whole.Part(knowledge.Examples), part) },
		func() error { return j.seesGap(r, gapsOnly, direct) },
		func() error { return j.recalls(r) },
	)
}

func (j *journey) seesGap(r *abode, records []knowledge.Record, links []knowledge.Link) error {
	id := int64(1 + j.IntN(9))
	to, ok := r.gaps.follow(id)
	sum, got, err := r.s.Gaps.Get(r, r.org, id)
	if !ok {
		return wantError("Get", err, port.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("Get %d: %w", id, err)
	}
	var want []knowledge.Link
	for _, l := range links {
		if l.Gap == to.ID && l.Failed() {
			want = append(want, r.gaps.links[l.Conversation])
		}
	}
	slices.SortFunc(want, func(a, b knowledge.Link) int {
		return cmp.Or(b.At.Compare(a.At), bytes.Compare(b.Conversation[:], a.Conversation[:]))
	})
	expected := expectGap(to, records, links, asOf)
	expected.Escalated, expected.Unhappy = sum.Escalated, sum.Unhappy
	return first(
		func() error { return same(fmt.Sprintf("Get %d", id), expected, sum) },
		func() error { return same(fmt.Sprintf("Get %d: occurrences", id), want, got) },
	)
}

func (j *journey) recalls(r *abode) error {
	var ids []uid
	for range j.IntN(5) {
		ids = append(ids, j.whose(r))
	}
	var want []knowledge.Link
	for _, l := range r.gaps.links {
		if slices.Contains(ids, l.Conversation) {
			want = append(want, l)
		}
	}
	got, err := r.s.Gaps.Linked(r, r.org, ids)
	if err != nil {
		return fmt.Errorf("Linked: %w", err)
	}
	slices.SortFunc(want, inTime)
	slices.SortFunc(got, inTime)
	return same("Linked", want, got)
}
