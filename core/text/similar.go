package text

import (
	"slices"

	"github.com/samber/lo"
)

// Jaccard is the number of distinct tokens two lists share over the number of distinct tokens in either, 0 to 1. Two
// empty lists are equal and give 1. Order and repetition do not matter.
func Jaccard(a, b []string) float64 {
	left, right := lo.Uniq(a), lo.Keyify(b)
	if len(left) == 0 && len(right) == 0 {
		return 1
	}
	shared := lo.CountBy(left, func(token string) bool { return lo.HasKey(right, token) })
	return float64(shared) / float64(len(left)+len(right)-shared)
}

// DiceTrigrams is twice the number of character trigrams two texts share over the number of trigrams in both, 0 to 1.
// Trigrams are counted with repetition, in characters and not bytes, of the text with one space put before and after,
// so that the first and the last letter weigh as much as any other. Two empty texts are equal and give 1.
func DiceTrigrams(a, b string) float64 {
	var roomA, roomB [64]uint64
	left, right := trigrams(roomA[:0], a), trigrams(roomB[:0], b)
	if len(left)+len(right) == 0 {
		return 1
	}
	shared := 0
	for i, j := 0, 0; i < len(left) && j < len(right); {
		switch {
		case left[i] < right[j]:
			i++
		case left[i] > right[j]:
			j++
		default:
			shared, i, j = shared+1, i+1, j+1
		}
	}
	return 2 * float64(shared) / float64(len(left)+len(right))
}

// trigrams appends the trigrams of s with one space put before and after, in order; 21 bits hold any character.
func trigrams(into []uint64, s string) []uint64 {
	const characters = 1<<63 - 1 // the last three
	n, last := 1, uint64(' ')
	add := func(r rune) {
		n++
		if last = (last<<21 | uint64(r)) & characters; n >= 3 {
			into = append(into, last)
		}
	}
	for _, r := range s {
		add(r)
	}
	add(' ')
	slices.Sort(into)
	return into
}
