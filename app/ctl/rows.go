package ctl

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
)

// row is one row of an export.
type row struct {
	// raw is the row as it is written, with its end of line.
	raw []byte
	// cursor goes on after the row; empty for a header.
	cursor string
	// end is how many bytes have been read when the row is over.
	end int64
}

// errHalf says that an export ends within a row.
var errHalf = errors.New("the export ends in the middle of a row")

// rowsOf reads the rows of an export. A header is left out where headless is set.
func rowsOf(r io.Reader, format string, headless bool) iter.Seq2[row, error] {
	if format == sdk.CSV {
		return csvRows(r, headless)
	}
	return ndjsonRows(r)
}

func ndjsonRows(r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		end := int64(0)
		for {
			line, err := in.ReadBytes('\n')
			end += int64(len(line))
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(row{}, err)
				} else if len(line) > 0 {
					yield(row{}, errHalf)
				}
				return
			}
			var v struct {
				Cursor string `json:"cursor"`
			}
			if err := json.Unmarshal(line, &v); err != nil || v.Cursor == "" {
				yield(row{}, errHalf)
				return
			}
			if !yield(row{line, v.Cursor, end}, nil) {
				return
			}
		}
	}
}

func csvRows(r io.Reader, headless bool) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		seen := &lastByte{r: r}
		in := csv.NewReader(seen)
		for first := true; ; first = false {
			cells, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && in.InputOffset() == seen.n && seen.last != '\n' {
				err = errHalf // its last cell may go on
			}
			if err != nil {
				yield(row{}, err)
				return
			}
			if first && headless {
				continue
			}
			var raw bytes.Buffer
			out := csv.NewWriter(&raw)
			if err := errors.Join(out.Write(cells), flushed(out)); err != nil {
				yield(row{}, err)
				return
			}
			v := row{raw: raw.Bytes(), end: in.InputOffset()}
			if !first {
				v.cursor = cells[len(cells)-1]
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

func flushed(out *csv.Writer) error {
	out.Flush()
	return out.Error()
}

// lastByte counts what is read and remembers its last byte.
type lastByte struct {
	r    io.Reader
	n    int64
	last byte
}

func (l *lastByte) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if n > 0 {
		l.n += int64(n)
		l.last = p[n-1]
	}
	return n, err
}
