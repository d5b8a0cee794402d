package golden

import (
	"fmt"

	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/samber/lo"
)

var statOps = map[string]op{
	"stat.wilson":               call(wilson),
	"stat.agresti_coull":        call(agrestiCoull),
	"stat.mean_t":               call(meanT),
	"stat.newcombe_diff":        call(newcombeDiff),
	"stat.fisher_exact":         call(fisherExact),
	"stat.benjamini_hochberg":   call(benjaminiHochberg),
	"stat.cmh":                  call(cmh),
	"stat.shrink_rates":         call(shrinkRates),
	"stat.isotonic":             call(isotonic),
	"stat.brier":                call(brier),
	"stat.kaplan_meier":         call(kaplanMeier),
	"stat.cumulative_incidence": call(cumulativeIncidence),
	"stat.poisson_tail":         call(poissonTail),
	"stat.binomial_tail":        call(binomialTail),
	"stat.round_percent":        call(roundPercent),
}

// orNull is the answer, or null when there is none.
func orNull[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

type bounds struct {
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

func boundsOf(i stat.Interval, ok bool) bounds { return bounds{orNull(i.Low, ok), orNull(i.High, ok)} }

type pValue struct {
	P *float64 `json:"p_value"`
}

type proportionInput struct {
	Successes  int64   `json:"successes"`
	Trials     int64   `json:"trials"`
	Confidence float64 `json:"confidence"`
}

func wilson(in proportionInput) (bounds, error) {
	return boundsOf(stat.Wilson(in.Successes, in.Trials, in.Confidence)), nil
}

func agrestiCoull(in proportionInput) (bounds, error) {
	return boundsOf(stat.AgrestiCoull(in.Successes, in.Trials, in.Confidence)), nil
}

type meanOutput struct {
	Mean *float64 `json:"mean"`
	bounds
}

func meanT(in struct {
	Values     []float64 `json:"values"`
	Confidence float64   `json:"confidence"`
}) (meanOutput, error) {
	mean := orNull(stat.Average(in.Values))
	m, ok := stat.MeanT(in.Values, in.Confidence)
	return meanOutput{mean, boundsOf(m.Interval, ok)}, nil
}

type differenceOutput struct {
	Difference *float64 `json:"difference"`
	bounds
	Z *float64 `json:"z"`
	pValue
}

func newcombeDiff(in struct {
	X1 int64 `json:"x1"`
	N1 int64 `json:"n1"`
	X2 int64 `json:"x2"`
	N2 int64 `json:"n2"`
}) (differenceOutput, error) {
	d, ok := stat.Newcombe(in.X1, in.N1, in.X2, in.N2, stat.Confidence95)
	z, p, tested := stat.TwoProportionZ(in.X1, in.N1, in.X2, in.N2)
	return differenceOutput{
		orNull(d.Value, ok), boundsOf(d.Interval, ok), orNull(z, tested), pValue{orNull(p, tested)},
	}, nil
}

func fisherExact(in struct {
	Table [2][2]int64 `json:"table"`
}) (pValue, error) {
	t := in.Table
	return pValue{orNull(stat.FisherExact(t[0][0], t[0][1], t[1][0], t[1][1]))}, nil
}

type adjustedOutput struct {
	Adjusted []float64 `json:"adjusted"`
	Rejected []bool    `json:"rejected"`
}

func benjaminiHochberg(in struct {
	P []float64 `json:"p"`
	Q float64   `json:"q"`
}) (adjustedOutput, error) {
	adjusted, rejected, ok := stat.BenjaminiHochberg(in.P, in.Q)
	if !ok {
		return adjustedOutput{}, fmt.Errorf("p-values and q must lie between 0 and 1")
	}
	return adjustedOutput{adjusted, rejected}, nil
}

type cmhOutput struct {
	Chi2           *float64 `json:"chi2"`
	P              *float64 `json:"p"`
	Chi2Corrected  *float64 `json:"chi2_cc"`
	PCorrected     *float64 `json:"p_cc"`
	OddsRatio      *float64 `json:"mh_odds_ratio"`
	OddsLow        *float64 `json:"or_low"`
	OddsHigh       *float64 `json:"or_high"`
	RiskDifference *float64 `json:"mh_risk_difference"`
	RiskLow        *float64 `json:"rd_low"`
	RiskHigh       *float64 `json:"rd_high"`
}

func cmh(in struct {
	Tables [][4]int64 `json:"tables"`
}) (cmhOutput, error) {
	tables := lo.Map(in.Tables, func(t [4]int64, _ int) stat.Table { return stat.Table{Yes1: t[0], No1: t[1], Yes0: t[2], No0: t[3]} })
	s, ok := stat.CochranMantelHaenszel(tables, stat.Confidence95)
	if !ok {
		return cmhOutput{}, fmt.Errorf("a count is negative")
	}
	odds := boundsOf(lo.FromPtr(s.OddsRatioInterval), s.OddsRatioInterval != nil)
	risk := boundsOf(lo.FromPtr(s.RiskDifferenceInterval), s.RiskDifferenceInterval != nil)
	return cmhOutput{
		s.Chi2, s.P, s.Chi2Corrected, s.PCorrected,
		s.OddsRatio, odds.Low, odds.High, s.RiskDifference, risk.Low, risk.High,
	}, nil
}

type shrinkOutput struct {
	Pooled   *float64   `json:"pooled"`
	Rho      *float64   `json:"rho"`
	Strength *float64   `json:"prior_strength"`
	Shrunk   []*float64 `json:"shrunk"`
}

func shrinkRates(in struct {
	Events []int64 `json:"events"`
	Totals []int64 `json:"totals"`
}) (shrinkOutput, error) {
	s, ok := stat.ShrinkRates(in.Events, in.Totals)
	if !ok { // no trials anywhere: no rate for any group
		return shrinkOutput{Shrunk: make([]*float64, len(in.Totals))}, nil
	}
	return shrinkOutput{&s.Pooled, &s.Rho, s.Strength, lo.ToSlicePtr(s.Shrunk)}, nil
}

type fittedOutput struct {
	Fitted []float64 `json:"fitted"`
}

func isotonic(in struct {
	Outcomes []int `json:"outcomes"`
}) (fittedOutput, error) {
	return fittedOutput{stat.Isotonic(yes(in.Outcomes))}, nil
}

func yes(outcomes []int) []bool {
	return lo.Map(outcomes, func(o, _ int) bool { return o == 1 })
}

type brierOutput struct {
	Score    *float64 `json:"brier"`
	BaseRate *float64 `json:"base_rate_brier"`
	Skill    *float64 `json:"skill"`
}

func brier(in struct {
	Predicted []float64 `json:"predicted"`
	Observed  []int     `json:"observed"`
}) (brierOutput, error) {
	b, ok := stat.Brier(in.Predicted, yes(in.Observed))
	return brierOutput{orNull(b.Score, ok), orNull(b.BaseRate, ok), b.Skill}, nil
}

func curve(steps []stat.SurvivalStep) (times []float64, atRisk []int64, share []float64) {
	times = lo.Map(steps, func(s stat.SurvivalStep, _ int) float64 { return s.Time })
	atRisk = lo.Map(steps, func(s stat.SurvivalStep, _ int) int64 { return s.AtRisk })
	share = lo.Map(steps, func(s stat.SurvivalStep, _ int) float64 { return s.Share })
	return times, atRisk, share
}

func exits(times []float64, codes []int) ([]stat.Exits, error) {
	if len(times) != len(codes) {
		return nil, fmt.Errorf("%d times but %d codes", len(times), len(codes))
	}
	durations := lo.Map(times, func(t float64, i int) stat.Duration {
		return stat.Duration{Time: t, Outcome: stat.Outcome(codes[i])}
	})
	rows, ok := stat.Tally(durations)
	if !ok {
		return nil, fmt.Errorf("a code is none of 0, 1 and 2")
	}
	return rows, nil
}

type survivalOutput struct {
	Times    []float64 `json:"times"`
	AtRisk   []int64   `json:"at_risk"`
	Survival []float64 `json:"survival"`
	Median   *float64  `json:"median"`
}

func kaplanMeier(in struct {
	Times  []float64 `json:"times"`
	Events []int     `json:"events"`
}) (survivalOutput, error) {
	rows, err := exits(in.Times, in.Events)
	if err != nil {
		return survivalOutput{}, err
	}
	steps, median, _ := stat.KaplanMeier(rows)
	times, atRisk, share := curve(steps)
	return survivalOutput{times, atRisk, share, median}, nil
}

type incidenceOutput struct {
	Times     []float64 `json:"times"`
	AtRisk    []int64   `json:"at_risk"`
	Incidence []float64 `json:"incidence"`
}

func cumulativeIncidence(in struct {
	Times []float64 `json:"times"`
	Codes []int     `json:"codes"`
}) (incidenceOutput, error) {
	rows, err := exits(in.Times, in.Codes)
	if err != nil {
		return incidenceOutput{}, err
	}
	steps, _ := stat.CumulativeIncidence(rows)
	times, atRisk, share := curve(steps)
	return incidenceOutput{times, atRisk, share}, nil
}

func poissonTail(in struct {
	Expected float64 `json:"expected"`
	Observed int64   `json:"observed"`
}) (pValue, error) {
	return pValue{orNull(stat.PoissonTail(in.Expected, in.Observed))}, nil
}

func binomialTail(in struct {
	N        int64   `json:"n"`
	Rate     float64 `json:"rate"`
	Observed int64   `json:"observed"`
}) (pValue, error) {
	return pValue{orNull(stat.BinomialTail(in.N, in.Rate, in.Observed))}, nil
}

type percentsOutput struct {
	Percents []*string `json:"percents"`
}

func roundPercent(in struct {
	Fractions [][2]int64 `json:"fractions"`
}) (percentsOutput, error) {
	return percentsOutput{lo.Map(in.Fractions, func(f [2]int64, _ int) *string {
		e := stat.Proportion(f[0], f[1], 100, "")
		if !e.Known() {
			return nil
		}
		return lo.ToPtr(stat.Round(*e.Value, 1))
	})}, nil
}
