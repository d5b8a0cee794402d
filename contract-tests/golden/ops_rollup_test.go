package golden

import (
	"fmt"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

var rollupOps = map[string]op{
	"rollup.bucket":             call(rollupBucket),
	"rollup.local_day":          call(rollupLocalDay),
	"rollup.merge":              call(rollupMerge),
	"rollup.delta":              call(rollupDelta),
	"rollup.histogram_index":    call(rollupIndex),
	"rollup.histogram_quantile": call(rollupQuantile),
	"rollup.hll_error":          call(rollupDistinct),
}

func rollupBucket(in struct {
	Instants []time.Time `json:"instants"`
}) (any, error) {
	return map[string]any{"buckets": lo.Map(in.Instants, func(t time.Time, _ int) string { return rollupTime(metric.Bucket(t)) })}, nil
}

func rollupTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type rollupDay struct {
	Date     string `json:"date"`
	TimeZone string `json:"timezone"`
}

func rollupLocalDay(in struct {
	Days []rollupDay `json:"days"`
}) (any, error) {
	bounds := make([]map[string]any, len(in.Days))
	for i, d := range in.Days {
		zone, err := time.LoadLocation(d.TimeZone)
		if err != nil {
			return nil, err
		}
		date, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			return nil, err
		}
		y, m, day := date.Date()
		start, end := metric.StartOfDay(y, m, day, zone), metric.StartOfDay(y, m, day+1, zone)
		bounds[i] = map[string]any{"start": rollupTime(start), "end": rollupTime(end), "hours": end.Sub(start).Hours()}
	}
	return map[string]any{"bounds": bounds}, nil
}

type rollupHistogram struct {
	Histogram []int64 `json:"histogram"`
}

// vector is a cell that holds the histogram as ratings of the AI.
func (h rollupHistogram) vector() (metric.Vector, error) {
	if len(h.Histogram) != 5 {
		return nil, fmt.Errorf("a histogram has 5 counts, not %d", len(h.Histogram))
	}
	var v metric.Vector
	for i, n := range h.Histogram {
		var err error
		if v, err = v.Plus(metric.Vector{{Measure: metric.Ratings(conversation.PartyAI, conversation.Native5, i+1), Value: n}}); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// stars is every rating of a cell, whomever it judges.
func stars(v metric.Vector) (h [5]int64) {
	for _, party := range metric.Parties() {
		for i, n := range v.Histogram(party, nil) {
			h[i] += n
		}
	}
	return h
}

func rollupMerge(in struct {
	A rollupHistogram `json:"a"`
	B rollupHistogram `json:"b"`
}) (any, error) {
	a, err := in.A.vector()
	if err != nil {
		return nil, err
	}
	b, err := in.B.vector()
	if err != nil {
		return nil, err
	}
	both, err := a.Plus(b)
	if err != nil {
		return nil, err
	}
	h := stars(both)
	n, sum, squares := metric.RatingMoments(h)
	mean, variance := metric.Spread(n, sum, squares)
	return map[string]any{"histogram": h, "n": n, "sum": sum, "sumsq": squares, "mean": mean, "sample_variance": variance}, nil
}

type rollupVersion struct {
	Bucket    time.Time `json:"bucket"`
	Topic     string    `json:"topic"`
	Handler   string    `json:"handler"`
	CSAT      *int      `json:"csat"`
	Escalated bool      `json:"escalated"`
}

func (v *rollupVersion) conversation() *conversation.Conversation {
	if v == nil {
		return nil
	}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: v.Bucket}
	c := &conversation.Conversation{StartedAt: v.Bucket, EndedAt: v.Bucket, Trust: conversation.Signed}
	c.Facts.Topic = conversation.State(&v.Topic, stamp)
	c.Findings.Handler = conversation.Handler(v.Handler)
	c.Findings.Escalation.Escalated = v.Escalated
	if v.CSAT != nil {
		c.Facts.Rating = conversation.State(&conversation.Rating{Score: *v.CSAT, Scale: conversation.Native5}, stamp)
	}
	return c
}

func rollupDeltas(before, after *rollupVersion) ([]map[string]any, error) {
	cells, err := metric.Delta(before.conversation(), after.conversation())
	return lo.Map(cells, func(c metric.Cell, _ int) map[string]any {
		return map[string]any{
			"bucket": rollupTime(c.Key.Bucket), "topic": c.Key.Topic, "handler": c.Key.Handler,
			"conversations": c.Values.At(metric.Conversations), "escalated": c.Values.At(metric.Escalated), "histogram": stars(c.Values),
		}
	}), err
}

func rollupDelta(in struct {
	Old *rollupVersion `json:"old"`
	New *rollupVersion `json:"new"`
}) (any, error) {
	deltas, err := rollupDeltas(in.Old, in.New)
	if err != nil {
		return nil, err
	}
	replay, err := rollupDeltas(in.New, in.New)
	return map[string]any{"deltas": deltas, "replay_deltas": replay}, err
}

func rollupIndex(in struct {
	Alpha  float64   `json:"alpha"`
	Values []float64 `json:"values"`
}) (any, error) {
	indexes := lo.Map(in.Values, func(x float64, _ int) int { return metric.LogIndex(in.Alpha, x) })
	return map[string]any{
		"gamma": metric.Gamma(in.Alpha), "indexes": indexes,
		"representatives": lo.Map(indexes, func(i int, _ int) float64 { return metric.LogValue(in.Alpha, i) }),
	}, nil
}

func rollupQuantile(in struct {
	Alpha         float64   `json:"alpha"`
	Values        []float64 `json:"values"`
	Probabilities []float64 `json:"probabilities"`
}) (any, error) {
	estimates, exact := make([]*float64, len(in.Probabilities)), make([]*float64, len(in.Probabilities))
	for i, p := range in.Probabilities {
		if x, ok := metric.LogQuantile(in.Alpha, in.Values, p); ok {
			estimates[i] = &x
		}
		if x, ok := metric.LowerQuantile(in.Values, p); ok {
			exact[i] = &x
		}
	}
	return map[string]any{"estimates": estimates, "exact_lower": exact}, nil
}

func rollupDistinct(in struct {
	P []int `json:"p"`
}) (any, error) {
	return map[string]any{"rse": lo.Map(in.P, func(p int, _ int) float64 { return metric.DistinctError(p) })}, nil
}
