package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	keyPut    = "Keys.Put"
	keyPrefix = "Keys.ByPrefix"
	keyList   = "Keys.List"
	keyRevoke = "Keys.Revoke"
)

func keyCases() []Case {
	return []Case{
		{
			About: keyPut, Sentence: "a key comes back by its prefix and in its organisation's list",
			Reason: "a hash with one bit changed locks everybody out",
			Check:  keysRoundTrip,
		},
		{
			About: keyPut, Sentence: "ErrConflict when its ID is taken, also by another organisation",
			Reason: "one organisation would replace another's key",
			Check:  keyConflicts,
		},
		{
			About: keyPrefix, Sentence: "the whole prefix, byte for byte; none when there is none; revoked ones too",
			Reason: "a pattern would open doors",
			Check:  keyPrefixes,
		},
		{
			About: keyList, Sentence: "an organisation's own keys, oldest first, ties by ID",
			Reason: "people revoke the old one",
			Check:  keysInOrder,
		},
		{
			About: keyRevoke, Sentence: "sets the time once; ErrNotFound for another organisation's key",
			Reason: "the first revocation is the one that is audited",
			Check:  revokes,
		},
	}
}

func apiKey(org, n int) tenant.APIKey {
	return tenant.APIKey{
		ID: fmt.Sprintf("key-%d", n), Org: orgID(org), Prefix: fmt.Sprintf("amo_%04d", n), Hash: bytes.Repeat([]byte{byte(n), 0, 0xff}, 11)[:32],
		Name: "Ünïcode", Role: tenant.Member, CreatedAt: noon.Add(time.Duration(n) * time.Microsecond),
	}
}

// withKeys makes two organisations and puts keys.
func withKeys(ctx context.Context, s port.Storage, list ...tenant.APIKey) error {
	for n := range 2 {
		if err := s.Orgs.Create(ctx, organisation(n+1)); err != nil {
			return err
		}
	}
	for _, k := range list {
		if err := s.Keys.Put(ctx, k); err != nil {
			return fmt.Errorf("Put: %w", err)
		}
	}
	return nil
}

func wantKeys(ctx context.Context, s port.Storage, org int, want ...tenant.APIKey) error {
	got, err := s.Keys.List(ctx, orgID(org))
	if err != nil {
		return fmt.Errorf("List: %w", err)
	}
	return same(fmt.Sprintf("List of organisation %d", org), want, got)
}

func keysRoundTrip(ctx context.Context, s port.Storage) error {
	k := apiKey(1, 7)
	if err := withKeys(ctx, s, k); err != nil {
		return err
	}
	got, err := s.Keys.ByPrefix(ctx, k.Prefix)
	return first(
		func() error { return err },
		func() error { return same("ByPrefix", []tenant.APIKey{k}, got) },
		func() error { return wantKeys(ctx, s, 1, k) },
		func() error { return wantKeys(ctx, s, 2) },
	)
}

func keyConflicts(ctx context.Context, s port.Storage) error {
	k := apiKey(1, 7)
	if err := withKeys(ctx, s, k); err != nil {
		return err
	}
	for org := 1; org <= 2; org++ {
		other := apiKey(org, 8)
		other.ID = k.ID
		if err := wantError("Put", s.Keys.Put(ctx, other), port.ErrConflict); err != nil {
			return err
		}
	}
	return first(func() error { return wantKeys(ctx, s, 1, k) }, func() error { return wantKeys(ctx, s, 2) })
}

func keyPrefixes(ctx context.Context, s port.Storage) error {
	a, b, c := apiKey(1, 1), apiKey(2, 2), apiKey(1, 3)
	b.Prefix = a.Prefix
	c.RevokedAt = noon
	if err := withKeys(ctx, s, a, b, c); err != nil {
		return err
	}
	for prefix, want := range map[string][]tenant.APIKey{
		a.Prefix: {a, b}, c.Prefix: {c}, "": nil, "amo_": nil, "amo_000": nil, "AMO_0001": nil, "amo_000%": nil, "amo_000_": nil, a.Prefix + " ": nil,
	} {
		got, err := s.Keys.ByPrefix(ctx, prefix)
		if err != nil {
			return fmt.Errorf("ByPrefix: %w", err)
		}
		if len(got) == 2 && got[0].ID > got[1].ID {
			got[0], got[1] = got[1], got[0]
		}
		if err := same(fmt.Sprintf("ByPrefix %q", prefix), want, got); err != nil {
			return err
		}
	}
	return nil
}

func keysInOrder(ctx context.Context, s port.Storage) error {
	var mine, shuffled []tenant.APIKey
	for n := range 12 {
		k := apiKey(1, 10+n)
		k.CreatedAt = noon.Add(time.Duration(n/3) * time.Second)
		mine = append(mine, k)
	}
	for _, i := range newGen(71).Perm(len(mine)) {
		shuffled = append(shuffled, mine[i], apiKey(2, 50+i))
	}
	return first(
		func() error { return withKeys(ctx, s, shuffled...) },
		func() error { return wantKeys(ctx, s, 1, mine...) },
	)
}

func revokes(ctx context.Context, s port.Storage) error {
	k, other := apiKey(1, 1), apiKey(1, 2)
	if err := withKeys(ctx, s, k, other); err != nil {
		return err
	}
	k.RevokedAt = noon.Add(time.Hour)
	return first(
		func() error {
			return wantError("another organisation's", s.Keys.Revoke(ctx, orgID(2), k.ID, noon), port.ErrNotFound)
		},
		func() error {
			return wantError("no such key", s.Keys.Revoke(ctx, orgID(1), "key-9", noon), port.ErrNotFound)
		},
		func() error { return s.Keys.Revoke(ctx, orgID(1), k.ID, k.RevokedAt) },
		func() error { return s.Keys.Revoke(ctx, orgID(1), k.ID, noon.Add(5*time.Hour)) },
		func() error { return wantKeys(ctx, s, 1, k, other) },
	)
}
