package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func dialect(config *pgx.ConnConfig) sqlstore.Dialect {
	return sqlstore.Dialect{
		Numbered: true,
		Shared:   true,
		Lock:     " FOR UPDATE",
		Joined:   `string_agg(cell, ''::bytea)`,
		Snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		Lost:     func(err error) bool { return lost(state(err)) },
		Taken:    func(err error) bool { return state(err) == "23505" },
		Down:     down,
		Bulk:     bulk{},
		Early:    `SET LOCAL synchronous_commit = off`,
		Durable:  durable,
		Until:    until,
		FoldLock: `SELECT pg_advisory_xact_lock(?)`,
		// Two numbers are a lock that one number cannot be. Building a large store takes longer than a lock is waited for.
		BuildLock: `SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(0, 0)`,
		Announce:  announce,
		Listen:    func(ctx context.Context, heard func(tenant.ID)) { listen(ctx, config, heard) },
	}
}

// state is the error's SQLSTATE, "" for an error that is not the server's.
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// lost are the failures that another transaction caused: serialization, deadlock.
func lost(code string) bool { return code == "40001" || code == "40P01" }

// down says whether the server is away, overloaded, shutting down, in recovery or no longer the primary, or somebody else
// does not give back a lock.
func down(err error) bool {
	switch code := state(err); {
	case code == "":
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57"), strings.HasPrefix(code, "58"), code == "25006", code == "55P03":
		return true
	}
	var (
		refused *pgconn.ConnectError
		network net.Error
	)
	return errors.As(err, &refused) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, io.ErrUnexpectedEOF)
}

// durable waits for the disk, and for the standbys where the server does, in place of the commits, which so hold no
// locks meanwhile: it commits as the server is set, and the log is on the disk in order. It must be on the connection that
// committed: only that the connection lives proves that the server has not forgotten the commit in a crash since.
func durable(conn *sqlx.Conn) error {
	_, err := conn.ExecContext(context.Background(), `SELECT pg_logical_emit_message(true, 'csm-monitor', '')`)
	return err
}

// until bounds the connection itself, which costs nothing: watching a context would take a goroutine for every statement.
func until(conn *sqlx.Conn, at time.Time) {
	_ = on(conn.Conn, func(c *pgx.Conn) error { return c.PgConn().Conn().SetDeadline(at) })
}

const channel = "csm_stored"

func announce(ctx context.Context, db *sql.DB, orgs []tenant.ID) error {
	_, err := db.ExecContext(ctx, `SELECT pg_notify($1, org::text) FROM unnest($2::uuid[]) AS org`, channel, orgs)
	return err
}

// listen passes on what processes announce until ctx ends. It is a hint, so what is missed while the connection is away
// is lost.
func listen(ctx context.Context, config *pgx.ConnConfig, heard func(tenant.ID)) {
	const wait = time.Second
	for ctx.Err() == nil {
		listenOnce(ctx, config, heard)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func listenOnce(ctx context.Context, config *pgx.ConnConfig, heard func(tenant.ID)) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if org, err := uuid.Parse(n.Payload); err == nil {
			heard(org)
		}
	}
}
