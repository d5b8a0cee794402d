package stat

import "math"

// Method names how an estimate's interval was made.
type Method string

// The methods an Estimate can name.
const (
	MethodNone           Method = "none"             // no interval: a count, a sum, or nothing known
	MethodWilson         Method = "wilson"           // proportion
	MethodStudentT       Method = "student_t"        // mean
	MethodSkewedT        Method = "student_t_skewed" // mean of durations
	MethodRanks          Method = "order_statistics" // median
	MethodMover          Method = "mover"            // difference of two estimates, from their intervals
	MethodPerks          Method = "perks"            // mean rating of a small or uniform sample
	MethodNewcombe       Method = "newcombe"         // difference of two proportions
	MethodKatz           Method = "katz"             // ratio of two proportions
	MethodMantelHaenszel Method = "mantel_haenszel"  // difference or odds ratio over strata
	MethodNormal         Method = "normal"           // value ± z standard errors, such as a standardised difference
	MethodDelta          Method = "delta"            // standard errors carried through a formula
	MethodBounds         Method = "bounds"           // worst and best case, not a sampling interval
	MethodAalenJohansen  Method = "aalen_johansen"   // share by a time, competing outcomes
)

// MaturityState says whether a figure can still move because its conversations are young.
type MaturityState string

const (
	// Final: every conversation behind the figure is old enough; only a correction can change it.
	Final MaturityState = "final"
	// Maturing: some conversations are still open or inside their waiting time, so the figure will move.
	Maturing MaturityState = "maturing"
)

// Maturity is how settled a figure is.
type Maturity struct {
	State MaturityState `json:"state"`
	// MatureShare is the settled share of the conversations, 0 to 1; null when it was not counted.
	MatureShare *float64 `json:"mature_share"`
}

// MaturityOf is the maturity of a figure of which mature of all conversations are settled. Nothing to settle is final.
func MaturityOf(mature, all int64) Maturity {
	if all <= 0 {
		return Maturity{State: Final}
	}
	share := math.Min(1, math.Max(0, float64(mature)/float64(all)))
	if mature >= all {
		return Maturity{Final, &share}
	}
	return Maturity{Maturing, &share}
}

// Estimate is a figure with what is needed to believe it. Every figure the product shows is one.
//
// Value nil means unknown, which is never 0. Low and High are both set or both nil, and Low <= High. None of the three
// is ever NaN or infinite when the value was made by this package's constructors.
type Estimate struct {
	Value *float64 `json:"value"`
	// N is the number of observations the value rests on.
	N int64 `json:"n"`
	// Denominator is the count the value is per: trials of a rate, ratings of a mean, conversations of a weighted
	// figure (where it differs from N). 0 when the figure is not per anything.
	Denominator int64    `json:"denominator"`
	Low         *float64 `json:"low"`
	High        *float64 `json:"high"`
	// Confidence of the interval, 0.95 unless asked otherwise; 0 when there is no interval or it is not a sampling one.
	Confidence float64 `json:"confidence"`
	Method     Method  `json:"method"`
	// Definition is the id of the figure's entry in the dictionary of definitions, such as csat.mean/v1.
	Definition string   `json:"definition"`
	Maturity   Maturity `json:"maturity"`
}

// Known reports whether there is a value.
func (e Estimate) Known() bool { return e.Value != nil }

// Interval is the estimate's interval, if it has one.
func (e Estimate) Interval() (Interval, bool) {
	if e.Low == nil || e.High == nil {
		return Interval{}, false
	}
	return Interval{*e.Low, *e.High}, true
}

// WithMaturity returns the estimate with another maturity.
func (e Estimate) WithMaturity(m Maturity) Estimate {
	e.Maturity = m
	return e
}

// Per returns the estimate with another denominator than its n.
func (e Estimate) Per(denominator int64) Estimate {
	e.Denominator = denominator
	return e
}

// Unknown is the estimate of a figure that cannot be computed from the n observations there are.
func Unknown(definition string, n int64) Estimate {
	return Estimate{N: n, Denominator: n, Method: MethodNone, Definition: definition, Maturity: Maturity{State: Final}}
}

// Exact is an estimate without sampling error: a count, or a sum of money from a ledger. A value that is not finite
// becomes unknown.
func Exact(value float64, n int64, definition string) Estimate {
	e := Unknown(definition, n)
	if finite(value) {
		e.Value = &value
	}
	return e
}

// WithInterval is an estimate whose interval the caller computed. An interval that is not finite or is upside down is
// left out; a value that is not finite leaves out both.
func WithInterval(value float64, i Interval, confidence float64, method Method, n int64, definition string) Estimate {
	e := Exact(value, n, definition)
	if e.Value == nil || !finite(i.Low, i.High) || !(i.Low <= i.High) {
		return e
	}
	e.Low, e.High, e.Method = &i.Low, &i.High, method
	if fraction(confidence) {
		e.Confidence = confidence
	}
	return e
}

