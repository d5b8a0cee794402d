package memory

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type orgs struct{ *store }

func (s orgs) Create(ctx context.Context, o tenant.Org) error {
	return s.write(ctx, func() error {
		if _, taken := s.orgs[o.ID]; taken || s.addressed(o.Address, o.ID) {
			return port.ErrConflict
		}
		s.orgs[o.ID] = cloneOrg(o)
		return nil
	})
}

// addressed says whether another organisation than id has the address.
func (s *store) addressed(address string, id tenant.ID) bool {
	return lo.SomeBy(lo.Values(s.orgs), func(o tenant.Org) bool { return o.Address == address && o.ID != id })
}

func (s orgs) Get(ctx context.Context, id tenant.ID) (out tenant.Org, err error) {
	err = s.read(ctx, func() error {
		o, ok := s.orgs[id]
		if !ok {
			return port.ErrNotFound
		}
		out = cloneOrg(o)
		return nil
	})
	return out, err
}

func (s orgs) ByAddress(ctx context.Context, address string) (out tenant.Org, err error) {
	err = s.read(ctx, func() error {
		o, ok := lo.Find(lo.Values(s.orgs), func(o tenant.Org) bool { return o.Address == address })
		if !ok {
			return port.ErrNotFound
		}
		out = cloneOrg(o)
		return nil
	})
	return out, err
}

func (s orgs) Update(ctx context.Context, id tenant.ID, fn tenant.Change) (out tenant.Org, err error) {
	err = s.write(ctx, func() error {
		o, ok := s.orgs[id]
		if !ok {
			return port.ErrNotFound
		}
		next, err := fn(cloneOrg(o))
		if err != nil {
			return err
		}
		next.ID = id
		if s.addressed(next.Address, id) {
			return port.ErrConflict
		}
		s.orgs[id] = cloneOrg(next)
		out = next
		return nil
	})
	return out, err
}

// All reads the organisations at its beginning and then lets go of the lock.
func (s orgs) All(ctx context.Context) iter.Seq2[tenant.Org, error] {
	return func(yield func(tenant.Org, error) bool) {
		var all []tenant.Org
		err := s.read(ctx, func() error {
			all = lo.Map(lo.Values(s.orgs), func(o tenant.Org, _ int) tenant.Org { return cloneOrg(o) })
			return nil
		})
		slices.SortFunc(all, func(a, b tenant.Org) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		for _, o := range all {
			if err = ctx.Err(); err != nil {
				break
			}
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(tenant.Org{}, err)
		}
	}
}

type keys struct{ *store }

func (s keys) Put(ctx context.Context, k tenant.APIKey) error {
	return s.write(ctx, func() error {
		if _, taken := s.keys[k.ID]; taken {
			return port.ErrConflict
		}
		s.keys[k.ID] = cloneKey(k)
		return nil
	})
}

func (s keys) ByPrefix(ctx context.Context, prefix string) ([]tenant.APIKey, error) {
	return s.pick(ctx, func(k tenant.APIKey) bool { return k.Prefix == prefix })
}

func (s keys) List(ctx context.Context, org tenant.ID) ([]tenant.APIKey, error) {
	return s.pick(ctx, func(k tenant.APIKey) bool { return k.Org == org })
}

func (s keys) pick(ctx context.Context, keep func(tenant.APIKey) bool) (out []tenant.APIKey, err error) {
	err = s.read(ctx, func() error {
		for _, k := range s.keys {
			if keep(k) {
				out = append(out, cloneKey(k))
			}
		}
		slices.SortFunc(out, func(a, b tenant.APIKey) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
		})
		return nil
	})
	return out, err
}

func (s keys) Revoke(ctx context.Context, org tenant.ID, id string, at time.Time) error {
	return s.write(ctx, func() error {
		k, ok := s.keys[id]
		if !ok || k.Org != org {
			return port.ErrNotFound
		}
		if k.RevokedAt.IsZero() {
			k.RevokedAt = at
			s.keys[id] = k
		}
		return nil
	})
}

func cloneKey(k tenant.APIKey) tenant.APIKey {
	k.Hash = bytes.Clone(k.Hash)
	return k
}
