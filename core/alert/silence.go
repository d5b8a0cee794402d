package alert

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// SilenceState is what silence mode remembers.
type SilenceState struct {
	// Since is when the silence began, Expected how many conversations it should have held.
	Since      time.Time  `json:"since,omitzero"`
	Expected   float64    `json:"expected"`
	Dispersion Dispersion `json:"dispersion"`
}

// judgeSilence is silence mode: it fires when a run of windows without any conversation is too unlikely for what the
// same windows of earlier weeks held. Each evaluation gets the same share of the budget.
func (s *State) judgeSilence(r Rule, set settings, o Observation) judgement {
	if note := needsWeeks(o, "silence"); note != "" {
		return unjudged(note)
	}
	if s.Silence == nil {
		s.Silence = &SilenceState{}
	}
	q := s.Silence
	q.Dispersion = q.Dispersion.plus(o.History)
	usual := Joined{}.plus(o).usual()
	if o.Count > 0 {
		q.Since, q.Expected = time.Time{}, 0
	} else {
		if q.Since.IsZero() {
			q.Since = o.Window.Start
		}
		q.Expected += usual.Expected
	}
	alpha := set.budget / set.evaluationsPerMonth()
	p := noneByChance(q.Expected, q.Dispersion.ratio())
	evidence := func() Evidence {
		value, expected, since := float64(o.Count), usual.Expected, o.Window.Start
		if o.Count == 0 {
			expected, since = q.Expected, q.Since
		}
		return Evidence{
			Method: r.method(), Value: &value, N: o.Count, Statistic: &p, Limit: &alpha, Usual: &expected,
			FalseAlarmsPerMonth: &set.budget,
			Parameters: map[string]float64{"p_value": p, "alpha": alpha, "dispersion": q.Dispersion.ratio(),
				"weeks": float64(len(o.History)), "hours": o.Window.End.Sub(since).Hours()},
		}
	}
	return judgement{bad: p < alpha, good: o.Count > 0, clearAfter: 1, evidence: evidence}
}

// noneByChance is P(Y = 0) for a count with the expected mean.
func noneByChance(expected, dispersion float64) float64 {
	some, ok := stat.CountTail(expected, dispersion, 1)
	if !ok {
		return 1
	}
	return 1 - some
}
