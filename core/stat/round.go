package stat

import (
	"math/big"
	"strings"
)

// RoundPercent is 100·numerator/denominator to one decimal, half away from zero, computed in whole numbers, so that
// 1/16 is "6.3" and no tie is decided by a binary fraction. Denominator 0 has no answer.
func RoundPercent(numerator, denominator int64) (string, bool) {
	return RoundRatio(numerator, denominator, 100, 1)
}

// RoundMean is sum/n to two decimals, half away from zero, computed in whole numbers. n = 0 has no answer.
func RoundMean(sum, n int64) (string, bool) { return RoundRatio(sum, n, 1, 2) }

// RoundRatio is scale·numerator/denominator as a decimal with the given number of decimals (0 to 18), half away from
// zero, computed in whole numbers. Denominator 0 has no answer. There is no negative zero.
func RoundRatio(numerator, denominator, scale int64, decimals int) (string, bool) {
	if denominator == 0 || decimals < 0 || decimals > 18 {
		return "", false
	}
	up := new(big.Int).Mul(big.NewInt(numerator), big.NewInt(scale))
	up.Mul(up, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
	down := big.NewInt(denominator)
	negative := up.Sign()*down.Sign() < 0
	up.Abs(up)
	down.Abs(down)
	// floor((2·up + down) / (2·down)) is up/down rounded half up; of a size without sign that is half away from zero.
	up.Lsh(up, 1).Add(up, down)
	units := up.Quo(up, down.Lsh(down, 1))
	negative = negative && units.Sign() != 0
	digits := units.String()
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	text := digits
	if decimals > 0 {
		point := len(digits) - decimals
		text = digits[:point] + "." + digits[point:]
	}
	if negative {
		text = "-" + text
	}
	return text, true
}
