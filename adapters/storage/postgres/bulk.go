package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
)

// bulk writes many rows in one statement: their columns travel as arrays.
type bulk struct{}

// types are the array types of sqlstore.RowColumns, in their order.
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
	insert  = `INSERT INTO conversations (` + sqlstore.RowColumns + `) SELECT * FROM ` + unnest(1, types...)
	update  = `UPDATE conversations AS c SET ` +
		strings.Join(lo.Map(columns[2:], func(c string, _ int) string { return c + " = n." + c }), ", ") +
		` FROM ` + unnest(1, types...) + ` AS n (` + sqlstore.RowColumns + `) WHERE c.org = n.org AND c.uid = n.uid`
)

// Insert stores new rows.
func (bulk) Insert(ctx context.Context, tx *sql.Tx, rows []sqlstore.Row) error {
	_, err := tx.ExecContext(ctx, insert, arrays(rows)...)
	return err
}

// Update replaces stored rows.
func (bulk) Update(ctx context.Context, tx *sql.Tx, rows []sqlstore.Row) error {
	_, err := tx.ExecContext(ctx, update, arrays(rows)...)
	return err
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
		lo.Map(rows, func(r sqlstore.Row, _ int) uuid.UUID { return r.Org }),
		lo.Map(rows, func(r sqlstore.Row, _ int) uuid.UUID { return r.UID }),
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
		lo.Map(rows, func(r sqlstore.Row, _ int) []byte { return r.Vector }),
		lo.Map(rows, func(r sqlstore.Row, _ int) []byte { return r.Content }),
	}
}

var cellTypes = []string{"integer", "bigint", "smallint", "smallint", "smallint", "text"}

var (
	loadCells = `SELECT k.place, c.vector FROM ` + unnest(2, cellTypes...) + ` WITH ORDINALITY AS k (view, bucket, handler, platform, priority, topic, place)
		JOIN cells c ON c.org = $1 AND c.view = k.view AND c.bucket = k.bucket AND c.handler = k.handler AND c.platform = k.platform
			AND c.priority = k.priority AND c.topic = k.topic`
	putCells = `INSERT INTO cells (org, view, bucket, handler, platform, priority, topic, vector)
		SELECT $1::uuid, * FROM ` + unnest(2, append(append([]string{}, cellTypes...), "bytea")...) + `
		ON CONFLICT (org, view, bucket, handler, platform, priority, topic) DO UPDATE SET vector = excluded.vector`
)

func cellArrays(org []byte, keys []sqlstore.CellKey) []any {
	column := func(get func(sqlstore.CellKey) int64) []int64 {
		return lo.Map(keys, func(k sqlstore.CellKey, _ int) int64 { return get(k) })
	}
	return []any{
		uuid.UUID(org),
		column(func(k sqlstore.CellKey) int64 { return k.View }),
		column(func(k sqlstore.CellKey) int64 { return k.Bucket }),
		column(func(k sqlstore.CellKey) int64 { return k.Handler }),
		column(func(k sqlstore.CellKey) int64 { return k.Platform }),
		column(func(k sqlstore.CellKey) int64 { return k.Priority }),
		lo.Map(keys, func(k sqlstore.CellKey, _ int) string { return k.Topic }),
	}
}

// LoadCells reads the values of cells.
func (bulk) LoadCells(ctx context.Context, tx *sql.Tx, org []byte, keys []sqlstore.CellKey) (map[sqlstore.CellKey][]byte, error) {
	return load(ctx, tx, loadCells, cellArrays(org, keys), keys)
}

// PutCells stores the values of cells.
func (bulk) PutCells(ctx context.Context, tx *sql.Tx, org []byte, keys []sqlstore.CellKey, values [][]byte) error {
	_, err := tx.ExecContext(ctx, putCells, append(cellArrays(org, keys), values)...)
	return err
}

// load reads values by the places of their keys.
func load[K comparable](ctx context.Context, tx *sql.Tx, query string, args []any, keys []K) (map[K][]byte, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := make(map[K][]byte, len(keys))
	for rows.Next() {
		var (
			place int
			value []byte
		)
		if err := rows.Scan(&place, &value); err != nil {
			return nil, err
		}
		out[keys[place-1]] = value
	}
	return out, rows.Err()
}
