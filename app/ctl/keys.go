package ctl

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type keysCmd struct {
	Create createKey `cmd:"" help:"Make a key. It is printed once, alone on standard output."`
	List   listKeys  `cmd:"" help:"List the organisation's keys."`
	Revoke revokeKey `cmd:"" help:"Make a key useless, for good."`
	Rotate rotateCmd `cmd:"" help:"Seal the store in CSM_STORAGE under a new master key, while it serves."`
	Prune  pruneCmd  `cmd:"" help:"Take away the older master keys that a rotation left."`

	Local bool   `help:"Work on the store in CSM_STORAGE and not through a server: for when no key is left. rotate and prune always do."`
	Org   string `help:"With --local, the organisation; needed when there are several." placeholder:"ID"`
}

type createKey struct {
	Name string `arg:"" help:"What people will call it."`
	Role string `help:"What it may do: owner, admin, member or viewer." enum:"owner,admin,member,viewer" default:"member"`
}

type listKeys struct{}

type revokeKey struct {
	ID string `arg:"" help:"The key's id, as list shows it."`
}

// keyring is where keys are kept, near or far.
type keyring interface {
	create(s *session, name, role string) (wire.Key, error)
	list(s *session) ([]wire.Key, error)
	revoke(s *session, id string) error
}

// with opens the keyring for one action.
func (k *keysCmd) with(s *session, action func(keyring) error) error {
	if !k.Local {
		client, err := sdk.FromEnv()
		if err != nil {
			return fmt.Errorf("%w. With --local no key is needed", err)
		}
		return action(remote{client})
	}
	l, _, err := s.local(false)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	org, err := l.Org(s.ctx, k.Org)
	if err != nil {
		return err
	}
	return action(local{l.Keys, org})
}

// Run makes a key.
func (c createKey) Run(s *session, k *keysCmd) error {
	return k.with(s, func(ring keyring) error {
		key, err := ring.create(s, c.Name, c.Role)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "A key with the role %s, id %s. Keep it: it cannot be shown again.\n", key.Role, key.ID)
		_, err = fmt.Fprintln(s.out, key.Secret)
		return err
	})
}

// Run lists the keys.
func (listKeys) Run(s *session, k *keysCmd) error {
	return k.with(s, func(ring keyring) error {
		keys, err := ring.list(s)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tBEGINS WITH\tROLE\tCREATED\tREVOKED")
		for _, key := range keys {
			revoked := "-"
			if key.RevokedAt != nil {
				revoked = key.RevokedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%s\t%q\t%s\t%s\t%s\t%s\n", key.ID, key.Name, key.Prefix, key.Role, key.CreatedAt.Format(time.RFC3339), revoked)
		}
		return table.Flush()
	})
}

// Run revokes a key.
func (c revokeKey) Run(s *session, k *keysCmd) error {
	return k.with(s, func(ring keyring) error {
		if err := ring.revoke(s, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.out, "%s is revoked.\n", c.ID)
		return err
	})
}

// remote asks a server.
type remote struct{ client *sdk.Client }

func (r remote) create(s *session, name, role string) (wire.Key, error) {
	return r.client.CreateKey(s.ctx, name, role)
}

func (r remote) list(s *session) ([]wire.Key, error) { return r.client.Keys(s.ctx) }

func (r remote) revoke(s *session, id string) error { return r.client.RevokeKey(s.ctx, id) }

// local works on the store.
type local struct {
	keys httpapi.Keys
	org  tenant.Org
}

func (l local) create(s *session, name, role string) (wire.Key, error) {
	secret, key, err := l.keys.Create(s.ctx, l.org.ID, name, tenant.Role(role))
	if err != nil {
		return wire.Key{}, err
	}
	shown := show(key)
	shown.Secret = secret
	return shown, nil
}

func (l local) list(s *session) ([]wire.Key, error) {
	keys, err := l.keys.List(s.ctx, l.org.ID)
	return lo.Map(keys, func(k tenant.APIKey, _ int) wire.Key { return show(k) }), err
}

func (l local) revoke(s *session, id string) error {
	err := l.keys.Revoke(s.ctx, l.org.ID, id)
	if errors.Is(err, port.ErrNotFound) {
		return fmt.Errorf("the organisation has no key %s", id)
	}
	return err
}

func show(k tenant.APIKey) wire.Key {
	out := wire.Key{ID: k.ID, Name: k.Name, Prefix: k.Prefix, Role: string(k.Role), CreatedAt: k.CreatedAt}
	if !k.RevokedAt.IsZero() {
		out.RevokedAt = &k.RevokedAt
	}
	return out
}
