package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

var writes = []act{
	{"arrivals", 40, (*journey).arrivals},
	{"a crowd in a quarter hour", 1, (*journey).crowded},
	{"an erasure", 6, (*journey).erases},
	{"retention", 5, (*journey).ages},
	{"settings", 5, (*journey).settles},
	{"a commit of gaps", 10, (*journey).savesGaps},
	{"a verdict on a gap", 4, (*journey).resolvesGap},
	{"bookings", 4, (*journey).books},
	{"a cursor", 3, (*journey).movesCursor},
	{"a lease", 3, (*journey).leasing},
	{"a key", 3, (*journey).keying},
	{"care for the keys", 2, (*journey).keeps},
	{"the end of an organisation", 1, (*journey).ends},
	{"opening again", 2, (*journey).reopens},
}

// journeyTopics are more topics than one screen shows, and such that look alike.
func (g gen) topic() string {
	if g.IntN(4) == 0 {
		return fmt.Sprintf("topic %d", g.IntN(60))
	}
	return one(g, "billing", "Billing", "shipping", "", "unknown", "東京", "café", "cafe\u0301", "a\u0001b", "%", strings.Repeat("é", 127), "billing ")
}

// arrival is something stated about a conversation at a time.
func (g gen) arrival(k conversation.Key, at time.Time) conversation.Patch {
	stamp := g.stamp(at)
	facts, messages := g.facts(stamp), g.messages(at)
	if g.IntN(3) > 0 {
		facts.Topic = conversation.State(ptr(g.topic()), stamp)
	}
	if g.IntN(3) == 0 {
		facts.CreatedAt = conversation.State(&at, stamp)
	}
	if g.IntN(4) == 0 {
		facts.Cost = conversation.State(ptr(one(g, money.Micro(-5), 0, 1, conversation.MaxCostMicro)), stamp)
	}
	if g.IntN(6) == 0 {
		facts.CustomerID = conversation.State(ptr(one(g, "", "çelik", "c\u0327elik", "ann ")), stamp)
	}
	if len(messages) > 0 && g.IntN(2) == 0 {
		messages[0].At = at
	}
	return conversation.NewPatch(k, facts, messages, stamp, at.Add(time.Duration(g.IntN(5_000_000))*time.Microsecond))
}

// asked is a change with what must come of it.
type asked struct {
	of     *abode
	change conversation.Change
	// patch is nil for a change that fails.
	patch *conversation.Patch
}

// arrivals sends what is new, what was sent before and what is refused, in one call, now and then for both organisations.
func (j *journey) arrivals(r *abode) error {
	var list []asked
	for range 1 + j.IntN(6) {
		of := r
		if j.IntN(8) == 0 {
			of = one(j.gen, j.rooms...)
		}
		list = append(list, j.request(of))
	}
	return j.applies(r, list)
}

func (j *journey) request(of *abode) asked {
	if n := len(of.sent); n > 0 && j.IntN(4) == 0 { // again
		s := of.sent[j.IntN(n)]
		c := change(s.patch)
		if s.once != nil && j.IntN(3) > 0 {
			again := *s.once
			again.At = j.now
			if j.IntN(6) == 0 {
				again.Body[0]++
			}
			c.Once = &again
		}
		return asked{of, c, &s.patch}
	}
	k := key(of.org, j.IntN(40))
	if j.IntN(10) == 0 {
		k.ID = one(j.gen, identifiers...)
	}
	p := j.arrival(k, j.moment())
	c := change(p)
	if j.IntN(3) == 0 {
		c.Once = once(fmt.Sprintf("token %d", len(of.sent)), byte(j.IntN(200)), j.now)
	}
	if j.IntN(12) == 0 {
		c.Fn = refuse
		return asked{of, c, nil}
	}
	of.sent = append(of.sent, sent{p, c.Once})
	return asked{of, c, &p}
}

