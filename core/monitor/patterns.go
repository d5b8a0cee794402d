package monitor

import (
	"cmp"
	"context"
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// EscalationPatterns answers with the topics by how much they stand out.
func (m *Monitor) EscalationPatterns(ctx context.Context, r Request) (EscalationPatterns, error) {
	v, err := m.open(ctx, r, PatternHours)
	if err != nil {
		return EscalationPatterns{}, err
	}
	topics, previous := v.sum(metric.Grouping{Topic: true}), v.previous().sum(metric.Grouping{})
	if err := v.read(ctx); err != nil {
		return EscalationPatterns{}, err
	}
	sum, err := topics.total()
	if err != nil {
		return EscalationPatterns{}, err
	}
	before, err := previous.total()
	if err != nil {
		return EscalationPatterns{}, err
	}
	values := lo.SliceToMap(topics.cells, func(c metric.Cell) (string, metric.Vector) { return c.Key.Topic, c.Values })
	standings := escalation.StandOut(lo.Map(topics.cells, func(c metric.Cell, _ int) escalation.Topic {
		return escalation.Topic{Name: c.Key.Topic, Escalated: c.Values.At(metric.EscalatedAI), Total: c.Values.At(metric.AIInvolved)}
	}))
	return EscalationPatterns{
		Frame: v.frame(),
		Topics: lo.Map(standings, func(s escalation.Standing, _ int) TopicEscalation {
			return topicEscalation(s, values[s.Name])
		}),
		Total: escalations(sum), Previous: escalations(before), Reasons: reasons(sum),
	}, nil
}

func topicEscalation(s escalation.Standing, v metric.Vector) TopicEscalation {
	return TopicEscalation{
		Topic: s.Name,
		Figures: append(escalations(v),
			Figure{Name: "lift", Decimals: average, Estimate: s.Lift},
			Figure{Name: "difference", Decimals: percent, Estimate: s.Difference}),
		Reasons: reasons(v), Tested: s.PValue != nil, Significant: s.Significant, PValue: s.PValue, Adjusted: s.Adjusted,
	}
}

func escalations(v metric.Vector) Figures {
	mean := func(name string, kind metric.Seconds, definition string) Figure {
		n, sum, squares := v.Moments(kind)
		e := stat.Unknown(definition, n)
		if squares.IsInt64() {
			e = stat.MeanOf(stat.Sums{N: n, Sum: sum, SumSq: squares.Int64()}, 1, definition)
		}
		return Figure{Name: name, Decimals: whole, Estimate: e}
	}
	return Figures{
		count("total_conversations", v.At(metric.Conversations), "conversations.count/v1"),
		count("escalated_conversations", v.At(metric.Escalated), "escalation.count/v1"),
		rate("escalation_rate", v.At(metric.Escalated), v.At(metric.Conversations), "escalation.rate/v1"),
		count("ai_conversations", v.At(metric.AIInvolved), "conversations.ai_involved/v1"),
		rate("ai_escalation_rate", v.At(metric.EscalatedAI), v.At(metric.AIInvolved), "escalation.ai_rate/v1"),
		count("unmet_requests", v.At(metric.UnmetRequest), "escalation.unmet_requests/v1"),
		mean("mean_seconds_to_escalation", metric.ToEscalation, "escalation.time/v1"),
	}
}

func reasons(v metric.Vector) []ReasonCount {
	out := lo.FilterMap(conversation.Reasons(), func(r conversation.Reason, _ int) (ReasonCount, bool) {
		n := v.At(metric.EscalatedFor(r))
		return ReasonCount{r, n, stat.Exact(float64(n), v.At(metric.Escalated), "escalation.reason/v1")}, n != 0
	})
	slices.SortStableFunc(out, func(a, b ReasonCount) int { return cmp.Compare(b.Count, a.Count) })
	return out
}
