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

// spread is a sum of independent parts' sampling variances with the degrees of freedom each was estimated with.
type spread struct{ variance, perDF float64 }

func (s *spread) add(variance float64, df int64) {
	s.variance += variance
	if df > 0 {
		s.perDF += variance * variance / float64(df)
	}
}

// half is half the width of the 95 % interval. The quantile is Student's t with Welch–Satterthwaite degrees of freedom,
// which is 1.96 for large samples and keeps its promise for small ones.
func (s spread) half() float64 { return s.quantile() * math.Sqrt(s.variance) }

// around is value ± half.
func around(value, half float64, n int64, definition string) stat.Estimate {
	interval := stat.Interval{Low: value - half, High: value + half}
	return stat.WithInterval(value, interval, stat.Confidence95, stat.MethodDelta, n, definition)
}

func (s spread) quantile() float64 {
	if s.perDF <= 0 {
		return stat.Z95
	}
	t, ok := stat.StudentTQuantile((1+stat.Confidence95)/2, s.variance*s.variance/s.perDF)
	if !ok {
		return stat.Z95
	}
	return t
}

// handleSpread is the sampling error of Σ credited · mean seconds, in seconds². The means used are
// w·own + (1−w)·organisation with w = 1 from 20 contacts on and n/(n+20) below, and the organisation's mean is itself
// Σ nⱼ·ownⱼ / N; so the sum is linear in the topics' own means, and its variance is Σ coefficient² · s²/n. Where all
// topics have 20 contacts this is Σ credited² · s²/n. A blended topic adds (1−w)² · credited² · the variance between
// topics' true means, because the organisation's mean is not its own. ok is false while a stand-in is in use.
func (r Rates) handleSpread(credited []topicCount) (out spread, ok bool) {
	if r.Any.Handle.N < Prior {
		return spread{}, false
	}
	within, between := r.variances()
	borrowed := 0.0 // Σ credited · (1−w): what rests on the organisation's mean
	counts := map[string]int64{}
	for _, c := range credited {
		counts[c.topic] += c.count
		away := float64(c.count) * (1 - ownWeight(r.Of(c.topic).Handle.N))
		borrowed += away
		out.add(away*away*between, int64(max(len(r.Topics)-1, 1)))
	}
	for _, t := range r.Topics {
		n := float64(t.Handle.N)
		coefficient := float64(counts[t.Topic])*ownWeight(t.Handle.N) + borrowed*n/float64(r.Any.Handle.N)
		variance, df := within, r.Any.Handle.N-int64(len(r.Topics))
		if own, known := t.Handle.variance(); known && t.Handle.N >= Prior {
			variance, df = own, t.Handle.N-1
		}
		out.add(coefficient*coefficient*variance/n, max(df, 1))
	}
	return out, true
}

func ownWeight(n int64) float64 {
	if n >= Prior {
		return 1
	}
	return float64(n) / float64(n+Prior)
}

// variances splits the variance of handle times into that within topics (pooled) and that between the topics' true
// means (method of moments, at least 0). With one contact on every topic all of it counts as within.
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
	}
	return within, between
}

// scaled multiplies the value the spread belongs to by factor.
func (s spread) scaled(factor float64) spread {
	return spread{s.variance * factor * factor, s.perDF * factor * factor * factor * factor}
}

// perSecond is the cost of one second of work, for statistics.
func perSecond(hourly money.Micro) float64 { return hourly.Float64() / secondsPerHour }
