package monitor

import (
	"context"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Delete removes what q matches, for good: repeated or late deliveries do not bring it back. What closed months booked
// for it is taken back by reversing lines, so that ledger and figures go on agreeing.
func (m *Monitor) Delete(ctx context.Context, org tenant.ID, q conversation.Query) (conversation.Receipt, error) {
	o, err := m.Org(ctx, org)
	if err != nil {
		return conversation.Receipt{}, err
	}
	receipt := conversation.Receipt{Org: org, At: m.now()}
	var uids []uuid.UUID
	var entries []roi.Entry
	flush := func() error {
		if len(uids) == 0 {
			return nil
		}
		part, err := m.store.Conversations.Delete(ctx, org, conversation.Query{UIDs: uids}, receipt.At)
		if err != nil {
			return err
		}
		receipt.Conversations += part.Conversations
		receipt.Messages += part.Messages
		receipt.GapLinks += part.GapLinks
		err = m.correct(ctx, o, entries)
		for lost(err) {
			err = m.correct(ctx, o, entries)
		}
		uids, entries = nil, nil
		return err
	}
	for c, err := range m.store.Conversations.Each(ctx, org, q) {
		if err != nil {
			return receipt, err
		}
		uids, entries = append(uids, c.Key.UID()), append(entries, gone(c, o.Settings.Location()))
		if len(uids) == batch {
			if err := flush(); err != nil {
				return receipt, err
			}
		}
	}
	return receipt, flush()
}

// DeleteOne removes one conversation; port.ErrNotFound when the organisation has none of that UID.
func (m *Monitor) DeleteOne(ctx context.Context, org tenant.ID, uid uuid.UUID) (conversation.Receipt, error) {
	receipt, err := m.Delete(ctx, org, conversation.Query{UIDs: []uuid.UUID{uid}})
	if err == nil && receipt.Conversations == 0 {
		return receipt, port.ErrNotFound
	}
	return receipt, err
}
