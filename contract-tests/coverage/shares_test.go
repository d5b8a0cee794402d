package coverage

import (
	"math/rand/v2"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func shareRows() []row {
	wilson := lo.FilterMap(metric.Definitions(), func(d metric.Definition, _ int) (string, bool) {
		return d.ID, d.Interval == "Wilson score, 95 %"
	})
	newcombe := []string{"escalation.topic_difference/v1", "escalation.change/v1", "gap.failure_change/v1"}
	lift := []string{"escalation.lift/v1"}
	incidence := []string{"escalation.incidence/v1"}
	return []row{
		{"proportion (Wilson)", "rate 2–98 %", wilson, proportion(0.02, 0.98), 0},
		{"proportion (Wilson)", "rate 2–30 %, as escalation", wilson, proportion(0.02, 0.30), 0},
		{"difference of proportions (Newcombe)", "n against n", newcombe, difference(1), 0},
		{"difference of proportions (Newcombe)", "n against 4n", newcombe, difference(4), 0},
		{"lift (Katz)", "rates 5–60 %, n against 10n", lift, relative(0.05, 0.60), 0},
		{"lift (Katz)", "rates 10–30 %, n against 10n", lift, relative(0.10, 0.30), 0},
		{"escalated by turn 3 (Aalen–Johansen)", "5–30 % a turn, nothing censored", incidence, escalatedByTurn(0), 0},
		{"escalated by turn 3 (Aalen–Johansen)", "the same, a fifth still open each turn", incidence, escalatedByTurn(0.2), 0},
		{"CSAT %, response-weighted", "6 kinds, 30–95 % satisfied, answering 1 to 5 times as readily", []string{"csat.satisfied_share_weighted/v1"}, responseWeighted, 0},
		{"CSAT % and average had everybody answered (bounds)", "10–90 % silent, any bias", []string{"csat.bounds/v1", "csat.mean_bounds/v1"}, silentBounds, 0},
		{"resolved between (bounds)", "any rungs; the doubtful turn out either way", []string{"resolution.bounds/v1"}, resolvedBounds, 0},
	}
}

// resolvedBounds has n AI conversations on any rungs of the ladder. The truth is the share resolved when of those nobody
// confirmed any part was, which both bounds must allow for.
func resolvedBounds(r *rand.Rand, n int64) result {
	var l outcome.Ladder
	rungs := []*int64{&l.Confirmed, &l.Assumed, &l.Ambiguous, &l.Pending, &l.Abandoned, &l.Escalated}
	right, resolved := r.Float64(), 0.0
	for range n {
		k := r.IntN(len(rungs))
		*rungs[k]++
		if k == 0 || k < 4 && r.Float64() < right {
			resolved++
		}
	}
	i, ok := l.Between()
	return result{ok, i.Contains(100 * resolved / float64(n)), i.Width() / 100}
}

func proportion(low, high float64) trial {
	return func(r *rand.Rand, n int64) result {
		p := between(r, low, high)
		return judge(stat.Proportion(drawBinomial(r, n, p), n, 1, ""), p, 1)
	}
}

func difference(factor int64) trial {
	return func(r *rand.Rand, n int64) result {
		p1, p2 := between(r, 0.02, 0.98), between(r, 0.02, 0.98)
		return judge(stat.ProportionDifference(drawBinomial(r, n, p1), n, drawBinomial(r, factor*n, p2), factor*n, 1, ""), p1-p2, 1)
	}
}

// relative compares a topic with the rest of its organisation.
func relative(low, high float64) trial {
	return func(r *rand.Rand, n int64) result {
		p1, p2 := between(r, low, high), between(r, low, high)
		return judgeRatio(stat.Lift(drawBinomial(r, n, p1), n, drawBinomial(r, 10*n, p2), 10*n, ""), p1/p2)
	}
}

// escalatedByTurn lets conversations escalate, end otherwise, or be still open when they are looked at.
func escalatedByTurn(open float64) trial {
	return func(r *rand.Rand, n int64) result {
		escalate, end := between(r, 0.05, 0.30), between(r, 0.10, 0.40)
		truth, free := 0.0, 1.0
		for range 3 {
			truth += free * escalate
			free *= 1 - escalate - end
		}
		exits := make([]stat.Exits, 21)
		for k := range exits {
			exits[k].Time = float64(k + 1)
		}
		for range n {
			for turn := range exits {
				u := r.Float64()
				last := turn == len(exits)-1
				switch {
				case u < escalate:
					exits[turn].Happened++
				case u < escalate+end || last:
					exits[turn].Competing++
				case r.Float64() < open:
					exits[turn].Censored++
				default:
					continue
				}
				break
			}
		}
		return judge(stat.IncidenceBy(exits, 3, 1, ""), truth, 1)
	}
}

// responseWeighted has six kinds of conversation of which n together are rated. The truth is that of the kinds with a
// rating, which the figure is about; the share of the others is shown beside it.
func responseWeighted(r *rand.Rand, n int64) result {
	const kinds = 6
	var closed, satisfied, ready [kinds]float64
	total := 0.0
	for k := range kinds {
		closed[k], satisfied[k] = between(r, 0.5, 3), between(r, 0.30, 0.95)
		ready[k] = closed[k] * between(r, 1, 5)
		total += ready[k]
	}
	cells := make([]csat.ResponseCell, kinds)
	for range n {
		u, k := total*r.Float64(), 0
		for ; k < kinds-1 && u >= ready[k]; k++ {
			u -= ready[k]
		}
		cells[k].Rated++
		cells[k].Satisfied += drawBinomial(r, 1, satisfied[k])
	}
	truth, covered := 0.0, 0.0
	for k := range cells {
		cells[k].Closed = int64(closed[k] * float64(2*n))
		if cells[k].Rated > 0 {
			covered += float64(cells[k].Closed)
			truth += float64(cells[k].Closed) * satisfied[k]
		}
	}
	return judge(csat.WeightByResponse(cells).Estimate(), 100*truth/covered, 100)
}

// silentBounds has n ratings of more conversations, the unhappy answering as seldom or as often as they like. The truth
// is the share and the mean over all; both must be held.
func silentBounds(r *rand.Rand, n int64) result {
	var rated, all stat.Histogram
	own := dirichlet(r, [5]float64{0.2, 0.2, 0.2, 0.2, 0.2}, 5)
	willing := [5]float64{r.Float64(), r.Float64(), r.Float64(), r.Float64(), r.Float64()}
	for rated.N() < n && all.N() < 10*n {
		star := pick(r, own)
		all[star]++
		if r.Float64() < willing[star] {
			rated[star]++
		}
	}
	b, ok := csat.NonResponse(all.N(), rated)
	mean, _ := all.Sums().Mean()
	share := 100 * float64(all.Satisfied()) / float64(all.N())
	return result{ok, b.SatisfiedPct.Contains(share) && b.Mean.Contains(mean), b.SatisfiedPct.Width() / 100}
}
