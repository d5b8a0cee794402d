package memory

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// matching is what q picks, in the order of listings: newest first, ties by UID.
func (r *room) matching(q conversation.Query) []conversation.Conversation {
	m := newMatcher(q)
	type row struct {
		uid uuid.UUID
		c   conversation.Conversation
	}
	var rows []row
	for uid, c := range r.conversations {
		if m.keeps(uid, c) {
			rows = append(rows, row{uid, c})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(b.c.StartedAt.Compare(a.c.StartedAt), bytes.Compare(a.uid[:], b.uid[:]))
	})
	return lo.Map(rows, func(x row, _ int) conversation.Conversation { return x.c })
}

// behind is the part of a listing after a position.
func behind(all []conversation.Conversation, p *conversation.Position) []conversation.Conversation {
	if p == nil {
		return all
	}
	i, _ := slices.BinarySearchFunc(all, *p, func(c conversation.Conversation, p conversation.Position) int {
		uid := c.UID()
		return cmp.Or(p.StartedAt.Compare(c.StartedAt), bytes.Compare(uid[:], p.UID[:]), -1)
	})
	return all[i:]
}

// matcher is a query made ready to be asked many times.
type matcher struct {
	conversation.Query
	words []string
	uids  map[uuid.UUID]bool
}

func newMatcher(q conversation.Query) matcher {
	return matcher{
		Query: q,
		words: conversation.SearchWords(q.Search),
		uids:  lo.SliceToMap(q.UIDs, func(id uuid.UUID) (uuid.UUID, bool) { return id, true }),
	}
}

func (m matcher) keeps(uid uuid.UUID, c conversation.Conversation) bool {
	f := c.Facts
	return (m.UIDs == nil || m.uids[uid]) &&
		(m.Platform == "" || m.Platform == c.Platform) &&
		(m.Topic == nil || *m.Topic == f.Topic.Value) &&
		(m.Subtopic == nil || *m.Subtopic == f.Subtopic.Value) &&
		(m.AIAgent == nil || *m.AIAgent == f.AIAgentID.Value) &&
		(m.Customer == nil || *m.Customer == f.CustomerID.Value) &&
		(m.Priority == nil || *m.Priority == f.Priority.Value) &&
		(m.Handler == "" || m.Handler == c.Findings.Handler) &&
		(m.Sentiment == "" || m.Sentiment == c.Sentiment()) &&
		(m.Escalated == nil || *m.Escalated == c.Findings.Escalation.Escalated) &&
		(m.AIHandled == nil || *m.AIHandled == c.AIHandled()) &&
		(m.CSATMin == nil || f.Rating.OK() && f.Rating.Value.Score >= *m.CSATMin) &&
		(m.CSATMax == nil || f.Rating.OK() && f.Rating.Value.Score <= *m.CSATMax) &&
		(m.Outcome == "" || m.Outcome == c.Findings.Outcome.Kind) &&
		(m.Reason == "" || m.Reason == c.Findings.Escalation.Primary) &&
		(m.Rated == nil || *m.Rated == f.Rating.OK()) &&
		(m.Start.IsZero() || !c.StartedAt.Before(m.Start)) &&
		(m.End.IsZero() || c.StartedAt.Before(m.End)) &&
		m.says(c)
}

// says looks for every word of the search in the messages.
func (m matcher) says(c conversation.Conversation) bool {
	if len(m.words) == 0 {
		return true
	}
	return lo.Every(lo.FlatMap(c.Messages, func(x conversation.Message, _ int) []string {
		return conversation.SearchWords(x.Content)
	}), m.words)
}
