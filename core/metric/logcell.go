package metric

import "math"

// Durations also fall into cells whose bounds grow by a constant factor, so that any quantile is known within 1 %
// (DDSketch: Masson, Rim, Lee 2019). Unlike a digest, such cells subtract.

// Alpha is the relative error of a quantile read from log cells.
const Alpha = 0.01

// Gamma is the factor between the bounds of log cells with relative error alpha: (1+α)/(1−α).
func Gamma(alpha float64) float64 { return (1 + alpha) / (1 - alpha) }

// LogIndex is the log cell of x ≥ 1: ⌈log_γ x⌉.
func LogIndex(alpha, x float64) int {
	i := int(math.Ceil(math.Log(x) / math.Log(Gamma(alpha))))
	for i > 0 && math.Pow(Gamma(alpha), float64(i-1)) >= x { // rounding at an exact bound
		i--
	}
	return i
}

// LogValue is the value that stands for log cell i: 2γ^i/(γ+1).
func LogValue(alpha float64, i int) float64 {
	g := Gamma(alpha)
	return 2 * math.Pow(g, float64(i)) / (g + 1)
}

// LogCell is the measure that counts a duration; 0 seconds have a cell of their own.
func LogCell(kind Seconds, seconds int64) Measure {
	block := logBlock + 1000*Measure(kind)
	if seconds < 1 {
		return block
	}
	return block + 1 + Measure(LogIndex(Alpha, float64(seconds)))
}

// Quantile is the value of the log cell in which the p-quantile (0 to 1) of n counted values lies: the first whose
// cumulative count is above p·(n−1). ok is false when nothing was counted.
func (v Vector) Quantile(kind Seconds, p float64) (seconds float64, ok bool) {
	block := logBlock + 1000*Measure(kind)
	var n int64
	for _, e := range v {
		if e.Measure >= block && e.Measure < block+1000 {
			n += e.Value
		}
	}
	var seen int64
	for _, e := range v {
		if e.Measure < block || e.Measure >= block+1000 {
			continue
		}
		seen += e.Value
		if float64(seen) > p*float64(n-1) {
			if e.Measure == block {
				return 0, true
			}
			return LogValue(Alpha, int(e.Measure-block)-1), true
		}
	}
	return 0, false
}
