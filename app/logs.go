package app

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/csm-monitor/csm-monitor/app/config"
)

// newLogger writes JSON lines, or text when a person is looking.
func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.Level(cfg.LogLevel)}
	if cfg.LogFormat == config.Text || cfg.LogFormat == config.Auto && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
