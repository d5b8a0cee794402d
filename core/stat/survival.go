package stat

import (
	"cmp"
	"math"
	"slices"
)

// Outcome is how the observation of one conversation ended.
type Outcome int

// The outcomes of a duration.
const (
	Censored  Outcome = 0 // still open: it lasted at least this long
	Happened  Outcome = 1 // the event of interest
	Competing Outcome = 2 // another end, after which the event of interest can no longer come
)

// Duration is how long one conversation was watched, in any unit (seconds, customer turns), and how that ended.
type Duration struct {
	Time    float64
	Outcome Outcome
}

// Exits counts the conversations that ended at one time. Those censored at a time are still at risk at it.
type Exits struct {
	Time                          float64
	Happened, Competing, Censored int64
}

// SurvivalStep is the curve from Time on.
type SurvivalStep struct {
	Time   float64
	AtRisk int64 // watched until just before Time
	Share  float64
}

// halfSlack forgives the rounding of a product of many fractions that should be exactly one half.
const halfSlack = 1e-10

// Tally groups durations by time, earliest first. A time that is not finite, or an unknown outcome, has no answer.
func Tally(durations []Duration) ([]Exits, bool) {
	sorted := slices.SortedFunc(slices.Values(durations), func(a, b Duration) int { return cmp.Compare(a.Time, b.Time) })
	var out []Exits
	for _, d := range sorted {
		if !finite(d.Time) {
			return nil, false
		}
		if len(out) == 0 || out[len(out)-1].Time != d.Time {
			out = append(out, Exits{Time: d.Time})
		}
		last := &out[len(out)-1]
		switch d.Outcome {
		case Happened:
			last.Happened++
		case Competing:
			last.Competing++
		case Censored:
			last.Censored++
		default:
			return nil, false
		}
	}
	return out, true
}

// risen reports whether exits are in rising order of finite times with no negative count, and how many there are.
func risen(exits []Exits) (total int64, ok bool) {
	for i, e := range exits {
		if !finite(e.Time) || e.Happened < 0 || e.Competing < 0 || e.Censored < 0 || i > 0 && exits[i-1].Time >= e.Time {
			return 0, false
		}
		total += e.Happened + e.Competing + e.Censored
	}
	return total, true
}

// KaplanMeier is the share not yet ended, a step at each time with an event, and the median: the first time the share
// is at or below one half, nil when it never is. It is for durations with a single kind of end, so any competing exit
// counts as censored here. Exits must be in rising order of time.
func KaplanMeier(exits []Exits) (steps []SurvivalStep, median *float64, ok bool) {
	atRisk, ok := risen(exits)
	if !ok {
		return nil, nil, false
	}
	share := 1.0
	for _, e := range exits {
		if e.Happened > 0 {
			share *= float64(atRisk-e.Happened) / float64(atRisk)
			steps = append(steps, SurvivalStep{e.Time, atRisk, share})
			if median == nil && share <= 0.5+halfSlack {
				t := e.Time
				median = &t
			}
		}
		atRisk -= e.Happened + e.Competing + e.Censored
	}
	return steps, median, true
}

// CumulativeIncidence is the share to which the event of interest has happened by a time, while other ends compete
// with it (Aalen & Johansen 1978): a step at each time with an event of either kind. One minus Kaplan–Meier would
// overstate it. With nothing censored it is simply events by that time / all. Exits must be in rising order of time.
func CumulativeIncidence(exits []Exits) (steps []SurvivalStep, ok bool) {
	atRisk, ok := risen(exits)
	if !ok {
		return nil, false
	}
	free, incidence := 1.0, 0.0
	for _, e := range exits {
		if ended := e.Happened + e.Competing; ended > 0 {
			incidence += free * (float64(e.Happened) / float64(atRisk))
			free *= float64(atRisk-ended) / float64(atRisk)
			steps = append(steps, SurvivalStep{e.Time, atRisk, min(1, incidence)})
		}
		atRisk -= e.Happened + e.Competing + e.Censored
	}
	return steps, true
}

// IncidenceBy is the share, times scale, to which the event of interest has happened by time t. Its interval is Wilson's
// for as many observations as would give a proportion the variance of the curve (Marubini & Valsecchi 1995, sec. 10.2);
// with nothing censored that is Wilson's of a plain share. Where nobody was watched until t, the upper end takes in all
// who were still waiting when they were last seen; without any ending at all the share is unknown then.
func IncidenceBy(exits []Exits, t, scale float64, definition string) Estimate {
	steps, ok := CumulativeIncidence(exits)
	all, _ := risen(exits)
	if !ok || all == 0 || !(scale > 0) {
		return Unknown(definition, max(all, 0))
	}
	share := At(steps, t, 0)
	atRisk, watched, free, before, variance := all, all, 1.0, 0.0, 0.0
	for _, e := range exits {
		if e.Time > t {
			break
		}
		ended := e.Happened + e.Competing
		n, d, d1 := float64(atRisk), float64(ended), float64(e.Happened)
		if ended > 0 {
			before += free * d1 / n
			left := share - before
			if ended < atRisk {
				variance += left * left * d / n / (n - d)
			}
			variance += free * free * d1 * (n - d1) / n / n / n
			variance -= 2 * left * free * d1 / n / n
			free *= (n - d) / n
		}
		atRisk -= ended + e.Censored
		if e.Time < t {
			watched -= e.Censored
		}
	}
	unseen := atRisk == 0 && free > halfSlack && !slices.ContainsFunc(exits, func(e Exits) bool { return e.Time >= t && e.Censored > 0 })
	if watched == 0 || unseen && free == 1 {
		return Unknown(definition, all)
	}
	trials := float64(all)
	if share <= 0 || share >= 1 {
		trials = float64(watched)
	}
	i := ShareInterval(share, variance, trials, Z95)
	if unseen {
		i.High = math.Min(1, math.Max(i.High, share+free))
	}
	return WithInterval(scale*share, i.Scale(scale), Confidence95, MethodAalenJohansen, all, definition)
}

// At is the value of a step curve at time t, given its value before the first step.
func At(steps []SurvivalStep, t, before float64) float64 {
	value := before
	for _, s := range steps {
		if s.Time > t {
			break
		}
		value = s.Share
	}
	return value
}
