//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/binary"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	_ "modernc.org/sqlite"             // the driver named sqlite
)

// The statements of the yardsticks: what the bare drivers do.
var (
	//go:embed sql/sqlite_table.sql
	sqliteTable string
	//go:embed sql/sqlite_insert.sql
	sqliteInsert string
	//go:embed sql/sqlite_live.sql
	sqliteLive string
	//go:embed sql/sqlite_unfolded.sql
	sqliteUnfolded string
	//go:embed sql/postgres_table.sql
	postgresTable string
	//go:embed sql/postgres_live.sql
	postgresLive string
)

// group is how many conversations one transaction takes.
const group = 256

// key is the random-looking key of the nth row, as a store's own ids are.
func key(n int) uuid.UUID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return uuid.UUID(sum[:16])
}

// insertSQLite is the yardstick of an import: the driver's own batched insert of the same lines, as durable.
func insertSQLite(dir string, lines [][]byte) (took time.Duration, err error) {
	address := (&url.URL{Scheme: "file", Opaque: filepath.Join(dir, "bare.db"), RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)&_txlock=immediate"}).String()
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(sqliteTable); err != nil {
		return 0, err
	}
	insert, err := db.Prepare(sqliteInsert)
	if err != nil {
		return 0, err
	}
	org := uuid.New()
	begun := time.Now()
	for from := 0; from < len(lines); from += group {
		tx, err := db.Begin()
		if err != nil {
			return 0, err
		}
		in := tx.Stmt(insert)
		for i, line := range lines[from:min(from+group, len(lines))] {
			uid := key(from + i)
			if _, err := in.Exec(org[:], uid[:], from+i, line); err != nil {
				return 0, err
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// copyPostgres is the yardstick of the upsert path: plain COPY of the same bytes in as many and as large transactions.
func copyPostgres(ctx context.Context, dsn string, values [][]byte) (took time.Duration, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, postgresTable); err != nil {
		return 0, err
	}
	org := uuid.New()
	begun := time.Now()
	for from := 0; from < len(values); from += group {
		part := values[from:min(from+group, len(values))]
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"bare"}, []string{"org", "uid", "started_at", "content"}, pgx.CopyFromSlice(len(part), func(i int) ([]any, error) {
			return []any{org, key(from + i), int64(from + i), part[i]}, nil
		}))
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// liveTotals sums a window over the rows a server keeps, beside the server.
func liveTotals(storage, dir string, t totals) (totals, error) {
	var (
		db    *sql.DB
		err   error
		query = sqliteLive
		org   any
	)
	if strings.HasPrefix(storage, "postgres://") {
		db, err = sql.Open("pgx", storage)
		query, org = postgresLive, t.Org
	} else {
		db, err = sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: filepath.Join(dir, "csm.db"), RawQuery: "_pragma=query_only(1)"}).String())
		org = t.Org[:]
	}
	if err != nil {
		return t, err
	}
	defer func() { _ = db.Close() }()
	statement, err := db.Prepare(query) // the connection is there before the clock runs
	if err != nil {
		return t, err
	}
	begun := time.Now()
	rows, err := statement.Query(org, t.Start.UnixMicro(), t.End.UnixMicro())
	if err != nil {
		return t, err
	}
	defer func() { _ = rows.Close() }()
	t.Conversations = 0
	for rows.Next() {
		var (
			handler, n, escalated, rated int64
			mean                         sql.NullFloat64
		)
		if err := rows.Scan(&handler, &n, &escalated, &rated, &mean); err != nil {
			return t, err
		}
		t.Conversations += n
	}
	t.Took = time.Since(begun)
	return t, rows.Err()
}
