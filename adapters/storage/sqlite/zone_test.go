package sqlite_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// While day cells are built anew for another time zone, and so many conversations keep coming that logs are folded
// meanwhile, every answer is right.
func TestAChangeOfTimeZoneIsNeverSeen(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	s := openAt(t, path, storage.Options{})
	org := tenant.Org{ID: uuid.New(), Address: "org_test", Plan: tenant.SelfHosted, CreatedAt: epoch, Settings: tenant.DefaultSettings()}
	if err := s.Orgs.Create(ctx, org); err != nil {
		t.Fatal(err)
	}
	src := benchdata.Source{Org: org.ID, Start: epoch, Step: 35 * time.Minute, Topics: 3}
	var all []conversation.Conversation
	more := func(n int) {
		t.Helper()
		changes := lo.Times(n, func(i int) conversation.Change { return src.Change(len(all) + i) })
		results, err := s.Conversations.Apply(ctx, changes)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			all = append(all, *r.Conversation)
		}
	}
	more(3000)
	if _, err := s.Conversations.Expire(ctx, org.ID, epoch.Add(10*24*time.Hour), 500); err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{"Asia/Kathmandu", "Europe/Berlin"} {
		_, err := s.Orgs.Update(ctx, org.ID, func(o tenant.Org) (tenant.Org, error) {
			o.Settings.TimeZone = zone
			return o, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for built := false; !built; {
			built = complete(t, path)
			more(600)
			compare(t, s, org.ID, all, metric.Window{Start: epoch.Add(100 * time.Hour).Add(123 * time.Second), End: epoch.Add(70 * 24 * time.Hour), Zone: location})
		}
	}
	closed(t, s)
	var old int
	if err := raw(t, path).QueryRow(`SELECT count(*) FROM cells WHERE view NOT IN (1, 2, 3, 8, 9, 10, 11) AND view < 36`).Scan(&old); err != nil || old > 0 {
		t.Errorf("%d cells of former zones are left, %v", old, err)
	}
}

// However often a zone was changed before, it can be changed again.
func TestATimeZoneMayChangeWithoutEnd(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	s := openAt(t, path, storage.Options{})
	org := tenant.Org{ID: uuid.New(), Address: "org_test", Plan: tenant.SelfHosted, CreatedAt: epoch, Settings: tenant.DefaultSettings()}
	if err := s.Orgs.Create(ctx, org); err != nil {
		t.Fatal(err)
	}
	src := benchdata.Source{Org: org.ID, Start: epoch, Step: time.Hour, Topics: 3}
	if _, err := s.Conversations.Apply(ctx, lo.Times(100, src.Change)); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	if _, err := raw(t, path).Exec(`UPDATE spaces SET grid = 100000`); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, storage.Options{})
	if _, err := s.Orgs.Update(ctx, org.ID, func(o tenant.Org) (tenant.Org, error) {
		o.Settings.TimeZone = "Asia/Kathmandu"
		return o, nil
	}); err != nil {
		t.Fatal(err)
	}
	for tries := 0; !complete(t, path); tries++ {
		if tries == 300 {
			t.Fatal("the day cells are never built")
		}
		time.Sleep(100 * time.Millisecond)
	}
	closed(t, s)
	var old int
	if err := raw(t, path).QueryRow(`SELECT count(*) FROM cells WHERE view IN (4, 5, 6, 7)`).Scan(&old); err != nil || old > 0 {
		t.Errorf("%d cells of former zones are left, %v", old, err)
	}
}

func compare(t *testing.T, s port.Storage, org tenant.ID, all []conversation.Conversation, w metric.Window) {
	t.Helper()
	for _, by := range []metric.Grouping{{}, {Day: true, Handler: true}, {Topic: true}, {Day: true, Topic: true, Priority: true, Handler: true, Platform: true}} {
		sel := metric.Selection{Window: w, By: by}
		want, err := metric.Fold(all, sel)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Rollups.Rollup(context.Background(), org, sel)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Fatalf("by %+v: %s", by, diff)
		}
	}
}

// complete says whether the day cells are all there.
func complete(t *testing.T, path string) bool {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	var from int64
	if err := db.QueryRow(`SELECT complete_from FROM spaces`).Scan(&from); err != nil {
		t.Fatal(err)
	}
	return from == math.MinInt64
}
