package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// errTooLong says that one line is longer than maxLine. Those after it can still be read.
var errTooLong = errors.New("the line is too long")

// ErrArray says that the file is a JSON array.
var ErrArray = errors.New("this is a JSON array; what can be imported is NDJSON, one conversation a line (jq -c '.[]' makes it)")

// Open looks at the first bytes and takes gzip and zstd apart. The returned function frees what that needs.
func Open(r io.Reader) (io.Reader, func(), error) {
	buffered := bufio.NewReaderSize(r, 256<<10)
	mark, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(mark, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	case bytes.Equal(mark, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return buffered, func() {}, nil
}

// lineReader numbers lines from 1 and trims them.
type lineReader struct {
	r      *bufio.Reader
	number int
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, 256<<10)} }

// next returns a line of its own memory, empty for a blank one; io.EOF after the last.
func (l *lineReader) next() (number int, text []byte, err error) {
	l.number++
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if tooLong = tooLong || len(text)+len(part) > maxLine; !tooLong {
			text = append(text, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(text) == 0 && !tooLong:
			return l.number, nil, io.EOF
		case err != nil && err != io.EOF:
			return l.number, nil, err
		case tooLong:
			return l.number, nil, errTooLong
		}
		if l.number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
			if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
				return l.number, nil, ErrArray
			}
		}
		return l.number, bytes.TrimSpace(text), nil
	}
}

// identity is what lines of one conversation have in common. A line that is no JSON has none, and the server says so.
func identity(text []byte) string {
	var body struct {
		ID string `json:"conversation_id"`
	}
	_ = json.Unmarshal(text, &body)
	return body.ID
}
