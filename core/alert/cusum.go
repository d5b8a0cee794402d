package alert

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// CusumState is what cusum mode remembers.
type CusumState struct {
	Design CusumDesign `json:"design"`
	// Statistic is the sum, at most the design's limit: what lies beyond an alarm would only delay its end.
	Statistic int `json:"statistic"`
	// Since, Trials and Bad describe the run since the sum was last 0: where the change, if it is one, began.
	Since  time.Time `json:"since,omitzero"`
	Trials int64     `json:"trials"`
	Bad    int64     `json:"bad"`
}

// CusumDesign is a chart made for a false-alarm budget at a volume.
type CusumDesign struct {
	// Usual is the bad rate when nothing is wrong, Detects the one the chart is made to catch.
	Usual   float64 `json:"usual"`
	Detects float64 `json:"detects"`
	Step    int     `json:"step"`
	Limit   int     `json:"limit"`
	// Target is the conversations from one false alarm to the next that were asked for. InControl and OutOfControl are
	// those to a false and to a right alarm, Open those for which a false one stays open: meanwhile there is no other.
	Target       float64 `json:"target"`
	InControl    float64 `json:"in_control"`
	OutOfControl float64 `json:"out_of_control"`
	Open         float64 `json:"open"`
}

// cycle is the conversations from one false alarm to the next.
func (d CusumDesign) cycle() float64 { return d.InControl + d.Open }

// maxUsual is the highest usual bad rate that counting bad ones against good ones can watch.
const maxUsual = 0.45

// DesignCusum makes the chart that is expected to raise budget false alarms in a month of trialsPerMonth conversations
// whose usual bad rate is usual, 0 < usual <= 0.45: as nearly as a whole limit can, which at few conversations a month
// is within a tenth. detect is the rate worth catching; nil is twice the usual one, but at most ten points more. ok is
// false when no chart can do it.
func DesignCusum(usual float64, detect *float64, trialsPerMonth, budget float64) (d CusumDesign, ok bool) {
	if !(usual > 0 && usual <= maxUsual) || !(trialsPerMonth > 0) || !(budget > 0) {
		return CusumDesign{}, false
	}
	worse := math.Min(2*usual, usual+0.10)
	if detect != nil {
		worse = *detect
	}
	step, ok := stat.BernoulliStep(usual, worse)
	if !ok {
		return CusumDesign{}, false
	}
	target := trialsPerMonth / budget
	chart, ok := stat.DesignBernoulliCycle(usual, step, target)
	return CusumDesign{Usual: usual, Detects: chart.Rate1, Step: chart.Step, Limit: chart.Limit, Target: target,
		InControl: chart.InControl, OutOfControl: chart.OutOfControl, Open: chart.Return}, ok
}

// judgeCusum is cusum mode.
func (s *State) judgeCusum(r Rule, set settings, o Observation) judgement {
	if note := s.planCusum(r, set, o); note != "" {
		return unjudged(note)
	}
	outcomes := o.ordered(r.Metric)
	if len(outcomes) == 0 {
		return unjudged("not judged: nothing to count in this window")
	}
	c := s.Cusum
	alarm, calm := c.take(outcomes, o.Window)
	evidence := func() Evidence {
		statistic, limit := float64(c.Statistic), float64(c.Design.Limit)
		e := Evidence{
			Method: r.method(), Statistic: &statistic, Limit: &limit, Usual: &c.Design.Usual,
			Parameters: map[string]float64{
				"usual_rate": c.Design.Usual, "detects_rate": c.Design.Detects, "step": float64(c.Design.Step), "limit": limit,
				"run_length_in_control": c.Design.InControl, "run_length_out_of_control": c.Design.OutOfControl,
				"budget_per_month": set.budget,
			},
		}
		run := shareSample(r.Metric, c.Bad, c.Trials)
		e.Value, e.N = run.value(r.Metric)
		e.Low, e.High = run.interval(r.Metric)
		e.Parameters["bad"], e.Parameters["since_unix"] = float64(c.Bad), float64(c.Since.Unix())
		if r.Metric.lowIsBad() {
			usual := 1 - c.Design.Usual
			e.Usual = &usual
		}
		if monthly, ok := stat.FalseAlarms(c.Design.Target*set.budget, c.Design.cycle()); ok {
			e.FalseAlarmsPerMonth = &monthly
		}
		return e
	}
	return judgement{bad: alarm, good: !alarm && calm, clearAfter: 1, evidence: evidence}
}