// applies runs changes and compares every result with the models.
func (j *journey) applies(r *abode, list []asked) error {
	changes := make([]conversation.Change, len(list))
	for i, a := range list {
		changes[i] = a.change
	}
	got, err := r.s.Conversations.Apply(r, changes)
	if err != nil {
		return fmt.Errorf("Apply: %w", err)
	}
	if len(got) != len(list) {
		return fmt.Errorf("Apply: wanted %d results, got %d", len(list), len(got))
	}
	for i, a := range list {
		before, had := a.of.live[a.change.Key.UID()]
		want := j.expects(a)
		what := fmt.Sprintf("result %d of %d", i, len(list))
		if err := sameResult(what, want, got[i]); err != nil {
			return err
		}
		if want.Err == nil {
			if err := a.of.counts(what, had && before.SameVersion(want.Conversation), *got[i].Conversation); err != nil {
				return err
			}
		}
	}
	return nil
}

// expects is what must come of a change.
func (j *journey) expects(a asked) conversation.Result {
	r, id := a.of, a.change.Key.UID()
	if r.gone[id] {
		return conversation.Result{Err: port.ErrGone}
	}
	o := a.change.Once
	if o != nil {
		if first, ok := r.tokens[o.Token]; ok && o.At.Before(first.at.Add(24*time.Hour)) {
			live := r.live[id]
			if first.body != o.Body {
				return conversation.Result{Err: port.ErrTokenReused}
			}
			return conversation.Result{Conversation: &live, Effect: first.effect}
		}
	}
	if a.patch == nil {
		return conversation.Result{Err: errNo}
	}
	want := r.take(*a.patch)
	if o != nil {
		r.tokens[o.Token] = effectOf{o.Body, o.At, want.Effect}
	}
	return want
}

// counts checks the number of a version: a new one is above all before, an old one keeps its own.
func (r *abode) counts(what string, old bool, c conversation.Conversation) error {
	id := c.UID()
	switch {
	case old && r.seqs[id] != c.Seq:
		return fmt.Errorf("%s: the version had the number %d and now has %d", what, r.seqs[id], c.Seq)
	case !old && c.Seq <= r.newest:
		return fmt.Errorf("%s: the new version has the number %d after %d", what, c.Seq, r.newest)
	}
	r.seqs[id], r.newest = c.Seq, max(r.newest, c.Seq)
	if len(r.seen) < 300 {
		r.seen = append(r.seen, c)
	}
	return nil
}

// crowded puts hundreds of conversations into one quarter hour, in calls of different sizes.
func (j *journey) crowded(r *abode) error {
	at := j.moment()
	base := 1000 * (1 + j.IntN(50))
	for n := 0; n < 300; {
		var list []asked
		for range one(j.gen, 1, 15, 16, 17, 120) {
			stamp := conversation.Stamp{Trust: conversation.Signed, At: at}
			start := at.Add(time.Duration(j.IntN(900_000_000)) * time.Microsecond)
			facts := conversation.Facts{CreatedAt: conversation.State(&start, stamp), Topic: conversation.State(ptr(j.topic()), stamp), CustomerID: maybe(j.gen, stamp, "ann", "bob")}
			p := conversation.NewPatch(key(r.org, base+n), facts, nil, stamp, at)
			list = append(list, asked{r, change(p), &p})
			n++
		}
		if err := j.applies(r, list); err != nil {
			return err
		}
	}
	return nil
}

func (j *journey) erases(r *abode) error {
	q := j.query(r)
	if j.IntN(2) == 0 {
		q = conversation.Query{UIDs: []uid{key(r.org, j.IntN(40)).UID(), key(r.org, j.IntN(40)).UID()}}
	}
	if len(r.listed(q)) > len(r.live)/2 && j.IntN(4) > 0 {
		q = conversation.Query{Topic: ptr("shipping")} // a journey through an empty land shows nothing
	}
	want := r.delete(q)
	want.Org, want.At = r.org, j.now
	for id := range r.seqs {
		if r.gone[id] {
			delete(r.seqs, id)
			want.GapLinks += r.gaps.forget(id)
		}
	}
	q.Limit, q.Offset = j.IntN(3), j.IntN(3)
	got, err := r.s.Conversations.Delete(r, r.org, q, j.now)
	if err != nil {
		return fmt.Errorf("Delete: %w", err)
	}
	return same("Delete "+showQuery(q), want, got)
}

