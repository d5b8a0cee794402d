package sqlstore

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// tokenLife is how long an idempotency token is remembered.
const tokenLife = 24 * time.Hour

// memo is what is kept of a request that may be repeated.
type memo struct {
	body   []byte
	effect conversation.Effect
	at     int64
	fresh  bool
}

type onceMark [16]byte

// onces are the tokens a batch knows, by the hash of route and token.
type onces map[onceMark]*memo

func markOf(o *conversation.Once) onceMark {
	sum := sha256.Sum256([]byte(o.Route + "\x00" + o.Token))
	return onceMark(sum[:16])
}

// recall reads what is kept of the batch's tokens.
func (t *tx) recall(b *batch) error {
	b.onces = onces{}
	list := lo.FilterMap(b.changes, func(c conversation.Change, _ int) (*conversation.Once, bool) { return c.Once, c.Once != nil })
	for _, part := range lo.Chunk(list, maxIn) {
		args := []any{id(b.org)}
		for _, o := range part {
			mark := markOf(o)
			args = append(args, mark[:])
		}
		err := t.each(`SELECT mark, body, effect, at FROM onces WHERE org = ? AND mark IN `+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
			var (
				mark []byte
				m    memo
			)
			if err := scan(&mark, &m.body, &m.effect, &m.at); err != nil {
				return err
			}
			b.onces[onceMark(mark)] = &m
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find is what is kept of a repeated request, nil for a new one.
func (o onces) find(once *conversation.Once) (*memo, error) {
	if once == nil {
		return nil, nil
	}
	m := o[markOf(once)]
	switch {
	case m == nil || once.At.UnixMicro()-m.at >= tokenLife.Microseconds():
		return nil, nil
	case !bytes.Equal(m.body, once.Body[:]):
		return nil, port.ErrTokenReused
	}
	return m, nil
}

func (o onces) note(once *conversation.Once, effect conversation.Effect) {
	if once != nil && o != nil {
		o[markOf(once)] = &memo{body: once.Body[:], effect: effect, at: once.At.UnixMicro(), fresh: true}
	}
}

// keep stores the batch's new tokens and forgets those that have run out.
func (t *tx) keep(b *batch) error {
	var newest int64
	for mark, m := range b.onces {
		if !m.fresh {
			continue
		}
		err := t.later(`INSERT INTO onces (org, mark, body, effect, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (org, mark) DO UPDATE SET body = excluded.body, effect = excluded.effect, at = excluded.at`,
			id(b.org), mark[:], m.body, string(m.effect), m.at)
		if err != nil {
			return err
		}
		newest = max(newest, m.at)
	}
	if newest == 0 {
		return nil
	}
	return t.later(`DELETE FROM onces WHERE org = ? AND at <= ?`, id(b.org), newest-tokenLife.Microseconds())
}
