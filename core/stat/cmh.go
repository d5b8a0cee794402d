package stat

import "math"

// Table is one stratum's 2×2 table of counts: group 1 yes and no, group 0 yes and no.
type Table struct {
	Yes1, No1, Yes0, No0 int64
}

// Stratified is the Cochran–Mantel–Haenszel analysis of 2×2 tables. A part that cannot be computed is nil.
type Stratified struct {
	Chi2, P                   *float64 // without continuity correction
	Chi2Corrected, PCorrected *float64 // with the 0.5 correction
	OddsRatio                 *float64 // Mantel–Haenszel
	OddsRatioInterval         *Interval
	RiskDifference            *float64 // Mantel–Haenszel, group 1 minus group 0
	RiskDifferenceInterval    *Interval
}

// CochranMantelHaenszel compares group 1 with group 0 within strata, so that a different mix of strata in the groups
// does not pass for a difference. The odds ratio has the interval of Robins, Breslow & Greenland (1986), the risk
// difference that of Greenland & Robins (1985). Strata with fewer than two observations or an empty margin say nothing
// and are left out of the test. A negative count has no answer.
func CochranMantelHaenszel(tables []Table, confidence float64) (Stratified, bool) {
	z, ok := zFor(confidence)
	if !ok {
		return Stratified{}, false
	}
	var s Stratified
	var test cmhTest
	var odds oddsSums
	var risk riskSums
	for _, t := range tables {
		if t.Yes1 < 0 || t.No1 < 0 || t.Yes0 < 0 || t.No0 < 0 {
			return Stratified{}, false
		}
		a, b, c, d := float64(t.Yes1), float64(t.No1), float64(t.Yes0), float64(t.No0)
		if a+b+c+d == 0 {
			continue
		}
		test.add(a, b, c, d)
		odds.add(a, b, c, d)
		risk.add(a, b, c, d)
	}
	test.into(&s)
	odds.into(&s, z)
	risk.into(&s, z)
	return s, true
}

type cmhTest struct{ excess, variance float64 }

func (t *cmhTest) add(a, b, c, d float64) {
	n := a + b + c + d
	margins := (a + b) / n * ((c + d) / n) * ((a + c) / n) * ((b + d) / n)
	if n < 2 || margins == 0 {
		return
	}
	t.excess += (a*d - b*c) / n // a minus its expectation
	t.variance += margins * n * (n / (n - 1))
}

func (t *cmhTest) into(s *Stratified) {
	if t.variance == 0 {
		return
	}
	s.Chi2, s.P = chi2(math.Abs(t.excess), t.variance)
	s.Chi2Corrected, s.PCorrected = chi2(math.Max(0, math.Abs(t.excess)-0.5), t.variance)
}

func chi2(excess, variance float64) (statistic, p *float64) {
	x, ok1 := answer(excess * excess / variance)
	tail, ok2 := ChiSquared1Tail(x)
	if !ok1 || !ok2 {
		return nil, nil
	}
	return &x, &tail
}

// oddsSums are the sums over strata in the notation of Robins, Breslow & Greenland: R = ad/N, S = bc/N, P = (a+d)/N,
// Q = (b+c)/N.
type oddsSums struct{ r, s, pr, psqr, qs float64 }

func (o *oddsSums) add(a, b, c, d float64) {
	n := a + b + c + d
	r, s, p, q := a*d/n, b*c/n, (a+d)/n, (b+c)/n
	o.r += r
	o.s += s
	o.pr += p * r
	o.psqr += p*s + q*r
	o.qs += q * s
}

func (o *oddsSums) into(out *Stratified, z float64) {
	if o.s == 0 {
		return
	}
	ratio := o.r / o.s
	if !finite(ratio) {
		return
	}
	out.OddsRatio = &ratio
	if o.r == 0 {
		return
	}
	se := math.Sqrt(o.pr/(2*o.r*o.r) + o.psqr/(2*o.r*o.s) + o.qs/(2*o.s*o.s))
	i := Interval{ratio * math.Exp(-z*se), ratio * math.Exp(z*se)}
	if finite(i.Low, i.High) {
		out.OddsRatioInterval = &i
	}
}

