package text

import "github.com/samber/lo"

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
	return Trigrams(a).Dice(Trigrams(b))
}

// TrigramSet is the multiset of character trigrams of one text, kept by those who compare one text with many.
type TrigramSet struct {
	counts map[[3]rune]int
	total  int
}

// Trigrams counts the character trigrams of s with one space put before and after.
func Trigrams(s string) TrigramSet {
	runes := append(append([]rune{' '}, []rune(s)...), ' ')
	set := TrigramSet{counts: make(map[[3]rune]int, len(runes))}
	for i := 0; i+3 <= len(runes); i++ {
		set.counts[[3]rune(runes[i:i+3])]++
		set.total++
	}
	return set
}

// Dice is DiceTrigrams of the two texts the sets were made from.
func (t TrigramSet) Dice(other TrigramSet) float64 {
	if t.total+other.total == 0 {
		return 1
	}
	shared := 0
	for gram, n := range t.counts {
		shared += min(n, other.counts[gram])
	}
	return 2 * float64(shared) / float64(t.total+other.total)
}
