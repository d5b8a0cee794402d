package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Store is every port of one database.
type Store struct {
	write, read *sqlx.DB
	dialect     Dialect
	sealer      storage.Sealer
	spaces      spaceCache
	vocabulary  vocabulary
	recent      recent
	statements  statements
	gate        gate
	watchers    watchers
	behind      behind
}

// New serves a migrated database. Write is the pool of transactions that change something, read the pool of all others;
// closing the store closes both.
func New(ctx context.Context, write, read *sqlx.DB, dialect Dialect, o storage.Options) (*Store, error) {
	s := &Store{write: write, read: read, dialect: dialect, sealer: o.Sealer}
	if s.sealer == nil {
		s.sealer = plain{}
	}
	if err := s.prove(ctx); err != nil {
		return nil, err
	}
	s.work()
	return s, nil
}

// Storage is the store as the core sees it.
func (s *Store) Storage() port.Storage {
	return port.Storage{
		Conversations: conversations{s}, Rollups: rollups{s}, Changes: changes{s}, Gaps: gaps{s}, Orgs: orgs{s}, Keys: keys{s},
		Jobs: jobs{s}, Ledger: ledger{s}, Shared: s.dialect.Shared, Ready: s.ready, Close: s.close,
	}
}

type (
	conversations struct{ *Store }
	rollups       struct{ *Store }
	changes       struct{ *Store }
	gaps          struct{ *Store }
	orgs          struct{ *Store }
	keys          struct{ *Store }
	jobs          struct{ *Store }
	ledger        struct{ *Store }
)

// prove checks that the master key is the one the database was written with.
func (s *Store) prove(ctx context.Context) error {
	return s.inTx(ctx, func(t *tx) error {
		var proof []byte
		err := t.get(`SELECT value FROM facts WHERE name = ?`, "seal")(&proof)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		fresh, err := s.sealer.Check(proof)
		if err != nil {
			return err
		}
		return t.exec(`INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, "seal", fresh)
	})
}

func (s *Store) ready(ctx context.Context) error {
	leave, err := s.gate.enter()
	if err != nil {
		return err
	}
	defer leave()
	var one int
	if err := s.read.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
		return s.known(err)
	}
	return nil
}

func (s *Store) close() error {
	if !s.gate.close() {
		return nil
	}
	s.behind.stop()
	s.gate.wait()
	s.statements.close()
	return errors.Join(s.read.Close(), s.write.Close())
}

// attempts is how often a transaction that lost a race is run before the loss is the caller's.
const attempts = 10

// change runs fn in a transaction, again when it lost a race.
func (s *Store) change(ctx context.Context, fn func(*tx) error) error {
	leave, err := s.gate.enter()
	if err != nil {
		return err
	}
	defer leave()
	return s.inTx(ctx, fn)
}

func (s *Store) inTx(ctx context.Context, fn func(*tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, fn)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil || try == attempts || !s.dialect.Lost(err) {
			return s.known(err)
		}
	}
}

func (s *Store) once(ctx context.Context, fn func(*tx) error) error {
	conn, sqltx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	// Statements run to their end and the context is asked between them: watching it costs a goroutine each.
	t := &tx{Store: s, conn: conn, tx: sqltx, ctx: context.WithoutCancel(ctx), pool: s.write}
	defer t.end(ctx)
	if err := fn(t); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return sqltx.Commit()
}

// begin opens a transaction that writes, where the database has a Bulk on a connection that it can have. As the pool does
// by itself, it tries again with another connection when one turns out to be dead.
func (s *Store) begin(ctx context.Context) (conn *sqlx.Conn, tx *sqlx.Tx, err error) {
	if s.dialect.Bulk == nil {
		tx, err = s.write.BeginTxx(ctx, nil)
		return nil, tx, err
	}
	for range attempts {
		if conn, err = s.write.Connx(ctx); err != nil {
			return nil, nil, err
		}
		if tx, err = conn.BeginTxx(ctx, nil); err == nil {
			return conn, tx, nil
		}
		_ = conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return nil, nil, err
}

// look runs fn in a transaction whose reads all see one state.
func (s *Store) look(ctx context.Context, fn func(*tx) error) error {
	leave, err := s.gate.enter()
	if err != nil {
		return err
	}
	defer leave()
	options := s.dialect.Snapshot
	sqltx, err := s.read.BeginTxx(ctx, &options)
	if err != nil {
		return s.known(err)
	}
	t := &tx{Store: s, tx: sqltx, ctx: ctx, pool: s.read}
	defer t.end(ctx)
	return s.known(fn(t))
}

// end gives the connection back, whatever became of the transaction.
func (t *tx) end(ctx context.Context) {
	_ = t.tx.Rollback()
	if t.conn != nil {
		_ = t.conn.Close()
	}
	t.statements.learn(ctx, t.pool, t.met)
}

// retryAfter is what a caller is told when the database is away.
const retryAfter = 2 * time.Second

// known gives an error of the database the name the ports have for it.
func (s *Store) known(err error) error {
	var named *port.Unavailable
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return fmt.Errorf("store: %w", err)
	case s.dialect.Lost(err), s.dialect.Down(err):
		return &port.Unavailable{After: retryAfter, Cause: err}
	}
	return err
}

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

// id is an identifier as an argument.
func id(u uuid.UUID) []byte { return u[:] }

// gate counts calls under way, so that closing can wait for them.
type gate struct {
	mu     sync.RWMutex
	closed bool
	calls  sync.WaitGroup
}

func (g *gate) enter() (leave func(), err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return nil, port.ErrClosed
	}
	g.calls.Add(1)
	return g.calls.Done, nil
}

// close lets nobody in any more; it says whether it was this call that closed.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.closed = true
	return true
}

func (g *gate) wait() { g.calls.Wait() }

// plain is the sealer of a store that keeps text as it is.
type plain struct{}

func (plain) Check(proof []byte) ([]byte, error) {
	if len(proof) > 0 && string(proof) != "plain" {
		return nil, errors.New("store: this database is sealed; it needs its master key")
	}
	return []byte("plain"), nil
}
func (plain) NewOrg(tenant.ID) ([]byte, error)                   { return []byte("plain"), nil }
func (plain) Org(tenant.ID, []byte) (storage.OrgSealer, error)   { return open{}, nil }
func (plain) Rewrap(_ tenant.ID, w []byte) ([]byte, bool, error) { return w, false, nil }
func (plain) Renew(_ tenant.ID, w []byte) ([]byte, error)        { return w, nil }
func (plain) Retire(_ tenant.ID, w []byte) ([]byte, error)       { return w, nil }
