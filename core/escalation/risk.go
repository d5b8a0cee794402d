package escalation

import "github.com/csm-monitor/csm-monitor/core/stat"

// Seen is what a running conversation shows so far; nothing in it knows the end.
type Seen struct {
	HumanRequest  bool
	BotGaveUp     bool
	Repeated      bool
	LastNegative  bool
	CustomerTurns int
	TopicRate     float64 // the topic's escalation rate, shrunk; outside (0, 1) it says nothing
	PooledRate    float64
}

// The default weights of live risk. They are a judgement, not a fit: a risk made with them must be labelled
// uncalibrated.
const (
	riskIntercept    = -2.2
	riskRequest      = 2.5
	riskGaveUp       = 1.2
	riskRepeated     = 0.8
	riskNegative     = 0.9
	riskTurn         = 0.25
	riskTurnsFree    = 3
	riskTurnsCounted = 4
)

// Risk is the chance, 0 to 1, that the conversation will reach a human, by the default weights.
func Risk(s Seen) float64 {
	turns := min(max(s.CustomerTurns-riskTurnsFree, 0), riskTurnsCounted)
	features := []float64{indicator(s.HumanRequest), indicator(s.BotGaveUp), indicator(s.Repeated), indicator(s.LastNegative), float64(turns), topicShift(s)}
	risk, _ := stat.LogisticRisk(riskIntercept, []float64{riskRequest, riskGaveUp, riskRepeated, riskNegative, riskTurn, 1}, features)
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
