// Package celltest asks of a relational store that its sums are those of its conversations, whoever kept its cells before
// and however.
package celltest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Store is a store under test, which is empty.
type Store struct {
	// Open opens it.
	Open func(ctx context.Context, log *slog.Logger) (port.Storage, error)
	// DB reaches its database.
	DB  *sqlx.DB
	log *slog.Logger
}

// logging is the store with what it logs written to a buffer.
func (s Store) logging(to *bytes.Buffer) Store {
	s.log = slog.New(slog.NewTextHandler(to, nil))
	return s
}

func (s Store) open(t *testing.T) port.Storage {
	t.Helper()
	opened, err := s.Open(t.Context(), s.log)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func closed(t *testing.T, s port.Storage) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func (s Store) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := s.DB.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// stale says of the cells that they are kept as no build keeps them.
func (s Store) stale(t *testing.T) {
	t.Helper()
	q := s.DB.Rebind(`UPDATE facts SET value = ? WHERE name = 'cells'`)
	if _, err := s.DB.ExecContext(t.Context(), q, []byte("another way, yet")); err != nil {
		t.Fatal(err)
	}
}

// fact is what the database says of its cells.
func (s Store) fact(t *testing.T) (value string) {
	t.Helper()
	var stored []byte
	if err := s.DB.GetContext(t.Context(), &stored, `SELECT value FROM facts WHERE name = 'cells'`); err != nil {
		t.Fatal(err)
	}
	return string(stored)
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// org is an organisation and the conversations that its sums are made of.
type org struct {
	tenant.Org
	benchdata.Source
	counted map[int]counted
	// changed counts changes of conversations that were there.
	changed int
}

// counted is when a conversation began and what it counts.
type counted struct {
	at   time.Time
	cell metric.Cell
}

// orgs are organisations of many kinds, without conversations. Of the first a build takes several steps.
func orgs() []*org {
	make := func(n int, zone string, step time.Duration) *org {
		o := &org{counted: map[int]counted{}}
		o.Org = tenant.Org{ID: uuid.New(), Address: fmt.Sprint("org_", n), Plan: tenant.SelfHosted, CreatedAt: epoch, Settings: tenant.DefaultSettings()}
		o.Settings.TimeZone = zone
		o.Source = benchdata.Source{Org: o.ID, Start: epoch, Step: step, Topics: 3}
		return o
	}
	return []*org{
		make(0, "UTC", 35*time.Minute), make(1, "Asia/Kathmandu", 3*time.Hour), make(2, "Europe/Berlin", 100*time.Millisecond), make(3, "America/Havana", time.Hour),
	}
}

// filled makes a store with conversations, some of which are deleted or have expired.
func (s Store) filled(t *testing.T) []*org {
	t.Helper()
	all := orgs()
	opened := s.open(t)
	for i, o := range all {
		if err := opened.Orgs.Create(t.Context(), o.Org); err != nil {
			t.Fatal(err)
		}
		for _, part := range lo.Chunk(lo.Range([]int{4500, 400, 2100, 50}[i]), 1000) {
			o.put(t, opened, part...)
		}
	}
	_, err := opened.Conversations.Delete(t.Context(), all[0].ID, conversation.Query{End: epoch.Add(10 * time.Hour)}, epoch)
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range all[0].counted {
		if c.at.Before(epoch.Add(10 * time.Hour)) {
			delete(all[0].counted, n)
		}
	}
	for i, expired := range []int{2100, 200, 0, 50} {
		took, err := opened.Conversations.Expire(t.Context(), all[i].ID, epoch.AddDate(1, 0, 0), expired)
		if err != nil || took != expired {
			t.Fatal(took, err)
		}
	}
	for _, o := range all {
		o.compare(t, opened)
	}
	closed(t, opened)
	return all
}

// put stores conversations, again those that are there.
func (o *org) put(t *testing.T, s port.Storage, numbers ...int) {
	t.Helper()
	changes := lo.Map(numbers, func(n, _ int) conversation.Change {
		c := o.Conversation(n)
		if _, again := o.counted[n]; again {
			o.changed++
			topic := fmt.Sprint("change ", o.changed)
			c.Facts.Topic = conversation.State(&topic, conversation.Stamp{Trust: conversation.Signed, At: epoch})
		}
		return conversation.Change{Key: c.Key, Fn: func(*conversation.Conversation) (*conversation.Conversation, error) { return &c, nil }}
	})
	results, err := s.Conversations.Apply(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		o.counted[numbers[i]] = counted{r.Conversation.StartedAt, metric.Contribution(r.Conversation)}
	}
}

// compare holds what the store says of an organisation against a fold over its conversations.
func (o *org) compare(t *testing.T, s port.Storage) {
	t.Helper()
	var asked []metric.Selection
	for _, w := range []metric.Window{
		{Start: epoch.AddDate(-1, 0, 0), End: epoch.AddDate(2, 0, 0), Zone: o.Settings.Location()},
		{Start: epoch.Add(100*time.Hour + 123*time.Second), End: epoch.Add(70*24*time.Hour + 7*time.Hour), Zone: o.Settings.Location()},
	} {
		for _, by := range []metric.Grouping{
			{}, {Priority: true}, {Topic: true}, {Day: true, Topic: true, Platform: true},
			{Day: true, Topic: true, Priority: true, Handler: true, Platform: true},
		} {
			asked = append(asked, metric.Selection{Window: w, By: by})
		}
	}
	got, err := s.Rollups.Rollup(t.Context(), o.ID, asked...)
	if err != nil {
		t.Fatal(err)
	}
	for i, sel := range asked {
		sum := metric.NewSum(sel)
		for _, c := range o.counted {
			if !sel.Window.Contains(c.at) {
				continue
			}
			if err := sum.Add(c.cell); err != nil {
				t.Fatal(err)
			}
		}
		if want := sum.Cells(); !reflect.DeepEqual(want, got[i]) {
			t.Errorf("%s by %+v from %s: %s", o.Address, sel.By, sel.Window.Start, first(cmp.Diff(want, got[i])))
			return
		}
	}
}

// first is the beginning of a text that may be very long.
func first(text string) string { return text[:min(len(text), 500)] }
