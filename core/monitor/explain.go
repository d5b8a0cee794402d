package monitor

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// EscalationExplained says why conversations reach a human, when, what changed, and what could be done.
type EscalationExplained struct {
	Frame
	Reasons []ReasonCount
	// Change splits the change since the previous window; nil when one of the two is empty.
	Change    *escalation.Change
	Figures   Figures
	ByTurn    []TurnShare
	Avoidable []AvoidableCount
	Outcomes  []OutcomeCount
	AtRisk    []AtRisk
}

// TurnShare is the share of AI conversations escalated by a customer turn, in per cent.
type TurnShare struct {
	Turn     int
	Estimate stat.Estimate
}

// AvoidableCount counts escalations by what could have kept them from a human; the estimate's N is all escalations.
type AvoidableCount struct {
	Kind     escalation.Avoidable
	Count    int64
	Estimate stat.Estimate
}

// OutcomeCount counts AI conversations by outcome; the estimate's N is all AI conversations.
type OutcomeCount struct {
	Outcome  conversation.Outcome
	Count    int64
	Estimate stat.Estimate
}

// AtRisk is a running conversation that looks like reaching a human.
type AtRisk struct {
	UID            uuid.UUID
	ConversationID string
	Topic          string
	// Risk is a probability; its N is the one conversation it is about.
	Risk stat.Estimate
	// Calibrated says that the risk comes from a model of the organisation's own conversations, and not from default
	// weights.
	Calibrated bool
	Signals    []conversation.Signal
}

// shownTurns are the customer turns a curve is read at.
var shownTurns = []int{1, 2, 3, 5, 10}

// EscalationExplained answers for the window.
func (m *Monitor) EscalationExplained(ctx context.Context, r Request) (EscalationExplained, error) {
	v, err := m.open(ctx, r, PatternHours)
	if err != nil {
		return EscalationExplained{}, err
	}
	topics, before := v.sum(metric.Grouping{Topic: true}), v.previous().sum(metric.Grouping{Topic: true})
	ages := v.byAge(v.asOf.Add(-outcome.PendingFor), false)
	lasting72h, lasting7d := v.byAge(v.asOf.Add(-metric.ReturnWindow), false), v.byAge(v.asOf.Add(-metric.DurableWindow), false)
	if err := v.read(ctx); err != nil {
		return EscalationExplained{}, err
	}
	settled, young, sum, err := ages.totals()
	if err != nil {
		return EscalationExplained{}, err
	}
	out := EscalationExplained{Frame: v.frame(), Reasons: reasons(sum), Avoidable: avoidable(topics.cells)}
	if change, ok := escalation.Explain(pairs(before.cells, topics.cells)); ok {
		change.Topics = escalation.BySize(change.Topics)
		out.Change = &change
	}
	ladder := outcome.Climb(settled, young)
	outcomes := func(o conversation.Outcome, n int64) OutcomeCount {
		return OutcomeCount{o, n, stat.Exact(float64(n), ladder.Total(), "outcome.count/v1")}
	}
	out.Outcomes = []OutcomeCount{
		outcomes(conversation.OutcomeConfirmed, ladder.Confirmed), outcomes(conversation.OutcomeAssumed, ladder.Assumed),
		outcomes(conversation.OutcomeAbandoned, ladder.Abandoned), outcomes(conversation.OutcomeEscalated, ladder.Escalated),
		outcomes(conversation.OutcomeAmbiguous, ladder.Ambiguous), outcomes(conversation.OutcomePending, ladder.Pending),
	}
	out.Figures = append(escalations(sum), resolution(ladder), between(ladder))
	durable, err := durability(lasting72h, lasting7d)
	if err != nil {
		return EscalationExplained{}, err
	}
	out.Figures = append(append(out.Figures, durable...), medianTurn(sum))
	out.ByTurn = byTurn(settled, young)
	out.AtRisk, err = v.atRisk(ctx, topics.cells)
	return out, err
}

