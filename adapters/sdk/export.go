package sdk

import (
	"context"
	"io"
	"net/http"
)

// The formats of an export.
const (
	// NDJSON is a wire.ExportedConversation a line.
	NDJSON = "ndjson"
	// CSV is a row each, with a header, made safe for spreadsheets.
	CSV = "csv"
)

// Export opens a stream of all conversations that f picks, newest first, without a ceiling; the caller closes it. A
// stream that breaks off ends with an error, never as if it were whole. Every row ends with a cursor: with it in
// f.Cursor, and the other filters the same, another export goes on after the row. f.Limit and f.Offset do not count.
func (c *Client) Export(ctx context.Context, f Filter, format string) (io.ReadCloser, error) {
	f.Limit, f.Offset = 0, 0
	q := f.query()
	q.Set("format", format)
	res, err := c.send(ctx, request{method: http.MethodGet, path: conversationsPath + "/export", query: q})
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}
