package golden

import (
	"fmt"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

var escalationOps = map[string]op{
	"escalation.verdict":              call(escalationVerdict),
	"escalation.reason":               call(escalationReason),
	"escalation.rates":                call(escalationRates),
	"escalation.lift":                 call(escalationLift),
	"escalation.change_decomposition": call(escalationChange),
	"escalation.avoidable":            call(escalationAvoidable),
	"escalation.logistic_risk":        call(escalationRisk),
}

type message struct {
	Sender  conversation.Sender `json:"sender_type"`
	Content string              `json:"content"`
}

func escalationVerdict(in struct {
	Messages  []message `json:"messages"`
	Escalated *bool     `json:"escalated_flag"`
	Handoff   bool      `json:"handoff_event"`
}) (any, error) {
	turns := lo.Map(in.Messages, func(m message, i int) escalation.Turn {
		return escalation.ReadTurn(m.Sender, time.Unix(int64(i), 0), cue.Find(m.Content))
	})
	f := escalation.Verdict(turns, escalation.Stated{Escalated: in.Escalated, HandedOff: in.Handoff})
	return object{
		"escalated": f.Escalated, "signals": emptyNotNull(f.Signals), "unmet_request": f.UnmetRequest,
		"flag_conflict": f.FlagConflict,
	}, nil
}

func emptyNotNull[T any](list []T) []T { return append([]T{}, list...) }

func escalationReason(in struct {
	Signals  []conversation.Signal `json:"signals"`
	Declared *conversation.Reason  `json:"declared"`
	Policy   bool                  `json:"policy_topic"`
}) (any, error) {
	primary, secondary := escalation.Why(escalation.Causes{Declared: lo.FromPtr(in.Declared), Policy: in.Policy, Signals: in.Signals})
	return object{"primary": primary, "secondary": emptyNotNull(secondary)}, nil
}

func escalationRates(in struct {
	Total       int64 `json:"total"`
	AIInvolved  int64 `json:"ai_involved"`
	Escalated   int64 `json:"escalated"`
	EscalatedAI int64 `json:"escalated_ai"`
}) (any, error) {
	all := stat.Proportion(in.Escalated, in.Total, 100, "escalation.rate/v1")
	ai := stat.Proportion(in.EscalatedAI, in.AIInvolved, 100, "escalation.ai_rate/v1")
	return object{
		"escalation_rate_pct": all.Value, "ai_escalation_rate_pct": ai.Value, "ai_low_pct": ai.Low, "ai_high_pct": ai.High,
	}, nil
}

func escalationLift(in struct {
	XTopic int64 `json:"x_topic"`
	NTopic int64 `json:"n_topic"`
	XRest  int64 `json:"x_rest"`
	NRest  int64 `json:"n_rest"`
}) (any, error) {
	e := stat.Lift(in.XTopic, in.NTopic, in.XRest, in.NRest, "escalation.lift/v1")
	return object{"lift": e.Value, "low": e.Low, "high": e.High}, nil
}

type periodCounts struct {
	Total     []int64 `json:"total"`
	Escalated []int64 `json:"escalated"`
}

func escalationChange(in struct {
	Topics   []string     `json:"topics"`
	Previous periodCounts `json:"previous"`
	Current  periodCounts `json:"current"`
}) (any, error) {
	n := len(in.Topics)
	for _, list := range [][]int64{in.Previous.Total, in.Previous.Escalated, in.Current.Total, in.Current.Escalated} {
		if len(list) != n {
			return nil, fmt.Errorf("lists must run parallel to the %d topics", n)
		}
	}
	pairs := lo.Map(in.Topics, func(name string, i int) escalation.Pair {
		return escalation.Pair{
			Topic:    name,
			Previous: escalation.Topic{Name: name, Escalated: in.Previous.Escalated[i], Total: in.Previous.Total[i]},
			Current:  escalation.Topic{Name: name, Escalated: in.Current.Escalated[i], Total: in.Current.Total[i]},
		}
	})
	c, ok := escalation.Explain(pairs)
	if !ok {
		return nil, fmt.Errorf("a period has no conversation")
	}
	return object{
		"previous_rate": c.Previous, "current_rate": c.Current, "change": c.Current - c.Previous,
		"mix_total": c.Mix, "rate_total": c.Rate,
		"mix":          lo.Map(c.Topics, func(t escalation.TopicChange, _ int) float64 { return t.Mix }),
		"rate":         lo.Map(c.Topics, func(t escalation.TopicChange, _ int) float64 { return t.Rate }),
		"contribution": lo.Map(c.Topics, func(t escalation.TopicChange, _ int) float64 { return t.Contribution() }),
	}, nil
}

type avoidRow struct {
	Reason        conversation.Reason `json:"reason"`
	AnswersBefore *int                `json:"ai_answers_before"`
	Success       *int64              `json:"topic_success"`
	AI            *int64              `json:"topic_ai"`
}

func escalationAvoidable(in struct {
	Rows []avoidRow `json:"rows"`
}) (any, error) {
	return object{"avoidable": lo.Map(in.Rows, func(r avoidRow, _ int) escalation.Avoidable {
		return escalation.Avoid(r.Reason, r.AnswersBefore, r.Success, r.AI)
	})}, nil
}

func escalationRisk(in struct {
	Intercept float64   `json:"intercept"`
	Weights   []float64 `json:"weights"`
	Features  []float64 `json:"features"`
}) (any, error) {
	risk, ok := stat.LogisticRisk(in.Intercept, in.Weights, in.Features)
	if !ok {
		return nil, fmt.Errorf("no risk: %d weights, %d features", len(in.Weights), len(in.Features))
	}
	return object{"risk": risk}, nil
}
