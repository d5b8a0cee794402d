package stat

// returns walks the limits H = 1, 2, 3, … and gives each the mean number of conversations from the limit back to 0 at
// event rate p, when the statistic is held at the limit: how long an alarm without cause stays open.
//
// One step down from k below the limit takes a mean of 1/(1-p) conversations, plus p/(1-p) times the steps down that an
// event there adds. That does not depend on H.
type returns struct {
	p     float64
	step  int
	down  []float64 // the means of the latest step steps down, as a ring
	sum   float64   // their sum
	limit int
	total float64
}

func newReturns(p float64, step int) *returns {
	r := &returns{p: p, step: step, down: make([]float64, step)}
	r.next()
	return r
}

func (r *returns) next() {
	mean := (1 + r.p*r.sum) / (1 - r.p)
	oldest := &r.down[r.limit%r.step]
	r.sum += mean - *oldest
	*oldest = mean
	r.limit++
	r.total += mean
}

// BernoulliReturn is the exact mean number of conversations that the integer CUSUM, held at its limit, takes from there
// back to 0 at event rate p, 0 < p < 1.
func BernoulliReturn(p float64, c BernoulliCUSUM) (float64, bool) {
	if !fraction(p) || c.Step < 1 || c.Limit < 1 || c.Limit > maxLimit || c.Step > maxLimit {
		return 0, false
	}
	r := newReturns(p, c.Step)
	for r.limit < c.Limit {
		r.next()
	}
	return answer(r.total)
}

// DesignBernoulliCycle finds the limit, from step+1 up, of a chart whose alarm stays open until the statistic is back at
// 0, so that from one false alarm to the next it is the run length and the return. It is the limit that brings this
// cycle nearest to cycle conversations, as a ratio.
func DesignBernoulliCycle(p0 float64, step int, cycle float64) (BernoulliDesign, bool) {
	p1, ok := BernoulliImpliedRate(p0, step)
	if !ok || !finite(cycle) || step >= maxLimit {
		return BernoulliDesign{}, false
	}
	run, back := newRunLengths(p0, step), newReturns(p0, step)
	var before, d BernoulliDesign
	for d.Limit <= step || d.cycle() < cycle {
		if run.limit >= maxLimit {
			return BernoulliDesign{}, false
		}
		run.next()
		back.next()
		before, d = d, BernoulliDesign{BernoulliCUSUM{step, run.limit}, p0, p1, run.total, 0, back.total}
	}
	if before.Limit > step && cycle/before.cycle() < d.cycle()/cycle {
		d = before
	}
	d.OutOfControl, ok = BernoulliRunLength(p1, d.BernoulliCUSUM)
	return d, ok && finite(d.cycle())
}

// cycle is the conversations from one false alarm to the next when an alarm stays open until the statistic is 0.
func (d BernoulliDesign) cycle() float64 { return d.InControl + d.Return }
