package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
)

type exportCmd struct {
	File   string `arg:"" help:"The file to write; - is standard output."`
	Format string `help:"ndjson has everything, a conversation a line; csv is for spreadsheets." enum:"ndjson,csv" default:"ndjson"`

	Start    time.Time `help:"The first instant a conversation may have begun, such as 2026-01-01T00:00:00Z."`
	End      time.Time `help:"The first instant after those."`
	Platform string    `help:"Only this platform."`
	Topic    string    `help:"Only this topic."`
	Agent    string    `help:"Only this AI agent."`
	Priority string    `help:"Only this priority."`
	Search   string    `help:"Only conversations whose messages hold all these words."`

	Restart bool `help:"Begin anew where an earlier export into the file was interrupted."`
}

// partSuffix names what has been written of an export that has not ended.
const partSuffix = ".part"

// Help says how an export goes on.
func (exportCmd) Help() string {
	return `Conversations come newest first, all that match. Until the export has ended they are in FILE` + partSuffix + `; a connection that breaks is
taken up again, and after an interruption the same command goes on where it stopped.`
}

// Run exports.
func (c exportCmd) Run(s *session) error {
	client, err := sdk.FromEnv()
	if err != nil {
		return err
	}
	filter := sdk.Filter{
		Platform: lo.EmptyableToPtr(c.Platform), Topic: lo.EmptyableToPtr(c.Topic), AIAgentID: lo.EmptyableToPtr(c.Agent),
		Priority: lo.EmptyableToPtr(c.Priority), Search: c.Search, Start: c.Start, End: c.End,
	}
	page := filter
	page.Limit = 1
	first, err := client.Conversations(s.ctx, page)
	if err != nil {
		return err
	}
	out := &target{format: c.Format, w: s.out}
	if c.File != "-" {
		if out, err = openTarget(c.File, c.Format, c.Restart); err != nil {
			return err
		}
		if out.rows > 0 {
			fmt.Fprintf(s.err, "Going on after %s, where an earlier export stopped. --restart begins anew.\n", comma(out.rows))
		}
	}
	bar := newSteps(s.err, int(lo.FromPtrOr(first.Total, -1)), "conversations")
	begun, before := time.Now(), out.rows
	err = pull(s.ctx, client, filter, out, bar)
	bar.end()
	if err = errors.Join(err, out.close(err == nil)); err != nil {
		if out.file != nil && out.rows > 0 {
			fmt.Fprintf(s.err, "Stopped after %s. The same command goes on from there.\n", comma(out.rows))
		}
		return err
	}
	took := time.Since(begun)
	fmt.Fprintf(s.err, "%s conversations; %s, %s a second.\n", comma(out.rows), took.Round(10*time.Millisecond),
		comma(int(float64(out.rows-before)/max(took.Seconds(), 1e-9))))
	return nil
}

// tries is how often in a row an export is taken up without a single row.
const tries = 6

// pull writes all rows, and takes the stream up where it broke.
func pull(ctx context.Context, client *sdk.Client, filter sdk.Filter, out *target, bar steps) error {
	for n := 0; ; {
		filter.Cursor = out.cursor
		stream, err := client.Export(ctx, filter, out.format)
		had := out.rows
		if err == nil {
			err = out.take(stream, bar)
			_ = stream.Close()
			if err == nil {
				return nil
			}
		} else if !errors.Is(err, sdk.ErrUnavailable) {
			return out.foreign(err)
		}
		var unwritten *writeError
		if errors.As(err, &unwritten) || ctx.Err() != nil {
			return err
		}
		if n++; out.rows > had {
			n = 0
		}
		if n >= tries {
			return fmt.Errorf("the export broke off %d times in a row: %w", tries, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(time.Second<<n, 15*time.Second)):
		}
	}
}

// writeError says that the fault is on this side.
type writeError struct{ cause error }

func (e *writeError) Error() string { return fmt.Sprintf("the export cannot be written: %v", e.cause) }
func (e *writeError) Unwrap() error { return e.cause }

// target is what an export writes to.
type target struct {
	format string
	w      io.Writer
	// file and path are set where it is a file.
	file *os.File
	path string
	// rows have been written, and cursor is that of the last.
	rows   int
	cursor string
}

// openTarget opens the part of an export that an interruption left, or a new one.
func openTarget(path, format string, restart bool) (*target, error) {
	mode := os.O_RDWR | os.O_CREATE
	if restart {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(path+partSuffix, mode, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the export cannot be written: %w", err)
	}
	t := &target{format: format, file: f, path: path, w: f}
	if err := t.resume(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// resume finds the last whole row of what is there and cuts off what follows it.
func (t *target) resume() error {
	whole := int64(0)
	for row, err := range rowsOf(t.file, t.format, false) {
		if err != nil {
			break // an interruption left half a row
		}
		whole = row.end
		if row.cursor != "" {
			t.rows++
			t.cursor = row.cursor
		}
	}
	if err := t.file.Truncate(whole); err != nil {
		return err
	}
	_, err := t.file.Seek(whole, io.SeekStart)
	return err
}

// take writes the rows of a stream.
func (t *target) take(stream io.Reader, bar steps) error {
	for row, err := range rowsOf(stream, t.format, t.rows > 0) {
		if err != nil {
			return err
		}
		if _, err := t.w.Write(row.raw); err != nil {
			return &writeError{err}
		}
		if row.cursor != "" {
			t.rows++
			t.cursor = row.cursor
			bar.set(t.rows)
		}
	}
	return nil
}

// foreign explains why a part cannot be gone on with.
func (t *target) foreign(err error) error {
	var refused *sdk.Error
	if t.file != nil && t.rows > 0 && errors.As(err, &refused) && refused.Status == 400 {
		return fmt.Errorf("%s%s is part of an export with other filters, or from another server; --restart begins anew: %w", t.path, partSuffix, err)
	}
	return err
}

// close gives a whole export its name.
func (t *target) close(whole bool) error {
	if t.file == nil {
		return nil
	}
	err := errors.Join(t.file.Sync(), t.file.Close())
	if err != nil || !whole {
		return err
	}
	return os.Rename(t.path+partSuffix, t.path)
}
