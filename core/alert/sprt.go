package alert

import (
	"fmt"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// SPRTState is what sprt mode remembers: one question, answered once. To ask again, change the rule.
type SPRTState struct {
	// Ratio is the log-likelihood ratio of the two rates, over Trials conversations with Bad bad ones.
	Ratio  float64 `json:"ratio"`
	Trials int64   `json:"trials"`
	Bad    int64   `json:"bad"`
	// Verdict is the answer so far; Changed and Unchanged are final.
	Verdict stat.Verdict `json:"verdict"`
}

// judgeSPRT is sprt mode. It looks at the ratio at the end of each window, not within it.
func (s *State) judgeSPRT(r Rule, set settings, o Observation) judgement {
	if set.usual == nil || set.detect == nil {
		return unjudged("not judged: the two rates of the question are not set")
	}
	test, ok := stat.NewSPRT(*set.usual, *set.detect, set.alpha, set.beta)
	if !ok {
		return unjudged("not judged: the two rates of the question cannot be told apart")
	}
	if s.SPRT == nil {
		s.SPRT = &SPRTState{Verdict: stat.Undecided}
	}
	q := s.SPRT
	if q.Verdict != stat.Undecided {
		return unjudged(fmt.Sprintf("the question is answered: %s after %d", q.Verdict, q.Trials))
	}
	outcomes := o.ordered(r.Metric)
	for _, bad := range outcomes {
		q.Ratio = test.Next(q.Ratio, bad)
		q.Trials++
		if bad {
			q.Bad++
		}
	}
	q.Verdict = test.Verdict(q.Ratio)
	evidence := func() Evidence {
		run := shareSample(r.Metric, q.Bad, q.Trials)
		statistic, limit := q.Ratio, test.Upper
		if q.Verdict == stat.Unchanged {
			limit = test.Lower
		}
		usual := *set.usual
		if r.Metric.lowIsBad() {
			usual = 1 - usual
		}
		e := Evidence{
			Method: r.method(), Statistic: &statistic, Limit: &limit, Usual: &usual,
			Parameters: map[string]float64{"usual_rate": *set.usual, "detect_rate": *set.detect, "alpha": set.alpha,
				"beta": set.beta, "upper": test.Upper, "lower": test.Lower, "bad": float64(q.Bad)},
		}
		e.Value, e.N = run.value(r.Metric)
		e.Low, e.High = run.interval(r.Metric)
		return e
	}
	return judgement{bad: q.Verdict == stat.Changed, good: q.Verdict == stat.Unchanged, clearAfter: 1, evidence: evidence}
}
