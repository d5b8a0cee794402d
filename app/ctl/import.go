package ctl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/app/importer"
)

type importCmd struct {
	File    string `arg:"" help:"A file with one conversation a line, each a body of POST /api/v1/conversations; - reads standard input. gzip and zstd are noticed by their content."`
	Report  string `help:"Write the refused lines to this file and not to standard error." placeholder:"FILE"`
	Restart bool   `help:"Begin anew where an earlier import of the file was interrupted."`
}

// Help says what is worth knowing before the first import.
func (importCmd) Help() string {
	return `Every line is stored or refused, and a refused line never harms the others. An import that was interrupted goes on
where it stopped when the same command is given again: until it ends, FILE` + importer.StateSuffix + ` beside the file remembers
how far it has come. Importing a file twice changes nothing: what is known already counts as unchanged.`
}

// saveEvery is how often progress is kept on disk.
const saveEvery = time.Second

// Run imports the file.
func (c importCmd) Run(s *session) error {
	client, err := sdk.FromEnv()
	if err != nil {
		return err
	}
	raw, size, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	state, from, err := c.resume(s, client.Endpoint())
	if err != nil {
		return err
	}
	report, err := newReport(c.Report, s.err, from.Line > 0)
	if err != nil {
		return err
	}
	gauge := newGauge(s.err, size, from)
	report.before = gauge.clear
	unpacked, release, err := importer.Open(gauge.reader(raw))
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", c.File, err)
	}
	defer release()

	start, saved := time.Now(), time.Now()
	progress, err := importer.Run(s.ctx, unpacked, importer.Options{
		Sender: client, From: from, Refused: report.add,
		Advanced: func(p importer.Progress) {
			gauge.show(p)
			if state != nil && time.Since(saved) >= saveEvery {
				saved = time.Now()
				report.note(state.Save(p))
			}
		},
	})
	gauge.end()
	c.summarise(s, progress, from, time.Since(start), err == nil)
	err = errors.Join(err, report.close())
	switch {
	case err != nil && state != nil:
		if saving := state.Save(progress); saving != nil {
			return errors.Join(err, saving)
		}
		fmt.Fprintf(s.err, "Stopped after line %s. The same command goes on from there.\n", humanize.Comma(int64(progress.Line)))
		return err
	case err != nil:
		return err
	case state != nil:
		err = state.Remove()
	}
	if err == nil && progress.Counts.Refused > 0 {
		return errRefused
	}
	return err
}

// open opens the file; its size is -1 when nobody knows.
func (c importCmd) open(s *session) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(s.in), -1, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, fmt.Errorf("%s is a folder", c.File)
	}
	if !info.Mode().IsRegular() {
		return f, -1, nil
	}
	return f, info.Size(), nil
}

// resume finds what an interrupted import of the file left. Standard input leaves nothing.
func (c importCmd) resume(s *session, endpoint string) (*importer.State, importer.Progress, error) {
	if c.File == "-" {
		return nil, importer.Progress{}, nil
	}
	state, from, resumed, err := importer.OpenState(c.File, endpoint)
	switch {
	case err != nil:
		return nil, from, err
	case !resumed:
		return state, importer.Progress{}, nil
	case c.Restart:
		return state, importer.Progress{}, state.Remove()
	}
	fmt.Fprintf(s.err, "Going on after line %s, where an earlier import stopped. --restart begins anew.\n", humanize.Comma(int64(from.Line)))
	return state, from, nil
}

// summarise says what became of all lines, those of earlier runs included.
func (c importCmd) summarise(s *session, p, from importer.Progress, took time.Duration, whole bool) {
	n := p.Counts
	rate := float64(n.Total()-from.Counts.Total()) / max(took.Seconds(), 1e-9)
	end := ""
	if !whole {
		end = " so far"
	}
	fmt.Fprintf(s.out, "%s conversations%s: %s stored, %s updated, %s unchanged, %s refused; %s, %s a second.\n",
		comma(n.Total()), end, comma(n.Stored), comma(n.Updated), comma(n.Unchanged), comma(n.Refused),
		took.Round(10*time.Millisecond), comma(int(rate)))
}

func comma(n int) string { return humanize.Comma(int64(n)) }

// gauge is the progress bar on a terminal, and nothing elsewhere.
type gauge struct {
	bar   *progressbar.ProgressBar
	start time.Time
	from  importer.Progress
}

func newGauge(w io.Writer, size int64, from importer.Progress) *gauge {
	g := &gauge{start: time.Now(), from: from}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return g
	}
	g.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerPadding: " ", BarStart: "", BarEnd: ""}))
	return g
}

// reader moves the bar as the file is read.
func (g *gauge) reader(r io.Reader) io.Reader {
	if g.bar == nil {
		return r
	}
	return io.TeeReader(r, g.bar)
}

func (g *gauge) show(p importer.Progress) {
	if g.bar == nil {
		return
	}
	done := p.Counts.Total()
	rate := float64(done-g.from.Counts.Total()) / time.Since(g.start).Seconds()
	g.bar.Describe(fmt.Sprintf("%s conversations, %s/s", comma(done), comma(int(rate))))
}

func (g *gauge) clear() {
	if g.bar != nil {
		_ = g.bar.Clear()
	}
}

func (g *gauge) end() {
	if g.bar != nil {
		_ = g.bar.Finish()
	}
}

// report writes refused lines, a line each.
type report struct {
	w      io.Writer
	file   *os.File
	err    error
	before func()
}

// newReport opens the report. One of an interrupted import is gone on with.
func newReport(path string, otherwise io.Writer, resumed bool) (*report, error) {
	if path == "" {
		return &report{w: otherwise}, nil
	}
	mode := os.O_TRUNC
	if resumed {
		mode = os.O_APPEND
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the report cannot be written: %w", err)
	}
	return &report{w: f, file: f}, nil
}

func (r *report) add(refused importer.Refusal) {
	if r.file == nil {
		r.before()
	}
	id := ""
	if refused.ConversationID != "" {
		id = fmt.Sprintf(" (%q)", refused.ConversationID)
	}
	_, err := fmt.Fprintf(r.w, "line %d%s: %s\n", refused.Line, id, refused.Reason)
	r.note(err)
}

// note keeps the first error of what runs beside the import.
func (r *report) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *report) close() error {
	if r.file != nil {
		r.note(r.file.Close())
	}
	return r.err
}
