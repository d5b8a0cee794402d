// Package sqlite keeps everything in one SQLite file. One process uses a file at a time.
//
// An address is sqlite:// and a path (sqlite:///var/lib/csm/csm.db, or sqlite://csm.db below the working directory).
// Nothing else may follow: what the file's safety rests on (write-ahead log, synchronous=FULL) cannot be switched off.
package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Driver opens sqlite:// addresses.
var Driver = storage.Driver{Scheme: "sqlite", Open: Open}

//go:embed migrations/*.sql
var migrations embed.FS

// readers is how many reads run at the same time.
const readers = 4

// Open opens the file a sqlite:// address names, makes it if it is not there (readable by its owner alone), and brings
// its schema up to date.
func Open(ctx context.Context, dsn string, o storage.Options) (port.Storage, error) {
	return open(ctx, dsn, o, shipped)
}

// manner is how a file is written: through which VFS, what a commit waits for, and of how many pages the log is when it is
// copied into the database.
type manner struct {
	vfs, synchronous string
	log              int
}

// shipped is the only manner outside of tests: a commit is answered when it is on the disk.
var shipped = manner{vfs: files, synchronous: "FULL", log: 16000}

func open(ctx context.Context, dsn string, o storage.Options, m manner) (port.Storage, error) {
	path, err := pathOf(dsn)
	if err != nil {
		return port.Storage{}, err
	}
	if err := touch(path); err != nil {
		return port.Storage{}, err
	}
	write, err := m.writer(path)
	if err != nil {
		return port.Storage{}, err
	}
	read, err := m.connect(path, readers, "_pragma=query_only(1)", "_pragma=cache_size(-768)")
	if err != nil {
		return port.Storage{}, errors.Join(err, write.Close())
	}
	side, err := m.connect(path, 1, "_pragma=cache_size(-64)")
	if err != nil {
		return port.Storage{}, errors.Join(err, read.Close(), write.Close())
	}
	s, err := m.start(ctx, write, read, side, o)
	if err != nil {
		return port.Storage{}, errors.Join(err, side.Close(), read.Close(), write.Close())
	}
	return s, nil
}

// Migrate brings the schema of the file a sqlite:// address names up to date, and does nothing else.
func Migrate(ctx context.Context, dsn string) error {
	path, err := pathOf(dsn)
	if err != nil {
		return err
	}
	if err := touch(path); err != nil {
		return err
	}
	db, err := shipped.writer(path)
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, db), db.Close())
}

// writer is the one connection that writes.
func (m manner) writer(path string) (*sqlx.DB, error) {
	return m.connect(path, 1, "_txlock=immediate", "_pragma=auto_vacuum(2)", "_pragma=journal_mode(WAL)", "_pragma=synchronous("+m.synchronous+")", "_pragma=secure_delete(ON)", "_pragma=cache_size(-4096)", fmt.Sprintf("_pragma=wal_autocheckpoint(%d)", outrun*m.log))
}

// outrun is how many times longer than usual the log is when writers must copy it themselves.
const outrun = 2

func (m manner) start(ctx context.Context, write, read, side *sqlx.DB, o storage.Options) (port.Storage, error) {
	if err := migrate(ctx, write); err != nil {
		return port.Storage{}, err
	}
	log, err := keepLog(ctx, write, side, m.log)
	if err != nil {
		return port.Storage{}, err
	}
	store, err := sqlstore.New(ctx, write, read, dialect(log), o)
	if err != nil {
		return port.Storage{}, errors.Join(err, log.close())
	}
	s := store.Storage()
	inner := s.Close
	s.Close = func() error { return errors.Join(log.close(), inner()) }
	return s, nil
}

func dialect(log *logbook) sqlstore.Dialect {
	return sqlstore.Dialect{
		Durable:       log.durable,
		Prepared:      true,
		CustomerIndex: " INDEXED BY conversations_customer",
		ByRow:         " NOT INDEXED",
		Joined:        `CAST(group_concat(cell, '') AS BLOB)`,
		Lost:          func(error) bool { return false },
		Taken:         func(err error) bool { return primary(err) == codes.SQLITE_CONSTRAINT },
		Down: func(err error) bool {
			switch primary(err) {
			case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN:
				return true
			}
			return false
		},
	}
}

// primary is the error's kind, 0 for an error that is not SQLite's.
func primary(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func pathOf(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite://")
	if !ok || path == "" {
		return "", errors.New("the address must be sqlite:// and the path of a file")
	}
	if strings.ContainsAny(path, "?#") {
		return "", errors.New("a sqlite address takes no parameters")
	}
	return filepath.Clean(path), nil
}

// touch makes the file, readable by its owner alone; SQLite gives its log the same rights.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder of %s does not exist", path)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// connect opens a pool of at most n connections, which it keeps.
func (m manner) connect(path string, n int, parameters ...string) (*sqlx.DB, error) {
	if err := prepare(); err != nil {
		return nil, err
	}
	parameters = append([]string{"vfs=" + m.vfs, "_pragma=busy_timeout(5000)", "_pragma=foreign_keys(1)", "_pragma=temp_store(MEMORY)", "_pragma=checkpoint_fullfsync(1)"}, parameters...)
	address := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: strings.Join(parameters, "&")}).String()
	db, err := sqlx.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

func migrate(ctx context.Context, db *sqlx.DB) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.DB, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
