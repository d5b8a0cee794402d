package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	jsonType   = "application/json"
	ndjsonType = "application/x-ndjson"
)

// The bounds of compressed bodies. What is small may compress as well as it likes.
const (
	maxRatio   = 100
	freeRatio  = 1 << 20
	zstdWindow = 8 << 20
)

// mediaType is the content type of the body, one of those the route takes.
func (c *call) mediaType() (string, error) {
	given := c.r.Header.Get("Content-Type")
	if given == jsonType {
		return given, nil
	}
	media, params, err := mime.ParseMediaType(given)
	charset, hasCharset := params["charset"]
	if err == nil && (!hasCharset || strings.EqualFold(charset, "utf-8")) {
		for _, t := range c.route.types {
			if t == media {
				return t, nil
			}
		}
	}
	return "", failure(codeUnsupportedMedia, "send Content-Type: "+strings.Join(c.route.types, " or ")+", in UTF-8")
}

// open starts reading the body, at most limit bytes of it, before and after decompression.
func (c *call) open(limit int64) (io.Reader, error) {
	if c.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	c.body = source{r: c.r.Body, left: limit, limit: limit}
	raw := &c.body
	encodings := c.r.Header.Values("Content-Encoding")
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(encodings, ","))); encoding {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, raw.explain(err)
		}
		return &unpacked{r: z, raw: raw, limit: limit}, nil
	case "zstd":
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(uint64(limit)+1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, raw.explain(err)
		}
		c.w.after = append(c.w.after, z.Close)
		return &unpacked{r: z, raw: raw, limit: limit}, nil
	}
	return nil, failure(codeUnsupportedMedia, "send Content-Encoding gzip or zstd, once, or none")
}

// read reads a whole body into a buffer that is to be released.
func (c *call) read(limit int64) (*bytes.Buffer, error) {
	if _, err := c.mediaType(); err != nil {
		return nil, err
	}
	r, err := c.open(limit)
	if err != nil {
		return nil, err
	}
	body := c.api.buffer()
	if _, err := body.ReadFrom(r); err != nil {
		c.api.release(body)
		return nil, err
	}
	return body, nil
}

// buffer is an empty buffer that may have been used before.
func (a *API) buffer() *bytes.Buffer {
	if b, ok := a.buffers.Get().(*bytes.Buffer); ok {
		b.Reset()
		return b
	}
	return new(bytes.Buffer)
}

// release gives back a buffer. What was in it must not be used any more.
func (a *API) release(b *bytes.Buffer) {
	if b.Cap() <= 256<<10 {
		a.buffers.Put(b)
	}
}

func tooLarge(limit int64) *Failure {
	return failure(codeTooLarge, fmt.Sprintf("at most %d bytes are read here, after decompression", limit))
}

// source reads what the client sends and stops at the limit.
type source struct {
	r     io.Reader
	limit int64
	left  int64
	// err is what stopped it, other than the end.
	err error
}

// Read reads from the client. Whatever goes wrong is a *Failure.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	// One byte more than is allowed, to see whether there is one.
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.r.Read(p)
	s.left -= int64(n)
	switch {
	case s.left < 0:
		s.err = tooLarge(s.limit)
		return n - 1, s.err
	case err != nil && err != io.EOF:
		s.err = &Failure{Code: codeIncompleteBody, Detail: "the body ended before it was complete", Cause: err}
		return n, s.err
	}
	return n, err
}

// explain says why decompression failed: because of the client's connection or limit, or because of the data.
func (s *source) explain(err error) error {
	switch {
	case s.err != nil:
		return s.err
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return tooLarge(s.limit)
	}
	return &Failure{Code: codeInvalidEncoding, Detail: "the body is not what Content-Encoding says", Cause: err}
}

// unpacked reads decompressed bytes and stops at the limit, or when they grow out of proportion.
type unpacked struct {
	r     io.Reader
	raw   *source
	limit int64
	out   int64
}

// Read reads decompressed bytes.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	in := u.limit - u.raw.left
	switch {
	case u.out > u.limit:
		return 0, tooLarge(u.limit)
	case u.out > freeRatio && u.out > maxRatio*in:
		return 0, failure(codeTooLarge, fmt.Sprintf("the body unpacks to more than %d times its size", maxRatio))
	case err != nil && err != io.EOF:
		return n, u.raw.explain(err)
	}
	return n, err
}

// fullDuplex lets answers begin before the body has been read to its end. Not every connection can; the answer then
// comes later.
func (c *call) fullDuplex() { _ = http.NewResponseController(c.w).EnableFullDuplex() }
