package storage

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Keeper is what an operator does with a store's keys. All of it runs while the store serves, can be given up at any
// time, and goes on where it was when it is called again.
type Keeper interface {
	// Rewrap puts the keys of every organisation under the newest master key and says how many it changed. Once it has
	// returned, older master keys open nothing in this store any more.
	Rewrap(ctx context.Context) (orgs int, err error)
	// Renew gives an organisation a new data key, seals everything anew under it, takes the older keys away, and says how
	// many values it sealed.
	Renew(ctx context.Context, org tenant.ID) (values int, err error)
	// Destroy removes everything of an organisation, its keys last: what copies of its rows are left in backups of the
	// rows opens nowhere any more.
	Destroy(ctx context.Context, org tenant.ID) error
}

// KeeperOf is the keeper of a store that seals; ok is false for one that does not.
func KeeperOf(s port.Storage) (k Keeper, ok bool) {
	k, ok = s.Orgs.(Keeper)
	return k, ok
}
