package storagetest

import (
	"context"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// room is one organisation in a store, beside the model of what must be in it.
type room struct {
	context.Context
	s   port.Storage
	org tenant.ID
	*model
}

// enter creates the nth organisation and goes into it.
func enter(ctx context.Context, s port.Storage, n int) (*room, error) {
	r := &room{ctx, s, orgID(n), newModel()}
	if err := s.Orgs.Create(ctx, organisation(n)); err != nil {
		return nil, fmt.Errorf("Orgs.Create: %w", err)
	}
	return r, nil
}

// in is a check inside the first organisation of an empty store.
func in(check func(r *room) error) func(context.Context, port.Storage) error {
	return func(ctx context.Context, s port.Storage) error {
		r, err := enter(ctx, s, 1)
		if err != nil {
			return err
		}
		return check(r)
	}
}

// organisation is the nth, on the default settings.
func organisation(n int) tenant.Org {
	address := []byte("org_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	for i, rest := len(address)-1, n; rest > 0; i, rest = i-1, rest/26 {
		address[i] = byte('a' + rest%26)
	}
	return tenant.Org{
		ID: orgID(n), Address: string(address), Name: "Acme", Plan: tenant.SelfHosted, CreatedAt: noon,
		Settings: tenant.DefaultSettings(),
	}
}

// uids are the identifiers of some conversations.
func uids(list ...conversation.Conversation) []uid {
	out := make([]uid, len(list))
	for i, c := range list {
		out[i] = c.UID()
	}
	return out
}

// put applies patches in one call and compares every result with the model.
func (r *room) put(patches ...conversation.Patch) error {
	_, err := r.apply(patches...)
	return err
}

func (r *room) apply(patches ...conversation.Patch) ([]conversation.Result, error) {
	changes := make([]conversation.Change, len(patches))
	for i, p := range patches {
		changes[i] = change(p)
	}
	got, err := r.s.Conversations.Apply(r, changes)
	if err != nil {
		return nil, fmt.Errorf("Apply: %w", err)
	}
	if len(got) != len(patches) {
		return nil, fmt.Errorf("Apply: wanted %d results, got %d", len(patches), len(got))
	}
	for i, p := range patches {
		want := r.take(p)
		if err := sameResult(fmt.Sprintf("result %d of %d", i, len(patches)), want, got[i]); err != nil {
			return nil, err
		}
	}
	return got, nil
}

func sameResult(what string, want, got conversation.Result) error {
	if want.Err != nil {
		return wantError(what, got.Err, want.Err)
	}
	if got.Err != nil {
		return fmt.Errorf("%s: %w", what, got.Err)
	}
	if want.Effect != got.Effect {
		return fmt.Errorf("%s: wanted the effect %s, got %s", what, want.Effect, got.Effect)
	}
	if got.Conversation == nil {
		return fmt.Errorf("%s: the result has no conversation", what)
	}
	return sameConversation(what, *want.Conversation, *got.Conversation)
}

// fill puts n conversations in, of several patches each, starting within a span of time.
func (r *room) fill(g gen, n int, span time.Duration) error {
	var patches []conversation.Patch
	for i := range n {
		at := noon.Add(time.Duration(g.Int64N(int64(span/time.Minute))) * time.Minute)
		for range 1 + g.IntN(3) {
			patches = append(patches, g.patch(key(r.org, i), at))
		}
	}
	return r.put(patches...)
}

// everything compares all there is to read with the model.
func (r *room) everything() error {
	want := r.listed(conversation.Query{})
	page, err := r.s.Conversations.List(r, r.org, conversation.Query{Limit: len(want) + 1, Total: true})
	if err != nil {
		return fmt.Errorf("List: %w", err)
	}
	if err := sameList("List", want, page.Conversations); err != nil {
		return err
	}
	if page.Total == nil || *page.Total != int64(len(want)) {
		return fmt.Errorf("List: wanted the total %d, got %v", len(want), show(page.Total))
	}
	for _, c := range want {
		got, err := r.s.Conversations.Get(r, r.org, c.UID())
		if err != nil {
			return fmt.Errorf("Get %s: %w", c.ID, err)
		}
		if err := sameConversation("Get", c, got); err != nil {
			return err
		}
	}
	for id := range r.gone {
		if _, err := r.s.Conversations.Get(r, r.org, id); wantError("Get", err, port.ErrNotFound) != nil {
			return wantError("Get of one that is gone", err, port.ErrNotFound)
		}
	}
	return r.cells()
}

// always is every window there is.
var always = metric.Window{Start: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}

// cells compares the cells, by every dimension and in sum, with the fold.
func (r *room) cells() error {
	for _, by := range []metric.Grouping{{}, {Topic: true, Priority: true, Handler: true, Platform: true, Day: true}} {
		if err := r.rollup(metric.Selection{Window: always, By: by}); err != nil {
			return err
		}
	}
	return nil
}

// rollup compares selections asked for at once.
func (r *room) rollup(selections ...metric.Selection) error {
	got, err := r.s.Rollups.Rollup(r, r.org, selections...)
	if err != nil {
		return fmt.Errorf("Rollup: %w", err)
	}
	if len(got) != len(selections) {
		return fmt.Errorf("Rollup: wanted %d sums, got %d", len(selections), len(got))
	}
	for i, s := range selections {
		want, err := r.fold(s)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("Rollup by %+v where %s in %s, %d of %d", s.By, showFilter(s.Where), showWindow(s.Window), i+1, len(selections))
		if err := sameCells(what, want, got[i]); err != nil {
			return err
		}
	}
	return nil
}

func showFilter(f metric.Filter) string {
	return fmt.Sprintf("topic %s priority %s handler %q platform %q", show(f.Topic), show(f.Priority), f.Handler, f.Platform)
}

func showWindow(w metric.Window) string {
	return fmt.Sprintf("[%s, %s) %v", w.Start.Format(time.RFC3339Nano), w.End.Format(time.RFC3339Nano), w.Zone)
}

// show prints what a pointer points to.
func show[T any](p *T) string {
	if p == nil {
		return "nil"
	}
	return fmt.Sprintf("%#v", *p)
}
