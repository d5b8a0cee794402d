package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"

	"modernc.org/sqlite"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
)

// files is the VFS through which the store writes: what one commit writes to the log reaches the system at once.
const files = "csm"

// gathered is how many bytes of writes are held at most: about thirty pages. SQLite's own files take no 128 KiB at once.
const gathered = 124 << 10

var register = sync.OnceValue(func() error { return vfs.Register(files, vfs.Options{Gather: gathered}) })

// newDriver is SQLite with the function by which it adds to stored values itself, in one statement instead of two.
func newDriver() (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	return d, d.RegisterDeterministicScalarFunction("csm_add", 2, onBlobs(func(a, b []byte) ([]byte, error) { return sqlstore.AddVectors(a, b) }))
}

var errBlobs = errors.New("takes two blobs")

func onBlobs(fn func(a, b []byte) ([]byte, error)) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		a, ok := args[0].([]byte)
		b, okB := args[1].([]byte)
		if !ok || !okB {
			return nil, errBlobs
		}
		return fn(a, b)
	}
}

// connector opens connections of one driver to one address.
type connector struct {
	driver  *sqlite.Driver
	address string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.address) }
func (c connector) Driver() driver.Driver                        { return c.driver }
