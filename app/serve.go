package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// newKeys makes and checks API keys. What is derived from the keyring belongs to the store, which must be open by then.
func newKeys(store port.Storage, ring *keyring, clock func() time.Time) (httpapi.Keys, error) {
	return auth.NewKeys(store.Keys, ring.Derive("API keys"), clock)
}

// newAPI builds the handlers.
func newAPI(cfg config.Config, m *monitor.Monitor, keys httpapi.Keys, ring *keyring, clock func() time.Time, log *slog.Logger) (*httpapi.API, error) {
	rate := httpapi.Rate{PerSecond: float64(cfg.RateLimit), Burst: max(1, int(cfg.RateLimit))}
	return httpapi.New(httpapi.Options{
		Monitor: m, Keys: keys, CursorKey: ring.Derive("paging cursors"), Clock: clock, Logger: log, Version: Version(),
		MaxBody: int64(cfg.MaxBody), MaxBatch: int64(cfg.MaxBatch), KeyRate: rate,
	})
}

// listener is the socket. It is taken before the first organisation is made: a start that fails for a taken port must
// not have used up the only showing of the key.
type listener struct{ net.Listener }

func listen(lc fx.Lifecycle, cfg config.Config) *listener {
	l := &listener{}
	lc.Append(fx.StartStopHook(
		func() (err error) {
			if l.Listener, err = net.Listen("tcp", string(cfg.Addr)); err != nil {
				return fmt.Errorf("cannot listen on %s: %w. CSM_ADDR takes another address", cfg.Addr, err)
			}
			return nil
		},
		func() { _ = l.Close() }, // the server has closed it by then, unless it never ran
	))
	return l
}

// url is where the server is reached, with the port that was really taken.
func (l *listener) url() string { return config.Addr(l.Addr().String()).URL() }

// serve answers requests from start to stop. On stop, new requests get 503 with Retry-After while those under way
// finish; whatever is left after the drain timeout is cut off.
func serve(lc fx.Lifecycle, sd fx.Shutdowner, cfg config.Config, api *httpapi.API, f *flights, l *listener, w *welcome, log *slog.Logger) {
	server := httpapi.NewServer(string(cfg.Addr), f)
	lc.Append(fx.StartStopHook(
		func(ctx context.Context) error {
			if err := w.prepare(ctx); err != nil {
				return err
			}
			go func() {
				if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					log.Error("serving ended", "error", err)
					_ = sd.Shutdown(fx.ExitCode(1))
				}
			}()
			log.Info("serving", "url", l.url(), "storage", cfg.Storage, "version", Version())
			return w.show(l.url())
		},
		func(ctx context.Context) error {
			log.Info("draining", "under_way", f.count(), "timeout", cfg.DrainTimeout)
			api.Drain()
			drain, cancel := context.WithTimeout(ctx, cfg.DrainTimeout)
			defer cancel()
			err := f.wait(drain)
			if err == nil {
				err = server.Shutdown(drain)
			}
			if err != nil {
				log.Warn("requests were cut off", "under_way", f.count())
				return server.Close()
			}
			log.Info("drained")
			return nil
		},
	))
}
