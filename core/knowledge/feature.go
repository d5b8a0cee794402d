package knowledge

import (
	"math"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// Features counts what a question is compared by: the stems of its tokens and the character 3- and 4-grams of each
// "^stem$". A stem and a gram that are spelled alike are two features. Tokens come from text.NormalForm.
func Features(tokens []string) map[string]int {
	counts := map[string]int{}
	for _, token := range tokens {
		stem := text.Stem(token)
		counts["s"+stem]++
		framed := []rune("^" + stem + "$")
		for _, n := range [...]int{3, 4} {
			for i := 0; i+n <= len(framed); i++ {
				counts["g"+string(framed[i:i+n])]++
			}
		}
	}
	return counts
}

// Weight is how much a feature says: (1 + ln tf)·(ln((N+1)/(df+1)) + 1), where tf counts it in the question, df in how
// many of N questions it occurs. A feature that does not occur weighs 0.
func Weight(tf, df, n int) float64 {
	if tf <= 0 {
		return 0
	}
	return (1 + math.Log(float64(tf))) * (math.Log(float64(n+1)/float64(df+1)) + 1)
}
