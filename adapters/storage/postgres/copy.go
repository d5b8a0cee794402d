package postgres

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// copyData is rows in the binary format of COPY. It is made before the server is asked for anything, so that the server
// never waits for it.
type copyData struct{ buf []byte }

func newCopyData(size int) *copyData {
	d := &copyData{buf: make([]byte, 0, size+64)}
	d.buf = append(d.buf, "PGCOPY\n\xff\r\n\x00"...)
	d.buf = append(d.buf, make([]byte, 8)...) // no flags, no extension of the header
	return d
}

// row adds one row. Integers have as many bytes as their type, whatever the type they come in.
func (d *copyData) row(types []string, values ...any) {
	d.buf = binary.BigEndian.AppendUint16(d.buf, uint16(len(values)))
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			d.integer(types[i], v)
		case nil:
			d.size(-1)
		case string:
			d.size(len(v))
			d.buf = append(d.buf, v...)
		case []byte:
			d.size(len(v))
			d.buf = append(d.buf, v...)
		default:
			panic(fmt.Sprintf("postgres: a %T in a row", v))
		}
	}
}

func (d *copyData) size(n int) { d.buf = binary.BigEndian.AppendUint32(d.buf, uint32(int32(n))) }

func (d *copyData) integer(t string, v int64) {
	switch t {
	case "smallint":
		d.size(2)
		d.buf = binary.BigEndian.AppendUint16(d.buf, uint16(v))
	case "integer":
		d.size(4)
		d.buf = binary.BigEndian.AppendUint32(d.buf, uint32(v))
	default:
		d.size(8)
		d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(v))
	}
}

// send copies the rows with a statement COPY … FROM STDIN BINARY.
func (d *copyData) send(ctx context.Context, conn *sql.Conn, statement string) error {
	d.buf = binary.BigEndian.AppendUint16(d.buf, 0xffff) // no more rows
	return on(conn, func(c *pgx.Conn) error {
		_, err := c.PgConn().CopyFrom(ctx, bytes.NewReader(d.buf), statement)
		return err
	})
}
