package sqlite

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/sqlstore"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// pageSize is SQLite's, and what a page takes in the log.
const pageSize = 4096 + 24

// logbook looks after the log of an open database: it waits for the disk in place of the commits, and copies the log into
// the database while others write. SQLite by itself does both in the transaction, where every writer waits for them.
type logbook struct {
	log *vfs.Log
	// write is the pool of the one connection that writes, side a connection of its own.
	write, side *sqlx.DB
	// limit is how many bytes the log has when it is copied.
	limit int64
	long  chan struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// keepLog begins to look after the log.
func keepLog(ctx context.Context, write, side *sqlx.DB, pages int) (*logbook, error) {
	var path string
	if err := write.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path); err != nil {
		return nil, err
	}
	k := &logbook{log: vfs.LogOf(path + "-wal"), write: write, side: side, limit: int64(pages) * pageSize, long: make(chan struct{}, 1)}
	if k.log == nil {
		return k, nil
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	k.stop = stop
	k.done.Go(func() { k.run(running) })
	return k, nil
}

// durable is sqlstore.Dialect.Durable.
func (k *logbook) durable(*sqlx.Conn) error {
	if k.log == nil {
		return nil // SQLite waited in the commit
	}
	if k.log.Size() > k.limit {
		select {
		case k.long <- struct{}{}:
		default:
		}
	}
	if err := k.log.Sync(); err != nil {
		return &port.Unavailable{After: sqlstore.RetryAfter, Cause: err}
	}
	return nil
}

func (k *logbook) close() error {
	if k.stop != nil {
		k.stop()
	}
	k.done.Wait()
	return k.side.Close()
}

// passes is how often the log is copied at most while others write, and rest how many pages they may have written
// meanwhile: so many are copied while they wait.
const (
	passes = 3
	rest   = 300
)

// run copies the log whenever it is long. Only a log that was copied whole, with no reader left in it, begins anew; while
// readers keep it, it is tried again when it has grown by another quarter.
func (k *logbook) run(ctx context.Context) {
	for last, next := int64(0), k.limit; ; {
		select {
		case <-ctx.Done():
			return
		case <-k.long:
		}
		size := k.log.Size()
		if size < last {
			next = k.limit // it began anew
		}
		if last = size; size < next {
			continue
		}
		next = size + k.limit/4
		for range passes {
			if left, err := k.copy(ctx, k.side); err != nil || left <= rest {
				break
			}
		}
		_, _ = k.copy(ctx, k.write) // what could not be copied stays in the log
	}
}

// copy copies what no reader keeps from being copied, and says how many pages of the log were not, those included that were
// written meanwhile.
func (k *logbook) copy(ctx context.Context, db *sqlx.DB) (left int64, err error) {
	var busy, pages, copied int64
	if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &copied); err != nil {
		return 0, err
	}
	return max(k.log.Size()/pageSize-copied, 0), nil
}
