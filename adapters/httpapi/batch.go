package httpapi

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/items"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
)

// What is stored together: so many items, or so many bytes of them.
const (
	chunkItems = 256
	chunkBytes = 4 << 20
)

// deep is how many chunks are taken in at most: while one is on its way to the disk the next is written, and a third
// assessed.
const deep = 3

// batch is a batch on its way in. It is read, taken in and answered chunk by chunk, in constant memory: while chunks are
// assessed and stored the next is read.
type batch struct {
	call   *call
	items  items.Reader
	once   bool
	zone   *zoneOf
	reader *intake.Reader
	out    *report
	// index is the number of items read so far.
	index int
}

// chunk is the items that are stored together.
type chunk struct {
	results  []wire.BatchResult
	arrivals []monitor.Arrival
	// at maps an arrival to its result.
	at    []int
	bytes int
	// first says that nothing of the batch was answered before: while that is so, the whole can still be refused.
	first bool
	// stored is closed when the chunk has been stored and answered; stopped then says why none of it was stored, nil when
	// it was.
	stored  chan struct{}
	stopped error
}

// postBatch takes many conversations in. Each has a result of its own, in order; a bad one never harms the others.
func (c *call) postBatch() error {
	media, err := c.mediaType()
	if err != nil {
		return err
	}
	if _, err := c.once("", nil); err != nil {
		return err
	}
	body, err := c.open(c.api.MaxBatch)
	if err != nil {
		return err
	}
	c.fullDuplex()
	b := &batch{call: c, once: c.r.Header.Get("Idempotency-Key") != "", zone: &zoneOf{call: c}, reader: new(intake.Reader)}
	if media == ndjsonType {
		b.items, b.out = items.Lines(body, int(c.api.MaxBody)), newReport(c.w, true)
	} else {
		b.items, b.out = items.Array(body, int(c.api.MaxBody)), newReport(c.w, false)
	}
	return b.run()
}

// run reads to the end, or to where the batch breaks off. An error is returned only while nothing has been stored; later
// ones are results.
func (b *batch) run() error {
	var (
		under, spare []*chunk // those that are being stored, in order, and those to read into
		stopped      error    // why one of them was not
	)
	settle := func() {
		oldest := under[0]
		<-oldest.stored
		if stopped == nil {
			stopped = oldest.stopped
		}
		under, spare = under[1:], append(spare, oldest)
	}
	defer func() {
		for _, c := range under {
			<-c.stored // whatever happened to the next, nobody else writes the answer meanwhile
		}
	}()
	for first := true; ; {
		next := new(chunk)
		if n := len(spare); n > 0 {
			next, spare = spare[n-1], spare[:n-1]
		}
		ended := b.gather(next)
		for len(under) > 0 && (len(under) == deep || under[0].first || next.meets(under)) {
			settle()
		}
		if ended != nil && ended != io.EOF && b.index == 0 {
			return ended
		}
		if stopped == nil {
			next.first, first = first, false
			b.store(next, under)
			under = append(under, next)
		}
		for len(under) > 0 && (ended != nil || stopped != nil) {
			settle()
		}
		switch {
		case stopped != nil && !b.out.begun:
			return stopped
		case stopped != nil:
			return b.out.finish(false)
		case ended == io.EOF:
			return b.out.finish(true)
		case ended != nil:
			next.results = next.results[:0]
			b.add(next, items.Item{}, nil, ended)
			b.out.write(next.results)
			return b.out.finish(false)
		}
	}
}

// meets says that a chunk has a conversation in common with one of others: then it must be stored after them.
func (c *chunk) meets(others []*chunk) bool {
	keys := make(map[conversation.Key]bool, len(c.arrivals))
	for i := range c.arrivals {
		keys[c.arrivals[i].Patch.Key] = true
	}
	return lo.SomeBy(others, func(o *chunk) bool {
		return lo.SomeBy(o.arrivals, func(a monitor.Arrival) bool { return keys[a.Patch.Key] })
	})
}

// gather reads one chunk. The error is io.EOF at the batch's end, or what broke it off.
func (b *batch) gather(c *chunk) error {
	c.results, c.arrivals, c.at, c.bytes = c.results[:0], c.arrivals[:0], c.at[:0], 0
	for len(c.results) < chunkItems && c.bytes < chunkBytes {
		item, err := b.items.Next()
		if err != nil {
			return err
		}
		if errors.Is(item.Err, items.ErrTooLarge) {
			b.add(c, item, nil, tooLarge(b.call.api.MaxBody))
			continue
		}
		c.bytes += len(item.Raw)
		patch, warnings, err := b.reader.Read(item.Raw, intake.Frame{Org: b.call.who.org, Now: b.call.api.now(), Zone: b.zone.location})
		if b.zone.err != nil {
			return b.zone.err
		}
		if err != nil {
			b.add(c, item, nil, err)
			c.results[len(c.results)-1].ConversationID = cut(patch.Key.ID, conversation.MaxIDBytes)
			continue
		}
		arrival := monitor.Arrival{Patch: patch}
		if b.once {
			// The header was found good before the first item.
			arrival.Once, _ = b.call.once("/"+strconv.Itoa(b.index), item.Raw)
		}
		c.arrivals, c.at = append(c.arrivals, arrival), append(c.at, len(c.results))
		b.add(c, item, warnings, nil)
		c.results[len(c.results)-1].ConversationID = patch.Key.ID
	}
	return nil
}

