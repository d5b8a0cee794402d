package coverage

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func timeRows() []row {
	seconds := []string{"escalation.time/v1"}
	medians := []string{"time.first_response_median/v1", "time.resolution_median/v1"}
	return []row{
		{"mean of seconds (skewed t)", "exponential", seconds, meanSeconds((*rand.Rand).ExpFloat64, 1), 0},
		{"mean of seconds (skewed t)", "log-normal, σ 0.5", seconds, meanSeconds(logNormal(0.5)), 0},
		{"mean of seconds (skewed t)", "log-normal, σ 0.8", seconds, meanSeconds(logNormal(0.8)), 0},
		{"mean of seconds (skewed t)", "log-normal, σ 1.0", seconds, meanSeconds(logNormal(1)), 0},
		{"median of seconds (order statistics)", "log-normal, σ 0.5–1.5", medians, medianSeconds, 0},
		{"median turn of escalation (order statistics)", "20–60 % a turn", []string{"escalation.median_turn/v1"}, medianTurn, 0},
	}
}

// logNormal draws times whose logarithm has the standard deviation sigma; it gives their mean too.
func logNormal(sigma float64) (draw func(*rand.Rand) float64, mean float64) {
	return func(r *rand.Rand) float64 { return math.Exp(sigma * r.NormFloat64()) }, math.Exp(sigma * sigma / 2)
}

// meanSeconds draws times with a long right tail; the mean is of whole seconds. Width is relative to the mean.
func meanSeconds(draw func(r *rand.Rand) float64, mean float64) trial {
	return func(r *rand.Rand, n int64) result {
		size := between(r, 120, 900)
		var s stat.Sums
		for range n {
			s = s.With(int64(math.Round(size * draw(r))))
		}
		return judge(stat.MeanOf(s, 1, ""), size*mean, size*mean)
	}
}

// medianSeconds reads the median from log cells. Width is relative to the median.
func medianSeconds(r *rand.Rand, n int64) result {
	median, sigma := between(r, 20, 2000), between(r, 0.5, 1.5)
	counts := map[metric.Measure]int64{metric.FirstResponse.Count(): n}
	for range n {
		counts[metric.LogCell(metric.FirstResponse, int64(math.Round(median*math.Exp(sigma*r.NormFloat64()))))]++
	}
	var v metric.Vector
	for _, m := range slices.Sorted(maps.Keys(counts)) {
		v = append(v, metric.Entry{Measure: m, Value: counts[m]})
	}
	return judge(v.Median(metric.FirstResponse, ""), median, median)
}

// medianTurn lets n conversations escalate at a turn each. Width is in turns.
func medianTurn(r *rand.Rand, n int64) result {
	p := between(r, 0.2, 0.6)
	truth := math.Ceil(math.Log(0.5) / math.Log(1-p))
	turns := make([]int64, metric.MaxTurn+2)
	for range n {
		turn := 1
		for r.Float64() > p && turn < len(turns)-1 {
			turn++
		}
		turns[turn]++
	}
	return judge(stat.MedianCount(turns, ""), truth, 1)
}
