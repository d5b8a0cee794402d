package postgres

import (
	"context"
	"database/sql"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// bulk reads and writes many rows in one statement: new rows are copied, those of other statements travel as arrays.
type bulk struct{}

// on runs fn on the connection itself.
func on(conn *sql.Conn, fn func(*pgx.Conn) error) error {
	return conn.Raw(func(c any) error { return fn(c.(*stdlib.Conn).Conn()) })
}

// types are those of sqlstore.RowColumns, in their order.
var types = []string{
	"uuid", "uuid", "bigint", "bigint", "smallint", "smallint", "smallint", "smallint", "smallint", "smallint", "smallint",
	"smallint", "smallint", "text", "bigint", "bigint", "bigint", "bigint", "bytea", "bytea",
}

// unnest is the arrays from parameter $first on as a table.
func unnest(first int, types ...string) string {
	return "unnest(" + strings.Join(lo.Map(types, func(t string, i int) string { return "$" + strconv.Itoa(first+i) + "::" + t + "[]" }), ", ") + ")"
}

var (
	columns = strings.Split(sqlstore.RowColumns, ", ")
	// Each conversation is looked for by itself: a plan for all of them at once, made when the table was small, would read
	// all that the organisation has.
	stored = `SELECT c.* FROM unnest($2::uuid[]) AS k (uid)
		CROSS JOIN LATERAL (SELECT ` + sqlstore.StoredColumns + ` FROM conversations WHERE org = $1 AND uid = k.uid LIMIT 1) AS c`
	known  = `SELECT k.uid FROM unnest($2::uuid[]) AS k (uid) CROSS JOIN LATERAL (SELECT FROM conversations WHERE org = $1 AND uid = k.uid LIMIT 1) AS c`
	insert = `COPY conversations (` + sqlstore.RowColumns + `) FROM STDIN BINARY`
	update = `UPDATE conversations AS c SET ` +
		strings.Join(lo.Map(columns[2:], func(c string, _ int) string { return c + " = n." + c }), ", ") +
		` FROM ` + unnest(1, types...) + ` AS n (` + sqlstore.RowColumns + `) WHERE c.org = n.org AND c.uid = n.uid`
)

// keys are ids in the form that the driver sends as they are.
func keys(uids []uuid.UUID) [][16]byte {
	return lo.Map(uids, func(uid uuid.UUID, _ int) [16]byte { return uid })
}

// Known looks for conversations without reading them.
func (bulk) Known(ctx context.Context, conn *sql.Conn, org tenant.ID, uids []uuid.UUID) (found []uuid.UUID, err error) {
	err = on(conn, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, known, org, keys(uids))
		if err == nil {
			found, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		}
		return err
	})
	return found, err
}

// Stored reads the rows of conversations.
func (bulk) Stored(ctx context.Context, conn *sql.Conn, org tenant.ID, uids []uuid.UUID, fn func(sqlstore.Row) error) error {
	return on(conn, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, stored, org, keys(uids))
		if err != nil {
			return err
		}
		var r sqlstore.Row
		_, err = pgx.ForEachRow(rows, r.StoredInto(), func() error {
			found := r
			r = sqlstore.Row{}
			return fn(found)
		})
		return err
	})
}

// Form is a new row as it is copied.
func (bulk) Form(r *sqlstore.Row) []byte {
	d := copyData{buf: make([]byte, 0, len(r.Content)+len(r.Cell)+len(r.Topic)+200)}
	d.row(types, r.Values()...)
	return d.buf
}

// seqAt is where in a row's form its number is: behind the count of columns, two ids, and the lengths of all three.
const seqAt = 2 + 4 + 16 + 4 + 16 + 4

// Insert stores new rows.
func (bulk) Insert(ctx context.Context, conn *sql.Conn, rows []sqlstore.Row) error {
	data := newCopyData(lo.SumBy(rows, func(r sqlstore.Row) int { return len(r.Form) }))
	for i := range rows {
		begin := len(data.buf)
		data.buf = append(data.buf, rows[i].Form...)
		binary.BigEndian.PutUint64(data.buf[begin+seqAt:], uint64(rows[i].Seq))
	}
	return data.send(ctx, conn, insert)
}

// Update replaces stored rows.
func (bulk) Update(ctx context.Context, conn *sql.Conn, rows []sqlstore.Row) error {
	return on(conn, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, update, arrays(rows)...)
		return err
	})
}

