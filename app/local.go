package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Local is a store opened without a server, for an operator who sits beside it.
type Local struct {
	store port.Storage
	Keys  httpapi.Keys
	// Keeper rotates, renews and destroys the keys under which the store seals.
	Keeper storage.Keeper
}

// OpenLocal opens the configured store and brings its schema up to date. Where may is set, a store that is not there is
// made, with its master key.
func OpenLocal(ctx context.Context, cfg config.Config, may bool) (*Local, error) {
	if cfg.Storage.Scheme() == "memory" {
		return nil, fmt.Errorf("%s is inside the server's process and cannot be reached from here", cfg.Storage)
	}
	open := func(cfg config.Config) (*keyring, error) { return openKeyring(cfg, false) }
	if may {
		open = serverKeyring
	}
	ring, err := open(cfg)
	if err != nil {
		return nil, err
	}
	store, err := storage.Open(ctx, cfg.Storage.Reveal(), storage.Options{Sealer: ring}, builtin.Stores()...)
	if err != nil {
		return nil, forgetting(ring, err)
	}
	keys, err := newKeys(store, ring, time.Now)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	keeper, ok := storage.KeeperOf(store)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s does not seal what it keeps", cfg.Storage), store.Close())
	}
	return &Local{store: store, Keys: keys, Keeper: keeper}, nil
}

// Orgs are all organisations, in the order of their ids.
func (l *Local) Orgs(ctx context.Context) (all []tenant.Org, err error) {
	for org, err := range l.store.Orgs.All(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, org)
	}
	return all, nil
}

// Close gives the store back.
func (l *Local) Close() error { return l.store.Close() }

// Org is the organisation with that id; with an empty one, the only organisation there is.
func (l *Local) Org(ctx context.Context, id string) (tenant.Org, error) {
	all, err := l.Orgs(ctx)
	if err != nil {
		return tenant.Org{}, err
	}
	for _, org := range all {
		if org.ID.String() == id {
			return org, nil
		}
	}
	known := strings.Join(lo.Map(all, func(o tenant.Org, _ int) string { return o.ID.String() + " (" + o.Name + ")" }), ", ")
	switch {
	case len(all) == 0:
		return tenant.Org{}, errors.New("there is no organisation yet; the first start of csm-server makes one")
	case id != "":
		return tenant.Org{}, fmt.Errorf("there is no organisation %s; there are %s", id, known)
	case len(all) > 1:
		return tenant.Org{}, fmt.Errorf("there are several organisations; name one with --org: %s", known)
	}
	return all[0], nil
}
