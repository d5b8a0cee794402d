package sqlstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// PackKey is where cells are stored: those of one view that lie in one stretch of time are a pack, a value in one row. A
// cell by itself would cost a write and a read as much as the whole pack does.
type PackKey struct {
	// View is the view's stored number, Start when the stretch begins, in microseconds.
	View, Start int64
}

// bucket is when a cell of the pack begins, in microseconds.
func (k PackKey) bucket(c cellKey) int64 { return k.Start + c.at*int64(time.Second/time.Microsecond) }

// Pack is a part of the cells of a pack as it is stored. Most have one part, number 0; what a pack holds is the sum of
// its parts.
type Pack struct {
	PackKey
	Part int64
	// Sums are the cells without their log cells, Logs are those: most of what is asked for takes no quantiles, and most of
	// a large cell is log cells.
	Sums, Logs []byte
}

// maxPart is how many bytes a part may have until the next one is begun, so that a fold never has to read and write
// much more than it adds, however many topics there are.
const maxPart = 64 << 10

// cellKey is a cell inside its pack or log: at tells when.
type cellKey struct {
	// at is in seconds after the pack's start, or in quarter hours since 1970 in the log and in rows.
	at int64
	cellDims
}

// cellDims are the dimensions a cell has beside its time, as they are stored.
type cellDims struct {
	Topic                       string
	Priority, Handler, Platform int64
}

// dimsOf are the dimensions of a cell as they are stored.
func dimsOf(k metric.Key) (d cellDims) {
	d.Topic = k.Topic
	d.Priority, _ = code(priorityCodes, k.Priority)
	d.Handler, _ = code(handlerCodes, k.Handler)
	d.Platform, _ = code(platformCodes, k.Platform)
	return d
}

// only leaves out all dimensions but some.
func (d cellDims) only(some dims) cellDims {
	if !some.has(byTopic) {
		d.Topic = ""
	}
	if !some.has(byPriority) {
		d.Priority = 0
	}
	if !some.has(byHandler) {
		d.Handler = 0
	}
	if !some.has(byPlatform) {
		d.Platform = 0
	}
	return d
}

// key is the cell of that time as the core knows it.
func (k cellDims) key(bucket time.Time) metric.Key {
	return metric.Key{
		Bucket: bucket, Topic: k.Topic, Priority: decode(priorityCodes, k.Priority),
		Handler: decode(handlerCodes, k.Handler), Platform: decode(platformCodes, k.Platform),
	}
}

func compareCells(a, b cellKey) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Handler, b.Handler), cmp.Compare(a.Platform, b.Platform),
		cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Topic, b.Topic))
}

// appendCell adds the stored form of a cell: time, codes, topic and vector, the last two with their lengths.
func appendCell(out []byte, k cellKey, vector []byte) []byte {
	out = binary.AppendVarint(out, k.at)
	out = binary.AppendUvarint(out, uint64(k.Priority))
	out = binary.AppendUvarint(out, uint64(k.Handler))
	out = binary.AppendUvarint(out, uint64(k.Platform))
	out = binary.AppendUvarint(out, uint64(len(k.Topic)))
	out = append(out, k.Topic...)
	out = binary.AppendUvarint(out, uint64(len(vector)))
	return append(out, vector...)
}

// roomForKey is how many bytes a stored cell takes at most beside its topic and vector, as long as its time is near.
const roomForKey = 12

// appendEntry adds the stored form of an entry, as the log and rows hold it.
func appendEntry(out []byte, e entry) []byte {
	return appendCell(out, cellKey{at: e.bucket / metric.Quarter.Microseconds(), cellDims: e.cellDims}, e.vector)
}

var errCells = errors.New("store: not a stored cell")

// topics keeps the names that were read, so that one that comes again takes no more memory.
type topics map[string]string

func (t topics) of(text []byte) string {
	if t == nil {
		return string(text)
	}
	name, ok := t[string(text)]
	if !ok {
		name = string(text)
		t[name] = name
	}
	return name
}

// eachCell calls fn with every stored cell of a text. Vectors are parts of the text; topics may be kept.
func eachCell(stored []byte, names topics, fn func(cellKey, []byte) error) error {
	return eachStoredCell(stored, names, func(k cellKey, vector, _ []byte) error { return fn(k, vector) })
}

// eachStoredCell is eachCell that also tells the cell as it is stored.
func eachStoredCell(stored []byte, names topics, fn func(k cellKey, vector, cell []byte) error) error {
	for len(stored) > 0 {
		c := cutter{rest: stored}
		at := c.number()
		k := cellKey{at: int64(at>>1) ^ -int64(at&1)}
		k.Priority, k.Handler, k.Platform = int64(c.number()), int64(c.number()), int64(c.number())
		topic, vector := c.text(), c.text()
		if c.fault {
			return errCells
		}
		k.Topic = names.of(topic)
		cell := stored[:len(stored)-len(c.rest)]
		stored = c.rest
		if err := fn(k, vector, cell); err != nil {
			return err
		}
	}
	return nil
}

