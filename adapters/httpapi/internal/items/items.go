// Package items takes a batch apart into its items, one at a time and in constant memory.
package items

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
)

// ErrTooLarge says that one item is longer than the limit. Those after it can still be read.
var ErrTooLarge = errors.New("the item is too large")

// Item is one item of a batch.
type Item struct {
	// Raw is the item's text, valid until the next one is read.
	Raw []byte
	// Line is the line the item stands in, from 1; 0 in an array.
	Line int
	// Err is set when this item alone cannot be read.
	Err error
}

// Reader reads the items of a batch. Next returns io.EOF after the last; any other error ends the batch too.
type Reader interface {
	Next() (Item, error)
}

// Lines reads NDJSON: an item a line. Empty lines are passed over.
func Lines(r io.Reader, limit int) Reader {
	return &lines{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

type lines struct {
	r     *bufio.Reader
	buf   []byte
	limit int
	line  int
}

// Next reads one line.
func (l *lines) Next() (Item, error) {
	for {
		l.line++
		raw, tooLong, err := l.read()
		if err != nil && err != io.EOF {
			return Item{}, err
		}
		if tooLong {
			return Item{Line: l.line, Err: ErrTooLarge}, nil
		}
		if raw = bytes.TrimSpace(raw); len(raw) > 0 {
			return Item{Raw: raw, Line: l.line}, nil
		}
		if err == io.EOF {
			return Item{}, io.EOF
		}
	}
}

// read reads to the end of the line. What is beyond the limit is read and dropped.
func (l *lines) read() (raw []byte, tooLong bool, err error) {
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		// The line's own end does not count.
		if tooLong = tooLong || len(l.buf)+len(part) > l.limit+len("\r\n"); !tooLong {
			l.buf = append(l.buf, part...)
		}
		if err != bufio.ErrBufferFull {
			raw := bytes.TrimSuffix(bytes.TrimSuffix(l.buf, []byte("\n")), []byte("\r"))
			return raw, tooLong || len(raw) > l.limit, err
		}
	}
}

// Array reads a JSON array. It finds where each item ends; whether an item is good JSON is for its reader to say.
func Array(r io.Reader, limit int) Reader {
	return &array{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

type array struct {
	r     *bufio.Reader
	buf   []byte
	limit int
	// at is the position behind the last byte read.
	at int
	// begun says that the opening bracket was read, items how many came so far.
	begun bool
	items int
}

// Next reads one item.
func (a *array) Next() (Item, error) {
	c, err := a.next()
	if err != nil {
		return Item{}, err
	}
	if !a.begun {
		if c != '[' {
			return Item{}, a.fail("expected [, a batch is an array")
		}
		a.begun = true
		if c, err = a.next(); err != nil {
			return Item{}, err
		}
		if c == ']' {
			return Item{}, a.end()
		}
	} else {
		switch c {
		case ']':
			return Item{}, a.end()
		case ',':
			if c, err = a.next(); err != nil {
				return Item{}, err
			}
		default:
			return Item{}, a.fail("expected , or ] after an item")
		}
	}
	if c == ',' || c == ']' || c == '}' || c == ':' {
		return Item{}, a.fail("expected an item")
	}
	return a.item(c)
}

// item reads an item that begins with c.
func (a *array) item(c byte) (Item, error) {
	a.buf = a.buf[:0]
	a.items++
	depth, quoted, escaped, tooLong := 0, false, false, false
	for {
		if len(a.buf) == a.limit {
			tooLong = true
		}
		if !tooLong {
			a.buf = append(a.buf, c)
		}
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		ended, err := a.ended(depth, quoted)
		if err != nil {
			return Item{}, err
		}
		if ended {
			break
		}
		if c, err = a.byte(); err != nil {
			return Item{}, err
		}
	}
	if tooLong {
		return Item{Err: ErrTooLarge}, nil
	}
	return Item{Raw: a.buf}, nil
}

// ended says whether the item is complete: its brackets and quotes are closed, and what follows cannot belong to it.
func (a *array) ended(depth int, quoted bool) (bool, error) {
	if depth > 0 || quoted {
		return false, nil
	}
	next, err := a.r.Peek(1)
	if err != nil {
		return false, a.broken(err)
	}
	switch next[0] {
	case ',', ']', ' ', '\t', '\n', '\r':
		return true, nil
	}
	return false, nil
}

// end makes sure that nothing but space follows the array.
func (a *array) end() error {
	for {
		c, err := a.r.ReadByte()
		if err != nil {
			return err
		}
		a.at++
		if !space(c) {
			return a.fail("unexpected data after the array")
		}
	}
}

// next reads the next byte that is not space.
func (a *array) next() (byte, error) {
	for {
		c, err := a.byte()
		if err != nil || !space(c) {
			return c, err
		}
	}
}

func (a *array) byte() (byte, error) {
	c, err := a.r.ReadByte()
	if err != nil {
		return 0, a.broken(err)
	}
	a.at++
	return c, nil
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// broken says that the array ended before its bracket.
func (a *array) broken(err error) error {
	if err != io.EOF {
		return err
	}
	a.at++
	return a.fail("unexpected end of the array")
}

func (a *array) fail(message string) error {
	if a.items > 0 {
		message = fmt.Sprintf("%s, behind item %d", message, a.items-1)
	}
	return &strict.SyntaxError{Offset: max(0, a.at-1), Message: message}
}
