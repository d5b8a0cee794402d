package sqlstore

import (
	"strings"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// segmentSizes are the sizes of the segments of some days, by day and number.
func (t *tx) segmentSizes(org tenant.ID, days []int64) (map[int64]map[int64]int64, error) {
	out := map[int64]map[int64]int64{}
	for _, part := range lo.Chunk(days, maxIn) {
		args := pad(append([]any{id(org)}, lo.ToAnySlice(part)...), len(part))
		err := t.eachKept(`SELECT day, number, size FROM segments WHERE org = ? AND day IN `+in(len(part)), args, func(scan func(...any) error) error {
			var day, number, size int64
			err := scan(&day, &number, &size)
			if out[day] == nil {
				out[day] = map[int64]int64{}
			}
			out[day][number] = size
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// segmentRows are the conversations of a segment.
func (t *tx) segmentRows(org tenant.ID, place segmentPlace) ([]posting, error) {
	var stored []byte
	if err := t.get(`SELECT rows FROM segments WHERE org = ? AND day = ? AND number = ?`, id(org), place.day, place.number)(&stored); err != nil {
		return nil, err
	}
	return decodePostings(stored)
}

// loadSegment reads a whole segment.
func (t *tx) loadSegment(org tenant.ID, place segmentPlace) (segment, error) {
	rows, err := t.segmentRows(org, place)
	if err != nil {
		return segment{}, err
	}
	s := segment{rows: rows}
	err = t.eachKept(`SELECT part, lists FROM postings WHERE org = ? AND day = ? AND number = ? ORDER BY part`, []any{id(org), place.day, place.number}, func(scan func(...any) error) error {
		var p part
		err := scan(&p.number, &p.lists)
		s.parts = append(s.parts, p)
		return err
	})
	return s, err
}

// putSegment stores a segment; nothing when it holds no conversation.
func (t *tx) putSegment(org tenant.ID, place segmentPlace, s segment) error {
	if len(s.rows) == 0 {
		return nil
	}
	err := t.exec(`INSERT INTO segments (org, day, number, size, bits, rows) VALUES (?, ?, ?, ?, ?, ?)`, id(org), place.day, place.number, int64(len(s.rows)), s.bits, encodePostings(s.rows))
	if err != nil {
		return err
	}
	for parts := s.parts; len(parts) > 0; {
		n, query := 1, insertPart
		if len(parts) >= insertedAtOnce {
			n, query = insertedAtOnce, insertParts
		}
		values := make([]any, 0, 5*n)
		for _, p := range parts[:n] {
			values = append(values, id(org), place.day, place.number, p.number, p.lists)
		}
		if err := t.exec(query, values...); err != nil {
			return err
		}
		parts = parts[n:]
	}
	return nil
}

var (
	insertPart  = `INSERT INTO postings (org, day, number, part, lists) VALUES (?, ?, ?, ?, ?)`
	insertParts = insertPart + strings.Repeat(", (?, ?, ?, ?, ?)", insertedAtOnce-1)
)

func (t *tx) dropSegment(org tenant.ID, place segmentPlace) error {
	if err := t.exec(`DELETE FROM postings WHERE org = ? AND day = ? AND number = ?`, id(org), place.day, place.number); err != nil {
		return err
	}
	return t.exec(`DELETE FROM segments WHERE org = ? AND day = ? AND number = ?`, id(org), place.day, place.number)
}

// unfile takes conversations out of the search index: the segments that hold them are written anew.
func (t *tx) unfile(sp *space, uids []uuid.UUID) error {
	gone := map[int64]map[int64]bool{} // rows by day
	for _, part := range lo.Chunk(uids, maxIn) {
		err := t.each(`SELECT id, started_at FROM conversations WHERE org = ? AND uid IN `+in(len(part)), uidArgs(sp, part), func(scan func(...any) error) error {
			var row, started int64
			err := scan(&row, &started)
			day, _ := dayOf(started)
			if gone[day] == nil {
				gone[day] = map[int64]bool{}
			}
			gone[day][row] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	stored, err := t.segmentSizes(sp.org, lo.Keys(gone))
	if err != nil {
		return err
	}
	for day, sizes := range stored {
		for number := range sizes {
			if err := t.unfileFrom(sp.org, segmentPlace{day, number}, gone[day]); err != nil {
				return err
			}
		}
	}
	return nil
}

// unfileFrom takes rows out of one segment.
func (t *tx) unfileFrom(org tenant.ID, place segmentPlace, gone map[int64]bool) error {
	rows, err := t.segmentRows(org, place)
	if err != nil || !lo.ContainsBy(rows, func(p posting) bool { return gone[p.row] }) {
		return err
	}
	s, err := t.loadSegment(org, place)
	if err != nil {
		return err
	}
	if err := t.dropSegment(org, place); err != nil {
		return err
	}
	if s, err = s.without(gone); err != nil {
		return err
	}
	return t.putSegment(org, place, s)
}
