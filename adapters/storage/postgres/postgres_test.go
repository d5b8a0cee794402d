package postgres_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/adapters/storage/postgres"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// without is an address without the permission to run unsafely.
func without(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("unsafe")
	u.RawQuery = q.Encode()
	return u.String()
}

func setting(t *testing.T, dsn, name string) (value string) {
	t.Helper()
	conn := connected(t, dsn)
	if err := conn.QueryRow(context.Background(), `SELECT current_setting($1)`, name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func connected(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), without(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestAServerThatForgetsIsRefused(t *testing.T) {
	dsn := database(t)
	safe := without(t, dsn)
	if setting(t, dsn, "fsync") == "off" {
		if _, err := postgres.Open(context.Background(), safe, storage.Options{}); err == nil || !strings.Contains(err.Error(), "fsync") {
			t.Errorf("fsync=off: %v", err)
		}
	}
	u, _ := url.Parse(safe)
	q := u.Query()
	q.Set("options", "-c synchronous_commit=off")
	q.Set("unsafe", "fsync,full_page_writes")
	u.RawQuery = q.Encode()
	if _, err := postgres.Open(context.Background(), u.String(), storage.Options{}); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("synchronous_commit=off: %v", err)
	}
	q.Set("unsafe", "everything")
	u.RawQuery = q.Encode()
	if _, err := postgres.Open(context.Background(), u.String(), storage.Options{}); err == nil || !strings.Contains(err.Error(), "everything") {
		t.Errorf("an unknown safeguard: %v", err)
	}
}

func TestErrorsDoNotShowThePassword(t *testing.T) {
	for _, dsn := range []string{"postgres://u:hunter2@[::1", "postgres://u:hunter2@h:port/db", "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=1", "postgres://u:hunter2@h/db?sslmode=perhaps"} {
		_, err := postgres.Open(context.Background(), dsn, storage.Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

// Two servers, many writers of the same conversations, batches in every order, requests repeated: one state, cells
// equal to the fold, and nobody waits for ever.
func TestManyWritersOnTwoServers(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dsn := database(t)
	o := storage.Options{Sealer: keyring(t)}
	servers := []port.Storage{
		grouped(t, open(t, dsn, o)),
		open(t, dsn, o),
	}
	orgs := []uuid.UUID{uuid.New(), uuid.New()}
	sources := lo.Map(orgs, func(org uuid.UUID, _ int) benchdata.Source {
		return benchdata.Source{Org: org, Start: epoch, Step: 13 * time.Minute}
	})
	var wait sync.WaitGroup
	for writer := range 200 {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(writer), 1))
			changes := lo.Times(5, func(int) conversation.Change {
				n := rng.IntN(50)
				final := sources[rng.IntN(2)].Conversation(n)
				// A writer knows some of the messages; together they know all.
				known := 1 + rng.IntN(len(final.Messages))
				c := conversation.Change{Key: final.Key}
				c.Fn = func(old *conversation.Conversation) (*conversation.Conversation, error) {
					next := final
					next.Messages = final.Messages[:known]
					if old != nil && len(old.Messages) > known {
						next.Messages = old.Messages
					}
					return &next, nil
				}
				if rng.IntN(2) == 0 {
					c.Once = &conversation.Once{Route: "r", Token: fmt.Sprint(n, " ", known), At: epoch}
				}
				return c
			})
			for range 2 { // and everything again
				for _, r := range lo.Must(servers[writer%2].Conversations.Apply(ctx, changes)) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
			}
		})
	}
	wait.Wait()
	for i, org := range orgs {
		var all []conversation.Conversation
		for c, err := range servers[0].Conversations.Each(ctx, org, conversation.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		if len(all) > 50 || len(all) == 0 {
			t.Errorf("%d conversations", len(all))
		}
		seqs := lo.CountValuesBy(all, func(c conversation.Conversation) int64 { return c.Seq })
		if len(seqs) != len(all) {
			t.Error("two versions have one number")
		}
		for _, by := range []metric.Grouping{{}, {Day: true, Topic: true, Priority: true, Handler: true, Platform: true}} {
			sel := metric.Selection{Window: metric.Window{Start: epoch, End: epoch.Add(24 * time.Hour)}, By: by}
			want, err := metric.Fold(all, sel)
			if err != nil {
				t.Fatal(err)
			}
			got, err := servers[i].Rollups.Rollup(ctx, org, sel)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestADumpShowsNothingOfWhatPeopleWrote(t *testing.T) {
	const canary = "xylophonecanary"
	ctx := context.Background()
	find := func(o storage.Options) (tables []string) {
		dsn := database(t)
		s := open(t, dsn, o)
		c := benchdata.Source{Org: uuid.New(), Start: epoch}.Conversation(1)
		c.Key.ID = canary + " id"
		c.Facts.CustomerID.Value, c.Facts.Subtopic.Value = canary, canary
		c.Messages[0].Content = canary + " said"
		if _, err := s.Conversations.Apply(ctx, []conversation.Change{{Key: c.Key, Fn: func(*conversation.Conversation) (*conversation.Conversation, error) { return &c, nil }}}); err != nil {
			t.Fatal(err)
		}
		conn := connected(t, dsn)
		names, err := pgx.CollectRows(lo.Must(conn.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)), pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			var hits int
			if err := conn.QueryRow(ctx, `SELECT count(*) FROM `+name+` t WHERE t::text LIKE $1 OR t::text LIKE $2`, "%"+canary+"%", "%"+hex.EncodeToString([]byte(canary))+"%").Scan(&hits); err != nil {
				t.Fatal(err)
			}
			if hits > 0 {
				tables = append(tables, name)
			}
		}
		return tables
	}
	if tables := find(storage.Options{Sealer: keyring(t)}); len(tables) > 0 {
		t.Errorf("%v show what people wrote", tables)
	}
	if tables := find(storage.Options{}); len(tables) == 0 {
		t.Error("the drill does not find what is there")
	}
}
