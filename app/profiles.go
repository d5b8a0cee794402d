package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app/config"
)

// profiles serves Go's profiles on a listener of their own, which only this machine reaches, where one is configured.
// They are never on the listener of the API.
func profiles(lc fx.Lifecycle, cfg config.Config, log *slog.Logger) {
	if cfg.PprofAddr == "" {
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // the named profiles too
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	lc.Append(fx.StartStopHook(
		func() error {
			l, err := net.Listen("tcp", string(cfg.PprofAddr))
			if err != nil {
				return fmt.Errorf("cannot listen on %s: %w. CSM_PPROF_ADDR takes another address", cfg.PprofAddr, err)
			}
			log.Info("profiling", "url", config.Addr(l.Addr().String()).URL()+"/debug/pprof/")
			go func() {
				if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					log.Error("profiling ended", "error", err)
				}
			}()
			return nil
		},
		server.Close, // a profile under way ends with the process
	))
}
