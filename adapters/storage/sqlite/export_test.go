package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
	"github.com/csm-monitor/csm-monitor/core/port"
)

var watched atomic.Int64

// OpenWatched opens a store whose writes are watched on their way to the disk. With synchronous FULL it writes as the
// product does; with anything less nothing may be gathered.
func OpenWatched(ctx context.Context, path, synchronous string, o storage.Options, watch func(vfs.Event)) (port.Storage, error) {
	m := manner{vfs: fmt.Sprint("watched-", watched.Add(1)), synchronous: synchronous, log: 500}
	options := vfs.Options{Watch: watch}
	if synchronous == shipped.synchronous {
		options.Gather, options.Later = gathered, true
	}
	if err := vfs.Register(m.vfs, options); err != nil {
		return port.Storage{}, err
	}
	return open(ctx, "sqlite://"+path, o, m)
}

// OpenBounded opens a store as the product does, with a function that runs a statement on the connection that writes:
// what SQLite is told there bounds what can be stored.
func OpenBounded(ctx context.Context, path string, o storage.Options) (s port.Storage, tell func(statement string) error, err error) {
	write, err := shipped.writer(path)
	if err != nil {
		return port.Storage{}, nil, err
	}
	read, err := shipped.connect(path, readers, "_pragma=query_only(1)")
	if err != nil {
		return port.Storage{}, nil, errors.Join(err, write.Close())
	}
	side, err := shipped.connect(path, 1)
	if err != nil {
		return port.Storage{}, nil, errors.Join(err, read.Close(), write.Close())
	}
	if s, err = shipped.start(ctx, write, read, side, o); err != nil {
		return port.Storage{}, nil, errors.Join(err, side.Close(), read.Close(), write.Close())
	}
	return s, func(statement string) error { _, err := write.Exec(statement); return err }, nil
}
