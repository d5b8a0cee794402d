package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// tx is one transaction with its statements.
type tx struct {
	*Store
	// conn is the transaction's connection, nil where nobody needs it.
	conn *sqlx.Conn
	tx   *sqlx.Tx
	ctx  context.Context
	pool *sqlx.DB
	// mine are the statements the transaction has used, met those among them that nobody had kept.
	mine map[string]*sql.Stmt
	met  []string
	// queue are statements that are still to be sent.
	queue []Statement
	// lasting says that what a look reads must be on the disk before the look is over: others read what was committed early,
	// and a crash of the database forgets it.
	lasting bool
	// grown are organisations whose cell logs the transaction left long.
	grown []tenant.ID
}

// Statement is one with its arguments.
type Statement struct {
	Query string
	Args  []any
}

// later is exec for a statement whose outcome nobody asks for. Where the database is not of this process, such statements
// travel together, before whatever else the transaction does next.
func (t *tx) later(query string, args ...any) error {
	if t.dialect.Bulk == nil {
		return t.exec(query, args...)
	}
	t.queue = append(t.queue, Statement{t.bind(query), args})
	return nil
}

func (t *tx) flush() error {
	if len(t.queue) == 0 {
		return nil
	}
	queue := t.queue
	t.queue = nil
	return t.dialect.Bulk.Exec(t.ctx, t.conn.Conn, queue)
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.execN(query, args...)
	return err
}

// execN says how many rows the statement touched.
func (t *tx) execN(query string, args ...any) (int64, error) {
	var (
		res sql.Result
		err error
	)
	if stmt, prepared := t.prepared(query); prepared != nil {
		return 0, prepared
	} else if stmt != nil {
		res, err = stmt.ExecContext(t.ctx, args...)
	} else {
		res, err = t.tx.ExecContext(t.ctx, t.bind(query), args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// get reads one row; sql.ErrNoRows when there is none.
func (t *tx) get(query string, args ...any) func(dest ...any) error {
	if stmt, err := t.prepared(query); err != nil {
		return func(...any) error { return err }
	} else if stmt != nil {
		return stmt.QueryRowContext(t.ctx, args...).Scan
	}
	return t.tx.QueryRowContext(t.ctx, t.bind(query), args...).Scan
}

// each calls fn for every row, with the function that scans it.
func (t *tx) each(query string, args []any, fn func(scan func(dest ...any) error) error) error {
	var rows *sql.Rows
	stmt, err := t.prepared(query)
	if stmt != nil {
		rows, err = stmt.QueryContext(t.ctx, args...)
	} else if err == nil {
		rows, err = t.tx.QueryContext(t.ctx, t.bind(query), args...)
	}
	if err != nil {
		return err
	}
	return scanAll(rows, fn)
}

// eachKept is each for a query that is worth keeping prepared: one of few that are run often.
func (t *tx) eachKept(query string, args []any, fn func(scan func(dest ...any) error) error) error {
	stmt, err := t.prepared(query)
	if err != nil {
		return err
	}
	if stmt == nil {
		return t.each(query, args, fn)
	}
	rows, err := stmt.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	return scanAll(rows, fn)
}

// scanAll calls fn for every row of a result.
func scanAll(rows *sql.Rows, fn func(scan func(dest ...any) error) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// first says whether the query yields a row, and scans it.
func (t *tx) first(query string, args ...any) func(dest ...any) (bool, error) {
	scan := t.get(query, args...)
	return func(dest ...any) (bool, error) {
		err := scan(dest...)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	}
}

// prepared is the kept statement of a query, nil where statements are not kept by hand. A query met for the first time
// is prepared for this transaction alone, because keeping it takes a connection, and learnt when the transaction is over.
func (t *tx) prepared(query string) (*sql.Stmt, error) {
	if err := t.flush(); err != nil || !t.dialect.Prepared {
		return nil, err
	}
	if stmt := t.mine[query]; stmt != nil {
		return stmt, nil
	}
	if t.mine == nil {
		t.mine = map[string]*sql.Stmt{}
	}
	if kept := t.statements.of(t.pool, query); kept != nil {
		t.mine[query] = t.tx.StmtContext(t.ctx, kept)
		return t.mine[query], nil
	}
	stmt, err := t.tx.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.mine[query] = stmt
	t.met = append(t.met, query)
	return stmt, nil
}

// bind turns question marks into what the database calls placeholders.
func (s *Store) bind(query string) string {
	if !s.dialect.Numbered {
		return query
	}
	return s.statements.numbered(query)
}

// statements keeps queries ready.
type statements struct {
	bound sync.Map // query → query with numbered placeholders
	mu    sync.Mutex
	kept  map[keptKey]*sql.Stmt
}

type keptKey struct {
	pool  *sqlx.DB
	query string
}

func (st *statements) numbered(query string) string {
	if q, ok := st.bound.Load(query); ok {
		return q.(string)
	}
	q := sqlx.Rebind(sqlx.DOLLAR, query)
	st.bound.Store(query, q)
	return q
}

func (st *statements) of(pool *sqlx.DB, query string) *sql.Stmt {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.kept[keptKey{pool, query}]
}

// maxKept bounds the statements that are kept: the combinations of a listing's filters have no end.
const maxKept = 120

// learn keeps queries that a transaction met. It needs a connection, so no transaction may be held meanwhile. A query
// that cannot be kept is met again.
func (st *statements) learn(ctx context.Context, pool *sqlx.DB, met []string) {
	for _, query := range met {
		if st.full() {
			return
		}
		stmt, err := pool.PrepareContext(ctx, query)
		if err != nil {
			return
		}
		st.mu.Lock()
		key := keptKey{pool, query}
		if st.kept == nil {
			st.kept = map[keptKey]*sql.Stmt{}
		}
		if st.kept[key] != nil {
			_ = stmt.Close()
		} else {
			st.kept[key] = stmt
		}
		st.mu.Unlock()
	}
}

func (st *statements) full() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.kept) >= maxKept
}

func (st *statements) close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, stmt := range st.kept {
		_ = stmt.Close()
	}
	st.kept = nil
}
