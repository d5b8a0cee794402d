package sqlstore

import (
	"strings"

	"github.com/google/uuid"
	"github.com/samber/lo"
)

// maxIn is how many values one statement looks for.
const maxIn = 256

// in is a list of n placeholders, as many as the next power of two, so that few different statements exist. Arguments
// are padded with the last one by pad.
func in(n int) string { return "(?" + strings.Repeat(", ?", padded(n)-1) + ")" }

func padded(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

func pad(args []any, n int) []any {
	for range padded(n) - n {
		args = append(args, args[len(args)-1])
	}
	return args
}

// read finds what is stored of a batch: the versions of its conversations, which of them are gone, and its tokens. It
// returns those whose changes must be run again because they are not new.
func (t *tx) read(sp *space, b *batch) (again []*item, err error) {
	for _, it := range b.distinct {
		it.stored, it.gone = nil, false
	}
	known := b.distinct
	if b.scouted != nil {
		known = b.scouted
	}
	if err := t.eachStored(sp, known, func(r Row) error {
		conv, err := sp.openContent(r.UID, r.Seq, r.Content)
		if err != nil {
			return err
		}
		counted, err := r.counted()
		if err != nil {
			return err
		}
		it := b.byUID[r.UID]
		it.stored, it.old = &conv, counted
		again = append(again, it)
		return nil
	}); err != nil {
		return nil, err
	}
	if sp.gone > 0 {
		missing := lo.Filter(b.distinct, func(it *item, _ int) bool { return it.stored == nil })
		found, err := t.tombstones(sp, uidsOf(missing))
		if err != nil {
			return nil, err
		}
		for _, it := range missing {
			if _, it.gone = found[it.uid]; it.gone {
				again = append(again, it)
			}
		}
	}
	if b.onces == nil {
		return again, nil
	}
	// Tokens tie changes together, and those noted on the way here are of a run that has not been stored.
	return b.distinct, t.recall(b)
}

// StoredColumns are the columns that Bulk.Stored reads.
const StoredColumns = `uid, seq, cell, content`

// StoredInto are the places for StoredColumns in a row.
func (r *Row) StoredInto() []any {
	return []any{&r.UID, &r.Seq, &r.Cell, &r.Content}
}

// eachStored calls fn with the rows of those conversations that are stored.
func (t *tx) eachStored(sp *space, items []*item, fn func(Row) error) error {
	if len(items) == 0 {
		return nil
	}
	if t.dialect.Bulk != nil {
		return t.dialect.Bulk.Stored(t.ctx, t.conn.Conn, sp.org, uidsOf(items), fn)
	}
	for _, part := range lo.Chunk(items, maxIn) {
		query := `SELECT ` + StoredColumns + ` FROM conversations WHERE org = ? AND uid IN ` + in(len(part))
		err := t.each(query, itemArgs(sp, part), func(scan func(...any) error) error {
			var r Row
			if err := scan(r.StoredInto()...); err != nil {
				return err
			}
			return fn(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// scoutFrom is the number of an organisation's conversations from which on it is looked before the write which of them
// are stored: one more statement, so that the write under the organisation's lock has less to do.
const scoutFrom = 32

// scout looks, before any lock is taken, which conversations of large batches are stored, unless it is told not to. The
// write then reads these alone and takes the others for new. Where another write was faster, storing them fails, and the
// batch is to be written again without having scouted.
func (t *tx) scout(batches []*batch, allowed bool) error {
	for _, b := range batches {
		b.scouted = nil
		if !allowed || t.dialect.Bulk == nil || len(b.distinct) < scoutFrom {
			continue
		}
		found, err := t.dialect.Bulk.Known(t.ctx, t.conn.Conn, b.org, uidsOf(b.distinct))
		if err != nil {
			return err
		}
		b.scouted = lo.Map(found, func(uid uuid.UUID, _ int) *item { return b.byUID[uid] })
	}
	return nil
}

func uidsOf(items []*item) []uuid.UUID {
	return lo.Map(items, func(it *item, _ int) uuid.UUID { return it.uid })
}

func itemArgs(sp *space, part []*item) []any {
	args := make([]any, 0, padded(len(part))+1)
	args = append(args, id(sp.org))
	for _, it := range part {
		args = append(args, id(it.uid))
	}
	return pad(args, len(part))
}

// mark is what a tombstone keeps of a conversation: enough to know it again, not enough to find it.
func (sp *space) mark(uid uuid.UUID) [16]byte { return sp.sealer.Token("tombstone", string(uid[:])) }

// The kinds of tombstone.
const (
	deleted = 1
	expired = 2
)

// tombstones says which of the conversations are gone, and how.
func (t *tx) tombstones(sp *space, uids []uuid.UUID) (map[uuid.UUID]int, error) {
	found := map[uuid.UUID]int{}
	if sp.gone == 0 {
		return found, nil
	}
	for _, part := range lo.Chunk(uids, maxIn) {
		args := []any{id(sp.org)}
		byMark := make(map[[16]byte]uuid.UUID, len(part))
		for _, uid := range part {
			mark := sp.mark(uid)
			byMark[mark] = uid
			args = append(args, mark[:])
		}
		err := t.each(`SELECT mark, kind FROM tombstones WHERE org = ? AND mark IN `+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
			var (
				mark []byte
				kind int
			)
			if err := scan(&mark, &kind); err != nil {
				return err
			}
			if uid, ok := byMark[[16]byte(mark)]; ok {
				found[uid] = kind
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
