package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/celltest"
	"github.com/csm-monitor/csm-monitor/adapters/storage/postgres"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestCellsAreBuiltAnew(t *testing.T) {
	celltest.Anew(t, cellStore(t, database(t), storage.Options{}))
}

func TestBuildingCellsIsCutOff(t *testing.T) {
	dsn, o := database(t), storage.Options{Sealer: keyring(t)}
	celltest.CutOff(t, cellStore(t, dsn, o), func() port.Storage { return open(t, dsn, o) })
}

func cellStore(t *testing.T, dsn string, o storage.Options) celltest.Store {
	t.Helper()
	config, err := pgx.ParseConfig(without(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return celltest.Store{
		Open: func(ctx context.Context, log *slog.Logger) (port.Storage, error) {
			o.Logger = log
			return postgres.Open(ctx, dsn, o)
		},
		DB: sqlx.NewDb(db, "pgx"),
	}
}

// Of several processes that open a database at once one builds cells; the others wait for it, and may give up.
func TestOnlyOneBuildsCells(t *testing.T) {
	dsn := database(t)
	conn := connected(t, dsn)
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`SELECT pg_advisory_lock(0, 0)`)
	ctx, leave := context.WithCancel(t.Context())
	opened := make(chan error)
	go func() {
		_, err := postgres.Open(ctx, dsn, storage.Options{})
		opened <- err
	}()
	for waiting := false; !waiting; {
		err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-opened:
			t.Fatalf("who is to wait opened: %v", err)
		default:
		}
	}
	leave()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	exec(`SELECT pg_advisory_unlock(0, 0)`)
	open(t, dsn, storage.Options{})
}
