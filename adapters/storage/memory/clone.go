package memory

import (
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// clone copies every list and pointer of c, so that nobody outside shares memory with the store.
func clone(c conversation.Conversation) conversation.Conversation {
	c.Messages = slices.Clone(c.Messages)
	c.Facts.Tags.Value = slices.Clone(c.Facts.Tags.Value)
	f := &c.Findings
	f.FirstResponseSeconds = copyOf(f.FirstResponseSeconds)
	f.ResolutionSeconds = copyOf(f.ResolutionSeconds)
	f.HandleSeconds = copyOf(f.HandleSeconds)
	f.Escalation.Signals = slices.Clone(f.Escalation.Signals)
	f.Escalation.Secondary = slices.Clone(f.Escalation.Secondary)
	f.Escalation.Evidence = slices.Clone(f.Escalation.Evidence)
	f.Sentiment.Compound = copyOf(f.Sentiment.Compound)
	f.Sentiment.Last = copyOf(f.Sentiment.Last)
	f.Sentiment.Evidence = slices.Clone(f.Sentiment.Evidence)
	f.Outcome.Evidence = slices.Clone(f.Outcome.Evidence)
	f.Failure.Kinds = slices.Clone(f.Failure.Kinds)
	return c
}

func cloneOf(c *conversation.Conversation) *conversation.Conversation {
	if c == nil {
		return nil
	}
	return lo.ToPtr(clone(*c))
}

func cloneOrg(o tenant.Org) tenant.Org {
	o.Settings.RetentionDays = copyOf(o.Settings.RetentionDays)
	o.Settings.PolicyTopics = slices.Clone(o.Settings.PolicyTopics)
	o.Settings.Costs.HumanHourly = copyOf(o.Settings.Costs.HumanHourly)
	o.Settings.Costs.HandleSeconds = copyOf(o.Settings.Costs.HandleSeconds)
	return o
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return lo.ToPtr(*p)
}
