package knowledge

import "github.com/samber/lo"

// Coverage says how much of what customers ask in vain is already in the list of gaps.
type Coverage struct {
	// Covered is the estimated share of failed questions that belong to a gap already seen (Good–Turing: 1 − f1/N), and
	// Unseen the rest, 0 to 1. Both are nil when there is no question.
	Covered, Unseen *float64
	// Gaps is Chao1, a lower bound of how many gaps there are in all, seen or not: S + f1(f1−1)/(2(f2+1)).
	Gaps float64
}

// CoverageOf estimates coverage from the number of occurrences of each gap. Sizes of 0 or less are no gaps. Sources:
// Good 1953, Biometrika 40:237; Chao 1984, Scand J Stat 11:265, in the bias-corrected form.
func CoverageOf(sizes []int) Coverage {
	sizes = lo.Filter(sizes, func(n, _ int) bool { return n > 0 })
	once, twice := float64(lo.Count(sizes, 1)), float64(lo.Count(sizes, 2))
	c := Coverage{Gaps: float64(len(sizes)) + once*(once-1)/(2*(twice+1))}
	if n := lo.SumBy(sizes, func(n int) float64 { return float64(n) }); n > 0 {
		c.Unseen, c.Covered = lo.ToPtr(once/n), lo.ToPtr(1-once/n)
	}
	return c
}