func (j *journey) ages(r *abode) error {
	cutoff, limit := j.moment(), one(j.gen, 1, 2, 5, 5, 1000)
	if all := r.listed(conversation.Query{}); len(all) > 4 && j.IntN(4) > 0 {
		cutoff = all[len(all)*3/4].StartedAt.Add(time.Duration(j.IntN(3)-1) * time.Microsecond)
	}
	old := r.listed(conversation.Query{End: cutoff})
	n := min(limit, len(old))
	got, err := r.s.Conversations.Expire(r, r.org, cutoff, limit)
	if err != nil {
		return fmt.Errorf("Expire: %w", err)
	}
	if got != n {
		return fmt.Errorf("Expire before %s: wanted %d, got %d", cutoff.Format(time.RFC3339Nano), n, got)
	}
	r.expire(conversation.Query{End: cutoff}, n)
	for _, c := range old[len(old)-n:] {
		delete(r.seqs, c.UID())
		r.gaps.silence(c.UID())
	}
	return nil
}

// settles changes an organisation's settings, its time zone most of the time.
func (j *journey) settles(r *abode) error {
	next := r.told
	next.Settings.TimeZone = one(j.gen, append(zones, "Pacific/Kiritimati", "Asia/Calcutta", "Pacific/Chatham", "nowhere")...)
	next.Name = one(j.gen, "Acme", "Ünïcode & Söhne 東京", "")
	next.Plan = one(j.gen, tenant.Plans()...)
	next.Settings.RetentionDays = one(j.gen, nil, ptr(0), ptr(30))
	next.Settings.Costs.SetUp = money.Micro(j.IntN(1000))
	if j.IntN(6) == 0 {
		taken := one(j.gen, j.rooms...).told.Address
		next.Address = taken
	}
	fails := j.IntN(6) == 0
	got, err := r.s.Orgs.Update(r, r.org, func(old tenant.Org) (tenant.Org, error) {
		if d := differ(r.told, old); d != "" {
			return old, fmt.Errorf("fn was handed another organisation: %s", d)
		}
		if fails {
			return next, errNo
		}
		return next, nil
	})
	switch {
	case fails:
		return wantError("Update", err, errNo)
	case slices.ContainsFunc(j.rooms, func(o *abode) bool { return o != r && o.told.Address == next.Address }):
		return wantError("Update", err, port.ErrConflict)
	case err != nil:
		return fmt.Errorf("Update: %w", err)
	}
	r.told = next
	return same("Update", next, got)
}

// keeper is what a store that seals can do beside the ports.
type keeper interface {
	Rewrap(ctx context.Context) (int, error)
	Renew(ctx context.Context, org tenant.ID) (int, error)
	Destroy(ctx context.Context, org tenant.ID) error
}

func (j *journey) keeps(r *abode) error {
	k, ok := r.s.Orgs.(keeper)
	if !ok {
		return nil
	}
	if j.IntN(2) == 0 {
		_, err := k.Rewrap(r)
		return err
	}
	_, err := k.Renew(r, r.org)
	return err
}

// ends destroys an organisation. Another one takes its place; identifiers are never used again.
func (j *journey) ends(r *abode) error {
	k, ok := r.s.Orgs.(keeper)
	if !ok || j.IntN(2) == 0 {
		return nil
	}
	if err := k.Destroy(r, r.org); err != nil {
		return fmt.Errorf("Destroy: %w", err)
	}
	_, err := r.s.Orgs.Get(r, r.org)
	if err := wantError("Get of a destroyed organisation", err, port.ErrNotFound); err != nil {
		return err
	}
	*r.model = *newModel()
	for id, kept := range j.keys {
		if kept.Org == r.org {
			delete(j.keys, id)
		}
	}
	if err := r.everything(); err != nil {
		return err
	}
	j.made++
	next := newAbode(r.Context, j.made)
	j.rooms[slices.Index(j.rooms, r)] = next
	if err := j.at(next).s.Orgs.Create(next, next.told); err != nil {
		return fmt.Errorf("Create: %w", err)
	}
	return nil
}

func (j *journey) reopens(r *abode) error {
	if j.again != nil {
		j.stores = []port.Storage{j.again()}
	}
	return nil
}
