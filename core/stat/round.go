package stat

import (
	"math"
	"strconv"
	"strings"
)

// Round is value with the given number of decimals, half away from zero, as figures are shown: averages with two,
// percentages with one. The value of a ratio of counts is the number nearest to it, whose shortest decimal text is the
// ratio itself where that is a tie; so 7 of 2,000 is 0.35 % and shown as 0.4, although the nearest number lies below. There
// is no negative zero.
func Round(value float64, decimals int) string {
	shortest := strconv.FormatFloat(value, 'f', -1, 64)
	if _, fraction, _ := strings.Cut(shortest, "."); len(fraction) == decimals+1 && fraction[decimals] == '5' {
		value = math.Nextafter(value, math.Copysign(math.Inf(1), value))
	}
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}
