package stat

import "math"

// BernoulliCUSUM is the integer form of the Bernoulli CUSUM (Reynolds & Stoumbos 1999): the statistic starts at 0,
// rises by Step on an event, falls by 1 otherwise, never below 0, and alarms at Limit. Whole numbers have no rounding
// drift, and their run length can be computed exactly.
type BernoulliCUSUM struct {
	Step  int `json:"step"`  // m >= 1
	Limit int `json:"limit"` // H >= 1
}

// Next is the statistic after one more conversation. It does not reset after an alarm.
func (c BernoulliCUSUM) Next(statistic int, event bool) int {
	if event {
		return statistic + c.Step
	}
	return max(0, statistic-1)
}

// Alarm reports whether the statistic has reached the limit.
func (c BernoulliCUSUM) Alarm(statistic int) bool { return statistic >= c.Limit }

// BernoulliStep is the whole step m that comes nearest to watching for a rise from rate p0 to p1,
// 0 < p0 < p1 < 1: round(ln(p1/p0)/ln((1-p0)/(1-p1))), at least 1.
func BernoulliStep(p0, p1 float64) (int, bool) {
	if !fraction(p0) || !fraction(p1) || p1 <= p0 {
		return 0, false
	}
	m := math.Round(math.Log(p1/p0) / (math.Log1p(-p0) - math.Log1p(-p1)))
	if !finite(m) || m > math.MaxInt32 {
		return 0, false
	}
	return max(1, int(m)), true
}

// BernoulliImpliedRate is the rate p1 > p0 that a step of m is made to detect: the one at which
// ln(p1/p0)/ln((1-p0)/(1-p1)) is exactly m. There is none when m is at least (1-p0)/p0, for then the statistic already
// drifts upwards at p0.
func BernoulliImpliedRate(p0 float64, m int) (float64, bool) {
	if !fraction(p0) || m < 1 || float64(m)*p0 >= 1-p0 {
		return 0, false
	}
	// ln(p/p0) - m·ln((1-p0)/(1-p)) is 0 at p0, rises to its maximum at 1/(1+m), then falls through 0 once more.
	rising := func(p float64) bool {
		return math.Log(p/p0)-float64(m)*(math.Log1p(-p0)-math.Log1p(-p)) > 0
	}
	p1 := bisect(1/(1+float64(m)), 1, rising)
	return p1, fraction(p1) && p1 > p0
}

// runLengths walks the limits H = 1, 2, 3, … and gives each the exact average number of conversations from statistic
// 0 to the alarm at event rate p.
//
// It solves the linear system (I-Q)a = 1 of the Markov chain by eliminating its states from below. After that, state s
// is left upwards only: to s+j with probability up[j], after a mean time. Neither depends on H, so the run length at H
// is the sum over s < H of (chance that s is ever a new highest resting place) × (time spent there). Only positive
// numbers are added, so nothing cancels even at run lengths of many millions.
type runLengths struct {
	p     float64
	step  int
	up    []float64 // up[j]: from the current state upwards by j, 1 <= j <= step
	time  float64
	visit []float64 // the chances of reaching the last step states, as a ring
	limit int
	total float64
}

func newRunLengths(p float64, step int) *runLengths {
	r := &runLengths{p: p, step: step, up: make([]float64, step+1), visit: make([]float64, step+1)}
	r.up[step], r.time = 1, 1/p
	r.visit[0], r.limit, r.total = 1, 1, r.time
	r.pour(0)
	return r
}

// pour hands the chance of state s on to the states it is left for.
func (r *runLengths) pour(s int) {
	size := r.step + 1
	chance := r.visit[s%size]
	r.visit[s%size] = 0
	for j := 1; j <= r.step; j++ {
		if r.up[j] > 0 {
			r.visit[(s+j)%size] += chance * r.up[j]
		}
	}
}

// next moves from limit H to H+1 by eliminating state s = H.
func (r *runLengths) next() {
	q := 1 - r.p
	leave := r.p
	for j := 2; j <= r.step; j++ {
		leave += q * r.up[j]
	}
	for j := 1; j < r.step; j++ {
		r.up[j] = q * r.up[j+1] / leave
	}
	r.time = (1 + q*r.time) / leave
	// The move by step: the event itself. A state never reaches that far by way of the one below it.
	r.up[r.step] = r.p / leave
	s := r.limit
	chance := r.visit[s%(r.step+1)]
	r.total += chance * r.time
	r.pour(s)
	r.limit++
}

// maxLimit bounds the work a request can ask for.
const maxLimit = 1 << 20

