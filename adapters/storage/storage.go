// Package storage opens a store by its address. Which stores exist is the caller's list of drivers; there is no
// registry.
package storage

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/port"
)

// Driver is one kind of store.
type Driver struct {
	// Scheme is what an address of this kind begins with, before "://".
	Scheme string
	// Shared says that its stores are port.Storage.Shared, before one is opened.
	Shared bool
	// Open opens the store at dsn, an address of that scheme, and makes it ready to serve.
	Open func(ctx context.Context, dsn string, o Options) (port.Storage, error)
}

// Options are what every kind of store takes. The zero value opens a store that keeps text as it is.
type Options struct {
	// Sealer seals what people wrote before it reaches a disk; nil leaves it readable.
	Sealer Sealer
	// Logger is told what goes wrong where no caller can be told, and why an opening takes long; nil keeps it to the store.
	Logger *slog.Logger
}

// Open opens the store that dsn names with the driver of its scheme. An address without a scheme, or with one that no
// driver has, is refused in one sentence that lists the known ones; so is a store that lacks a part or is not what its driver says.
func Open(ctx context.Context, dsn string, o Options, drivers ...Driver) (port.Storage, error) {
	scheme, _, ok := strings.Cut(dsn, "://")
	if !ok {
		return port.Storage{}, fmt.Errorf("storage: the address must begin with one of %s", known(drivers))
	}
	driver, ok := lo.Find(drivers, func(d Driver) bool { return d.Scheme == scheme })
	if !ok {
		return port.Storage{}, fmt.Errorf("storage: %q is not a known kind of store; known are %s", scheme, known(drivers))
	}
	s, err := driver.Open(ctx, dsn, o)
	if err != nil {
		return port.Storage{}, fmt.Errorf("storage: open %s: %w", scheme, err)
	}
	if problem := driver.wrong(s); problem != "" {
		if s.Close != nil {
			_ = s.Close() // the problem is what to tell
		}
		return port.Storage{}, fmt.Errorf("storage: the %s store %s", scheme, problem)
	}
	return s, nil
}

// wrong is what keeps a store that was opened from being used.
func (d Driver) wrong(s port.Storage) string {
	if missing := s.Missing(); len(missing) > 0 {
		return "has no " + strings.Join(missing, ", ")
	}
	if s.Shared != d.Shared {
		return fmt.Sprintf("is opened as Shared %t, and its driver says %t", s.Shared, d.Shared)
	}
	return ""
}

func known(drivers []Driver) string {
	return strings.Join(lo.Map(drivers, func(d Driver, _ int) string { return d.Scheme + "://" }), ", ")
}
