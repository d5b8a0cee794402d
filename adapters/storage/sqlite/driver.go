package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
)

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
