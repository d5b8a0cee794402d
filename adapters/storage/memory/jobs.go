package memory

import (
	"context"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type jobs struct{ *store }

// lease is who does a job, and until when nobody else may.
type lease struct {
	holder string
	until  time.Time
}

func (s jobs) Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (ok bool, err error) {
	err = s.write(ctx, func() error {
		if l, held := s.leases[name]; held && l.holder != holder && now.Before(l.until) {
			return nil
		}
		s.leases[name] = lease{holder, now.Add(ttl)}
		ok = true
		return nil
	})
	return ok, err
}

func (s jobs) Release(ctx context.Context, name, holder string) error {
	return s.write(ctx, func() error {
		if s.leases[name].holder == holder {
			delete(s.leases, name)
		}
		return nil
	})
}

func (s jobs) Cursor(ctx context.Context, org tenant.ID, job string) (cursor string, err error) {
	err = s.read(ctx, func() error {
		cursor = s.look(org).cursors[job]
		return nil
	})
	return cursor, err
}

func (s jobs) SaveCursor(ctx context.Context, org tenant.ID, job, old, next string) error {
	return s.write(ctx, func() error {
		r := s.room(org)
		if r.cursors[job] != old {
			return port.ErrConflict
		}
		r.cursors[job] = next
		return nil
	})
}
