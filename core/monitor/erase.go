package monitor

import (
	"context"

	"github.com/google/uuid"
	"github.com/samber/lo"

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
	var doomed []conversation.Conversation
	for c, err := range m.store.Conversations.Each(ctx, org, q) {
		if err != nil {
			return receipt, err
		}
		if doomed = append(doomed, c); len(doomed) == batch {
			if err := m.erase(ctx, o, doomed, &receipt); err != nil {
				return receipt, err
			}
			doomed = nil
		}
	}
	return receipt, m.erase(ctx, o, doomed, &receipt)
}

// erase deletes some conversations, corrects the ledger, and lets those that seemed returned to stand again.
func (m *Monitor) erase(ctx context.Context, o tenant.Org, doomed []conversation.Conversation, receipt *conversation.Receipt) error {
	if len(doomed) == 0 {
		return nil
	}
	uids := lo.Map(doomed, func(c conversation.Conversation, _ int) uuid.UUID { return c.Key.UID() })
	part, err := m.store.Conversations.Delete(ctx, o.ID, conversation.Query{UIDs: uids}, receipt.At)
	if err != nil {
		return err
	}
	receipt.Conversations += part.Conversations
	receipt.Messages += part.Messages
	receipt.GapLinks += part.GapLinks
	zone := o.Settings.Location()
	entries := lo.Map(doomed, func(c conversation.Conversation, _ int) roi.Entry { return gone(c, zone) })
	for err = m.correct(ctx, o, entries); lost(err); {
		err = m.correct(ctx, o, entries)
	}
	if err != nil {
		return err
	}
	return m.linkAll(ctx, o.ID, doomed, nil)
}

// DeleteOne removes one conversation; port.ErrNotFound when the organisation has none of that UID.
func (m *Monitor) DeleteOne(ctx context.Context, org tenant.ID, uid uuid.UUID) (conversation.Receipt, error) {
	receipt, err := m.Delete(ctx, org, conversation.Query{UIDs: []uuid.UUID{uid}})
	if err == nil && receipt.Conversations == 0 {
		return receipt, port.ErrNotFound
	}
	return receipt, err
}
