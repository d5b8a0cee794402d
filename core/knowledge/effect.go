package knowledge

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// EffectWindow is how long before and after a fix its effect is measured.
const EffectWindow = 28 * 24 * time.Hour

// Effect is what resolving a gap did to how often the AI fails on that question. Each estimate is per 100 conversations
// in which the AI met the question; Change is after minus before, negative when the fix helped, with Newcombe's interval.
type Effect struct {
	Before, After, Change stat.Estimate
}

// Definitions of the estimates of an effect.
const (
	DefinitionFailureRate   = "gap.failure_rate/v1"
	DefinitionFailureChange = "gap.failure_change/v1"
)

// EffectOf measures the effect of a fix from all links of the gap, those of conversations that went well included. A
// question asked at the very moment of the fix counts as after it. A side without a question has no value.
func EffectOf(links []Link, resolvedAt time.Time) Effect {
	var failed, all [2]int64
	for _, l := range links {
		age := l.At.Sub(resolvedAt)
		if age < -EffectWindow || age >= EffectWindow {
			continue
		}
		side := 0
		if age >= 0 {
			side = 1
		}
		all[side]++
		if l.Failed() {
			failed[side]++
		}
	}
	return Effect{
		Before: stat.Proportion(failed[0], all[0], 100, DefinitionFailureRate),
		After:  stat.Proportion(failed[1], all[1], 100, DefinitionFailureRate),
		Change: stat.ProportionDifference(failed[1], all[1], failed[0], all[0], 100, DefinitionFailureChange),
	}
}