// BernoulliRunLength is the exact average run length, in conversations, of the integer CUSUM from statistic 0 at event
// rate p: 0 < p <= 1, step >= 1, limit >= 1. A run length beyond float64 has no answer.
func BernoulliRunLength(p float64, c BernoulliCUSUM) (float64, bool) {
	if !(p > 0 && p <= 1) || c.Step < 1 || c.Limit < 1 || c.Limit > maxLimit || c.Step > maxLimit {
		return 0, false
	}
	r := newRunLengths(p, c.Step)
	for r.limit < c.Limit {
		r.next()
	}
	return answer(r.total)
}

// BernoulliDesign is a chart chosen for a budget of false alarms, with what it is expected to do.
type BernoulliDesign struct {
	BernoulliCUSUM
	Rate0        float64 // the rate taken as normal
	Rate1        float64 // the rate the step is made to detect
	InControl    float64 // conversations to a false alarm at Rate0
	OutOfControl float64 // conversations to the alarm at Rate1
	Return       float64 // conversations from a false alarm until the statistic is 0 again
}

// DesignBernoulli finds the smallest limit, from step+1 up, whose run length at p0 is at least target conversations
// (conversations a month divided by the false alarms wanted a month).
func DesignBernoulli(p0 float64, step int, target float64) (BernoulliDesign, bool) {
	p1, ok := BernoulliImpliedRate(p0, step)
	if !ok || !finite(target) || step >= maxLimit {
		return BernoulliDesign{}, false
	}
	r := newRunLengths(p0, step)
	for r.limit <= step || r.total < target {
		if r.limit >= maxLimit {
			return BernoulliDesign{}, false
		}
		r.next()
	}
	chart := BernoulliCUSUM{Step: step, Limit: r.limit}
	out, ok1 := BernoulliRunLength(p1, chart)
	back, ok2 := BernoulliReturn(p0, chart)
	return BernoulliDesign{chart, p0, p1, r.total, out, back}, ok1 && ok2 && finite(r.total)
}

// FalseAlarms is the number of false alarms to expect from the given number of observations at an in-control average
// run length.
func FalseAlarms(observations, runLength float64) (float64, bool) {
	if !(observations >= 0) || !(runLength > 0) {
		return 0, false
	}
	return answer(observations / runLength)
}

// BernoulliScores are the log-likelihood weights of the Bernoulli CUSUM for a change from rate p0 to p1.
type BernoulliScores struct {
	Event    float64 // ln(p1/p0)
	NonEvent float64 // ln((1-p1)/(1-p0))
}

// BernoulliLogLikelihood gives the weights for 0 < p0, p1 < 1. A p1 below p0 watches for a fall.
func BernoulliLogLikelihood(p0, p1 float64) (BernoulliScores, bool) {
	if !fraction(p0) || !fraction(p1) {
		return BernoulliScores{}, false
	}
	w := BernoulliScores{math.Log(p1 / p0), math.Log1p(-p1) - math.Log1p(-p0)}
	return w, finite(w.Event, w.NonEvent)
}

// Next is the statistic after one more conversation: max(0, statistic + weight).
func (w BernoulliScores) Next(statistic float64, event bool) float64 {
	if event {
		return math.Max(0, statistic+w.Event)
	}
	return math.Max(0, statistic+w.NonEvent)
}

// PoissonCUSUM is the statistic after one more count (Lucas 1985): max(0, statistic + observed·ln θ - expected·(θ-1)).
// theta > 1 is the factor of the rise it is made to detect; expected >= 0 is the count of that period in normal times.
// An impossible input leaves the statistic where it was.
func PoissonCUSUM(statistic, expected float64, observed int64, theta float64) float64 {
	next := statistic + float64(observed)*math.Log(theta) - expected*(theta-1)
	if !finite(next) {
		return statistic
	}
	return math.Max(0, next)
}

// TabularCUSUM is the two-sided CUSUM of a mean: reference value K and limit H in the units of the observations.
type TabularCUSUM struct {
	Target, K, H float64
}

// Next gives the two statistics after observation x. Both start at 0 and are not reset.
func (c TabularCUSUM) Next(high, low, x float64) (nextHigh, nextLow float64) {
	if !finite(x) {
		return high, low
	}
	return math.Max(0, high+x-c.Target-c.K), math.Max(0, low+c.Target-c.K-x)
}

// Alarm reports whether either statistic is beyond the limit.
func (c TabularCUSUM) Alarm(high, low float64) bool { return high > c.H || low > c.H }
