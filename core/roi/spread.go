package roi

import (
	"math"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// topicCount is a number of contacts on a topic.
type topicCount struct {
	topic string
	count int64
}

// handleParts are the independent parts of Σ credited · mean seconds. The means used are
// w·own + (1−w)·organisation with w = 1 from 20 contacts on and n/(n+20) below, and the organisation's mean is itself
// Σ nⱼ·ownⱼ / N; so the sum is linear in the topics' own means, and its variance is Σ coefficient² · s²/n. Where all
// topics have 20 contacts this is Σ credited² · s²/n. A blended topic adds (1−w)² · credited² · the variance between
// topics' true means, because the organisation's mean is not its own. ok is false while a stand-in is in use.
func (r Rates) handleParts(credited []topicCount) (parts []stat.Part, ok bool) {
	if r.Any.Handle.N < Prior {
		return nil, false
	}
	within, between := r.variances()
	borrowed := 0.0 // Σ credited · (1−w): what rests on the organisation's mean
	counts := map[string]int64{}
	for _, c := range credited {
		counts[c.topic] += c.count
		away := float64(c.count) * (1 - ownWeight(r.Of(c.topic).Handle.N))
		borrowed += away
		if away > 0 {
			parts = append(parts, stat.Part{Variance: away * away * between})
		}
	}
	for _, t := range r.Topics {
		n := t.Handle.N
		coefficient := float64(counts[t.Topic])*ownWeight(n) + borrowed*float64(n)/float64(r.Any.Handle.N)
		variance, df := within, r.Any.Handle.N-int64(len(r.Topics))
		if own, known := t.Handle.variance(); known && n >= Prior {
			variance, df = own, n-1
		}
		parts = append(parts, stat.PartOf(coefficient, t.Handle.Mean().Float64(), variance, n, max(df, 1)))
	}
	return parts, true
}

// handling is the interval of the handle times the rates use, for one topic after another.
type handling struct {
	rates   Rates
	between float64
	// org are the parts of the organisation's mean.
	org    []stat.Part
	within float64
}

func (r Rates) handling() handling {
	h := handling{rates: r}
	if r.Any.Handle.N < Prior {
		return h
	}
	h.within, h.between = r.variances()
	h.org = []stat.Part{stat.PartOf(1, r.Any.Handle.Mean().Float64(), h.within, r.Any.Handle.N, max(r.Any.Handle.N-int64(len(r.Topics)), 1))}
	return h
}

// estimate is the mean handle time used for a topic with its interval: there is none while a stand-in is in use. A blended
// topic leans on a mean that is not its own, which adds the variance between topics' true means.
func (h handling) estimate(topic TopicRate) stat.Estimate {
	value, n := topic.Seconds.Float64(), topic.Handle.N
	e := stat.Exact(value, n, HandleDefinition)
	if h.org == nil {
		return e
	}
	variance, df, known := h.within, h.rates.Any.Handle.N-int64(len(h.rates.Topics)), true
	if n >= Prior {
		variance, known = topic.Handle.variance()
		df = n - 1
	}
	own, parts := ownWeight(n), []stat.Part(nil)
	if n > 0 {
		parts = append(parts, stat.PartOf(own, topic.Handle.Mean().Float64(), variance, n, max(df, 1)))
	}
	if away := 1 - own; away > 0 {
		for _, p := range h.org {
			parts = append(parts, stat.Part{Variance: away * away * p.Variance, DF: p.DF, Third: away * away * away * p.Third})
		}
		parts = append(parts, stat.Part{Variance: away * away * h.between})
	}
	if i, ok := stat.SkewedInterval(value, parts, stat.Confidence95); ok && known && i.Width() > 0 {
		return carried(value, i, n, HandleDefinition)
	}
	return e
}

// times is the estimate of seconds turned into money.
func times(e stat.Estimate, factor float64, value money.Micro, definition string) stat.Estimate {
	i, ok := e.Interval()
	if !ok || factor < 0 {
		return stat.Exact(value.Float64(), e.N, definition)
	}
	return carried(value.Float64(), i.Scale(factor), e.N, definition)
}

func ownWeight(n int64) float64 {
	if n >= Prior {
		return 1
	}
	return float64(n) / float64(n+Prior)
}

// variances splits the variance of handle times into that within topics (pooled) and that between the topics' true
// means (method of moments, at least 0, plus its own standard error: from a few topics with a few contacts it comes out
// as nothing too often). With one contact on every topic all of it counts as within.
func (r Rates) variances() (within, between float64) {
	org := r.Any.Handle
	total := float64(org.N)
	inside := lo.SumBy(r.Topics, func(t TopicRate) float64 { return t.Handle.deviations() })
	groups := float64(len(r.Topics))
	if total <= groups {
		return org.deviations() / max(total-1, 1), 0
	}
	within = inside / (total - groups)
	squares := lo.SumBy(r.Topics, func(t TopicRate) float64 { return float64(t.Handle.N) * float64(t.Handle.N) })
	if room := total - squares/total; room > 0 {
		between = max(0, (org.deviations()-inside-(groups-1)*within)/room)
		between += math.Sqrt(2/max(groups-1, 1)) * (between + within*groups/total)
	}
	return within, between
}

// perSecond is the cost of one second of work, for statistics.
func perSecond(hourly money.Micro) float64 { return hourly.Float64() / secondsPerHour }
