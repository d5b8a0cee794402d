package csat

import (
	"cmp"
	"math"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Stratum is one kind of case, such as a topic at a priority, with the ratings of both sides.
type Stratum struct {
	Name      string
	AI, Human stat.Sums
}

// Target is the mix of cases both sides are put on.
type Target string

// The targets: all rated cases together, or the AI's ("what would people have scored on the AI's cases").
const (
	CombinedMix Target = "combined"
	AIMix       Target = "ai"
)

// DefaultMinRatings is how many ratings each side needs in a stratum to be compared there.
const DefaultMinRatings = 5

// ComparableShare is the support share below which the two sides are not comparable.
const ComparableShare = 0.5

// Comparison is AI against people, raw and on the same mix of cases. Nil is unknown.
type Comparison struct {
	AICrude, HumanCrude *float64
	// AI and Human are directly standardised means over the strata both sides were rated in; Difference is AI − Human.
	AI, Human, Difference *float64
	// StandardError and Interval are those of the formula, with each stratum's sample variance.
	StandardError *float64
	Interval      *stat.Interval
	// Shown is the interval to show and to judge by. A stratum of five ratings that happen to agree would look certain,
	// so each mean has the variance that its own interval would have (stat.Sums.RatingVariance); from 30 ratings on each
	// side of every stratum it is Interval.
	Shown *stat.Interval
	// AIShown and HumanShown are the intervals of the standardised means, made alike and cut to 1–5.
	AIShown, HumanShown *stat.Interval
	// SupportShare is the target's weight inside those strata, 0 to 1; nil when the target has no ratings.
	SupportShare *float64
	// Strata and Supported count the strata, and those both sides were rated in.
	Strata, Supported int
}

// Verdict puts a comparison into the words that may be used for it.
type Verdict string

// The verdicts.
const (
	AIHigher      Verdict = "higher"
	AILower       Verdict = "lower"
	NoDifference  Verdict = "no clear difference at this sample size"
	NotComparable Verdict = "not comparable"
)

// Verdict is what the comparison allows one to say of the AI.
func (c Comparison) Verdict() Verdict {
	switch {
	case c.Shown == nil || c.SupportShare == nil || *c.SupportShare < ComparableShare:
		return NotComparable
	case c.Shown.Low > 0:
		return AIHigher
	case c.Shown.High < 0:
		return AILower
	default:
		return NoDifference
	}
}

// Compare standardises both sides to the target's mix over the strata where each has at least minRatings ratings
// (direct standardisation: Rothman, Greenland, Lash). Without such a stratum only the crude means are known.
func Compare(strata []Stratum, minRatings int64, target Target, confidence float64) Comparison {
	var ai, human stat.Sums
	var all, weight float64
	supported := make([]Stratum, 0, len(strata))
	for _, s := range strata {
		ai, human = ai.Plus(s.AI), human.Plus(s.Human)
		all += target.weight(s)
		if s.AI.N >= minRatings && s.Human.N >= minRatings && s.AI.N > 0 && s.Human.N > 0 {
			supported = append(supported, s)
			weight += target.weight(s)
		}
	}
	out := Comparison{Strata: len(strata), Supported: len(supported), AICrude: mean(ai), HumanCrude: mean(human)}
	if all > 0 {
		share := weight / all
		out.SupportShare = &share
	}
	if weight <= 0 {
		return out
	}
	// A fixed order keeps the sums the same however the strata came.
	slices.SortFunc(supported, func(a, b Stratum) int { return cmp.Compare(a.Name, b.Name) })
	var mAI, mHuman, variance, shownAI, shownHuman float64
	for _, s := range supported {
		w := target.weight(s) / weight
		mAI += w * *mean(s.AI)
		mHuman += w * *mean(s.Human)
		variance += w * w * (ofMean(s.AI) + ofMean(s.Human))
		shownAI += w * w * shownVariance(s.AI)
		shownHuman += w * w * shownVariance(s.Human)
	}
	difference, se := mAI-mHuman, math.Sqrt(variance)
	out.AI, out.Human, out.Difference, out.StandardError = &mAI, &mHuman, &difference, &se
	out.Interval = normal(difference, variance, confidence)
	out.Shown = normal(difference, shownAI+shownHuman, confidence)
	out.AIShown, out.HumanShown = rated(normal(mAI, shownAI, confidence)), rated(normal(mHuman, shownHuman, confidence))
	return out
}

func normal(value, variance, confidence float64) *stat.Interval {
	i, ok := stat.NormalInterval(value, math.Sqrt(variance), confidence)
	if !ok {
		return nil
	}
	return &i
}

// rated cuts an interval to the scale of ratings.
func rated(i *stat.Interval) *stat.Interval {
	if i == nil {
		return nil
	}
	cut := i.Clamp(1, 5)
	return &cut
}

func shownVariance(s stat.Sums) float64 {
	v, _ := s.RatingVariance()
	return v
}

func (t Target) weight(s Stratum) float64 {
	if t == AIMix {
		return float64(s.AI.N)
	}
	return float64(s.AI.N + s.Human.N)
}

func mean(s stat.Sums) *float64 {
	m, ok := s.Mean()
	if !ok {
		return nil
	}
	return &m
}

// ofMean is the variance of a mean, s²/n; one rating shows no variance.
func ofMean(s stat.Sums) float64 {
	v, ok := s.Variance()
	if !ok {
		return 0
	}
	return v / float64(s.N)
}
