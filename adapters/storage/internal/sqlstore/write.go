package sqlstore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Bulk reads and writes many rows in one statement, on a connection with an open transaction.
type Bulk interface {
	// Known are those of an organisation's conversations that are stored.
	Known(ctx context.Context, conn *sql.Conn, org tenant.ID, uids []uuid.UUID) ([]uuid.UUID, error)
	// Stored calls fn with those of an organisation's conversations that are stored: what counting them takes, their
	// numbers and their contents.
	Stored(ctx context.Context, conn *sql.Conn, org tenant.ID, uids []uuid.UUID, fn func(Row) error) error
	// Form is what Insert sends of a new row, all but its number.
	Form(r *Row) []byte
	// Insert stores new rows, Update replaces stored ones.
	Insert(ctx context.Context, conn *sql.Conn, rows []Row) error
	Update(ctx context.Context, conn *sql.Conn, rows []Row) error
	// Exec runs statements of which none depends on the outcome of another.
	Exec(ctx context.Context, conn *sql.Conn, list []Statement) error
	// NewestParts reads the newest part of packs of cells, where there is one; InsertPacks stores new parts, UpdatePacks
	// replaces stored ones.
	NewestParts(ctx context.Context, conn *sql.Conn, org tenant.ID, keys []PackKey) (map[PackKey]Pack, error)
	InsertPacks(ctx context.Context, conn *sql.Conn, org tenant.ID, packs []Pack) error
	UpdatePacks(ctx context.Context, conn *sql.Conn, org tenant.ID, packs []Pack) error
}

// insertedAtOnce is how many rows one statement inserts, if there are so many: binding values is cheaper than running
// statements.
const insertedAtOnce = 16

// insertion is a statement that inserts a row, and one that inserts insertedAtOnce of them.
type insertion struct {
	one, many string
	columns   int
}

func inserting(into string, columns int, end string) insertion {
	row := `(?` + strings.Repeat(", ?", columns-1) + `)`
	return insertion{into + row + end, into + strings.Repeat(row+", ", insertedAtOnce-1) + row + end, columns}
}

// insert inserts n rows.
func (t *tx) insert(what insertion, n int, values func(row int) []any) error {
	for at := 0; at < n; {
		rows, query := 1, what.one
		if n-at >= insertedAtOnce {
			rows, query = insertedAtOnce, what.many
		}
		args := make([]any, 0, rows*what.columns)
		for range rows {
			args = append(args, values(at)...)
			at++
		}
		if err := t.later(query, args...); err != nil {
			return err
		}
	}
	return nil
}

var (
	// A statement that fails takes its transaction with it, so it need not be able to undo itself: OR FAIL spares the
	// copies of pages that would take.
	rowInsert = inserting(`INSERT OR FAIL INTO conversations (`+RowColumns+`) VALUES `, 20, ``)
	updateRow = `UPDATE conversations SET seq = ?, started_at = ?, platform = ?, handler = ?, sentiment = ?, priority = ?, outcome = ?, reason = ?,
		escalated = ?, ai_handled = ?, csat = ?, topic = ?, subtopic = ?, agent = ?, customer = ?, messages = ?, cell = ?, content = ?
		WHERE org = ? AND uid = ?`
)

func (t *tx) insertRows(rows []Row) error {
	if t.dialect.Bulk != nil && len(rows) > 0 {
		return t.dialect.Bulk.Insert(t.ctx, t.conn.Conn, rows)
	}
	return t.insert(rowInsert, len(rows), func(i int) []any { return rows[i].Values() })
}

func (t *tx) updateRows(rows []Row) error {
	if t.dialect.Bulk != nil && len(rows) > 0 {
		return t.dialect.Bulk.Update(t.ctx, t.conn.Conn, rows)
	}
	for i := range rows {
		values := rows[i].Values()
		if err := t.exec(updateRow, append(values[2:], values[:2]...)...); err != nil {
			return err
		}
	}
	return nil
}
