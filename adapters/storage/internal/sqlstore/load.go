package sqlstore

import (
	"strings"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
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

// load reads the stored versions of the batch's conversations and finds those that are gone.
func (b *batch) load() error {
	for _, part := range lo.Chunk(b.order, maxIn) {
		args := []any{id(b.org)}
		for _, c := range part {
			args = append(args, id(c.uid))
		}
		query := `SELECT uid, seq, started_at, platform, handler, priority, topic, vector, content FROM conversations WHERE org = ? AND uid IN ` + in(len(part))
		err := b.each(query, pad(args, len(part)), func(scan func(...any) error) error {
			var (
				r      Row
				vector []byte
			)
			if err := scan(&r.UID, &r.Seq, &r.StartedAt, &r.Platform, &r.Handler, &r.Priority, &r.Topic, &vector, &r.Content); err != nil {
				return err
			}
			c := b.items[r.UID]
			conv, err := b.openContent(r.UID, r.Seq, r.Content)
			if err != nil {
				return err
			}
			values, err := metric.DecodeVector(vector)
			if err != nil {
				return err
			}
			c.now, c.old = &conv, &oldRow{key: r.cellKey(), vector: values}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if b.gone == 0 {
		return nil
	}
	missing := lo.Filter(b.order, func(c *current, _ int) bool { return c.now == nil })
	found, err := b.tombstones(b.space, lo.Map(missing, func(c *current, _ int) uuid.UUID { return c.uid }))
	if err != nil {
		return err
	}
	for _, c := range missing {
		_, c.gone = found[c.uid]
	}
	return nil
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
