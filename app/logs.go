package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.uber.org/fx"
	"golang.org/x/term"

	"github.com/csm-monitor/csm-monitor/app/config"
)

// newLogger writes JSON lines, or text when a person is looking. What goes to a file or pipe goes there several lines at
// a time, as a server writes one for each request.
func newLogger(lc fx.Lifecycle, cfg config.Config, o Output) *slog.Logger {
	looking, gathered := isTerminal(o.Log), (*gatherer)(nil)
	to := o.Log
	if _, file := to.(*os.File); file && !looking {
		gathered = &gatherer{to: to}
		lc.Append(fx.StartStopHook(gathered.start, gathered.stop))
		to = gathered
	}
	options := &slog.HandlerOptions{Level: slog.Level(cfg.LogLevel)}
	var handler slog.Handler = slog.NewJSONHandler(to, options)
	if cfg.LogFormat == config.Text || cfg.LogFormat == config.Auto && looking {
		handler = slog.NewTextHandler(to, options)
	}
	if gathered != nil {
		handler = promptly{handler, gathered}
	}
	return slog.New(handler)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// The longest a line waits, and the most bytes that do.
const (
	lineWaits = 100 * time.Millisecond
	mostWaits = 64 << 10
)

// gatherer writes lines several at a time: soon after the first of them, or when they are many. Before start and after
// stop, when the process may end at any line, it writes each at once.
type gatherer struct {
	mu      sync.Mutex
	to      io.Writer
	started bool
	lines   []byte
	timer   *time.Timer // nil until a line waits
}

// Write takes one line. That it could not be written nobody learns, as with every log.
func (g *gatherer) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := len(g.lines) == 0
	g.lines = append(g.lines, line...)
	switch {
	case !g.started || len(g.lines) >= mostWaits:
		g.write()
	case first && g.timer == nil:
		g.timer = time.AfterFunc(lineWaits, g.flush)
	case first:
		g.timer.Reset(lineWaits)
	}
	return len(line), nil
}

// start lets lines wait.
func (g *gatherer) start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = true
}

// stop writes the lines that wait, and from then on none does.
func (g *gatherer) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = false
	g.write()
}

// flush writes the lines that wait.
func (g *gatherer) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write()
}

func (g *gatherer) write() {
	if len(g.lines) > 0 {
		_, _ = g.to.Write(g.lines)
		g.lines = g.lines[:0]
	}
}

// promptly writes warnings and errors at once, with all that came before them.
type promptly struct {
	slog.Handler
	gathered *gatherer
}

// Handle writes the record.
func (p promptly) Handle(ctx context.Context, r slog.Record) error {
	err := p.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		p.gathered.flush()
	}
	return err
}

// WithAttrs is the handler with further attributes.
func (p promptly) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptly{p.Handler.WithAttrs(attrs), p.gathered}
}

// WithGroup is the handler with a group begun.
func (p promptly) WithGroup(name string) slog.Handler {
	return promptly{p.Handler.WithGroup(name), p.gathered}
}