func between(l outcome.Ladder) Figure {
	e := stat.Unknown("resolution.bounds/v1", l.Total())
	if i, ok := l.Between(); ok && l.Total() > l.Pending {
		e = stat.WithInterval(100*float64(l.Confirmed+l.Assumed)/float64(l.Total()), i, 0, stat.MethodBounds, l.Total(), "resolution.bounds/v1")
	}
	return Figure{Name: "resolved_between", Decimals: percent, Estimate: e}
}

// durability is the share of resolutions that lasted, among those old enough to tell.
func durability(lasting72h, lasting7d ages) (Figures, error) {
	mature72, young72, _, err := lasting72h.totals()
	if err != nil {
		return nil, err
	}
	mature7d, young7d, _, err := lasting7d.totals()
	if err != nil {
		return nil, err
	}
	figure := func(name, definition string, mature, young metric.Vector, kept, lost []metric.Measure) Figure {
		add := func(v metric.Vector, ms []metric.Measure) int64 { return lo.SumBy(ms, v.At) }
		k, l := add(mature, kept), add(mature, lost)
		all := k + l + add(young, kept) + add(young, lost)
		f := rate(name, k, k+l, definition)
		f.Estimate = f.Estimate.WithMaturity(stat.MaturityOf(k+l, all))
		return f
	}
	return Figures{
		figure("durable_72h_rate", "resolution.durable_72h/v1", mature72, young72,
			[]metric.Measure{metric.CreditConfirmed, metric.CreditAssumed}, []metric.Measure{metric.LostConfirmed, metric.LostAssumed}),
		figure("durable_7d_rate", "resolution.durable_7d/v1", mature7d, young7d,
			[]metric.Measure{metric.KeptDurable7d}, []metric.Measure{metric.LostDurable7d}),
	}, nil
}

// pairs lines the topics of two windows up.
func pairs(before, now []metric.Cell) []escalation.Pair {
	type both struct{ before, now metric.Vector }
	topics := map[string]both{}
	for _, c := range before {
		topics[c.Key.Topic] = both{before: c.Values}
	}
	for _, c := range now {
		b := topics[c.Key.Topic]
		b.now = c.Values
		topics[c.Key.Topic] = b
	}
	names := lo.Keys(topics)
	slices.Sort(names)
	of := func(name string, v metric.Vector) escalation.Topic {
		return escalation.Topic{Name: name, Escalated: v.At(metric.Escalated), Total: v.At(metric.Conversations)}
	}
	return lo.Map(names, func(name string, _ int) escalation.Pair {
		return escalation.Pair{Topic: name, Previous: of(name, topics[name].before), Current: of(name, topics[name].now)}
	})
}

func avoidable(topics []metric.Cell) []AvoidableCount {
	counts := map[escalation.Avoidable]int64{}
	for _, c := range topics {
		v := c.Values
		success := v.At(metric.CreditConfirmed) + v.At(metric.CreditAssumed)
		total := v.At(metric.CreditGross)
		for _, reason := range conversation.Reasons() {
			n := v.At(metric.EscalatedFor(reason))
			if reason == conversation.CustomerRequested {
				first := v.At(metric.RequestedFirst)
				counts[escalation.Avoid(reason, lo.ToPtr(0), &success, &total)] += first
				n -= first
			}
			counts[escalation.Avoid(reason, nil, nil, nil)] += n
		}
	}
	return lo.Map([]escalation.Avoidable{escalation.ByContent, escalation.ByDeflection, escalation.NotAvoidable, escalation.Undetermined},
		func(kind escalation.Avoidable, _ int) AvoidableCount {
			return AvoidableCount{kind, counts[kind], stat.Exact(float64(counts[kind]), lo.Sum(lo.Values(counts)), "escalation.avoidable/v1")}
		})
}

