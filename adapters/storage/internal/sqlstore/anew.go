package sqlstore

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Building all cells anew goes from one organisation to the next in the order of their ids, and in each from the newest
// conversation back, a stretch of time in each transaction. How far it has come is kept with the layout, so that it goes on
// there when it was cut off, and nobody takes cells for whole that are not.

// build is how far the cells of a database are built in a layout: all of them, or those of the organisations before org,
// and of that one those from an instant on.
type build struct {
	layout string
	whole  bool
	org    tenant.ID
	from   int64
}

func (b build) encode() []byte {
	out := []byte(b.layout)
	if b.whole {
		return out
	}
	return binary.BigEndian.AppendUint64(append(out, b.org[:]...), uint64(b.from))
}

// decodeBuild reads what encode wrote. Whatever else may stand there is the layout of another build.
func decodeBuild(stored []byte) build {
	const orgEnd, end = layoutSize + len(tenant.ID{}), layoutSize + len(tenant.ID{}) + 8
	if len(stored) != end {
		return build{layout: string(stored), whole: true}
	}
	return build{layout: string(stored[:layoutSize]), org: tenant.ID(stored[layoutSize:orgEnd]), from: int64(binary.BigEndian.Uint64(stored[orgEnd:]))}
}

// keepCells sees to it that all cells are there as this build keeps them, and builds them anew where they are not.
func (s *Store) keepCells(ctx context.Context) (err error) {
	if s.layout, err = layoutOf(); err != nil {
		return err
	}
	if whole, err := s.cellsWhole(ctx); whole || err != nil {
		return err
	}
	return s.alone(ctx, func() error { return s.buildAnew(ctx) })
}

func (s *Store) cellsWhole(ctx context.Context) (whole bool, err error) {
	err = s.look(ctx, func(t *tx) error {
		b, err := t.build("")
		whole = b.whole && b.layout == s.layout
		return err
	})
	return whole, err
}

// build is what the database says of its cells.
func (t *tx) build(lock string) (build, error) {
	var stored []byte
	_, err := t.first(`SELECT value FROM facts WHERE name = ?`+lock, cellsFact)(&stored)
	return decodeBuild(stored), err
}

// nobody is before all organisations.
var nobody = tenant.ID{}

// alone runs fn while no other process builds cells anew, and waits until then.
func (s *Store) alone(ctx context.Context, fn func() error) error {
	if s.dialect.BuildLock == "" {
		return fn()
	}
	conn, sqltx, err := s.begin(ctx, time.Time{}, s.write, nil)
	if err != nil {
		return s.known(err)
	}
	t := &tx{Store: s, conn: conn, tx: sqltx, ctx: ctx, pool: s.write} // who gives up need not wait for the others
	defer t.end(ctx)
	if err := t.exec(s.dialect.BuildLock); err != nil {
		return s.known(err)
	}
	return fn()
}

// buildAnew builds all cells anew, or those that are missing since that was cut off.
func (s *Store) buildAnew(ctx context.Context) error {
	if whole, err := s.cellsWhole(ctx); whole || err != nil { // by who held the lock before
		return err
	}
	var orgs int64
	err := s.look(ctx, func(t *tx) error { return t.get(`SELECT count(*) FROM spaces`)(&orgs) })
	if err != nil {
		return err
	}
	began := time.Now()
	if orgs > 0 {
		s.log.Info("building all sums anew from the conversations", "organisations", orgs)
	}
	for first, whole := true, false; !whole; first = false {
		err := s.change(ctx, func(t *tx) (err error) {
			whole, err = t.buildSome(first)
			return err
		})
		if err != nil {
			return err
		}
	}
	if orgs > 0 {
		s.log.Info("built all sums anew", "organisations", orgs, "took", time.Since(began))
	}
	return nil
}

// buildSome is one step of building all cells anew: a stretch of one organisation, or, where there is none left, that all
// are there. Only the first step may find that others began to build in another layout.
func (t *tx) buildSome(first bool) (whole bool, err error) {
	if err := t.exec(`INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, cellsFact, []byte{}); err != nil {
		return false, err
	}
	b, err := t.build(t.dialect.Lock)
	if err != nil {
		return false, err
	}
	if b.layout != t.layout {
		if !first {
			return false, errOtherCells
		}
		b = build{layout: t.layout, org: nobody, from: allComplete}
	}
	if !b.whole && b.from == allComplete {
		b, err = t.nextOrg(b)
	}
	if err == nil && !b.whole {
		b.from, err = t.buildStretch(b.org, b.from)
	}
	if err != nil {
		return false, err
	}
	return b.whole, t.exec(`UPDATE facts SET value = ? WHERE name = ?`, b.encode(), cellsFact)
}

// nextOrg goes on to the organisation after the one whose cells are all there.
func (t *tx) nextOrg(b build) (build, error) {
	next := build{layout: b.layout, from: noneComplete}
	found, err := t.first(`SELECT org FROM spaces WHERE org > ? ORDER BY org LIMIT 1`, id(b.org))(&next.org)
	next.whole = !found
	return next, err
}

// buildStretch builds the cells of an organisation's stretch of time before an instant from which on they are there, and
// says when that stretch begins.
func (t *tx) buildStretch(org tenant.ID, end int64) (from int64, err error) {
	if err := t.lockFolds(org); err != nil {
		return 0, err
	}
	sp, ok, err := t.space(org, t.dialect.Lock)
	if err != nil {
		return 0, err
	}
	if !ok {
		return allComplete, nil // it was destroyed meanwhile
	}
	delta := newDeltas(rebuiltAtOnce)
	if end == noneComplete {
		// Day cells that were being built for another time zone are complete when all cells are.
		sp.from = allComplete
		err = t.exec(`DELETE FROM cells WHERE org = ?`, id(org))
	} else {
		err = t.eachLogged(org, func(e entry) error {
			if e.bucket < end {
				return nil // the rows will say it
			}
			return delta.add(e)
		})
	}
	if err != nil {
		return 0, err
	}
	// From now on the rows and the cells say what the log did.
	if err := t.exec(`DELETE FROM cell_log WHERE org = ?`, id(org)); err != nil {
		return 0, err
	}
	sp.logged = 0
	if from, err = t.stretchBefore(sp, end); err != nil {
		return 0, err
	}
	if err := t.eachRow(sp, span{micros(from), micros(end)}, delta.add); err != nil {
		return 0, err
	}
	if err := t.putMoves(sp, delta.entries, views); err != nil {
		return 0, err
	}
	return from, t.put(sp)
}

// stretchBefore is when the stretch before an instant begins, at the beginning of a quarter hour, in which no table has more
// rows than a step of a rebuild reads. Only one that is a single quarter hour may have more.
func (t *tx) stretchBefore(sp *space, end int64) (from int64, err error) {
	from = allComplete
	for _, table := range []string{"conversations", "remains"} {
		var at int64
		query := `SELECT started_at FROM ` + table + ` WHERE org = ? AND started_at < ? ORDER BY started_at DESC LIMIT 1 OFFSET ` + strconv.Itoa(rebuiltAtOnce)
		found, err := t.first(query, id(sp.org), end)(&at)
		if err != nil {
			return 0, err
		}
		if !found {
			continue
		}
		begin := metric.Bucket(micros(at)).Add(metric.Quarter).UnixMicro()
		from = max(from, min(begin, end-metric.Quarter.Microseconds()))
	}
	return from, nil
}
