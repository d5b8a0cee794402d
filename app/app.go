// Package app assembles the server and the worker: adapters on one side, the core on the other, and fx between them,
// here and nowhere else. A house of one's own is
//
//	fx.New(app.Server(cfg), app.StorageModule(acme.Driver)).Run()
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"
	_ "time/tzdata" // time zones also where the machine has none

	"github.com/samber/lo"
	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/app/jobs"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// startTimeout bounds a start: long enough for the migrations of a large store.
const startTimeout = 15 * time.Minute

// Output is where a process writes: what a person must see goes to Out, logs go to Log.
type Output struct{ Out, Log io.Writer }

// Server is everything that answers requests. With a store that one process has to itself it does the jobs too.
func Server(cfg config.Config) fx.Option {
	return fx.Options(
		common(cfg),
		fx.Provide(serverKeyring, hold, newKeys, newAPI, newFlights, newWelcome, listen),
		fx.Invoke(serve, profiles, inlineJobs),
	)
}

// Worker is everything that works behind the write. It needs a store that processes share.
func Worker(cfg config.Config) fx.Option {
	return fx.Options(
		common(cfg),
		fx.Provide(
			shareable,
			func(cfg config.Config, _ held) (*keyring, error) { return openKeyring(cfg, false) },
		),
		fx.Invoke(workerJobs),
	)
}

// StorageModule adds a kind of store.
func StorageModule(d storage.Driver) fx.Option {
	return fx.Module("storage."+d.Scheme, fx.Supply(fx.Annotate(d, fx.ResultTags(`group:"stores"`))))
}

// common is what both processes are made of.
func common(cfg config.Config) fx.Option {
	return fx.Options(
		fx.StartTimeout(startTimeout),
		fx.StopTimeout(cfg.DrainTimeout+time.Minute),
		fx.NopLogger, // the process says itself, once, what went wrong
		fx.Supply(cfg),
		fx.Options(lo.Map(builtin.Stores(), func(d storage.Driver, _ int) fx.Option { return StorageModule(d) })...),
		fx.Provide(
			func() Output { return Output{os.Stdout, os.Stderr} },
			func() func() time.Time { return time.Now },
			newLogger, openStore, newMonitor, newRunner,
		),
		fx.Invoke(frugal),
	)
}

// stores are the kinds of stores that exist.
type stores struct {
	fx.In
	Drivers []storage.Driver `group:"stores"`
}

// openStore opens the configured store and closes it when everything that uses it has stopped.
func openStore(lc fx.Lifecycle, cfg config.Config, keys *keyring, log *slog.Logger, _ held, s stores) (port.Storage, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	store, err := storage.Open(ctx, cfg.Storage.Reveal(), storage.Options{Sealer: keys, Logger: log}, s.Drivers...)
	if err != nil {
		return port.Storage{}, forgetting(keys, err)
	}
	// A database that processes share works on two transactions at a time; one process has to write one after the other.
	store = groupcommit.Wrap(store, groupcommit.Options{Writers: lo.Ternary(store.Shared, 2, 1)})
	lc.Append(fx.StopHook(store.Close))
	return store, nil
}

// forgetting takes back a master key that was made for a store which then did not open.
func forgetting(keys *keyring, err error) error {
	if removal := keys.forget(); removal != nil {
		return fmt.Errorf("%w (and the master key made for it could not be removed: %w)", err, removal)
	}
	return err
}

func newRunner(store port.Storage, m *monitor.Monitor, clock func() time.Time, log *slog.Logger) *jobs.Runner {
	o := jobs.Options{Orgs: store.Orgs, Changes: store.Changes, Jobs: jobs.Timetable(m), Settle: m.NoteProgress, Clock: clock, Logger: log}
	if store.Shared {
		o.Leases = store.Jobs
	}
	return jobs.New(o)
}

// inlineJobs does the jobs in the server when no other process can.
func inlineJobs(lc fx.Lifecycle, store port.Storage, runner *jobs.Runner) {
	if !store.Shared {
		inBackground(lc, runner.Run)
	}
}

// shareable refuses a store of one process before anything of it is touched: a server may be using it.
func shareable(cfg config.Config, s stores) (held, error) {
	if lo.ContainsBy(s.Drivers, func(d storage.Driver) bool { return d.Scheme == cfg.Storage.Scheme() && !d.Shared }) {
		return held{}, fmt.Errorf("a worker cannot use %s: only one process may have this kind of store, and with it the server does "+
			"the worker's jobs itself. Run csm-server alone, or move to postgres://", cfg.Storage)
	}
	return held{}, nil
}

// workerJobs does the jobs in a process of its own.
func workerJobs(lc fx.Lifecycle, cfg config.Config, runner *jobs.Runner, log *slog.Logger) {
	lc.Append(fx.StartHook(func() { log.Info("working", "storage", cfg.Storage, "version", Version()) }))
	inBackground(lc, runner.Run)
}

// inBackground runs work from start to stop, and stop waits for it.
func inBackground(lc fx.Lifecycle, work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	lc.Append(fx.StartStopHook(
		func() {
			go func() {
				defer close(done)
				work(ctx)
			}()
		},
		func(stop context.Context) error {
			cancel()
			select {
			case <-done:
				return nil
			case <-stop.Done():
				return stop.Err()
			}
		},
	))
}