// byTurn is the cumulative incidence of escalation by customer turn. Young conversations that have not escalated are
// censored: they may yet.
func byTurn(settled, young metric.Vector) []TurnShare {
	var exits []stat.Exits
	for turn := range metric.MaxTurn + 2 {
		e := stat.Exits{
			Time:      float64(turn),
			Happened:  settled.At(metric.EscalatedAtTurn(turn)) + young.At(metric.EscalatedAtTurn(turn)),
			Competing: settled.At(metric.EndedAtTurn(turn)), Censored: young.At(metric.EndedAtTurn(turn)),
		}
		exits = append(exits, e)
	}
	return lo.Map(shownTurns, func(turn, _ int) TurnShare {
		return TurnShare{turn, stat.IncidenceBy(exits, float64(turn), 100, "escalation.incidence/v1")}
	})
}

// medianTurn is the customer turn by which half of the escalated conversations had escalated.
func medianTurn(sum metric.Vector) Figure {
	turns := lo.Times(metric.MaxTurn+2, func(turn int) int64 { return sum.At(metric.EscalatedAtTurn(turn)) })
	return Figure{Name: "median_turn_of_escalation", Decimals: whole, Estimate: stat.MedianCount(turns, "escalation.median_turn/v1")}
}

// The running conversations shown as at risk.
const (
	riskShown   = 20
	riskLooked  = 150
	riskMinimum = 0.5
)

// atRisk looks at running AI conversations of the last day, newest first.
func (v view) atRisk(ctx context.Context, topics []metric.Cell) ([]AtRisk, error) {
	sum, err := metric.Total(topics)
	if err != nil {
		return nil, err
	}
	names := lo.Map(topics, func(c metric.Cell, _ int) string { return c.Key.Topic })
	shrunk, ok := stat.ShrinkRates(
		lo.Map(topics, func(c metric.Cell, _ int) int64 { return c.Values.At(metric.EscalatedAI) }),
		lo.Map(topics, func(c metric.Cell, _ int) int64 { return c.Values.At(metric.AIInvolved) }))
	rates := map[string]float64{}
	if ok && sum.At(metric.AIInvolved) > 0 {
		rates = lo.SliceToMap(lo.Range(len(names)), func(i int) (string, float64) { return names[i], shrunk.Shrunk[i] })
	}
	q := conversation.Query{
		Start: v.asOf.Add(-outcome.PendingFor), Escalated: lo.ToPtr(false), AIHandled: lo.ToPtr(true),
		Platform: v.where.Platform, Topic: v.where.Topic, Priority: v.where.Priority, AIAgent: v.aiAgent, Limit: riskLooked,
	}
	page, err := v.m.store.Conversations.List(ctx, v.org.ID, q)
	if err != nil {
		return nil, err
	}
	running := lo.Reject(page.Conversations, func(c conversation.Conversation, _ int) bool {
		return c.Closed() || c.Findings.Outcome.Kind == conversation.OutcomeConfirmed
	})
	if len(running) == 0 {
		return nil, nil
	}
	l, err := v.m.learnRisk(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []AtRisk
	for _, c := range running {
		seen := escalation.See(c.Messages, false)
		risk, calibrated := l.model.Predict(seen, c.Facts.Topic.Value)
		if !calibrated {
			seen.TopicRate, seen.PooledRate = rates[metric.KeyOf(&c).Topic], shrunk.Pooled
			risk = escalation.Risk(seen)
		}
		if risk >= riskMinimum {
			out = append(out, AtRisk{c.Key.UID(), c.ID, c.Facts.Topic.Value, stat.Exact(risk, 1, "escalation.risk/v1"), calibrated, c.Findings.Escalation.Signals})
		}
	}
	slices.SortStableFunc(out, func(a, b AtRisk) int { return cmp.Compare(*b.Risk.Value, *a.Risk.Value) })
	return out[:min(len(out), riskShown)], nil
}
