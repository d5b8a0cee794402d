package sqlite

import (
	"context"
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
