package stat

import "math"

// SPRT is Wald's sequential test of rate P0 against rate P1, one conversation at a time.
type SPRT struct {
	Scores       BernoulliScores
	Upper, Lower float64
}

// SPRTBounds are Wald's bounds on the log-likelihood ratio for error rates alpha (deciding for the change when there is
// none) and beta (the other way round), both between 0 and 1: upper ln((1-β)/α), lower ln(β/(1-α)).
func SPRTBounds(alpha, beta float64) (upper, lower float64, ok bool) {
	if !fraction(alpha) || !fraction(beta) {
		return 0, 0, false
	}
	return math.Log1p(-beta) - math.Log(alpha), math.Log(beta) - math.Log1p(-alpha), true
}

// NewSPRT is the test of p0 against p1 with the given error rates. alpha + beta must be below 1, or the bounds cross.
func NewSPRT(p0, p1, alpha, beta float64) (SPRT, bool) {
	scores, ok1 := BernoulliLogLikelihood(p0, p1)
	upper, lower, ok2 := SPRTBounds(alpha, beta)
	return SPRT{scores, upper, lower}, ok1 && ok2 && p0 != p1 && alpha+beta < 1
}

// Verdict is where a sequential test stands.
type Verdict string

// The three places it can stand.
const (
	Undecided Verdict = "undecided"
	Changed   Verdict = "changed"   // decided for P1
	Unchanged Verdict = "unchanged" // decided for P0
)

// Next adds one conversation to the log-likelihood ratio, which starts at 0 and has no floor.
func (s SPRT) Next(ratio float64, event bool) float64 {
	if event {
		return ratio + s.Scores.Event
	}
	return ratio + s.Scores.NonEvent
}

// Verdict reads the log-likelihood ratio. Once decided, the test is over and is not fed further.
func (s SPRT) Verdict(ratio float64) Verdict {
	switch {
	case ratio >= s.Upper:
		return Changed
	case ratio <= s.Lower:
		return Unchanged
	}
	return Undecided
}
