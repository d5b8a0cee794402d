package stat

import "math"

// Part is one independent mean's share in a weighted sum of means.
type Part struct {
	// Variance is the sampling variance of the part, DF the degrees of freedom it was estimated with (0: known).
	Variance float64
	DF       int64
	// Third is the third cumulant of the part's sampling distribution: 0 where it is symmetric.
	Third float64
}

// PartOf is weight times the mean of n durations with the given mean and variance, the latter estimated with df degrees
// of freedom. Durations are taken to be as skewed as a log-normal with their coefficient of variation cv, 3cv + cv³: the
// sample's own skewness is far too small in the samples that need it, those without one of the rare long ones. Such
// samples have too small a cv as well, for which the cumulant is raised by 2/df.
func PartOf(weight, mean, variance float64, n, df int64) Part {
	size := float64(n)
	p := Part{Variance: weight * weight * variance / size, DF: df}
	if mean > 0 {
		sd := math.Sqrt(variance)
		cv := sd / mean
		p.Third = weight * weight * weight * (3 + cv*cv) * cv * sd * variance / (size * size)
		if df > 0 {
			p.Third *= 1 + 2/float64(df)
		}
	}
	return p
}

// sumOf adds the parts and gives the Student t quantile by Welch and Satterthwaite, which is z where all variances are
// known.
func sumOf(parts []Part, confidence float64) (total Part, quantile float64, ok bool) {
	var perDF float64
	for _, p := range parts {
		total.Variance += p.Variance
		total.Third += p.Third
		if p.DF > 0 {
			perDF += p.Variance * p.Variance / float64(p.DF)
		}
	}
	if !fraction(confidence) || !(total.Variance >= 0) {
		return Part{}, 0, false
	}
	if perDF > 0 {
		quantile, ok = studentHalfWidth(1-confidence, total.Variance*total.Variance/perDF)
	} else {
		quantile, ok = zFor(confidence)
	}
	return total, quantile, ok
}

// lean is by how much skewness moves the end of an interval on the side of the long tail, a term of the expansion of
// Student's statistic (Johnson 1978; Hall 1992).
func (p Part) lean(quantile float64) float64 {
	if p.Variance == 0 {
		return 0
	}
	return p.Third * (1 + 2*quantile*quantile) / (6 * p.Variance)
}

// SkewedInterval is the interval of a positive weighted sum of means of durations. Student t alone covers too seldom
// there, because samples without one of the rare long durations look both short and certain. So the upper end is moved
// out by the skewness, and the lower one is taken on a logarithmic scale, value·exp(−t·se/value). COVERAGE.md says how
// well that holds.
func SkewedInterval(value float64, parts []Part, confidence float64) (Interval, bool) {
	total, t, ok := sumOf(parts, confidence)
	if !ok || !(value >= 0) {
		return Interval{}, false
	}
	half := t * math.Sqrt(total.Variance)
	i := Interval{High: value + half + math.Max(0, total.lean(t))}
	if value > 0 {
		i.Low = value * math.Exp(-half/value)
	}
	return i, finite(i.Low, i.High)
}

// SkewedDifference is the interval of a weighted sum of means of durations that may have either sign: Student t, its
// end on the side of the longer tail moved out by the skewness.
func SkewedDifference(value float64, parts []Part, confidence float64) (Interval, bool) {
	total, t, ok := sumOf(parts, confidence)
	if !ok {
		return Interval{}, false
	}
	half, lean := t*math.Sqrt(total.Variance), total.lean(t)
	i := Interval{value - half + math.Min(0, lean), value + half + math.Max(0, lean)}
	return i, finite(i.Low, i.High)
}