type riskSums struct{ difference, weight, variance float64 }

func (r *riskSums) add(a, b, c, d float64) {
	n, n1, n0 := a+b+c+d, a+b, c+d
	if n1 == 0 || n0 == 0 {
		return
	}
	w := n1 / n * n0
	r.difference += w * (a/n1 - c/n0)
	r.weight += w
	r.variance += w * w * (a/n1*(b/n1)/n1 + c/n0*(d/n0)/n0)
}

func (r *riskSums) into(out *Stratified, z float64) {
	if r.weight == 0 {
		return
	}
	d := r.difference / r.weight
	i, ok := around(d, z*math.Sqrt(r.variance)/r.weight)
	if !ok {
		return
	}
	out.RiskDifference, out.RiskDifferenceInterval = &d, &i
}

// StratifiedDifference is the Mantel–Haenszel risk difference times scale, as a figure to show. Its value is that of
// CochranMantelHaenszel. Its variance takes each stratum's with divisor n - 1 where Greenland & Robins have n: with
// five observations a side theirs is a fifth too small, and the interval would cover too seldom (COVERAGE.md). A side
// of a single observation counts with the largest variance a proportion can have. N counts the strata with both sides.
// When no stratum varies on either side there is a value without an interval.
func StratifiedDifference(tables []Table, scale float64, definition string) Estimate {
	s, ok := CochranMantelHaenszel(tables, Confidence95)
	var n int64
	var weights, variance float64
	for _, t := range tables {
		n1, n0 := t.Yes1+t.No1, t.Yes0+t.No0
		if n1 > 0 && n0 > 0 {
			n += n1 + n0
			w := float64(n1) / float64(n1+n0) * float64(n0)
			weights += w
			variance += w * w * (meanVariance(t.Yes1, n1) + meanVariance(t.Yes0, n0))
		}
	}
	if !ok || s.RiskDifference == nil || !(scale > 0) {
		return Unknown(definition, max(n, 0))
	}
	if variance == 0 { // no stratum varies: that looks certain, and is not
		return Exact(*s.RiskDifference*scale, n, definition)
	}
	i, _ := NormalInterval(*s.RiskDifference, math.Sqrt(variance)/weights, Confidence95)
	return WithInterval(*s.RiskDifference*scale, i.Clamp(-1, 1).Scale(scale), Confidence95, MethodMantelHaenszel, n, definition)
}

// StratifiedOddsRatio is the Mantel–Haenszel odds ratio as a figure to show, with the interval of Robins, Breslow &
// Greenland. N counts the strata with both sides. Unknown where no stratum has both a success of one side and a failure
// of the other; without an interval where the ratio is 0.
func StratifiedOddsRatio(tables []Table, definition string) Estimate {
	var n int64
	for _, t := range tables {
		if n1, n0 := t.Yes1+t.No1, t.Yes0+t.No0; n1 > 0 && n0 > 0 {
			n += n1 + n0
		}
	}
	s, ok := CochranMantelHaenszel(tables, Confidence95)
	switch {
	case !ok || s.OddsRatio == nil:
		return Unknown(definition, max(n, 0))
	case s.OddsRatioInterval == nil:
		return Exact(*s.OddsRatio, n, definition)
	default:
		return WithInterval(*s.OddsRatio, *s.OddsRatioInterval, Confidence95, MethodMantelHaenszel, n, definition)
	}
}

// meanVariance is the unbiased variance of the proportion x/n.
func meanVariance(x, n int64) float64 {
	if n == 1 {
		return 0.25
	}
	p := float64(x) / float64(n)
	return p * (1 - p) / float64(n-1)
}
