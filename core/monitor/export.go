package monitor

import (
	"context"
	"iter"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Export streams every conversation q picks, newest first, in constant memory; from q.After on, so that a broken export
// goes on where it stopped.
func (m *Monitor) Export(ctx context.Context, org tenant.ID, q conversation.Query) (iter.Seq2[conversation.Conversation, error], error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	return m.store.Conversations.Each(ctx, org, q), nil
}
