package sqlstore

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const orgColumns = `id, address, name, plan, created_at, settings`

func scanOrg(scan func(...any) error) (o tenant.Org, err error) {
	var (
		created  int64
		settings string
	)
	if err := scan(&o.ID, &o.Address, &o.Name, &o.Plan, &created, &settings); err != nil {
		return tenant.Org{}, err
	}
	o.CreatedAt = micros(created)
	return o, json.Unmarshal([]byte(settings), &o.Settings)
}

// readOrg is the one organisation a condition names.
func (t *tx) readOrg(where string, arg any) (o tenant.Org, ok bool, err error) {
	err = t.each(`SELECT `+orgColumns+` FROM orgs WHERE `+where, []any{arg}, func(scan func(...any) error) error {
		ok = true
		o, err = scanOrg(scan)
		return err
	})
	return o, ok, err
}

// Create stores a new organisation; see port.Orgs.
func (s orgs) Create(ctx context.Context, o tenant.Org) error {
	return s.change(ctx, func(t *tx) error {
		settings, err := json.Marshal(o.Settings)
		if err != nil {
			return err
		}
		n, err := t.execN(`INSERT INTO orgs (`+orgColumns+`) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			id(o.ID), o.Address, o.Name, string(o.Plan), o.CreatedAt.UnixMicro(), string(settings))
		if err != nil {
			return err
		}
		if n == 0 {
			return port.ErrConflict
		}
		return t.setZone(o.ID, o.Settings.TimeZone)
	})
}

// Get reads one organisation; see port.Orgs.
func (s orgs) Get(ctx context.Context, org tenant.ID) (tenant.Org, error) {
	return s.one(ctx, `id = ?`, id(org))
}

// ByAddress finds an organisation by its public address; see port.Orgs.
func (s orgs) ByAddress(ctx context.Context, address string) (tenant.Org, error) {
	return s.one(ctx, `address = ?`, address)
}

func (s orgs) one(ctx context.Context, where string, arg any) (o tenant.Org, err error) {
	err = s.look(ctx, func(t *tx) error {
		var ok bool
		if o, ok, err = t.readOrg(where, arg); err == nil && !ok {
			err = port.ErrNotFound
		}
		return err
	})
	return o, err
}

// Update changes an organisation; see port.Orgs.
func (s orgs) Update(ctx context.Context, org tenant.ID, fn tenant.Change) (next tenant.Org, err error) {
	rezoned := false
	err = s.change(ctx, func(t *tx) error {
		old, ok, err := t.readOrg(`id = ?`+t.dialect.Lock, id(org))
		if err != nil {
			return err
		}
		if !ok {
			return port.ErrNotFound
		}
		if next, err = fn(old); err != nil {
			return err
		}
		next.ID = org
		settings, err := json.Marshal(next.Settings)
		if err != nil {
			return err
		}
		err = t.exec(`UPDATE orgs SET address = ?, name = ?, plan = ?, created_at = ?, settings = ? WHERE id = ?`,
			next.Address, next.Name, string(next.Plan), next.CreatedAt.UnixMicro(), string(settings), id(org))
		if err != nil && t.dialect.Taken(err) {
			return port.ErrConflict
		}
		if err != nil {
			return err
		}
		rezoned = old.Settings.TimeZone != next.Settings.TimeZone
		return t.setZone(org, next.Settings.TimeZone)
	})
	if err != nil {
		return tenant.Org{}, err
	}
	if rezoned {
		s.behind.zones.add([]tenant.ID{org})
	}
	return next, nil
}

// orgsAtOnce is how many organisations All holds at a time.
const orgsAtOnce = 256

// All yields every organisation; see port.Orgs.
func (s orgs) All(ctx context.Context) iter.Seq2[tenant.Org, error] {
	return func(yield func(tenant.Org, error) bool) {
		after, first := uuid.Nil, true
		for {
			var page []tenant.Org
			err := s.look(ctx, func(t *tx) error {
				where, args := `id > ?`, []any{id(after), orgsAtOnce}
				if first {
					where = `id >= ?`
				}
				return t.each(`SELECT `+orgColumns+` FROM orgs WHERE `+where+` ORDER BY id LIMIT ?`, args, func(scan func(...any) error) error {
					o, err := scanOrg(scan)
					page = append(page, o)
					return err
				})
			})
			for _, o := range page {
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					break
				}
				if !yield(o, nil) {
					return
				}
			}
			if err != nil {
				yield(tenant.Org{}, err)
				return
			}
			if len(page) < orgsAtOnce {
				return
			}
			after, first = page[len(page)-1].ID, false
		}
	}
}

const keyColumns = `id, org, prefix, hash, name, role, created_at, revoked_at`

// Put stores a key; see port.Keys.
func (s keys) Put(ctx context.Context, k tenant.APIKey) error {
	return s.change(ctx, func(t *tx) error {
		n, err := t.execN(`INSERT INTO api_keys (`+keyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			k.ID, id(k.Org), k.Prefix, nonNil(k.Hash), k.Name, string(k.Role), k.CreatedAt.UnixMicro(), k.RevokedAt.UnixMicro())
		if err == nil && n == 0 {
			err = port.ErrConflict
		}
		return err
	})
}

// ByPrefix finds keys by the part that is not secret; see port.Keys.
func (s keys) ByPrefix(ctx context.Context, prefix string) ([]tenant.APIKey, error) {
	return s.where(ctx, `prefix = ?`, prefix)
}

// List yields an organisation's keys; see port.Keys.
func (s keys) List(ctx context.Context, org tenant.ID) ([]tenant.APIKey, error) {
	return s.where(ctx, `org = ?`, id(org))
}

func (s keys) where(ctx context.Context, where string, arg any) (out []tenant.APIKey, err error) {
	err = s.look(ctx, func(t *tx) error {
		return t.each(`SELECT `+keyColumns+` FROM api_keys WHERE `+where+` ORDER BY created_at, id`, []any{arg}, func(scan func(...any) error) error {
			var (
				k                tenant.APIKey
				created, revoked int64
			)
			if err := scan(&k.ID, &k.Org, &k.Prefix, &k.Hash, &k.Name, &k.Role, &created, &revoked); err != nil {
				return err
			}
			k.CreatedAt, k.RevokedAt = micros(created), micros(revoked)
			out = append(out, k)
			return nil
		})
	})
	return out, err
}

// Revoke makes a key useless; see port.Keys.
func (s keys) Revoke(ctx context.Context, org tenant.ID, key string, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		var revoked int64
		ok, err := t.first(`SELECT revoked_at FROM api_keys WHERE org = ? AND id = ?`+t.dialect.Lock, id(org), key)(&revoked)
		switch {
		case err != nil:
			return err
		case !ok:
			return port.ErrNotFound
		case !micros(revoked).IsZero():
			return nil
		}
		return t.exec(`UPDATE api_keys SET revoked_at = ? WHERE org = ? AND id = ?`, at.UnixMicro(), id(org), key)
	})
}
