package roi

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Drag is what escalated conversations cost people more than if the AI had never answered: mean handle time after the
// AI minus mean handle time without it, on the same topic, times the hourly cost and the number escalated. Negative
// means that the AI saved its successors time.
type Drag struct {
	// Cost is the sum over Topics; nil when nothing could be compared.
	Cost *money.Micro
	// Escalated is how many escalated conversations Cost is about, Uncompared how many are on topics where one of the two
	// means is missing.
	Escalated, Uncompared int64
	Estimate              stat.Estimate
	Topics                []TopicDrag
}

// TopicDrag is the drag on one topic where both means are known.
type TopicDrag struct {
	Topic     string
	Escalated int64
	// ExtraSeconds is the difference of the means per conversation.
	ExtraSeconds money.Exact
	Cost         money.Micro
	// Estimate has an interval from two measured conversations on either side on.
	Estimate stat.Estimate
}

func (s *Statement) addDrag(in Inputs) error {
	s.Drag.Estimate = stat.Unknown(EscalationDragDefinition, 0)
	escalated := lo.Filter(mergeTopics(in.Topics), func(t TopicCounts, _ int) bool { return t.Escalated > 0 })
	compared := lo.Filter(escalated, func(t TopicCounts, _ int) bool { return t.HumanOnly.N > 0 && t.AfterAI.N > 0 })
	s.Drag.Escalated = lo.SumBy(compared, func(t TopicCounts) int64 { return t.Escalated })
	s.Drag.Uncompared = lo.SumBy(escalated, func(t TopicCounts) int64 { return t.Escalated }) - s.Drag.Escalated
	if s.Rates.Hourly == nil || len(compared) == 0 {
		return nil
	}
	extra := lo.Map(compared, func(t TopicCounts, _ int) money.Exact { return t.AfterAI.Mean().Sub(t.HumanOnly.Mean()) })
	costs, total, err := money.Millionths(lo.Map(compared, func(t TopicCounts, i int) money.Exact {
		return HumanTotal(s.Rates.Hourly.Exact(), []Credit{{t.Escalated, extra[i]}})
	}))
	if err != nil {
		return err
	}
	var all []stat.Part
	known, n := true, int64(0)
	for i, t := range compared {
		drag := TopicDrag{Topic: t.Topic, Escalated: t.Escalated, ExtraSeconds: extra[i], Cost: costs[i]}
		own, ok := t.dragParts(perSecond(*s.Rates.Hourly))
		pairs := t.HumanOnly.N + t.AfterAI.N
		drag.Estimate = dragEstimate(own, ok, costs[i], pairs)
		known, n, all = known && ok, n+pairs, append(all, own...)
		s.Drag.Topics = append(s.Drag.Topics, drag)
	}
	s.Drag.Cost = &total
	s.Drag.Estimate = dragEstimate(all, known, total, n)
	return nil
}

func (t TopicCounts) dragParts(perSecond float64) (parts []stat.Part, ok bool) {
	before, ok1 := t.HumanOnly.variance()
	after, ok2 := t.AfterAI.variance()
	if !ok1 || !ok2 {
		return nil, false
	}
	weight := perSecond * float64(t.Escalated)
	return []stat.Part{
		stat.PartOf(-weight, t.HumanOnly.Mean().Float64(), before, t.HumanOnly.N, t.HumanOnly.N-1),
		stat.PartOf(weight, t.AfterAI.Mean().Float64(), after, t.AfterAI.N, t.AfterAI.N-1),
	}, true
}

func dragEstimate(parts []stat.Part, known bool, cost money.Micro, n int64) stat.Estimate {
	i, ok := stat.SkewedDifference(cost.Float64(), parts, stat.Confidence95)
	if !known || !ok {
		return stat.Exact(cost.Float64(), n, EscalationDragDefinition)
	}
	return carried(cost.Float64(), i, n, EscalationDragDefinition)
}
