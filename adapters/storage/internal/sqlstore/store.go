package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
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
	log         *slog.Logger
	// layout is how this build keeps cells.
	layout     string
	spaces     spaceCache
	vocabulary vocabulary
	recent     recent
	statements statements
	gate       gate
	watchers   watchers
	behind     behind
	refusal    refusal
}

// New serves a migrated database. Write is the pool of transactions that change something, read the pool of all others;
// closing the store closes both.
func New(ctx context.Context, write, read *sqlx.DB, dialect Dialect, o storage.Options) (*Store, error) {
	s := &Store{write: write, read: read, dialect: dialect, sealer: o.Sealer, log: o.Logger}
	if s.sealer == nil {
		s.sealer = plain{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.prove(ctx); err != nil {
		return nil, err
	}
	if err := s.keepCells(ctx); err != nil {
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
	return s.change(ctx, func(t *tx) error {
		var proof []byte
		err := t.get(`SELECT value FROM facts WHERE name = ?`, "seal")(&proof)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		fresh, err := s.sealer.Check(proof)
		if err != nil {
			return err
		}
		return t.putFact("seal", fresh)
	})
}

// putFact keeps a value that is the database's as a whole.
func (t *tx) putFact(name string, value []byte) error {
	return t.exec(`INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

func (s *Store) close() error {
	if !s.gate.close() {
		return nil
	}
	s.behind.cancel()
	s.gate.wait() // a call may be about to begin work, which is waited for when no more can begin
	s.behind.running.Wait()
	s.statements.close()
	return errors.Join(s.read.Close(), s.write.Close())
}

// attempts is how often a transaction that lost a race is run before the loss is the caller's.
const attempts = 10

// change runs fn in a transaction, again when it lost a race. What it stored is then on the disk.
func (s *Store) change(ctx context.Context, fn func(*tx) error) error {
	return s.changeUntil(ctx, time.Time{}, fn)
}

// changeUntil is change, given up when the database has not answered until an instant, unless that is zero.
func (s *Store) changeUntil(ctx context.Context, until time.Time, fn func(*tx) error) error {
	durable, err := s.stage(ctx, until, fn)
	if err != nil {
		return err
	}
	return durable()
}

// stage is changeUntil but for the wait for the disk, which the caller does by calling durable, once.
func (s *Store) stage(ctx context.Context, until time.Time, fn func(*tx) error) (durable func() error, err error) {
	leave, err := s.gate.enter()
	if err != nil {
		return nil, err
	}
	defer func() {
		if durable == nil { // also where fn panicked
			leave()
		}
	}()
	conn, err := s.inTx(ctx, until, fn)
	if err != nil {
		s.refusal.note(err)
		return nil, err
	}
	return func() error {
		defer leave()
		if conn != nil {
			defer s.giveBack(conn)
		}
		if s.dialect.Durable == nil {
			return nil
		}
		err := s.known(s.dialect.Durable(conn))
		s.refusal.note(err)
		return err
	}, nil
}

// inTx runs fn in a transaction, again when it lost a race. It returns the connection that committed, nil where there is no
// Bulk; the caller gives it back.
func (s *Store) inTx(ctx context.Context, until time.Time, fn func(*tx) error) (*sqlx.Conn, error) {
	for try := 1; ; try++ {
		conn, err := s.once(ctx, until, fn)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil || try == attempts || !s.dialect.Lost(err) {
			return conn, s.known(err)
		}
	}
}

func (s *Store) once(ctx context.Context, until time.Time, fn func(*tx) error) (*sqlx.Conn, error) {
	conn, sqltx, err := s.begin(ctx, until, s.write, nil)
	if err != nil {
		return nil, err
	}
	// Statements run to their end, and the context is asked before the commit: watching it costs a goroutine each, and who
	// gave up would take the connection along, or break off a commit of which nobody then knows the outcome.
	t := &tx{Store: s, conn: conn, tx: sqltx, ctx: context.WithoutCancel(ctx), pool: s.write}
	defer func() { t.end(ctx) }()
	if err := fn(t); err != nil {
		return nil, err
	}
	if s.dialect.Early != "" {
		if err := t.later(s.dialect.Early); err != nil {
			return nil, err
		}
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := sqltx.Commit(); err != nil {
		return nil, err
	}
	if len(t.grown) > 0 {
		s.behind.folds.add(t.grown)
	}
	t.conn = nil // the caller's from now on
	return conn, nil
}

// begin opens a transaction, where the database has a Bulk on a connection that it can have, which it keeps whatever becomes
// of ctx: that bounds the wait for it. As the pool does by itself, it tries again with another connection when one turns out
// to be dead.
func (s *Store) begin(ctx context.Context, until time.Time, pool *sqlx.DB, options *sql.TxOptions) (conn *sqlx.Conn, tx *sqlx.Tx, err error) {
	if s.dialect.Bulk == nil {
		tx, err = pool.BeginTxx(ctx, options)
		return nil, tx, err
	}
	ctx, cancel := bounded(ctx, until)
	defer cancel()
	for range attempts {
		if conn, err = pool.Connx(ctx); err != nil {
			return nil, nil, err
		}
		s.wait(conn, until)
		if tx, err = conn.BeginTxx(context.WithoutCancel(ctx), options); err == nil {
			return conn, tx, nil
		}
		s.giveBack(conn)
		if !s.dialect.Down(err) {
			break
		}
	}
	return nil, nil, err
}

// look runs fn in a transaction whose reads all see one state. One whose caller has left fails with that,
// whatever it broke off.
func (s *Store) look(ctx context.Context, fn func(*tx) error) error {
	leave, err := s.gate.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err = s.lookOnce(ctx, fn); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return s.known(err)
}

func (s *Store) lookOnce(ctx context.Context, fn func(*tx) error) error {
	options := s.dialect.Snapshot
	// Who leaves ends the statement under way, not the transaction, which would take the connection along.
	conn, sqltx, err := s.begin(ctx, s.in(readWithin), s.read, &options)
	if err != nil {
		return err
	}
	t := &tx{Store: s, conn: conn, tx: sqltx, ctx: ctx, pool: s.read}
	defer t.end(ctx)
	if err := fn(t); err != nil || !t.lasting || s.dialect.Early == "" {
		return err
	}
	_ = t.tx.Rollback()
	return s.dialect.Durable(conn)
}

// end gives the connection back, whatever became of the transaction.
func (t *tx) end(ctx context.Context) {
	_ = t.tx.Rollback()
	if t.conn != nil {
		t.giveBack(t.conn)
	}
	t.statements.learn(ctx, t.pool, t.met)
}

const (
	// writeWithin is how long a database on another machine may take for a caller's write, and each of its changes adds to
	// that: a server that is frozen, or a lock that somebody never gives back, would hold callers for ever. What takes its
	// time by its nature, behind the writes or for an organisation as a whole, has no such bound.
	writeWithin = 15 * time.Second
	changeAdds  = 5 * time.Millisecond
	// readWithin is the same for the reads of one state.
	readWithin = 30 * time.Second
)

// in is the instant when a time is over, zero where the database needs no watching.
func (s *Store) in(d time.Duration) (until time.Time) {
	if s.dialect.Until != nil {
		until = time.Now().Add(d)
	}
	return until
}

// bounded is a context that ends at an instant too, unless that is zero.
func bounded(ctx context.Context, until time.Time) (context.Context, context.CancelFunc) {
	if until.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, until)
}

// wait bounds how long answers on a connection are waited for; zero: no more.
func (s *Store) wait(conn *sqlx.Conn, until time.Time) {
	if s.dialect.Until != nil {
		s.dialect.Until(conn, until)
	}
}

// giveBack returns a connection to its pool, which waits for answers on its own account.
func (s *Store) giveBack(conn *sqlx.Conn) {
	s.wait(conn, time.Time{})
	_ = conn.Close()
}

// RetryAfter is what a caller is told when the database is away.
const RetryAfter = 2 * time.Second

// known gives an error of the database the name the ports have for it. A deadline in it is not the caller's, who was asked
// before.
func (s *Store) known(err error) error {
	var named *port.Unavailable
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return fmt.Errorf("store: %w", err)
	case s.dialect.Lost(err), s.dialect.Down(err):
		return &port.Unavailable{After: RetryAfter, Cause: err}
	}
	return err
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
