package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/celltest"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func masterKey(t *testing.T) seal.Wrapper {
	t.Helper()
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	w, err := seal.Local(key)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func keeper(t *testing.T, s port.Storage) storage.Keeper {
	t.Helper()
	k, ok := storage.KeeperOf(s)
	if !ok {
		t.Fatal("the store has no keeper")
	}
	return k
}

// readable says that everything planted opens.
func readable(t *testing.T, s port.Storage, orgs ...tenant.ID) {
	t.Helper()
	ctx := context.Background()
	for _, org := range orgs {
		page, err := s.Conversations.List(ctx, org, conversation.Query{Search: canary, Customer: lo.ToPtr(canary + "customer")})
		if err != nil || len(page.Conversations) != 20 {
			t.Fatalf("%d conversations, %v", len(page.Conversations), err)
		}
		snapshot, err := s.Gaps.Load(ctx, org, knowledge.Whole)
		if err != nil || snapshot.Records[0].Representative != canary+" representative" || snapshot.Links[0].Question != canary+" asked" {
			t.Fatalf("%+v, %v", snapshot, err)
		}
	}
}

func TestRotation(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	first, second := masterKey(t), masterKey(t)
	orgs := lo.Times(5, func(int) tenant.ID { return uuid.New() })
	s := openAt(t, path, storage.Options{Sealer: seal.New(first)})
	for _, org := range orgs {
		plant(t, s, org)
	}
	closed(t, s)

	// Given up after each step, then called again.
	for given := 1; ; given++ {
		s = openAt(t, path, storage.Options{Sealer: seal.New(second, first)})
		_, err := keeper(t, s).Rewrap(celltest.EndingAfter(ctx, given))
		readable(t, s, orgs...)
		closed(t, s)
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	s = openAt(t, path, storage.Options{Sealer: seal.New(second)}) // the first master key is gone
	readable(t, s, orgs...)
	for given := 1; ; given++ {
		_, err := keeper(t, s).Renew(celltest.EndingAfter(ctx, given), orgs[0])
		readable(t, s, orgs...)
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if n, err := keeper(t, s).Renew(ctx, orgs[1]); err != nil || n != 22 {
		t.Errorf("%d values sealed anew, %v", n, err)
	}
	readable(t, s, orgs...)
	if n, err := keeper(t, s).Rewrap(ctx); err != nil || n != 0 {
		t.Errorf("rewrapped %d again, %v", n, err)
	}
	closed(t, s)
}

func TestDestroy(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	s := openAt(t, path, storage.Options{Sealer: keyring(t)})
	org, other := tenant.Org{ID: uuid.New(), Address: "org_a", Plan: tenant.SelfHosted, Settings: tenant.DefaultSettings()}, uuid.New()
	if err := s.Orgs.Create(ctx, org); err != nil {
		t.Fatal(err)
	}
	if err := s.Keys.Put(ctx, tenant.APIKey{ID: "k", Org: org.ID, Prefix: "p", Role: tenant.Owner}); err != nil {
		t.Fatal(err)
	}
	plant(t, s, org.ID)
	plant(t, s, other)
	if err := keeper(t, s).Destroy(ctx, org.ID); err != nil {
		t.Fatal(err)
	}
	readable(t, s, other)
	if _, err := s.Orgs.Get(ctx, org.ID); !errors.Is(err, port.ErrNotFound) {
		t.Error(err)
	}
	closed(t, s)
	db := raw(t, path)
	tables, err := db.Query(`SELECT m.name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'org') FROM sqlite_master m WHERE m.type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tables.Close() }()
	seen := 0
	for tables.Next() {
		var (
			name  string
			owned bool
		)
		if err := tables.Scan(&name, &owned); err != nil {
			t.Fatal(err)
		}
		if !owned {
			continue
		}
		seen++
		var left int
		if err := raw(t, path).QueryRow(`SELECT count(*) FROM `+name+` WHERE org = ?`, org.ID[:]).Scan(&left); err != nil || left > 0 {
			t.Errorf("%s: %d rows left, %v", name, left, err)
		}
	}
	if err := tables.Err(); err != nil {
		t.Fatal(err)
	}
	if seen < 15 {
		t.Errorf("only %d tables looked at", seen)
	}
}
