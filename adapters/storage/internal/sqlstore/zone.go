package sqlstore

import (
	"context"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Day cells are local to the organisation's time zone. When that changes, a new generation of them is built behind the
// writes, from the newest day back, one step a transaction. The instant from which on the generation is complete is
// part of the space: writes move the cells of the days behind it, readers use those and take the days before it from
// finer cells, so that no answer is ever wrong.

// zoneOf is the time zone of a stored organisation, UTC for one that is not stored.
func (t *tx) zoneOf(org tenant.ID) (string, error) {
	o, ok, err := t.readOrg(`id = ?`, id(org))
	if !ok || err != nil {
		return "UTC", err
	}
	return o.Settings.TimeZone, nil
}

// setZone starts a new generation of day cells if the organisation's zone is another one.
func (t *tx) setZone(org tenant.ID, zone string) error {
	sp, ok, err := t.space(org, t.dialect.Lock)
	if !ok || err != nil || sp.zone.String() == (tenant.Settings{TimeZone: zone}).Location().String() {
		return err
	}
	sp.grid++
	sp.from = noneComplete
	if err := t.exec(`UPDATE spaces SET zone = ? WHERE org = ?`, zone, id(org)); err != nil {
		return err
	}
	return t.put(sp)
}

// rebuiltAtOnce is about how many conversations one step of a rebuild reads, unless there are no more.
const rebuiltAtOnce = 2000

// rebuild builds the day cells of an organisation that lacks some.
func (s *Store) rebuild(ctx context.Context, org tenant.ID) (err error) {
	defer s.contain(&err)
	for {
		complete := true
		err := s.look(ctx, func(t *tx) error {
			sp, ok, err := t.space(org, "")
			complete = !ok || sp.from == allComplete
			return err
		})
		if complete || err != nil {
			return err
		}
		err = s.polite(ctx, func(t *tx) error {
			if err := t.lockFolds(org); err != nil {
				return err
			}
			sp, ok, err := t.space(org, t.dialect.Lock)
			if !ok || err != nil || sp.from == allComplete {
				return err
			}
			if err := t.rebuildSome(sp); err != nil {
				return err
			}
			return t.put(sp)
		})
		if err != nil {
			return err
		}
	}
}

// rebuildSome is one step of a rebuild.
func (t *tx) rebuildSome(sp *space) error {
	// The rows already say what the log has still to add.
	if err := t.foldAll(sp); err != nil {
		return err
	}
	var entries []entry
	dayViews := lo.Filter(views, func(v view, _ int) bool { return v.grain == days })
	end := sp.from
	for read := 0; read < rebuiltAtOnce; {
		newest, ok, err := t.newestBefore(sp, sp.from)
		if err != nil {
			return err
		}
		if !ok {
			sp.from = allComplete
			break
		}
		day := metric.LocalDay(metric.Bucket(micros(newest)), sp.zone)
		sp.from = day.UnixMicro()
		err = t.eachRow(sp, span{day, nextDay(day, sp.zone)}, func(e entry) error {
			read++
			entries = append(entries, e)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := t.putMoves(sp, entries, dayViews); err != nil {
		return err
	}
	return t.dropOldGrids(sp, sp.from, end)
}

// newestBefore is when the last conversation before an instant started.
func (t *tx) newestBefore(sp *space, before int64) (at int64, ok bool, err error) {
	for _, table := range []string{"conversations", "remains"} {
		var one int64
		found, err := t.first(`SELECT started_at FROM `+table+` WHERE org = ? AND started_at < ? ORDER BY started_at DESC LIMIT 1`, id(sp.org), before)(&one)
		if err != nil {
			return 0, false, err
		}
		if found && (!ok || one > at) {
			at, ok = one, true
		}
	}
	return at, ok, nil
}

// dropOldGrids removes the cells of former generations in a stretch of time. There may be any number of them: the first has
// the views' own numbers, and the numbers of all others are between gridStep and the present one's.
func (t *tx) dropOldGrids(sp *space, from, to int64) error {
	if sp.grid == 0 {
		return nil
	}
	if from > allComplete+dayMargin {
		from -= dayMargin
	}
	first := lo.FilterMap(views, func(v view, _ int) (any, bool) { return v.number, v.grain == days })
	const dropped = `DELETE FROM cells WHERE org = ? AND start >= ? AND start < ? AND view `
	args := []any{id(sp.org), from, to}
	if err := t.exec(dropped+`IN `+list0(len(first)), append(args, first...)...); err != nil {
		return err
	}
	return t.exec(dropped+`>= ? AND view < ?`, append(args, gridStep, sp.grid*gridStep)...)
}

// dayMargin reaches back to the start of a day that another zone began earlier.
const dayMargin = int64(48 * time.Hour / time.Microsecond)
