package stat

import (
	"cmp"
	"math"
	"slices"
)

// TwoProportionZ is the pooled two-proportion z statistic of x1/n1 against x2/n2 with its two-sided p-value. When all
// trials agree there is nothing to test: z 0, p 1.
func TwoProportionZ(x1, n1, x2, n2 int64) (z, p float64, ok bool) {
	if !counts(x1, n1) || !counts(x2, n2) {
		return 0, 0, false
	}
	a, m, c, n := float64(x1), float64(n1), float64(x2), float64(n2)
	pooled := (a + c) / (m + n)
	variance := pooled * (((m - a) + (n - c)) / (m + n)) * (1/m + 1/n)
	if variance == 0 {
		return 0, 1, true
	}
	z = (a/m - c/n) / math.Sqrt(variance)
	p, ok = TwoSidedP(z)
	return z, p, ok
}

// equallyProbable is the slack within which two tables count as equally probable in Fisher's test.
const equallyProbable = 1 + 1e-7

// FisherExact is the two-sided p-value of the 2×2 table with rows (a, b) and (c, d): the total probability, with the
// margins held fixed, of the tables no more probable than this one.
func FisherExact(a, b, c, d int64) (float64, bool) {
	if a < 0 || b < 0 || c < 0 || d < 0 {
		return 0, false
	}
	row1, row2, column1 := float64(a)+float64(b), float64(c)+float64(d), float64(a)+float64(c)
	low, high := math.Max(0, column1-row2), math.Min(row1, column1)
	mode := math.Floor((row1 + 1) * (column1 + 1) / (row1 + row2 + 2))
	mode = math.Min(math.Max(mode, low), high)
	weights := walk(mode, low, high, row1, row2, column1)
	observed, seen := weights[float64(a)]
	if !seen {
		return 0, true // so improbable that float64 cannot tell it from impossible
	}
	var inside, total []float64
	for _, w := range weights {
		total = append(total, w)
		if w <= observed*equallyProbable {
			inside = append(inside, w)
		}
	}
	return math.Min(1, sumUp(inside)/sumUp(total)), true
}

// walk gives each table, named by its first cell, its probability relative to the most probable one, outwards from
// there until nothing is left. Neighbouring tables differ by a simple ratio, so no factorial is ever formed.
func walk(mode, low, high, row1, row2, column1 float64) map[float64]float64 {
	weights := map[float64]float64{mode: 1}
	for k, w := mode, 1.0; k < high && w > 0; k++ {
		w *= (row1 - k) / (k + 1) * ((column1 - k) / (row2 - column1 + k + 1))
		weights[k+1] = w
	}
	for k, w := mode, 1.0; k > low && w > 0; k-- {
		w *= k / (row1 - k + 1) * ((row2 - column1 + k) / (column1 - k + 1))
		weights[k-1] = w
	}
	return weights
}

// sumUp adds from the smallest, so that the answer does not depend on the order and small terms are not lost.
func sumUp(xs []float64) float64 {
	slices.Sort(xs)
	var sum float64
	for _, x := range xs {
		sum += x
	}
	return sum
}

// Test names a test of two proportions.
type Test string

// The tests CompareProportions picks from.
const (
	TestZ      Test = "two_proportion_z"
	TestFisher Test = "fisher_exact"
)

// Comparison is the outcome of a test of two proportions.
type Comparison struct {
	Test Test
	P    float64 // two-sided
}

// smallestExpected is the expected count below which the normal approximation of the z test is not trusted.
const smallestExpected = 5

// CompareProportions tests x1/n1 against x2/n2: pooled z, or Fisher's exact test when any of the four cells would be
// expected to hold fewer than 5.
func CompareProportions(x1, n1, x2, n2 int64) (Comparison, bool) {
	if !counts(x1, n1) || !counts(x2, n2) {
		return Comparison{}, false
	}
	all := float64(n1) + float64(n2)
	events := float64(x1) + float64(x2)
	rarer := math.Min(events, all-events)
	// The smallest of the four expected counts is (rarer outcome) × (smaller side) / all.
	if rarer*float64(min(n1, n2)) < smallestExpected*all {
		p, ok := FisherExact(x1, n1-x1, x2, n2-x2)
		return Comparison{TestFisher, p}, ok
	}
	_, p, ok := TwoProportionZ(x1, n1, x2, n2)
	return Comparison{TestZ, p}, ok
}

// BenjaminiHochberg adjusts p-values for testing many at once (Benjamini & Hochberg 1995), in the order given, equal
// ones alike. rejected[i] is adjusted[i] <= q, which keeps the expected share of false ones among the rejected at or
// below q. A p-value outside 0 to 1, or a q outside it, has no answer.
func BenjaminiHochberg(p []float64, q float64) (adjusted []float64, rejected []bool, ok bool) {
	if !probability(q) || slices.ContainsFunc(p, func(x float64) bool { return !probability(x) }) {
		return nil, nil, false
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted, rejected = make([]float64, len(p)), make([]bool, len(p))
	smallest := 1.0
	for rank := len(p); rank >= 1; rank-- {
		i := order[rank-1]
		// Never below p itself, which rounding could otherwise undercut at the last rank.
		smallest = math.Min(smallest, math.Max(p[i], p[i]*float64(len(p))/float64(rank)))
		adjusted[i] = smallest
		// A product that is q in decimals may miss it by its last bit in float64.
		rejected[i] = smallest <= q*(1+1e-12)
	}
	return adjusted, rejected, true
}
