// Package builtin is the one list of adapters that ship.
package builtin

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/adapters/storage/postgres"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
)

// Stores lists the kinds of stores.
func Stores() []storage.Driver {
	return []storage.Driver{memory.Driver, sqlite.Driver, postgres.Driver}
}

// Schemes lists what the address of a store may begin with.
func Schemes() []string {
	return lo.Map(Stores(), func(d storage.Driver, _ int) string { return d.Scheme })
}
