package roi

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// merge joins the rows of each topic into one, in the order of their first rows.
func merge[T any](rows []T, topic func(T) string, join func(sum, next T) T) []T {
	at := map[string]int{}
	var out []T
	for _, r := range rows {
		if i, seen := at[topic(r)]; seen {
			out[i] = join(out[i], r)
			continue
		}
		at[topic(r)] = len(out)
		out = append(out, r)
	}
	return out
}

// mergeTopics adds up what the drag needs of the rows of each topic.
func mergeTopics(rows []TopicCounts) []TopicCounts {
	return merge(rows, func(r TopicCounts) string { return r.Topic }, func(t, r TopicCounts) TopicCounts {
		t.AIConversations, t.AIOnly, t.Escalated = t.AIConversations+r.AIConversations, t.AIOnly+r.AIOnly, t.Escalated+r.Escalated
		t.HumanOnly, t.AfterAI = t.HumanOnly.Plus(r.HumanOnly), t.AfterAI.Plus(r.AfterAI)
		return t
	})
}

// humanInterval is that of the seconds, in money: what they cost is known. Months with terms of their own learnt their
// handle times from much the same contacts, so their intervals add up as if they erred together.
func (s *Statement) humanInterval(view View) (sum stat.Interval, ok bool) {
	counts := map[*Terms][]topicCount{}
	value := map[*Terms]money.Exact{}
	for i, t := range s.topics {
		counts[s.terms[i]] = append(counts[s.terms[i]], topicCount{t.Topic, t.Credited(view)})
		value[s.terms[i]] = value[s.terms[i]].Add(s.each[i].Mul(money.Whole(t.Credited(view))))
	}
	for _, terms := range lo.Uniq(s.terms) {
		rows := counts[terms]
		cost, each := value[terms].Float64(), perSecond(lo.FromPtr(terms.Rates.Hourly))
		if each <= 0 {
			continue
		}
		parts, measured := terms.Rates.handleParts(rows)
		if !measured {
			return stat.Interval{}, false
		}
		seconds, ok := stat.SkewedInterval(cost/each, parts, stat.Confidence95)
		if !ok {
			return stat.Interval{}, false
		}
		sum.Low, sum.High = sum.Low+each*seconds.Low, sum.High+each*seconds.High
	}
	return sum, sum.Width() > 0
}

// mergeFigures adds up the rows of each topic. Rate and cost of a contact are those of the last row, the newest terms;
// intervals of the human cost add up as those of a view do.
func mergeFigures(rows []TopicFigures) []TopicFigures {
	return merge(rows, func(r TopicFigures) string { return r.Topic }, func(t, r TopicFigures) TopicFigures {
		r.Credited, r.AICost, r.AIConversations = r.Credited+t.Credited, r.AICost+t.AICost, r.AIConversations+t.AIConversations
		r.Priced = r.Priced || t.Priced
		if r.HumanCost != nil && t.HumanCost != nil {
			cost := *r.HumanCost + *t.HumanCost
			r.HumanCost = &cost
			a, ok1 := r.HumanCostEstimate.Interval()
			b, ok2 := t.HumanCostEstimate.Interval()
			n := r.HumanCostEstimate.N
			r.HumanCostEstimate = stat.Exact(cost.Float64(), n, HumanCostDefinition)
			if ok1 && ok2 {
				r.HumanCostEstimate = carried(cost.Float64(), stat.Interval{Low: a.Low + b.Low, High: a.High + b.High}, n, HumanCostDefinition)
			}
		}
		return r
	})
}
