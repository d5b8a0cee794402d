package escalation

import "github.com/csm-monitor/csm-monitor/core/stat"

// Seen is what a running conversation shows so far; nothing in it knows the end.
type Seen struct {
	HumanRequest  bool
	BotGaveUp     bool
	Repeated      bool // the customer said a thing again
	LastNegative  bool
	CustomerTurns int
	// Refusals counts automated messages that refuse, RepeatedPrompts those that say an earlier one again, Denials the
	// customer's messages that say no.
	Refusals, RepeatedPrompts, Denials int
	// Settled says that the last news the customer got was of success.
	Settled bool
	// Unanswered says that the conversation stopped with an automated message the customer never answered.
	Unanswered bool
	TopicRate  float64 // the topic's escalation rate, shrunk; outside (0, 1) it says nothing
	PooledRate float64
}

// The default weights of live risk. They are a judgement, not a fit: a risk made with them must be labelled
// uncalibrated.
const (
	riskIntercept  = -2.2
	riskRequest    = 2.5
	riskGaveUp     = 1.2
	riskRepeated   = 0.8
	riskNegative   = 0.9
	riskTurn       = 0.25
	riskRefusal    = 0.8
	riskPrompt     = 0.1
	riskDenial     = 0.3
	riskSettled    = -1.0
	riskUnanswered = 2.0

	riskTurnsFree    = 3
	riskTurnsCounted = 4
	riskCounted      = 5 // refusals, repeated prompts and denials counted at most
)

// Risk is the chance, 0 to 1, that the conversation will reach a human, by the default weights.
func Risk(s Seen) float64 {
	upTo := func(n, limit int) float64 { return float64(min(max(n, 0), limit)) }
	score := riskIntercept +
		riskRequest*indicator(s.HumanRequest) +
		riskGaveUp*indicator(s.BotGaveUp) +
		riskRepeated*indicator(s.Repeated) +
		riskNegative*indicator(s.LastNegative) +
		riskTurn*upTo(s.CustomerTurns-riskTurnsFree, riskTurnsCounted) +
		riskRefusal*upTo(s.Refusals, riskCounted) +
		riskPrompt*upTo(s.RepeatedPrompts, riskCounted) +
		riskDenial*upTo(s.Denials, riskCounted) +
		riskSettled*indicator(s.Settled) +
		riskUnanswered*indicator(s.Unanswered) +
		topicShift(s)
	risk, _ := stat.Sigmoid(score)
	return risk
}

func topicShift(s Seen) float64 {
	topic, ok1 := stat.Logit(s.TopicRate)
	pooled, ok2 := stat.Logit(s.PooledRate)
	if !ok1 || !ok2 {
		return 0
	}
	return topic - pooled
}

func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
