package quality

import (
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
)

// call is one record of the escalation data: no wording, only what each turn meant.
type call struct {
	ID        string `json:"id"`
	Escalated bool   `json:"escalated_or_hung_up"`
	Turns     []struct {
		Sender   conversation.Sender `json:"sender_type"`
		Intent   string              `json:"intent"`
		Entities []string            `json:"entities"`
	} `json:"turns"`
}

// messages has the names of the intents in place of the wording that the source removed ("did not understand").
func (c call) messages() []conversation.Message {
	out := make([]conversation.Message, len(c.Turns))
	for i, t := range c.Turns {
		out[i] = conversation.Message{Sender: t.Sender, Content: t.Intent, Order: time.Unix(int64(i), 0), Position: i}
	}
	return out
}

// seenCall is a call as far as it was looked at.
type seenCall struct {
	call
	seen    escalation.Seen
	learned float64
}

// look reads the calls without their last turns. What is learned is learned five times, from four fifths of the calls
// each, so that no call is scored by a model that has seen it.
func look(t *testing.T, calls []call, hidden int) []seenCall {
	t.Helper()
	const folds = 5
	out := lo.Map(calls, func(c call, _ int) seenCall {
		m := c.messages()
		return seenCall{call: c, seen: escalation.See(m[:max(len(m)-hidden, 1)], hidden == 0)}
	})
	for k := range folds {
		var samples []predict.RiskSample
		for i, c := range out {
			if i%folds != k {
				samples = append(samples, predict.RiskSample{Seen: c.seen, Escalated: c.Escalated, StartedAt: spread(i, len(out))})
			}
		}
		model, report, err := predict.TrainRisk(samples)
		if err != nil {
			t.Fatalf("%v (%+v)", err, report)
		}
		for i := k; i < len(out); i += folds {
			out[i].learned, _ = model.Predict(out[i].seen, "")
		}
	}
	return out
}

var escalationFloors = map[int]map[string]ranking{
	0: {"default risk": {auc: 0.82, ap: 0.71}, "learned": {auc: 0.85, ap: 0.74}},
	3: {"default risk": {auc: 0.62, ap: 0.47}, "learned": {auc: 0.62, ap: 0.48}},
}

// TestEscalation ranks calls by how likely they reach a person or end in the caller hanging up, once as they were and once
// with the last three turns hidden.
func TestEscalation(t *testing.T) {
	calls := records[call](t, "escalation-*.ndjson.gz")
	for _, hidden := range []int{0, 3} {
		seen := look(t, calls, hidden)
		rows := []method[seenCall]{
			{"majority", func(seenCall) float64 { return 0 }},
			{"customer turns", func(c seenCall) float64 { return float64(c.seen.CustomerTurns) }},
			{"published weights only", func(c seenCall) float64 {
				s := c.seen
				s.Refusals, s.RepeatedPrompts, s.Denials, s.Settled, s.Unanswered = 0, 0, 0, false, false
				return escalation.Risk(s)
			}},
			{"default risk", func(c seenCall) float64 { return escalation.Risk(c.seen) }},
			{"learned", func(c seenCall) float64 { return c.learned }},
		}
		yes := lo.Map(seen, func(c seenCall, _ int) bool { return c.Escalated })
		t.Logf("%d calls, last %d turns hidden\n%s", len(seen), hidden, table(t, rows, seen, yes, escalationFloors[hidden]))
	}
}
