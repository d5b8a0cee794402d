package alert

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// VolumeState is what volume mode remembers.
type VolumeState struct {
	// Single gathers windows until at least one conversation is expected in them, for the test of one count.
	Single Joined `json:"single"`
	// Joined gathers windows until at least sustainedExpected are, for the sustained test.
	Joined Joined `json:"joined"`
	// Sustained is the Poisson CUSUM.
	Sustained  float64    `json:"sustained"`
	Dispersion Dispersion `json:"dispersion"`
}

// Joined are windows in a row taken as one: their count, and the counts of the same windows in earlier weeks.
type Joined struct {
	Span    Span    `json:"span,omitzero"`
	Count   int64   `json:"count"`
	History []int64 `json:"history,omitempty"`
}

func (j Joined) clone() Joined {
	j.History = slices.Clone(j.History)
	return j
}

// plus is j with one more window.
func (j Joined) plus(o Observation) Joined {
	if j.History == nil {
		return Joined{Span: o.Window, Count: o.Count, History: slices.Clone(o.History)}
	}
	weeks := min(len(j.History), len(o.History))
	sum := lo.Map(j.History[:weeks], func(n int64, week int) int64 { return n + o.History[week] })
	return Joined{Span: Span{Start: j.Span.Start, End: o.Window.End}, Count: j.Count + o.Count, History: sum}
}

// usual is the median of the earlier weeks and its spread.
func (j Joined) usual() stat.Baseline {
	b, _ := stat.SeasonalBaseline(lo.Map(j.History, func(n int64, _ int) float64 { return float64(n) }))
	return b
}

// Dispersion is how much more the counts of one hour of the week vary from week to week than a Poisson's would.
type Dispersion struct {
	Variance float64 `json:"variance"`
	Mean     float64 `json:"mean"`
}

// memory is the weight an older window keeps each time a newer one comes: 28 days of hours.
const memory = 1 - 1.0/(28*24)

// plus takes in the counts of one window in earlier weeks.
func (d Dispersion) plus(history []int64) Dispersion {
	weeks := float64(len(history))
	average := float64(lo.Sum(history)) / weeks
	variance := lo.SumBy(history, func(n int64) float64 { return (float64(n) - average) * (float64(n) - average) }) / (weeks - 1)
	return Dispersion{Variance: d.Variance*memory + variance, Mean: d.Mean*memory + average}
}

// ratio is variance by mean, 1 for a Poisson and never less.
func (d Dispersion) ratio() float64 {
	if d.Mean <= 0 {
		return 1
	}
	return math.Max(1, d.Variance/d.Mean)
}

const (
	// minWeeks is the least history that volume and silence are judged by.
	minWeeks = 3
	// singleExpected and sustainedExpected are the fewest expected conversations that the two tests look at. The median
	// of small counts lies below their mean, and a sum of such medians would creep upwards by itself.
	singleExpected    = 1
	sustainedExpected = 5
	// widest is where widening ends.
	widest = 7 * 24 * time.Hour
)

func needsWeeks(o Observation, what string) string {
	if len(o.History) >= minWeeks {
		return ""
	}
	return fmt.Sprintf("no %s alert yet: there are %d weeks of history, %d are needed", what, len(o.History), minWeeks)
}

// judgeVolume is volume mode. Half the budget goes to the test of one count, half to the sustained one.
func (s *State) judgeVolume(r Rule, set settings, o Observation) judgement {
	if note := needsWeeks(o, "volume"); note != "" {
		return unjudged(note)
	}
	if s.Volume == nil {
		s.Volume = &VolumeState{}
	}
	v := s.Volume
	v.Dispersion = v.Dispersion.plus(o.History)
	v.Single, v.Joined = v.Single.plus(o), v.Joined.plus(o)
	single, singleUsual := v.Single, v.Single.usual()
	joined, joinedUsual := v.Joined, v.Joined.usual()
	if singleUsual.Expected < singleExpected {
		if v.Single.Span.Length() >= widest {
			v.Single, v.Joined = Joined{}, Joined{}
			return unjudged("no volume alert: fewer than one conversation a week is usual")
		}
		return unjudged("not judged yet: fewer than one conversation is expected, so the window is widened")
	}
	v.Single = Joined{}
	sustainedLimit := math.Log(math.Max(2*set.evaluationsPerMonth()/set.budget, 1))
	if joinedUsual.Expected >= sustainedExpected {
		v.sustain(joined.Count, joinedUsual, len(joined.History), set.theta)
		v.Joined = Joined{}
	}
	sustained := v.Sustained >= sustainedLimit
	if sustained {
		v.Sustained = sustainedLimit // what lies beyond the limit would only delay the end of the alert
	}
	alpha := set.budget / 2 / set.evaluationsPerMonth()
	p := surprise(single, singleUsual, v.Dispersion.ratio())
	evidence := func() Evidence {
		value, statistic, limit := float64(single.Count), p, alpha
		e := Evidence{
			Method: r.method(), Value: &value, N: single.Count, Statistic: &statistic, Limit: &limit,
			Usual: &singleUsual.Expected, FalseAlarmsPerMonth: &set.budget,
			Parameters: map[string]float64{
				"p_value": p, "alpha": alpha, "spread": singleUsual.Spread, "dispersion": v.Dispersion.ratio(),
				"weeks": float64(len(single.History)), "hours": single.Span.Length().Hours(), "theta": set.theta,
				"sustained": v.Sustained, "sustained_limit": sustainedLimit,
			},
		}
		if sustained && p >= alpha {
			e.Statistic, e.Limit = &v.Sustained, &sustainedLimit
			e.Method = string(r.Metric) + ".sustained_volume/v1"
		}
		return e
	}
	return judgement{bad: p < alpha || sustained, good: p >= alpha && v.Sustained < sustainedLimit/2,
		clearAfter: set.clearAfter, evidence: evidence}
}

// surprise is the chance of at least the count seen when the usual number is expected. What is usual is itself an
// estimate, the median of few weeks: a count drawn around it varies more than one drawn around the truth, and a plain
// Poisson tail would spend three times the budget at three conversations an hour. So the tail is that of the count given
// the earlier ones, which is negative binomial, with the dispersion of the weeks on top where it exceeds chance.
func surprise(j Joined, usual stat.Baseline, dispersion float64) float64 {
	if dispersion <= stat.OverdispersionLimit {
		dispersion = 1
	}
	p, ok := stat.NegativeBinomialTail(usual.Expected, dispersion*medianError(len(j.History)), j.Count)
	if !ok {
		return 1
	}
	return p
}

// sustain feeds one count to the Poisson CUSUM. In the log-likelihood form an alarm at ln(A) comes at most once in A
// counts when nothing has changed, whatever the season (Lorden 1971). Counts that vary more than a Poisson, and the
// error of a median of few weeks, are allowed for by taking that many counts as one.
func (v *VolumeState) sustain(observed int64, usual stat.Baseline, weeks int, theta float64) {
	excess := v.Dispersion.ratio() * medianError(weeks)
	now := stat.PoissonCUSUM(v.Sustained*excess, usual.Expected, observed, theta)
	v.Sustained = now / excess
}

// medianError is by how much the variance of count minus median of so many earlier counts exceeds that of the count:
// the median of k values has variance π/2k.
func medianError(weeks int) float64 { return 1 + math.Pi/2/float64(weeks) }
