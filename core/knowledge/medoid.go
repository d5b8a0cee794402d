package knowledge

import (
	"slices"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// tie is how close two mean similarities must be to count as equal; it absorbs rounding, nothing else.
const tie = 1e-12

// Medoid finds the member that stands for the others: the one with the largest mean token Jaccard to all others, ties
// (within 1e-12) to the earliest. It returns the mean of each member and the index of the medoid. A single member has
// mean 0 and is its own medoid; no member gives index −1. Source: Kaufman and Rousseeuw 1990.
func Medoid(members [][]string) (means []float64, index int) {
	if len(members) == 0 {
		return nil, -1
	}
	means = make([]float64, len(members))
	for i := range members {
		for j := range i {
			s := text.Jaccard(members[i], members[j])
			means[i] += s
			means[j] += s
		}
	}
	for i := range means {
		means[i] /= float64(max(len(members)-1, 1))
	}
	best := slices.Max(means)
	return means, slices.IndexFunc(means, func(mean float64) bool { return mean >= best-tie })
}