// planCusum keeps the design in step with the baseline. While the alert is open the design is frozen: the trouble must
// not become what is usual. It returns why there is no design, if there is none.
func (s *State) planCusum(r Rule, set settings, o Observation) string {
	if s.Firing && s.Cusum != nil {
		return ""
	}
	if o.Usual == nil {
		return "not judged: it is not known yet what is usual"
	}
	usual, ok := o.Usual.badRate(r.Metric)
	if !ok {
		_, n := o.Usual.rate(r.Metric)
		return fmt.Sprintf("not judged: what is usual rests on %d, at least %d are needed", n, minBaseline)
	}
	if set.usual != nil {
		usual = *set.usual
	}
	// Three digits are enough, and keep the chart from being redrawn for nothing; rounding up errs towards fewer alarms.
	usual, monthly := roundUp(usual), roundUp(o.Usual.trialsPerMonth(r.Metric))
	if s.Cusum != nil && s.Cusum.Design.Usual == usual && s.Cusum.Design.Target == monthly/set.budget {
		return ""
	}
	d, ok := DesignCusum(usual, set.detect, monthly, set.budget)
	if !ok {
		return fmt.Sprintf("not judged: no chart can watch a usual rate of %s for a higher one", percent(usual))
	}
	if s.Cusum == nil {
		s.Cusum = &CusumState{}
	} else if s.Cusum.Design.Limit > 0 {
		// The evidence gathered so far keeps its share of the limit.
		s.Cusum.Statistic = min(s.Cusum.Statistic*d.Limit/s.Cusum.Design.Limit, d.Limit-1)
	}
	s.Cusum.Design = d
	return ""
}

// take feeds conversations to the chart and says whether it alarmed, and whether the sum was ever 0. Asking for 0 at the
// window's end would keep alerts open for days where a window holds many conversations.
func (c *CusumState) take(outcomes []bool, w Span) (alarm, calm bool) {
	chart := stat.BernoulliCUSUM{Step: c.Design.Step, Limit: c.Design.Limit}
	for _, bad := range outcomes {
		if c.Statistic == 0 {
			c.Since, c.Trials, c.Bad = w.Start, 0, 0
		}
		c.Trials++
		if bad {
			c.Bad++
		}
		c.Statistic = chart.Next(c.Statistic, bad)
		alarm = alarm || chart.Alarm(c.Statistic)
		c.Statistic = min(c.Statistic, c.Design.Limit)
		calm = calm || c.Statistic == 0
	}
	return alarm, calm
}

// ordered is the window's conversations one by one. Where only counts are known every order is equally likely, so one
// is drawn from the observation's id: the same id gives the same order, and the chart's run length stays exact, which
// spreading the bad ones evenly would spoil.
func (o Observation) ordered(m Metric) []bool {
	if o.Outcomes != nil {
		return o.Outcomes
	}
	bad, n := o.rate(m)
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(o.ID)) // a hash never fails
	draw := rand.New(rand.NewPCG(seed.Sum64(), uint64(n)))
	outcomes := make([]bool, n)
	for i := range outcomes {
		if draw.Int64N(n-int64(i)) < bad {
			outcomes[i], bad = true, bad-1
		}
	}
	return outcomes
}

// roundUp rounds a positive number up to three significant digits.
func roundUp(x float64) float64 {
	scale := math.Pow(10, 2-math.Floor(math.Log10(x)))
	return math.Ceil(x*scale-1e-9) / scale
}
