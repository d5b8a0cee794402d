// Package testdb gives tests a PostgreSQL: the one CSM_TEST_POSTGRES_DSN names, else a throw-away cluster made with the
// machine's own binaries, else, where CSM_TEST_POSTGRES=container, a container. Where there is none the test is skipped,
// visibly; CSM_TEST_REQUIRE=postgres turns the skip into a failure.
//
// A test process shares one server and one migrated template; every test gets a database of its own, new or emptied: to
// empty one takes a tenth of the time of making one.
package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/samber/lo"
)

// errNone says that the machine has no PostgreSQL.
var errNone = errors.New("no PostgreSQL: set CSM_TEST_POSTGRES_DSN, install its server binaries, or set CSM_TEST_POSTGRES=container")

// server is a running PostgreSQL.
type server struct {
	// address is that of its maintenance database, for a user who may make databases.
	address string
	stop    func()
}

// shared is the process's one server.
var shared struct {
	once     sync.Once
	server   server
	err      error
	mu       sync.Mutex
	template string
	made     int
	empty    []database
}

// database is one that a test may have, with a connection that is kept to empty it: making connections is most of what
// tests ask of the server.
type database struct {
	name   string
	keeper *pgx.Conn
}

// Main runs a package's tests, removes what they made and stops the server they used:
// func TestMain(m *testing.M) { testdb.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if shared.server.stop == nil {
		names := lo.Map(shared.empty, func(d database, _ int) string { return d.name })
		for _, name := range append(names, shared.template) {
			if name != "" {
				_ = admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
			}
		}
	}
	if shared.server.stop != nil {
		shared.server.stop()
	}
	os.Exit(code)
}

func open() (server, error) {
	if dsn := os.Getenv("CSM_TEST_POSTGRES_DSN"); dsn != "" {
		return server{address: dsn}, nil
	}
	if os.Getenv("CSM_TEST_POSTGRES") == "container" {
		return container()
	}
	return cluster()
}

// New returns the address of an empty database that migrate has prepared; migrate runs once in a process. The database
// is dropped when the test ends. The address allows the safeguards to be off that a throw-away server does without.
func New(t testing.TB, migrate func(dsn string) error) string {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = open() })
	if shared.err != nil {
		if os.Getenv("CSM_TEST_REQUIRE") == "postgres" || !errors.Is(shared.err, errNone) {
			t.Fatal(shared.err)
		}
		t.Skip(shared.err)
	}
	d, err := create(migrate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.giveBack(); err != nil {
			t.Error(err)
		}
	})
	return addressOf(d.name)
}

// emptyAll removes every row but those that say which migrations have run.
const emptyAll = `DO $$
	DECLARE t text;
	BEGIN
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version' LOOP
			EXECUTE format('DELETE FROM %I', t);
		END LOOP;
	END $$`

// giveBack empties a database for the next test.
func (d database) giveBack() error {
	if d.keeper == nil {
		var err error
		if d.keeper, err = connect(addressOf(d.name)); err != nil {
			return err
		}
	}
	if _, err := d.keeper.Exec(context.Background(), emptyAll); err != nil {
		return err
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.empty = append(shared.empty, d)
	return nil
}

// create copies the template, which it makes on the first call.
func create(migrate func(dsn string) error) (database, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if n := len(shared.empty); n > 0 {
		d := shared.empty[n-1]
		shared.empty = shared.empty[:n-1]
		return d, nil
	}
	shared.made++
	name := fmt.Sprintf("csm_test_%d_%d", os.Getpid(), shared.made)
	if shared.template == "" {
		template := name + "_template"
		if err := admin("CREATE DATABASE " + template + " TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
			return database{}, err
		}
		if err := migrate(addressOf(template)); err != nil {
			return database{}, err
		}
		shared.template = template
	}
	return database{name: name}, admin("CREATE DATABASE " + name + " TEMPLATE " + shared.template)
}

// admin runs a statement in the maintenance database.
func admin(statement string) error { return in(shared.server.address, statement) }

// in runs a statement in the database at an address.
func in(address, statement string) error {
	conn, err := connect(address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(context.Background(), statement)
	return err
}

func connect(address string) (*pgx.Conn, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Del("unsafe")
	u.RawQuery = q.Encode()
	return pgx.Connect(context.Background(), u.String())
}

func addressOf(database string) string {
	u, err := url.Parse(shared.server.address)
	if err != nil {
		return shared.server.address
	}
	u.Path = "/" + database
	if !strings.Contains(u.RawQuery, "unsafe=") {
		q := u.Query()
		q.Set("unsafe", "fsync,full_page_writes,synchronous_commit")
		u.RawQuery = q.Encode()
	}
	return u.String()
}
