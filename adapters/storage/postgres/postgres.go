// Package postgres keeps everything in a PostgreSQL database, which any number of servers and workers share. All of them
// must be of one version: where one of another version that keeps cells in another way has opened the database, the others
// take conversations and refuse sums.
//
// An address is what libpq understands: postgres://user:password@host:5432/database?sslmode=verify-full. One parameter
// is ours: unsafe=fsync,synchronous_commit,full_page_writes names safeguards of the server that may be off. Without it
// the store refuses a server that could forget what it has acknowledged.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Driver opens postgres:// addresses.
var Driver = storage.Driver{Scheme: "postgres", Shared: true, Open: Open}

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// writers and readers bound the connections of one process.
	writers = 4
	readers = 8
	// readTimeout ends a read that the server works on for too long.
	readTimeout = 5 * time.Second
	// lockTimeout ends a write's wait for a lock. Writers hold theirs for a fraction of it.
	lockTimeout = 10 * time.Second
)

// Open connects to the database a postgres:// address names and brings its schema up to date.
func Open(ctx context.Context, dsn string, o storage.Options) (port.Storage, error) {
	config, unsafe, err := parse(dsn)
	if err != nil {
		return port.Storage{}, err
	}
	if err := prepare(ctx, config, unsafe); err != nil {
		return port.Storage{}, err
	}
	var way door
	write := connect(config, &way, writers, writing())
	reading := config.Copy()
	reading.BuildContextWatcherHandler = lingering
	read := connect(reading, &way, readers, map[string]string{
		"statement_timeout": fmt.Sprint(readTimeout.Milliseconds()), "default_transaction_read_only": "on", "jit": "off",
	})
	store, err := sqlstore.New(ctx, write, read, dialect(config), o)
	if err != nil {
		return port.Storage{}, errors.Join(err, read.Close(), write.Close())
	}
	return store.Storage(), nil
}

// Migrate brings the schema of the database a postgres:// address names up to date, and does nothing else.
func Migrate(ctx context.Context, dsn string) error {
	config, unsafe, err := parse(dsn)
	if err != nil {
		return err
	}
	return prepare(ctx, config, unsafe)
}

// prepare checks the server and brings the schema up to date, on a connection of its own: that may take as long as it does.
func prepare(ctx context.Context, config *pgx.ConnConfig, unsafe []string) error {
	db := connect(config, &door{}, 1, nil)
	err := check(ctx, db, unsafe)
	if err == nil {
		err = migrate(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// writing are the settings of writers. What they look for they know by its key, of a few rows among millions; a plan that
// reads a table from end to end, made when that was small, would stay in use while it grows. Nor is any of it worth being
// compiled first. A lock that is not had in time is given up by the server, which costs no connection.
func writing() map[string]string {
	return map[string]string{
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
		"lock_timeout": fmt.Sprint(lockTimeout.Milliseconds()),
	}
}

// safeguards are the settings without which a server may forget a commit, with their safe values.
var safeguards = map[string][]string{
	"fsync":              {"on"},
	"full_page_writes":   {"on"},
	"synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
}

// parse reads an address. Unsafe are the safeguards it allows to be off.
func parse(dsn string) (config *pgx.ConnConfig, unsafe []string, err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, nil, errors.New("the address is not a URL") // the URL holds a password
	}
	q := u.Query()
	if list := q.Get("unsafe"); list != "" {
		unsafe = strings.Split(list, ",")
	}
	q.Del("unsafe")
	u.RawQuery = q.Encode()
	for _, name := range unsafe {
		if _, ok := safeguards[name]; !ok {
			return nil, nil, fmt.Errorf("unsafe names %q; known are %s", name, strings.Join(names(), ", "))
		}
	}
	if config, err = pgx.ParseConfig(u.String()); err != nil {
		return nil, nil, errors.New("the address is not one that PostgreSQL understands")
	}
	reach(config)
	return config, unsafe, nil
}

func names() []string {
	return []string{"fsync", "full_page_writes", "synchronous_commit"}
}

// check refuses a server that may forget what it acknowledged, or that cannot hold every text.
func check(ctx context.Context, db *sqlx.DB, unsafe []string) error {
	for _, name := range names() {
		var value string
		if err := db.GetContext(ctx, &value, `SELECT current_setting($1)`, name); err != nil {
			return err
		}
		if !lo.Contains(safeguards[name], value) && !lo.Contains(unsafe, name) {
			return fmt.Errorf("the server has %s=%s and may forget what it acknowledged; set it to on, or add unsafe=%s to the address", name, value, name)
		}
	}
	var encoding string
	if err := db.GetContext(ctx, &encoding, `SELECT current_setting('server_encoding')`); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database is encoded in %s; it must be UTF8", encoding)
	}
	return nil
}

func connect(config *pgx.ConnConfig, way *door, n int, parameters map[string]string) *sqlx.DB {
	c := config.Copy()
	for name, value := range parameters {
		c.RuntimeParams[name] = value
	}
	db := sql.OpenDB(connector{stdlib.GetConnector(*c), way})
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return sqlx.NewDb(db, "pgx")
}

// migrate brings the schema up to date. Of several processes that start together one does it and the others wait.
func migrate(ctx context.Context, db *sqlx.DB) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db.DB, folder, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	pending, err := provider.HasPending(ctx)
	if err == nil && pending {
		_, err = provider.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
