package postgres_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// fresh is a change that stores a conversation which must not be stored yet, or else counts that it was.
func fresh(c conversation.Conversation, met *atomic.Int64) conversation.Change {
	return conversation.Change{Key: c.Key, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
		if old != nil {
			met.Add(1)
			return old, nil
		}
		return &c, nil
	}}
}

// equalsFold checks sums of a year against a fold over what is stored.
func equalsFold(t *testing.T, s port.Storage, org tenant.ID, want int) {
	t.Helper()
	ctx := context.Background()
	var all []conversation.Conversation
	for c, err := range s.Conversations.Each(ctx, org, conversation.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) != want {
		t.Errorf("%d conversations are stored, not %d", len(all), want)
	}
	for _, by := range []metric.Grouping{{}, {Day: true, Topic: true, Priority: true, Handler: true, Platform: true}} {
		sel := metric.Selection{Window: metric.Window{Start: epoch, End: epoch.AddDate(1, 0, 0)}, By: by}
		folded, err := metric.Fold(all, sel)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Rollups.Rollup(ctx, org, sel)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(folded, got[0]); diff != "" {
			t.Errorf("cells differ from the fold: %.2000s", diff)
		}
	}
}

// twoServers are two stores on one empty database.
func twoServers(t *testing.T) (dsn string, servers []port.Storage) {
	t.Helper()
	dsn = database(t)
	return dsn, []port.Storage{open(t, dsn, storage.Options{}), open(t, dsn, storage.Options{})}
}

// Large batches look for what is stored before they lock. Whoever was overtaken meanwhile must notice.
func TestLargeBatchesOvertakeEachOther(t *testing.T) {
	const conversations, writers, batch = 320, 6, 64
	ctx := context.Background()
	_, servers := twoServers(t)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: 13 * time.Minute}
	var (
		wait         sync.WaitGroup
		met, created atomic.Int64
	)
	for writer := range writers {
		wait.Go(func() {
			order := rand.New(rand.NewPCG(uint64(writer), 1)).Perm(conversations)
			for _, part := range lo.Chunk(order, batch) {
				changes := lo.Map(part, func(n, _ int) conversation.Change { return fresh(source.Conversation(n), &met) })
				results, err := servers[writer%2].Conversations.Apply(ctx, changes)
				if err != nil {
					t.Error(err)
				}
				for _, r := range results {
					if r.Err != nil {
						t.Error(r.Err)
					}
					if r.Effect == conversation.Created {
						created.Add(1)
					}
				}
			}
		})
	}
	wait.Wait()
	if created.Load() != conversations {
		t.Errorf("%d conversations were said to be new, not %d", created.Load(), conversations)
	}
	if met.Load() == 0 {
		t.Error("no writer met what another had stored: the test shows nothing")
	}
	equalsFold(t, servers[0], source.Org, conversations)
}

// The log of cells is folded beside the writes, by both servers, and nothing is counted twice or lost meanwhile.
func TestFoldsBesideWrites(t *testing.T) {
	const conversations, batch = 10_240, 256
	ctx := context.Background()
	dsn, servers := twoServers(t)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: 16 * time.Minute}
	var (
		wait sync.WaitGroup
		met  atomic.Int64
	)
	for writer := range servers {
		wait.Go(func() {
			for from := writer * batch; from < conversations; from += len(servers) * batch {
				changes := lo.Times(batch, func(i int) conversation.Change { return fresh(source.Conversation(from+i), &met) })
				if _, err := servers[writer].Conversations.Apply(ctx, changes); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	equalsFold(t, servers[0], source.Org, conversations)
	unlogged(t, connected(t, dsn), source.Org)
	equalsFold(t, servers[1], source.Org, conversations)
}

// A log that is too long while every connection waits for the disk is folded nevertheless.
func TestGroupsThatWaitForTheDiskDoNotHoldUpAFold(t *testing.T) {
	const long, batch, batches = 16_300, 64, 60 // the first of the batches make the log too long
	s := grouped(t, open(t, database(t), storage.Options{}))
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: 16 * time.Minute}
	var met atomic.Int64
	store := func(from, n int) {
		changes := lo.Times(n, func(i int) conversation.Change { return fresh(source.Conversation(from+i), &met) })
		if _, err := s.Conversations.Apply(context.Background(), changes); err != nil {
			t.Error(err)
		}
	}
	store(0, long)
	var wait sync.WaitGroup
	for i := range batches {
		wait.Go(func() { store(long+i*batch, batch) })
	}
	wait.Wait()
}

// A change that panics in a transaction keeps no connection, and does not keep the store from being closed.
func TestAChangeThatPanicsHoldsNothing(t *testing.T) {
	s := open(t, database(t), storage.Options{})
	c := benchdata.Source{Org: uuid.New(), Start: epoch}.Conversation(0)
	var met atomic.Int64
	store := func(fn func()) {
		defer func() { _ = recover() }()
		_, err := s.Conversations.Apply(t.Context(), []conversation.Change{{Key: c.Key, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
			if old != nil {
				fn()
			}
			return fresh(c, &met).Fn(old)
		}}})
		if err != nil {
			t.Error(err)
		}
	}
	store(nil)
	for range 10 { // more than there are connections
		store(func() { panic("trouble") })
	}
	store(func() {})
	if met.Load() != 1 {
		t.Error("the last change did not run")
	}
}

// unlogged waits until all entries of the log of cells are folded.
func unlogged(t *testing.T, conn *pgx.Conn, org tenant.ID) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var logged, rows int
		if err := conn.QueryRow(t.Context(), `SELECT logged, (SELECT count(*) FROM cell_log l WHERE l.org = s.org) FROM spaces s WHERE org = $1`, org).Scan(&logged, &rows); err != nil {
			t.Fatal(err)
		}
		if logged == 0 && rows == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the log still has %d entries in %d rows", logged, rows)
		}
	}
}

// Two servers that have worked out folds of the same entries store one of them.
func TestAFoldThatIsOvertakenStoresNothing(t *testing.T) {
	const conversations, batch = 5120, 256
	ctx := context.Background()
	dsn, servers := twoServers(t)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: 16 * time.Minute}
	conn := connected(t, dsn)
	// Packs that are there already, so that a second fold would not fail for making them again.
	store := func(s port.Storage, from, to int) {
		t.Helper()
		for _, part := range lo.Chunk(lo.RangeWithSteps(from, to, 2), batch) {
			if _, err := s.Conversations.Apply(ctx, lo.Map(part, func(n, _ int) conversation.Change { return source.Change(n) })); err != nil {
				t.Fatal(err)
			}
		}
	}
	store(servers[0], 0, conversations)
	unlogged(t, conn, source.Org)
	lock, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(binary.BigEndian.Uint64(source.Org[:8]))); err != nil {
		t.Fatal(err)
	}
	store(servers[0], 1, conversations)
	store(servers[1], conversations, conversations+1)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var waiting int
		if err := lock.QueryRow(ctx, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting == len(servers) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d servers wait for their turn to store a fold", waiting)
		}
	}
	if err := lock.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	unlogged(t, conn, source.Org)
	equalsFold(t, servers[1], source.Org, conversations+1)
}
