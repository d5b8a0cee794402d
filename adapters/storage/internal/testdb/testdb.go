// Package testdb gives tests a PostgreSQL: the one CSM_TEST_POSTGRES_DSN names, else a throw-away cluster made with the
// machine's own binaries, else, where CSM_TEST_POSTGRES=container, a container. Where there is none the test is skipped,
// visibly; CSM_TEST_REQUIRE=postgres turns the skip into a failure.
//
// A test process shares one server and one migrated template; every test gets a database of its own.
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
}

// Main runs a package's tests and stops the server they used: func TestMain(m *testing.M) { testdb.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
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
	name, err := create(migrate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return addressOf(name)
}

// create copies the template, which it makes on the first call.
func create(migrate func(dsn string) error) (string, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.made++
	name := fmt.Sprintf("csm_test_%d_%d", os.Getpid(), shared.made)
	if shared.template == "" {
		template := name + "_template"
		if err := admin("CREATE DATABASE " + template + " TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
			return "", err
		}
		if err := migrate(addressOf(template)); err != nil {
			return "", err
		}
		shared.template = template
	}
	return name, admin("CREATE DATABASE " + name + " TEMPLATE " + shared.template)
}

// admin runs a statement in the maintenance database.
func admin(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, shared.server.address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
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
