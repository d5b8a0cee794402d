// Package importer streams a file of conversations into a server: in constant memory, several batches in flight, every
// line accounted for, and able to go on where it was interrupted.
package importer

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

const (
	// lanes is how many batches are in flight. Lines of one conversation always take the same lane, so that what stands
	// later in the file also arrives later.
	lanes = 4
	// batchLines and batchBytes bound a batch.
	batchLines = 256
	batchBytes = 1 << 20
	// maxLine bounds what is read into memory. The server's own limit is lower and refuses with its own words.
	maxLine = 16 << 20
)

// Sender stores lines; the results come in their order, one for each.
type Sender interface {
	SendLines(ctx context.Context, lines [][]byte) ([]wire.BatchResult, error)
}

// Options say what to import and who wants to hear of it.
type Options struct {
	Sender Sender
	// From is what an earlier run had settled; its lines are passed over.
	From Progress
	// Refused is called for every line that was not stored, in the order of lines. May be nil.
	Refused func(Refusal)
	// Advanced is called now and then, when everything up to Progress.Line is settled. May be nil.
	Advanced func(Progress)
}

// Progress is how far an import has come.
type Progress struct {
	// Line is the last line of the file up to which every line was stored or refused.
	Line   int    `json:"line"`
	Counts Counts `json:"counts"`
}

// Counts says what became of the lines.
type Counts struct {
	Stored    int `json:"stored"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Refused   int `json:"refused"`
}

// Total is how many conversations were settled.
func (c Counts) Total() int { return c.Stored + c.Updated + c.Unchanged + c.Refused }

// Refusal is a line that was not stored, and why.
type Refusal struct {
	Line           int
	ConversationID string
	Reason         string
}

// Run imports everything r holds. On an error, what Progress says is settled stays settled.
func Run(ctx context.Context, r io.Reader, o Options) (Progress, error) {
	ledger := newLedger(o)
	group, sending := errgroup.WithContext(ctx)
	var out [lanes]*lane
	for i := range out {
		out[i] = &lane{queue: make(chan []line, 1)}
		group.Go(func() error { return out[i].send(sending, o.Sender, ledger) })
	}
	reading := distribute(sending, r, o.From.Line, &out, ledger)
	for _, l := range out {
		close(l.queue)
	}
	sent := group.Wait()
	progress := ledger.progress()
	switch {
	case ctx.Err() != nil:
		return progress, ctx.Err()
	case sent != nil:
		return progress, sent
	}
	return progress, reading
}

// line is one line of the file.
type line struct {
	number int
	text   []byte
}

// lane sends its batches one after the other.
type lane struct {
	queue  chan []line
	filled []line
	bytes  int
}

// add puts a line into the batch under way and hands it over when it is full.
func (l *lane) add(ctx context.Context, one line) error {
	if len(l.filled) == batchLines || l.bytes+len(one.text) > batchBytes && len(l.filled) > 0 {
		if err := l.flush(ctx); err != nil {
			return err
		}
	}
	l.filled, l.bytes = append(l.filled, one), l.bytes+len(one.text)
	return nil
}

func (l *lane) flush(ctx context.Context) error {
	if len(l.filled) == 0 {
		return nil
	}
	select {
	case l.queue <- l.filled:
		l.filled, l.bytes = nil, 0
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) send(ctx context.Context, sender Sender, ledger *ledger) error {
	for batch := range l.queue {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		texts := make([][]byte, len(batch))
		for i := range batch {
			texts[i] = batch[i].text
		}
		results, err := sender.SendLines(ctx, texts)
		if err != nil {
			return err
		}
		if len(results) != len(batch) {
			return fmt.Errorf("%d conversations were sent and %d results came back", len(batch), len(results))
		}
		for i, result := range results {
			if err := ledger.settle(batch[i].number, outcomeOf(result)); err != nil {
				return err
			}
		}
	}
	return nil
}

// distribute reads lines and gives each to its lane.
func distribute(ctx context.Context, r io.Reader, from int, out *[lanes]*lane, ledger *ledger) error {
	lines := newLineReader(r)
	seed := maphash.MakeSeed()
	for {
		number, text, err := lines.next()
		switch {
		case err == io.EOF:
			return flush(ctx, out)
		case errors.Is(err, errTooLong):
			if number > from {
				if err := ledger.settle(number, outcome{reason: fmt.Sprintf("is longer than %d MiB", maxLine>>20)}); err != nil {
					return err
				}
			}
			continue
		case err != nil: // what came before it is good
			return errors.Join(fmt.Errorf("reading line %d: %w", number, err), flush(ctx, out))
		case number <= from:
			continue
		case len(text) == 0:
			if err := ledger.settle(number, outcome{effect: blank}); err != nil {
				return err
			}
			continue
		}
		l := out[maphash.String(seed, identity(text))%lanes]
		if err := l.add(ctx, line{number, text}); err != nil {
			return err
		}
	}
}

func flush(ctx context.Context, out *[lanes]*lane) error {
	for _, l := range out {
		if err := l.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
