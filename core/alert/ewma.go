package alert

import (
	"fmt"
	"math"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// EWMAState is what ewma mode remembers.
type EWMAState struct {
	// Mean and SD are what is usual: of the single value, frozen while the alert is open.
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	// Average is the weighted average so far, Variance that of its chance error, Points how many windows are in it.
	Average  float64 `json:"average"`
	Variance float64 `json:"variance"`
	Points   int     `json:"points"`
}

// judgeEWMA is ewma mode. A window's mean of n values varies by sd/√n, so its variance enters by its own n; with the
// same n throughout the limits are the textbook's μ ± Lσ√(λ/(2-λ)·(1-(1-λ)^2t)).
func (s *State) judgeEWMA(r Rule, set settings, o Observation) judgement {
	value, n := o.value(r.Metric)
	if value == nil || n < set.minN {
		return unjudged(fmt.Sprintf("not judged: n is %d, at least %d are needed", n, set.minN))
	}
	if note := s.planEWMA(r, o); note != "" {
		return unjudged(note)
	}
	e := s.EWMA
	chart := stat.EWMA{Mean: e.Mean, SD: e.SD, Lambda: set.lambda, L: set.sigmas}
	if e.Points == 0 {
		e.Average = e.Mean
	}
	e.Average = chart.Next(e.Average, *value)
	keep := 1 - set.lambda
	e.Variance = keep*keep*e.Variance + set.lambda*set.lambda*e.SD*e.SD/float64(n)
	e.Points++
	half := set.sigmas * math.Sqrt(e.Variance)
	limit, bad := e.Mean+half, e.Average > e.Mean+half
	if r.Metric.lowIsBad() {
		limit, bad = e.Mean-half, e.Average < e.Mean-half
	}
	evidence := func() Evidence {
		low, high := o.interval(r.Metric)
		average, usual := e.Average, e.Mean
		ev := Evidence{
			Method: r.method(), Value: value, N: n, Low: low, High: high, Statistic: &average, Limit: &limit, Usual: &usual,
			Parameters: map[string]float64{"lambda": set.lambda, "sigmas": set.sigmas, "usual_mean": e.Mean, "usual_sd": e.SD,
				"points": float64(e.Points), "min_n": float64(set.minN), "clear_after": float64(set.clearAfter)},
		}
		if length, ok := ewmaRunLength(set.lambda, set.sigmas); ok {
			if monthly, ok := stat.FalseAlarms(set.evaluationsPerMonth(), length); ok {
				ev.FalseAlarmsPerMonth = &monthly
			}
		}
		return ev
	}
	return judgement{bad: bad, good: !bad, clearAfter: set.clearAfter, evidence: evidence}
}

// minMeans is the fewest values that a usual mean and its spread may rest on.
const minMeans = 30

// planEWMA takes over what is usual, unless the alert is open, and returns why it cannot.
func (s *State) planEWMA(r Rule, o Observation) string {
	if s.Firing && s.EWMA != nil {
		return ""
	}
	if o.Usual == nil {
		return "not judged: it is not known yet what is usual"
	}
	sums := o.Usual.sums(r.Metric)
	if sums.N < minMeans {
		return fmt.Sprintf("not judged: what is usual rests on %d, at least %d are needed", sums.N, minMeans)
	}
	average, ok1 := sums.Mean()
	variance, ok2 := sums.Variance()
	if !ok1 || !ok2 || variance == 0 {
		return "not judged: all earlier values are equal, so nothing can be said about chance"
	}
	if s.EWMA == nil {
		s.EWMA = &EWMAState{}
	}
	s.EWMA.Mean, s.EWMA.SD = average, math.Sqrt(variance)
	return ""
}

// ewmaRunLength is the average number of points to a false alarm of a chart that alarms on one side only, at the
// asymptotic limit, for normal values: the mean absorption time of a Markov chain over slices of the average's range
// (Brook & Evans 1972; Lucas & Saccucci 1990). Averages beyond the limit on the good side are held at it.
func ewmaRunLength(lambda, sigmas float64) (float64, bool) {
	const slices = 121 // odd, so that one slice is centred on the start
	limit := sigmas * math.Sqrt(lambda/(2-lambda))
	width := 2 * limit / slices
	below := func(edge, from float64) float64 { // P(next average < edge)
		tail, _ := stat.NormalTail((edge - (1-lambda)*from) / lambda)
		return 1 - tail
	}
	// a[i] holds the row of (I - Q | 1).
	a := make([][]float64, slices)
	for i := range a {
		a[i] = make([]float64, slices+1)
		from := -limit + (float64(i)+0.5)*width
		last := 0.0
		for j := range slices {
			edge := below(-limit+float64(j+1)*width, from)
			a[i][j] = last - edge
			last = edge
		}
		a[i][i]++
		a[i][slices] = 1
	}
	return solveMiddle(a)
}

// solveMiddle solves the diagonally dominant system a, each row with its right side at the end, by elimination, and
// returns the middle unknown.
func solveMiddle(a [][]float64) (float64, bool) {
	n := len(a)
	for k := range n {
		for i := range n {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j <= n; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	x := a[n/2][n] / a[n/2][n/2]
	return x, x > 0 && !math.IsInf(x, 0) && !math.IsNaN(x)
}
