package alert

import (
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Span is a stretch of event time, Start inclusive, End exclusive, both UTC.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Length is how long the span is.
func (s Span) Length() time.Duration { return s.End.Sub(s.Start) }

func (s Span) overlaps(o Span) bool { return s.Start.Before(o.End) && o.Start.Before(s.End) }

// Sample is what a stretch of time held for one metric and segment. Only the part that the metric is computed from is
// filled: Ratings for CSAT, Trials and Bad for escalation rates, Count for conversations, Seconds for durations.
type Sample struct {
	// Ratings counts the ratings 1 to 5.
	Ratings stat.Histogram `json:"ratings,omitzero"`
	// Trials counts conversations that could have gone wrong, Bad those that did.
	Trials int64 `json:"trials,omitempty"`
	Bad    int64 `json:"bad,omitempty"`
	// Count is how many conversations there were.
	Count int64 `json:"count,omitempty"`
	// Seconds are the sums of a duration.
	Seconds stat.Sums `json:"seconds,omitzero"`
}

// Plus is both samples together.
func (s Sample) Plus(o Sample) Sample {
	return Sample{Ratings: s.Ratings.Plus(o.Ratings), Trials: s.Trials + o.Trials, Bad: s.Bad + o.Bad,
		Count: s.Count + o.Count, Seconds: s.Seconds.Plus(o.Seconds)}
}

// SampleOf reads a rule's sample from the summed values of cells. The cells must already be those of the rule's segment
// (Segment.Filter); keep picks the rating scales that count, nil all. Durations whose squares no longer fit 64 bits are
// left out: unknown, not wrong.
func SampleOf(r Rule, v metric.Vector, keep func(conversation.Scale) bool) Sample {
	switch r.Metric {
	case CSATAverage, CSATPercent:
		parties := metric.Parties()
		if r.Segment.Party != conversation.PartyNone {
			parties = []conversation.Party{r.Segment.Party}
		}
		return lo.Reduce(parties, func(s Sample, p conversation.Party, _ int) Sample {
			return s.Plus(Sample{Ratings: v.Histogram(p, keep)})
		}, Sample{})
	case EscalationRate:
		return Sample{Trials: v.At(metric.Conversations), Bad: v.At(metric.Escalated)}
	case AIEscalationRate:
		return Sample{Trials: v.At(metric.AIInvolved), Bad: v.At(metric.EscalatedAI)}
	case HandleTime:
		n, sum, squares := v.Moments(metric.HandleHuman)
		if !squares.IsInt64() {
			return Sample{}
		}
		return Sample{Seconds: stat.Sums{N: n, Sum: sum, SumSq: squares.Int64()}}
	default:
		return Sample{Count: v.At(metric.Conversations)}
	}
}

// rate is the bad ones among all for a metric that is a share. For CSATPercent the bad ones are the ratings of 1 to 3.
func (s Sample) rate(m Metric) (bad, trials int64) {
	if m == CSATPercent {
		return s.Ratings.N() - s.Ratings.Satisfied(), s.Ratings.N()
	}
	return s.Bad, s.Trials
}

// shareSample is the sample of a share with so many bad ones of all.
func shareSample(m Metric, bad, trials int64) Sample {
	if m == CSATPercent {
		return Sample{Ratings: stat.Histogram{bad, 0, 0, 0, trials - bad}}
	}
	return Sample{Trials: trials, Bad: bad}
}

// sums are the exact sums of a metric that is a mean.
func (s Sample) sums(m Metric) stat.Sums {
	if m.shape() == ratings {
		return s.Ratings.Sums()
	}
	return s.Seconds
}

// value is the metric's value and its n; nil when there is nothing to compute it from.
func (s Sample) value(m Metric) (*float64, int64) {
	switch m.shape() {
	case count:
		return lo.ToPtr(float64(s.Count)), s.Count
	case proportion:
		good, n := s.shown(m)
		if n == 0 {
			return nil, 0
		}
		return lo.ToPtr(float64(good) / float64(n)), n
	default:
		sums := s.sums(m)
		value, ok := sums.Mean()
		if !ok {
			return nil, 0
		}
		return &value, sums.N
	}
}

// shown is what a share counts: the satisfied for CSATPercent, the escalated for escalation rates.
func (s Sample) shown(m Metric) (x, n int64) {
	bad, n := s.rate(m)
	if m.lowIsBad() {
		return n - bad, n
	}
	return bad, n
}

// interval is the 95 % interval of the value, nil where there is none.
func (s Sample) interval(m Metric) (low, high *float64) {
	var i stat.Interval
	var ok bool
	switch m.shape() {
	case ratings:
		i, _, ok = s.Ratings.MeanInterval(confidence)
	case proportion:
		x, n := s.shown(m)
		i, ok = stat.Wilson(x, n, confidence)
	case mean:
		var t stat.Mean
		t, ok = s.Seconds.MeanT(confidence)
		i = t.Interval
	}
	if !ok {
		return nil, nil
	}
	return &i.Low, &i.High
}

// confidence is that of every interval.
const confidence = 0.95

// valid says whether the counts can be counts at all.
func (s Sample) valid() bool {
	return lo.Min(s.Ratings[:]) >= 0 && s.Bad >= 0 && s.Bad <= s.Trials && s.Count >= 0 && s.Seconds.N >= 0
}

// Observation is one look at the data. Observations of a rule come in the order of their windows' ends.
type Observation struct {
	// ID is the same whenever the same window is observed again; Evaluate takes each ID once.
	ID string `json:"id"`
	// Window is what was looked at. Its end is the time of the evaluation.
	Window Span `json:"window"`
	// Missing says that the data of the window is not in (a source is down). Nothing is judged then: neither a bad value
	// nor silence.
	Missing bool `json:"missing,omitempty"`
	Sample
	// Outcomes are the single conversations in order, true for a bad one, when they are known. They replace Trials and
	// Bad for cusum and sprt.
	Outcomes []bool `json:"outcomes,omitempty"`
	// History holds the counts of the same window in earlier weeks, the latest first (volume, silence).
	History []int64 `json:"history,omitempty"`
	// Usual is what the metric looks like when nothing is wrong (cusum, ewma; elsewhere it only tells how surprising a
	// value is).
	Usual *Baseline `json:"usual,omitempty"`
}

// seen says whether the state has taken the observation, or one that ends later.
func (s State) seen(o Observation) bool {
	return o.Window.End.Before(s.LastAt) || slices.Contains(s.Seen, o.ID)
}
