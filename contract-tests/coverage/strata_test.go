package coverage

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func strataRows() []row {
	difference, means := []string{"csat.standardised_difference/v1"}, []string{"csat.standardised_mean/v1"}
	risk := []string{"csat.satisfied_difference/v1"}
	return []row{
		{"AI against people, standardised", "1 kind of case, n a side", difference, standardised(1, shownDifference), 0},
		{"AI against people, standardised", "4 kinds of case, n a side each", difference, standardised(4, shownDifference), 0},
		{"standardised mean rating", "4 kinds of case, n a side each", means, standardised(4, shownMean), 0},
		{"*reference:* AI against people (sample variances)", "1 kind of case, n a side", difference, standardised(1, sampleDifference), 0},
		{"odds ratio, 4 strata (Mantel–Haenszel)", "0.37–2.7, n a side and stratum", []string{"csat.odds_ratio/v1"}, oddsRatio, 0},
		{"risk difference, 4 strata (Mantel–Haenszel)", "−0.2–0.2, n a side and stratum", risk, riskDifference(shownRisk), 0},
		{"*reference:* risk difference (Greenland–Robins)", "as above", risk, riskDifference(greenlandRobins), 0},
	}
}

// standardised has kinds of case in each of which AI and people have shares of their own and n ratings.
func standardised(kinds int, show func(c csat.Comparison, ai, human float64) result) trial {
	return func(r *rand.Rand, n int64) result {
		like := choose(r, profiles())
		strata := make([]csat.Stratum, kinds)
		ai, human := 0.0, 0.0
		for k := range strata {
			a, h := dirichlet(r, like, 20), dirichlet(r, like, 20)
			ai, human = ai+meanOf(a)/float64(kinds), human+meanOf(h)/float64(kinds)
			strata[k] = csat.Stratum{Name: fmt.Sprint(k), AI: rate(r, a, n).Sums(), Human: rate(r, h, n).Sums()}
		}
		return show(csat.Compare(strata, csat.DefaultMinRatings, csat.CombinedMix, stat.Confidence95), ai, human)
	}
}

func held(i *stat.Interval, truth float64) result {
	return result{i != nil, i != nil && i.Contains(truth), lo.FromPtr(i).Width()}
}

func shownDifference(c csat.Comparison, ai, human float64) result  { return held(c.Shown, ai-human) }
func sampleDifference(c csat.Comparison, ai, human float64) result { return held(c.Interval, ai-human) }
func shownMean(c csat.Comparison, ai, _ float64) result            { return held(c.AIShown, ai) }

// stratum is one of four strata with the same effect, each with n observations a side: the size at which the
// comparison of AI and humans lets a stratum in is five.
type stratum struct{ p1, p0 float64 }

func stratify(r *rand.Rand, n int64, of func() stratum) []stat.Table {
	return lo.Times(4, func(int) stat.Table {
		s := of()
		a, c := drawBinomial(r, n, s.p1), drawBinomial(r, n, s.p0)
		return stat.Table{Yes1: a, No1: n - a, Yes0: c, No0: n - c}
	})
}

// oddsRatio has one odds ratio in all strata.
func oddsRatio(r *rand.Rand, n int64) result {
	effect := between(r, -1, 1)
	tables := stratify(r, n, func() stratum {
		level := between(r, -1.5, 1.5)
		return stratum{sigmoid(level + effect), sigmoid(level)}
	})
	return judgeRatio(stat.StratifiedOddsRatio(tables, ""), math.Exp(effect))
}

// riskDifference has one risk difference in all strata.
func riskDifference(show func([]stat.Table) stat.Estimate) trial {
	return func(r *rand.Rand, n int64) result {
		effect := between(r, -0.2, 0.2)
		return judge(show(stratify(r, n, func() stratum {
			p0 := between(r, 0.25, 0.75)
			return stratum{p0 + effect, p0}
		})), effect, 1)
	}
}

func shownRisk(tables []stat.Table) stat.Estimate { return stat.StratifiedDifference(tables, 1, "") }

func greenlandRobins(tables []stat.Table) stat.Estimate {
	s, ok := stat.CochranMantelHaenszel(tables, stat.Confidence95)
	if !ok || s.RiskDifferenceInterval == nil {
		return stat.Unknown("", 0)
	}
	return stat.WithInterval(*s.RiskDifference, *s.RiskDifferenceInterval, stat.Confidence95, stat.MethodMantelHaenszel, 1, "")
}