func arrays(rows []sqlstore.Row) []any {
	column := func(get func(*sqlstore.Row) int64) []int64 {
		return lo.Map(rows, func(_ sqlstore.Row, i int) int64 { return get(&rows[i]) })
	}
	optional := func(get func(*sqlstore.Row) sql.NullInt64) []*int64 {
		return lo.Map(rows, func(_ sqlstore.Row, i int) *int64 {
			if v := get(&rows[i]); v.Valid {
				return &v.Int64
			}
			return nil
		})
	}
	return []any{
		keys(lo.Map(rows, func(r sqlstore.Row, _ int) uuid.UUID { return r.Org })),
		keys(lo.Map(rows, func(r sqlstore.Row, _ int) uuid.UUID { return r.UID })),
		column(func(r *sqlstore.Row) int64 { return r.Seq }),
		column(func(r *sqlstore.Row) int64 { return r.StartedAt }),
		column(func(r *sqlstore.Row) int64 { return r.Platform }),
		column(func(r *sqlstore.Row) int64 { return r.Handler }),
		column(func(r *sqlstore.Row) int64 { return r.Sentiment }),
		column(func(r *sqlstore.Row) int64 { return r.Priority }),
		column(func(r *sqlstore.Row) int64 { return r.Outcome }),
		column(func(r *sqlstore.Row) int64 { return r.Reason }),
		column(func(r *sqlstore.Row) int64 { return r.Escalated }),
		column(func(r *sqlstore.Row) int64 { return r.AIHandled }),
		optional(func(r *sqlstore.Row) sql.NullInt64 { return r.CSAT }),
		lo.Map(rows, func(r sqlstore.Row, _ int) string { return r.Topic }),
		optional(func(r *sqlstore.Row) sql.NullInt64 { return r.Subtopic }),
		optional(func(r *sqlstore.Row) sql.NullInt64 { return r.Agent }),
		optional(func(r *sqlstore.Row) sql.NullInt64 { return r.Customer }),
		column(func(r *sqlstore.Row) int64 { return r.Messages }),
		lo.Map(rows, func(r sqlstore.Row, _ int) []byte { return r.Cell }),
		lo.Map(rows, func(r sqlstore.Row, _ int) []byte { return r.Content }),
	}
}

// Exec runs statements in one exchange with the server.
func (bulk) Exec(ctx context.Context, conn *sql.Conn, list []sqlstore.Statement) error {
	return on(conn, func(c *pgx.Conn) error {
		var batch pgx.Batch
		for _, s := range list {
			batch.Queue(s.Query, s.Args...)
		}
		return c.SendBatch(ctx, &batch).Close()
	})
}

var (
	packTypes = []string{"uuid", "integer", "bigint", "integer", "bytea", "bytea"}

	newestParts = `SELECT k.place, c.part, c.sums, c.logs FROM ` + unnest(2, packTypes[1:3]...) + ` WITH ORDINALITY AS k (view, start, place)
		CROSS JOIN LATERAL (SELECT part, sums, logs FROM cells WHERE org = $1 AND view = k.view AND start = k.start ORDER BY part DESC LIMIT 1) AS c`
	insertPacks = `COPY cells (org, view, start, part, sums, logs) FROM STDIN BINARY`
	updatePacks = `UPDATE cells AS c SET sums = n.sums, logs = n.logs FROM ` + unnest(2, packTypes[1:]...) + ` AS n (view, start, part, sums, logs)
		WHERE c.org = $1 AND c.view = n.view AND c.start = n.start AND c.part = n.part`
)

func keyArrays(org tenant.ID, keys []sqlstore.PackKey) []any {
	return []any{
		org,
		lo.Map(keys, func(k sqlstore.PackKey, _ int) int64 { return k.View }),
		lo.Map(keys, func(k sqlstore.PackKey, _ int) int64 { return k.Start }),
	}
}

// NewestParts reads the newest parts of packs of cells.
func (bulk) NewestParts(ctx context.Context, conn *sql.Conn, org tenant.ID, keys []sqlstore.PackKey) (map[sqlstore.PackKey]sqlstore.Pack, error) {
	out := map[sqlstore.PackKey]sqlstore.Pack{}
	if len(keys) == 0 {
		return out, nil
	}
	err := on(conn, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, newestParts, keyArrays(org, keys)...)
		if err != nil {
			return err
		}
		var (
			place int
			p     sqlstore.Pack
		)
		_, err = pgx.ForEachRow(rows, []any{&place, &p.Part, &p.Sums, &p.Logs}, func() error {
			p.PackKey = keys[place-1]
			out[p.PackKey] = p
			p = sqlstore.Pack{}
			return nil
		})
		return err
	})
	return out, err
}

// InsertPacks stores new parts of packs.
func (bulk) InsertPacks(ctx context.Context, conn *sql.Conn, org tenant.ID, packs []sqlstore.Pack) error {
	if len(packs) == 0 {
		return nil
	}
	data := newCopyData(lo.SumBy(packs, func(p sqlstore.Pack) int { return len(p.Sums) + len(p.Logs) + 64 }))
	for _, p := range packs {
		data.row(packTypes, org[:], p.View, p.Start, p.Part, p.Sums, p.Logs)
	}
	return data.send(ctx, conn, insertPacks)
}

// UpdatePacks replaces stored parts of packs.
func (bulk) UpdatePacks(ctx context.Context, conn *sql.Conn, org tenant.ID, packs []sqlstore.Pack) error {
	if len(packs) == 0 {
		return nil
	}
	return on(conn, func(c *pgx.Conn) error {
		args := keyArrays(org, lo.Map(packs, func(p sqlstore.Pack, _ int) sqlstore.PackKey { return p.PackKey }))
		_, err := c.Exec(ctx, updatePacks, append(args,
			lo.Map(packs, func(p sqlstore.Pack, _ int) int64 { return p.Part }),
			lo.Map(packs, func(p sqlstore.Pack, _ int) []byte { return p.Sums }),
			lo.Map(packs, func(p sqlstore.Pack, _ int) []byte { return p.Logs }))...)
		return err
	})
}