// cutter cuts numbers, and texts with their lengths, off the beginning of bytes. After the first fault everything reads
// as empty and fault is set.
type cutter struct {
	rest  []byte
	fault bool
}

func (c *cutter) number() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.rest, c.fault = nil, true
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cutter) text() []byte {
	n := c.number()
	if n > uint64(len(c.rest)) {
		c.rest, c.fault = nil, true
		return nil
	}
	text := c.rest[:n]
	c.rest = c.rest[n:]
	return text
}

// putMoves adds entries to the cells of some views: to the newest part of each pack, or to a new one when that is
// full.
func (t *tx) putMoves(sp *space, entries []entry, into []view) error {
	fresh, moved, err := t.repack(sp, entries, into)
	if err != nil {
		return err
	}
	return t.putPacks(sp, fresh, moved)
}

// repack works out what putMoves stores: parts that are new, and parts that replace the stored ones.
func (t *tx) repack(sp *space, entries []entry, into []view) (fresh, moved []Pack, err error) {
	packs, err := sumViews(sp, entries, into)
	if err != nil {
		return nil, nil, err
	}
	newest, err := t.newestParts(sp, lo.Map(packs, func(p packMoves, _ int) PackKey { return p.PackKey }))
	if err != nil {
		return nil, nil, err
	}
	names := topics{}
	for i := range packs {
		with := &packs[i]
		pack, known := newest[with.PackKey]
		if known && len(pack.Sums)+len(pack.Logs) > maxPart {
			pack, known = Pack{Part: pack.Part + 1}, false
		}
		pack.PackKey = with.PackKey
		if pack.Sums, err = mergeCells(pack.Sums, &with.tally, sumsHalf, names); err != nil {
			return nil, nil, err
		}
		if pack.Logs, err = mergeCells(pack.Logs, &with.tally, logsHalf, names); err != nil {
			return nil, nil, err
		}
		if known {
			moved = append(moved, pack)
		} else if len(pack.Sums)+len(pack.Logs) > 0 {
			fresh = append(fresh, pack)
		}
	}
	return fresh, moved, nil
}

const (
	newestPart = `SELECT start, part, sums, logs FROM cells AS c WHERE org = ? AND view = ?
		AND part = (SELECT MAX(part) FROM cells AS p WHERE p.org = c.org AND p.view = c.view AND p.start = c.start) AND start IN `
	insertPack = `INSERT INTO cells (org, view, start, part, sums, logs) VALUES (?, ?, ?, ?, ?, ?)`
	updatePack = `UPDATE cells SET sums = ?, logs = ? WHERE org = ? AND view = ? AND start = ? AND part = ?`
)

// newestParts reads the newest parts of packs, of one view after the other; those that are not there are left out.
func (t *tx) newestParts(sp *space, keys []PackKey) (map[PackKey]Pack, error) {
	if t.dialect.Bulk != nil {
		return t.dialect.Bulk.NewestParts(t.ctx, t.conn.Conn, sp.org, keys)
	}
	out := make(map[PackKey]Pack, len(keys))
	for len(keys) > 0 {
		view, args := keys[0].View, []any{id(sp.org), keys[0].View}
		n := 0
		for ; n < min(len(keys), maxIn) && keys[n].View == view; n++ {
			args = append(args, keys[n].Start)
		}
		err := t.eachKept(newestPart+in(n), pad(args, n), func(scan func(...any) error) error {
			p := Pack{PackKey: PackKey{View: view}}
			err := scan(&p.Start, &p.Part, &p.Sums, &p.Logs)
			out[p.PackKey] = p
			return err
		})
		if err != nil {
			return nil, err
		}
		keys = keys[n:]
	}
	return out, nil
}

func (t *tx) putPacks(sp *space, fresh, moved []Pack) error {
	if t.dialect.Bulk != nil {
		if err := t.dialect.Bulk.InsertPacks(t.ctx, t.conn.Conn, sp.org, fresh); err != nil {
			return err
		}
		return t.dialect.Bulk.UpdatePacks(t.ctx, t.conn.Conn, sp.org, moved)
	}
	for _, p := range fresh {
		if err := t.exec(insertPack, id(sp.org), p.View, p.Start, p.Part, p.Sums, p.Logs); err != nil {
			return err
		}
	}
	for _, p := range moved {
		if err := t.exec(updatePack, p.Sums, p.Logs, id(sp.org), p.View, p.Start, p.Part); err != nil {
			return err
		}
	}
	return nil
}
