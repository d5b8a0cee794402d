package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Head is where the ledger ends; see port.Ledger.
func (s ledger) Head(ctx context.Context, org tenant.ID) (head roi.Head, err error) {
	err = s.look(ctx, func(t *tx) error {
		head, err = t.ledgerHead(org)
		return err
	})
	return head, err
}

func (t *tx) ledgerHead(org tenant.ID) (roi.Head, error) {
	head := roi.Genesis(org)
	var hash []byte
	ok, err := t.first(`SELECT seq, hash FROM ledger_lines WHERE org = ? ORDER BY seq DESC LIMIT 1`, id(org))(&head.Seq, &hash)
	if ok && err == nil {
		head.Hash, err = hashOf(hash)
	}
	return head, err
}

func hashOf(b []byte) (h roi.Hash, err error) {
	if len(b) != len(h) {
		return h, fmt.Errorf("store: a ledger hash of %d bytes", len(b))
	}
	copy(h[:], b)
	return h, nil
}

const lineColumns = `seq, period, kind, ref, topic, amount, currency, model, rate, corrects, posted_at, prev, hash`

// Append stores lines that follow head; see port.Ledger.
func (s ledger) Append(ctx context.Context, org tenant.ID, head roi.Head, lines []roi.Line, closing *roi.Closing) error {
	return s.change(ctx, func(t *tx) error {
		if _, err := t.take(org); err != nil {
			return err
		}
		now, err := t.ledgerHead(org)
		if err != nil {
			return err
		}
		if now != head {
			return fmt.Errorf("the ledger has moved on: %w", port.ErrConflict)
		}
		if closing != nil {
			if err := t.closeMonth(org, closing); err != nil {
				return err
			}
		}
		for _, l := range lines {
			err := t.exec(`INSERT INTO ledger_lines (org, `+lineColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				id(org), l.Seq, string(l.Period), string(l.Kind), l.Ref, l.Topic, int64(l.Amount), l.Currency, string(l.Model), l.Rate,
				string(l.CorrectsPeriod), l.PostedAt.UnixMicro(), l.Prev[:], l.Hash[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) closeMonth(org tenant.ID, c *roi.Closing) error {
	var last string
	ok, err := t.first(`SELECT period FROM ledger_closings WHERE org = ? ORDER BY period DESC LIMIT 1`, id(org))(&last)
	if err != nil {
		return err
	}
	if ok && last >= string(c.Period) {
		return fmt.Errorf("%s is closed: %w", c.Period, port.ErrConflict)
	}
	terms, err := json.Marshal(c.Terms)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO ledger_closings (org, period, closed_at, terms, ai_cost, human_cost, head_seq, head_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id(org), string(c.Period), c.ClosedAt.UnixMicro(), string(terms), int64(c.Totals.AICost), int64(c.Totals.HumanCost), c.Head.Seq, c.Head.Hash[:])
}

// linesAtOnce is how many lines a stream holds at a time.
const linesAtOnce = 500

// Lines streams what q picks; see port.Ledger.
func (s ledger) Lines(ctx context.Context, org tenant.ID, q roi.LineQuery) iter.Seq2[roi.Line, error] {
	return func(yield func(roi.Line, error) bool) {
		for left := q.Limit; ; {
			n := linesAtOnce
			if q.Limit > 0 {
				n = min(n, left)
			}
			page, err := s.page(ctx, org, q, n)
			for i := range page {
				if err := ctx.Err(); err != nil {
					yield(roi.Line{}, err)
					return
				}
				if !yield(page[i], nil) {
					return
				}
			}
			if err != nil {
				yield(roi.Line{}, err)
				return
			}
			left -= len(page)
			if len(page) < linesAtOnce || q.Limit > 0 && left <= 0 {
				return
			}
			q.After = page[len(page)-1].Seq
		}
	}
}

func (s ledger) page(ctx context.Context, org tenant.ID, q roi.LineQuery, n int) (page []roi.Line, err error) {
	where, args := ``, []any{id(org), q.After}
	if q.Period != "" {
		where += ` AND period = ?`
		args = append(args, string(q.Period))
	}
	if q.Refs != nil {
		if len(q.Refs) == 0 {
			return nil, ctx.Err()
		}
		where += ` AND ref IN ` + list0(len(q.Refs))
		args = append(args, lo.ToAnySlice(q.Refs)...)
	}
	err = s.look(ctx, func(t *tx) error {
		return t.each(`SELECT `+lineColumns+` FROM ledger_lines WHERE org = ? AND seq > ?`+where+` ORDER BY seq LIMIT ?`, append(args, n), func(scan func(...any) error) error {
			l, err := scanLine(scan)
			page = append(page, l)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func scanLine(scan func(...any) error) (l roi.Line, err error) {
	var (
		posted     int64
		prev, hash []byte
	)
	err = scan(&l.Seq, &l.Period, &l.Kind, &l.Ref, &l.Topic, (*int64)(&l.Amount), &l.Currency, &l.Model, &l.Rate, &l.CorrectsPeriod, &posted, &prev, &hash)
	if err != nil {
		return l, err
	}
	l.PostedAt = micros(posted)
	if l.Prev, err = hashOf(prev); err != nil {
		return l, err
	}
	l.Hash, err = hashOf(hash)
	return l, err
}

// Closings yields the closed months; see port.Ledger.
func (s ledger) Closings(ctx context.Context, org tenant.ID) (out []roi.Closing, err error) {
	err = s.look(ctx, func(t *tx) error {
		return t.each(`SELECT period, closed_at, terms, ai_cost, human_cost, head_seq, head_hash FROM ledger_closings WHERE org = ? ORDER BY period`, []any{id(org)}, func(scan func(...any) error) error {
			var (
				c         roi.Closing
				closed    int64
				terms     string
				ai, human int64
				hash      []byte
			)
			if err := scan(&c.Period, &closed, &terms, &ai, &human, &c.Head.Seq, &hash); err != nil {
				return err
			}
			c.ClosedAt = micros(closed)
			c.Totals = roi.Totals{AICost: money.Micro(ai), HumanCost: money.Micro(human)}
			if err := json.Unmarshal([]byte(terms), &c.Terms); err != nil {
				return err
			}
			c.Head.Hash, err = hashOf(hash)
			out = append(out, c)
			return err
		})
	})
	return out, err
}
