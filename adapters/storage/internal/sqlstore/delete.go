package sqlstore

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// removedAtOnce is how many conversations one transaction removes, so that removing a million never holds writers up
// for long. Each step is whole in itself; a call that is given up midway has removed what its steps removed.
const removedAtOnce = 500

// Delete removes what q matches; see port.Conversations.
func (s conversations) Delete(ctx context.Context, org tenant.ID, q conversation.Query, at time.Time) (conversation.Receipt, error) {
	receipt := conversation.Receipt{Org: org, At: at}
	q.Limit, q.Offset, q.After, q.Total = 0, 0, nil, false
	if q.Search != "" {
		if err := s.indexAll(ctx, org); err != nil {
			return receipt, err
		}
	}
	for {
		var step conversation.Receipt
		err := s.change(ctx, func(t *tx) (err error) {
			step, err = t.deleteSome(org, q, at)
			return err
		})
		if err != nil {
			return receipt, err
		}
		receipt.Conversations += step.Conversations
		receipt.Messages += step.Messages
		receipt.GapLinks += step.GapLinks
		if step.Conversations < removedAtOnce {
			return receipt, nil
		}
	}
}

func (t *tx) deleteSome(org tenant.ID, q conversation.Query, at time.Time) (conversation.Receipt, error) {
	var receipt conversation.Receipt
	sp, ok, err := t.space(org, t.dialect.Lock)
	if !ok || err != nil {
		return receipt, err
	}
	var list []found
	if words := conversation.SearchWords(q.Search); len(words) > 0 {
		list, err = t.search(sp, q, words, removedAtOnce, nil)
	} else {
		list, err = t.find(sp, q, removedAtOnce)
	}
	if err != nil || len(list) == 0 {
		return receipt, err
	}
	rows, err := t.leaving(sp, list)
	if err != nil {
		return receipt, err
	}
	delta := newDeltas(len(rows))
	for _, r := range rows {
		receipt.Messages += int(r.Messages)
		counted, err := r.counted()
		if err != nil {
			return receipt, err
		}
		if err := delta.take(counted); err != nil {
			return receipt, err
		}
	}
	uids := lo.Map(rows, func(r Row, _ int) uuid.UUID { return r.UID })
	receipt.Conversations = len(rows)
	if err := t.unfile(sp, uids); err != nil {
		return receipt, err
	}
	if receipt.GapLinks, err = t.forget(sp, uids); err != nil {
		return receipt, err
	}
	if err := t.bury(sp, uids, deleted, at); err != nil {
		return receipt, err
	}
	entries, n := delta.encode()
	if err := t.moveCells(sp, entries, n); err != nil {
		return receipt, err
	}
	return receipt, t.put(sp)
}

// Expire removes what old conversations said; see port.Conversations.
func (s conversations) Expire(ctx context.Context, org tenant.ID, cutoff time.Time, limit int) (took int, err error) {
	for took < limit {
		var some int
		err := s.change(ctx, func(t *tx) (err error) {
			some, err = t.expireSome(org, cutoff, min(limit-took, removedAtOnce))
			return err
		})
		took += some
		if err != nil || some == 0 {
			return took, err
		}
	}
	return took, ctx.Err()
}

func (t *tx) expireSome(org tenant.ID, cutoff time.Time, limit int) (int, error) {
	sp, ok, err := t.space(org, t.dialect.Lock)
	if !ok || err != nil {
		return 0, err
	}
	var list []found
	err = t.each(`SELECT uid, started_at FROM conversations WHERE org = ? AND started_at < ? ORDER BY started_at, uid DESC LIMIT ?`, []any{id(org), ceilMicros(cutoff), limit}, func(scan func(...any) error) error {
		var f found
		err := scan(&f.uid, &f.started)
		list = append(list, f)
		return err
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	rows, err := t.leaving(sp, list)
	if err != nil {
		return 0, err
	}
	delta := newDeltas(len(rows))
	for _, r := range rows {
		counted, err := r.counted()
		if err != nil {
			return 0, err
		}
		if err := delta.add(entry{counted.bucket, counted.cellDims, oneExpired}); err != nil {
			return 0, err
		}
		if err := t.exec(`INSERT INTO remains (org, started_at, cell) VALUES (?, ?, ?)`, id(org), r.StartedAt, r.Cell); err != nil {
			return 0, err
		}
	}
	uids := lo.Map(rows, func(r Row, _ int) uuid.UUID { return r.UID })
	if err := t.silence(sp, uids); err != nil {
		return 0, err
	}
	if err := t.bury(sp, uids, expired, cutoff); err != nil {
		return 0, err
	}
	if err := t.dropDays(sp); err != nil {
		return 0, err
	}
	entries, n := delta.encode()
	if err := t.moveCells(sp, entries, n); err != nil {
		return 0, err
	}
	return len(rows), t.put(sp)
}

// dropDays removes the search index of the days before the oldest conversation that is left.
func (t *tx) dropDays(sp *space) error {
	var oldest int64
	found, err := t.first(`SELECT started_at FROM conversations WHERE org = ? ORDER BY started_at LIMIT 1`, id(sp.org))(&oldest)
	if err != nil {
		return err
	}
	day := int64(math.MaxInt64)
	if found {
		day, _ = dayOf(oldest)
	}
	if err := t.exec(`DELETE FROM postings WHERE org = ? AND day < ?`, id(sp.org), day); err != nil {
		return err
	}
	return t.exec(`DELETE FROM segments WHERE org = ? AND day < ?`, id(sp.org), day)
}

// leaving reads what of some rows must be settled before they go.
func (t *tx) leaving(sp *space, list []found) ([]Row, error) {
	var rows []Row
	for _, part := range lo.Chunk(list, maxIn) {
		args := []any{id(sp.org)}
		for i := range part {
			args = append(args, id(part[i].uid))
		}
		err := t.each(`SELECT uid, started_at, messages, cell FROM conversations WHERE org = ? AND uid IN `+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
			var r Row
			err := scan(&r.UID, &r.StartedAt, &r.Messages, &r.Cell)
			rows = append(rows, r)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// bury removes rows and leaves tombstones.
func (t *tx) bury(sp *space, uids []uuid.UUID, kind int, at time.Time) error {
	for _, part := range lo.Chunk(uids, maxIn) {
		args := []any{id(sp.org)}
		for _, uid := range part {
			args = append(args, id(uid))
			mark := sp.mark(uid)
			n, err := t.execN(`INSERT INTO tombstones (org, mark, kind, at) VALUES (?, ?, ?, ?) ON CONFLICT (org, mark) DO NOTHING`, id(sp.org), mark[:], kind, at.UnixMicro())
			if err != nil {
				return err
			}
			sp.gone += n
		}
		if err := t.exec(`DELETE FROM conversations WHERE org = ? AND uid IN `+in(len(part)), pad(args, len(part))...); err != nil {
			return err
		}
	}
	return nil
}