// Proportion is x of n times scale (1 for a fraction, 100 for percent) with its Wilson interval. No trials, or counts
// that cannot be, give an unknown value.
func Proportion(x, n int64, scale float64, definition string) Estimate {
	i, ok := Wilson(x, n, Confidence95)
	if !ok || !(scale > 0) {
		return Unknown(definition, max(n, 0))
	}
	// The product is formed first, so that 152 of 1000 is 15.2 and not its neighbour.
	return WithInterval(scale*float64(x)/float64(n), i.Scale(scale), Confidence95, MethodWilson, n, definition)
}

// MeanRating is the raw mean of a rating histogram with the interval of Histogram.MeanInterval.
func MeanRating(h Histogram, definition string) Estimate {
	i, method, ok := h.MeanInterval(Confidence95)
	mean, known := h.Sums().Mean()
	if !ok || !known {
		return Unknown(definition, max(h.N(), 0))
	}
	return WithInterval(mean, i, Confidence95, method, h.N(), definition)
}

// MeanOf is the mean of whole numbers that cannot be negative, such as seconds, times scale, with the interval of
// Sums.SkewedMean. One or two observations, or equal ones, give a value without an interval.
func MeanOf(s Sums, scale float64, definition string) Estimate {
	mean, ok := s.Mean()
	if !ok || !(scale > 0) {
		return Unknown(definition, max(s.N, 0))
	}
	m, ok := s.SkewedMean(Confidence95)
	if !ok || m.SD == 0 {
		return Exact(mean*scale, s.N, definition)
	}
	return WithInterval(mean*scale, m.Interval.Scale(scale), Confidence95, MethodSkewedT, s.N, definition)
}

// ProportionDifference is x1/n1 - x2/n2 times scale with its Newcombe interval; n is all trials together.
func ProportionDifference(x1, n1, x2, n2 int64, scale float64, definition string) Estimate {
	d, ok := Newcombe(x1, n1, x2, n2, Confidence95)
	n := max(n1, 0) + max(n2, 0)
	if !ok || !(scale > 0) {
		return Unknown(definition, n)
	}
	return WithInterval(d.Value*scale, d.Interval.Scale(scale), Confidence95, MethodNewcombe, n, definition)
}

// MedianCount is the median of whole numbers from 0 on, of which counts[k] are k, with the interval of MedianRanks. Of an
// even number it is the lower of the middle two. Fewer than five observations give a value without an interval.
func MedianCount(counts []int64, definition string) Estimate {
	var n int64
	for _, count := range counts {
		n += max(count, 0)
	}
	if n == 0 {
		return Unknown(definition, 0)
	}
	at := func(rank int64) float64 {
		var seen int64
		for k, count := range counts {
			if seen += max(count, 0); seen >= rank {
				return float64(k)
			}
		}
		return float64(len(counts) - 1)
	}
	value := at((n + 1) / 2)
	low, high, ok := MedianRanks(n, Confidence95)
	if !ok {
		return Exact(value, n, definition)
	}
	return WithInterval(value, Interval{at(low), at(high)}, Confidence95, MethodRanks, n, definition)
}

// Change is the estimate now minus another of the same kind before, taken as independent, with the interval of Zou &
// Donner (2008, MOVER): Newcombe's hybrid for any two intervals. Unknown where either is; without an interval where
// either has none.
func Change(now, before Estimate, definition string) Estimate {
	n := now.N + before.N
	if !now.Known() || !before.Known() {
		return Unknown(definition, n)
	}
	difference := *now.Value - *before.Value
	i, ok1 := now.Interval()
	j, ok2 := before.Interval()
	if !ok1 || !ok2 {
		return Exact(difference, n, definition)
	}
	return WithInterval(difference, Interval{
		Low:  difference - math.Hypot(*now.Value-i.Low, j.High-*before.Value),
		High: difference + math.Hypot(i.High-*now.Value, *before.Value-j.Low),
	}, math.Min(now.Confidence, before.Confidence), MethodMover, n, definition)
}

// Lift is the relative risk of x1 of n1 against x2 of n2 with its Katz interval; n is all trials together.
func Lift(x1, n1, x2, n2 int64, definition string) Estimate {
	r, ok := RelativeRisk(x1, n1, x2, n2, Confidence95)
	n := max(n1, 0) + max(n2, 0)
	if !ok {
		return Unknown(definition, n)
	}
	return WithInterval(r.Value, r.Interval, Confidence95, MethodKatz, n, definition)
}
