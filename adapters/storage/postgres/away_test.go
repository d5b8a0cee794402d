package postgres_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/contract-tests/pgtest"
)

// gateway stands before a server. While it is shut it takes connections, and says nothing.
type gateway struct {
	net.Listener
	server string
	mu     sync.Mutex
	shut   bool
	open   []net.Conn
	// met is how many connections came while it was shut.
	met atomic.Int64
}

// behindGateway is a server's address by way of a gateway.
func behindGateway(t *testing.T, address string) (dsn string, g *gateway) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	g = &gateway{server: u.Host}
	if g.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = g.Close()
		g.set(true)
	})
	go func() {
		for {
			conn, err := g.Accept()
			if err != nil {
				return
			}
			g.serve(conn)
		}
	}()
	u.Host = g.Addr().String()
	q := u.Query()
	q.Set("connect_timeout", "1")
	u.RawQuery = q.Encode()
	return u.String(), g
}

func (g *gateway) serve(client net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = append(g.open, client)
	if g.shut {
		g.met.Add(1)
		return
	}
	server, err := net.Dial("tcp", g.server)
	if err != nil {
		_ = client.Close()
		return
	}
	g.open = append(g.open, server)
	go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
}

// set shuts or opens the gateway; connections that there are end.
func (g *gateway) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range g.open {
		_ = conn.Close()
	}
	g.open, g.shut = nil, shut
}

// A database that cannot be reached is tried by one at a time; all others are told at once that it is away. When it is back
// it is found.
func TestADatabaseThatIsAwayIsTriedByOneAtATime(t *testing.T) {
	t.Parallel()
	dsn, g := behindGateway(t, pgtest.NewCluster(t).Address)
	s := open(t, dsn, storage.Options{})
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	var met atomic.Int64
	soon(t, s, fresh(source.Conversation(0), &met))
	g.set(true)
	store(s, fresh(source.Conversation(1), &met)).refused(t)
	before := g.met.Load()
	for n := range 60 {
		store(s, fresh(source.Conversation(1+n), &met)).refused(t)
	}
	if tried := g.met.Load() - before; tried > 20 { // the work behind the writes tries too, and a busy machine takes its time
		t.Errorf("60 writes tried to connect %d times", tried)
	}
	g.set(false)
	soon(t, s, fresh(source.Conversation(1), &met))
	equalsFold(t, s, source.Org, 2)
}
