package sqlstore

import (
	"context"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Lease lets one holder do a job; see port.Jobs.
func (s jobs) Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		n, err := t.execN(`INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE leases.holder = excluded.holder OR leases.until <= ?`,
			name, holder, now.Add(ttl).UnixMicro(), now.UnixMicro())
		ok = n > 0
		return err
	})
	return ok && err == nil, err
}

// Release gives a lease back; see port.Jobs.
func (s jobs) Release(ctx context.Context, name, holder string) error {
	return s.change(ctx, func(t *tx) error {
		return t.exec(`DELETE FROM leases WHERE name = ? AND holder = ?`, name, holder)
	})
}

// Cursor is how far a job has come; see port.Jobs.
func (s jobs) Cursor(ctx context.Context, org tenant.ID, job string) (cursor string, err error) {
	err = s.look(ctx, func(t *tx) error {
		_, err := t.first(`SELECT position FROM cursors WHERE org = ? AND job = ?`, id(org), job)(&cursor)
		return err
	})
	return cursor, err
}

// SaveCursor moves a cursor; see port.Jobs.
func (s jobs) SaveCursor(ctx context.Context, org tenant.ID, job, old, next string) error {
	return s.change(ctx, func(t *tx) error {
		var (
			n   int64
			err error
		)
		if old == "" {
			n, err = t.execN(`INSERT INTO cursors (org, job, position) VALUES (?, ?, ?)
				ON CONFLICT (org, job) DO UPDATE SET position = excluded.position WHERE cursors.position = ''`, id(org), job, next)
		} else {
			n, err = t.execN(`UPDATE cursors SET position = ? WHERE org = ? AND job = ? AND position = ?`, next, id(org), job, old)
		}
		if err == nil && n == 0 {
			err = port.ErrConflict
		}
		return err
	})
}
