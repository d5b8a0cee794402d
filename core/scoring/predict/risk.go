package predict

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
)

// RiskSample is one AI-involved conversation at some moment of its course, and whether it reached a person after all.
type RiskSample struct {
	Seen      escalation.Seen
	Topic     string // as stored; empty when not known
	Escalated bool
	StartedAt time.Time
}

// RiskSampleOf looks at a finished conversation at the moment that Moment picks.
func RiskSampleOf(c conversation.Conversation) RiskSample {
	return RiskSample{
		Seen: escalation.See(Moment(c), false), Topic: c.Facts.Topic.Value,
		Escalated: c.Findings.Escalation.Escalated, StartedAt: c.StartedAt,
	}
}

// Moment is the beginning of a conversation up to the end of one of its customer turns, with the answer that followed,
// before any person took part. Which turn depends on the conversation's name alone, so that all stages are met
// and a second look sees the same.
func Moment(c conversation.Conversation) []conversation.Message {
	var cuts []int
	turns, previous, end := 0, conversation.System, len(c.Messages)
	for i, m := range c.Messages {
		if m.Sender == conversation.HumanAgent {
			end = i
			break
		}
		if m.Sender == conversation.Customer && previous != conversation.Customer {
			if turns++; turns > 1 {
				cuts = append(cuts, i)
			}
		}
		if m.Sender != conversation.System {
			previous = m.Sender
		}
	}
	cuts = append(cuts, end)
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, c.Platform, "/", c.ID)
	return c.Messages[:cuts[h.Sum64()%uint64(len(cuts))]]
}

// Risk predicts whether running conversations will reach a person.
type Risk struct{ Model }

func riskFeatures() []string {
	return []string{
		"human_request", "bot_gave_up", "repetition", "last_negative", "customer_turns", "refusals", "repeated_prompts", "denials",
		"settled", "unanswered",
	}
}

func riskRow(s escalation.Seen) []float64 {
	return []float64{
		indicator(s.HumanRequest), indicator(s.BotGaveUp), indicator(s.Repeated), indicator(s.LastNegative),
		math.Log1p(float64(max(s.CustomerTurns, 0))), float64(s.Refusals), float64(s.RepeatedPrompts), float64(s.Denials),
		indicator(s.Settled), indicator(s.Unanswered),
	}
}

// TrainRisk learns from an organisation's own conversations, in the way of Train. There is no model with fewer than
// EventsPerFeature escalations for each feature that varies, or when on the latest month it does no better than each
// topic's rate of escalation, in AUC and Brier score.
func TrainRisk(samples []RiskSample) (Risk, Report, error) {
	examples := make([]example, len(samples))
	for i, s := range samples {
		examples[i] = example{row: riskRow(s.Seen), topic: s.Topic, yes: s.Escalated, at: s.StartedAt}
	}
	m, r, err := learn(riskFeatures(), examples, 0)
	if err == nil && (*r.AUC <= *r.TopicAUC || r.Brier.Score >= *r.TopicBrier) {
		return Risk{}, r, ErrNoSkill
	}
	return Risk{m}, r, err
}

// Predict is the calibrated chance, 0 to 1, that the conversation will reach a person. ok is false for a model that was
// not learned.
func (m Risk) Predict(s escalation.Seen, topic string) (p float64, ok bool) {
	return m.probability(riskRow(s), topic)
}
