package alert

import (
	"fmt"
	"math"

	"github.com/samber/lo"
)

// Threshold is a limit with hysteresis on a value that is bad when low (LowIsBad) or when high. It fires when n is at
// least MinN and the value is beyond Limit; it clears when the value is better than Limit by at least Hysteresis in
// ClearAfter evaluations in a row. Evaluations with n below MinN, or without a value, change nothing.
type Threshold struct {
	Limit, Hysteresis float64
	MinN              int64
	ClearAfter        int
	LowIsBad          bool
}

// Level is where a threshold stands: whether it fires, and how many good evaluations in a row it has seen since.
type Level struct {
	Firing   bool
	ClearRun int
}

// Step takes one evaluation of the value itself (point mode) and says which event it makes: Fired, Resolved or "".
func (t Threshold) Step(l Level, n int64, value *float64) (Level, Kind) {
	if !t.judges(n) || value == nil {
		return l, ""
	}
	was := l.Firing
	l.Firing, l.ClearRun = advance(l.Firing, l.ClearRun, t.beyond(*value), t.cleared(*value), t.ClearAfter)
	switch {
	case !was && l.Firing:
		return l, Fired
	case was && !l.Firing:
		return l, Resolved
	default:
		return l, ""
	}
}

// Confidently says whether the whole interval of a value is beyond the limit. A missing bound never is.
func (t Threshold) Confidently(n int64, low, high *float64) bool {
	bound := lo.Ternary(t.LowIsBad, high, low)
	return t.judges(n) && bound != nil && t.beyond(*bound)
}

func (t Threshold) judges(n int64) bool { return n > 0 && n >= t.MinN }

func (t Threshold) beyond(x float64) bool {
	if t.LowIsBad {
		return x < t.Limit
	}
	return x > t.Limit
}

// rounding absorbs the binary rounding of limit ± hysteresis, so that 4.1 clears a limit of 3.9 with a hysteresis of 0.2.
const rounding = 1e-9

// clearLimit is the value from which the alert may clear.
func (t Threshold) clearLimit() float64 {
	if t.LowIsBad {
		return t.Limit + t.Hysteresis
	}
	return t.Limit - t.Hysteresis
}

func (t Threshold) cleared(x float64) bool {
	tolerance := rounding * math.Max(1, math.Abs(t.Limit))
	if t.LowIsBad {
		return x >= t.clearLimit()-tolerance
	}
	return x <= t.clearLimit()+tolerance
}

func (r Rule) threshold(set settings) Threshold {
	return Threshold{Limit: set.threshold, Hysteresis: set.hysteresis, MinN: set.minN, ClearAfter: set.clearAfter,
		LowIsBad: r.Metric.lowIsBad()}
}

// judgeThreshold is point and confident mode.
func judgeThreshold(r Rule, set settings, o Observation) judgement {
	t := r.threshold(set)
	value, n := o.value(r.Metric)
	if value == nil || !t.judges(n) {
		return unjudged(fmt.Sprintf("not judged: n is %d, at least %d are needed", n, t.MinN))
	}
	low, high := o.interval(r.Metric)
	bad := t.beyond(*value)
	if r.Mode == Confident {
		bad = t.Confidently(n, low, high)
	}
	evidence := func() Evidence {
		e := Evidence{
			Method: r.method(), Value: value, N: n, Low: low, High: high, Statistic: value, Limit: &t.Limit,
			FalseAlarmsPerMonth: thresholdFalseAlarms(r, set, n, o.Usual),
			Parameters:          map[string]float64{"hysteresis": t.Hysteresis, "min_n": float64(t.MinN), "clear_after": float64(t.ClearAfter)},
		}
		if o.Usual != nil {
			e.Usual, _ = o.Usual.value(r.Metric)
		}
		if r.Mode == Confident {
			e.Statistic = lo.Ternary(t.LowIsBad, high, low)
		}
		return e
	}
	return judgement{bad: bad, good: t.cleared(*value), clearAfter: t.ClearAfter, evidence: evidence}
}