// add notes the result of the next item.
func (b *batch) add(c *chunk, item items.Item, warnings []intake.Warning, err error) {
	r := wire.BatchResult{Index: b.index, Line: item.Line, Warnings: showWarnings(warnings)}
	b.index++
	c.results = append(c.results, r)
	if err != nil {
		b.refuse(err, &c.results[len(c.results)-1])
	}
}

// refuse notes why some items were not stored. What went wrong inside is logged once for all of them.
func (b *batch) refuse(err error, results ...*wire.BatchResult) {
	f := explain(err)
	for _, r := range results {
		problem := f.problem(fmt.Sprintf("%s#/%d", b.call.r.URL.Path, r.Index), b.call.w.id)
		r.Status, r.Error = problem.Status, &problem
	}
	if kindOf(f.Code).status >= http.StatusInternalServerError {
		b.call.w.logFailure(b.call.r, f)
	}
}

// store begins to store a chunk in one step, and to answer for it after those that are stored already.
func (b *batch) store(c *chunk, under []*chunk) {
	c.stored, c.stopped = make(chan struct{}), nil
	before := make(chan struct{})
	if len(under) > 0 {
		before = under[len(under)-1].stored
	} else {
		close(before)
	}
	go func() {
		defer close(c.stored)
		c.stopped = caught(func() error { return b.keep(c) })
		if c.stopped != nil && !c.first { // of the first, run answers for the whole
			b.refuse(c.stopped, lo.Map(c.at, func(i int, _ int) *wire.BatchResult { return &c.results[i] })...)
		}
		<-before
		if c.stopped == nil || !c.first {
			c.stopped = cmp.Or(c.stopped, caught(func() error { b.out.write(c.results); return nil }))
		}
	}()
}

// caught is fn's error, or one that says that it panicked: nobody else would catch that in a goroutine.
func caught(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Failure{Code: codeInternal, Cause: fmt.Errorf("panic: %v", p)}
		}
	}()
	return fn()
}

// keep stores a chunk. An error means that none of it was stored.
func (b *batch) keep(c *chunk) error {
	if len(c.arrivals) == 0 {
		return nil
	}
	results, err := b.call.api.Monitor.Ingest(b.call.r.Context(), c.arrivals)
	if err != nil {
		return err
	}
	for k, i := range c.at {
		b.settle(&c.results[i], results[k])
	}
	return nil
}

func (b *batch) settle(r *wire.BatchResult, result conversation.Result) {
	if result.Err != nil {
		b.refuse(result.Err, r)
		return
	}
	r.Status, r.Effect, r.ID = status(result.Effect), string(result.Effect), result.Conversation.UID().String()
}

// report writes results as they come: NDJSON a line each, at once; or the members of one JSON answer.
type report struct {
	w        *recorder
	out      *bufio.Writer
	lines    bool
	begun    bool
	written  int
	accepted int
	rejected int
}

func newReport(w *recorder, lines bool) *report {
	return &report{w: w, lines: lines, out: bufio.NewWriterSize(w, 16<<10)}
}

func (r *report) begin() {
	if r.begun {
		return
	}
	r.begun = true
	if r.lines {
		r.w.Header().Set("Content-Type", ndjsonType)
	} else {
		r.w.Header().Set("Content-Type", jsonType)
		r.out.WriteString(`{"results":[`)
	}
	r.w.WriteHeader(http.StatusOK)
}

func (r *report) write(results []wire.BatchResult) {
	r.begin()
	for _, result := range results {
		if result.Error == nil {
			r.accepted++
		} else {
			r.rejected++
		}
		if !r.lines && r.written > 0 {
			r.out.WriteByte(',')
		}
		r.written++
		line, err := json.Marshal(result)
		if err != nil {
			continue // plain texts and numbers always encode
		}
		r.out.Write(line)
		if r.lines {
			r.out.WriteByte('\n')
		}
	}
	if r.lines {
		r.out.Flush()
		_ = http.NewResponseController(r.w).Flush()
	}
}

// finish ends the answer; whole says that the batch was read to its end.
func (r *report) finish(whole bool) error {
	if !r.lines {
		fmt.Fprintf(r.out, `],"accepted":%d,"rejected":%d,"success":%t}`+"\n", r.accepted, r.rejected, whole)
	}
	return ignoreWrite(r.out.Flush())
}
