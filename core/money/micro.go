package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Micro is an amount in millionths of a currency's unit: 1_500_000 is 1.50 of whatever the currency is. The currency
// itself is kept beside it, once per organisation or ledger line. The range is about ±9.2 million million units.
type Micro int64

// Unit is one whole unit of a currency.
const Unit Micro = 1_000_000

const microPlaces = 6

var (
	// ErrRange says that an amount does not fit its type.
	ErrRange = errors.New("amount out of range")
	// ErrSyntax says that a text is not a decimal number.
	ErrSyntax = errors.New("not a decimal number")
	// ErrDivideByZero says that a quotient has no value.
	ErrDivideByZero = errors.New("division by zero")
)

// Parse reads an amount from decimal text in the grammar of JSON numbers: 5, 5.0, -0.25, 1.5e3. The value of the text
// is exact; more than six decimals are rounded half-even to the millionth, because language models are billed in
// fractions of one. Space, a leading plus, a bare point, hexadecimal, infinity and more than 128 characters are
// ErrSyntax; a value beyond the range of Micro, or an exponent beyond ±400, is ErrRange.
func Parse(text string) (Micro, error) {
	digits, exponent, err := scan(text)
	if err != nil {
		return 0, err
	}
	if exponent <= 0 && exponent >= -microPlaces && len(digits)+microPlaces+exponent <= safeDigits { // as most amounts are
		units, err := strconv.ParseInt(digits, 10, 64)
		return Micro(units) * Micro(pow10[microPlaces+exponent]), err
	}
	x, err := ParseExact(text)
	if err != nil {
		return 0, err
	}
	return x.Micro()
}

// safeDigits is the number of digits that an int64 holds whatever they are.
const safeDigits = 18

// Add returns m + n, or ErrRange.
func (m Micro) Add(n Micro) (Micro, error) {
	sum := m + n
	if (sum > m) != (n > 0) && n != 0 {
		return 0, fmt.Errorf("%s + %s: %w", m, n, ErrRange)
	}
	return sum, nil
}

// Sub returns m − n, or ErrRange.
func (m Micro) Sub(n Micro) (Micro, error) {
	diff := m - n
	if (diff < m) != (n > 0) && n != 0 {
		return 0, fmt.Errorf("%s - %s: %w", m, n, ErrRange)
	}
	return diff, nil
}

// Mul returns m taken count times, or ErrRange.
func (m Micro) Mul(count int64) (Micro, error) {
	hi, lo := bits.Mul64(magnitude(int64(m)), magnitude(count))
	negative := (m < 0) != (count < 0)
	switch {
	case hi == 0 && lo <= math.MaxInt64 && !negative:
		return Micro(lo), nil
	case hi == 0 && lo <= 1<<63 && negative:
		return Micro(-lo), nil // two's complement: also right for −2⁶³
	}
	return 0, fmt.Errorf("%s × %d: %w", m, count, ErrRange)
}

// Sum adds amounts, or returns ErrRange when the result does not fit; the order of the amounts does not matter. No
// amounts add up to 0.
func Sum(amounts ...Micro) (Micro, error) {
	var hi, lo uint64 // the sum as a 128-bit two's complement number
	for _, a := range amounts {
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(a), 0)
		hi, _ = bits.Add64(hi, uint64(a>>63), carry)
	}
	total := Micro(lo)
	if uint64(total>>63) != hi {
		return 0, fmt.Errorf("sum of %d amounts: %w", len(amounts), ErrRange)
	}
	return total, nil
}

// Exact returns m as a rational number, for further arithmetic.
func (m Micro) Exact() Exact { return Ratio(int64(m), int64(Unit)) }

// Float64 returns m in units of the currency, for statistics only: the nearest float64, so not always exact.
func (m Micro) Float64() float64 { return float64(m) / float64(Unit) }

// String returns the shortest exact decimal text: "3.5", "-0.000001", "1200".
func (m Micro) String() string {
	text := m.Fixed()
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Fixed returns the exact decimal text with all six decimals: "3.500000".
func (m Micro) Fixed() string { return fixed(magnitude(int64(m)), m < 0, microPlaces) }

// Format returns m rounded half-even to the minor unit of currency, an ISO 4217 code: "3.50" in USD, "4" in JPY. It
// returns ErrCurrency for a code that is not in use.
func (m Micro) Format(currency string) (string, error) {
	rounded, err := m.Round(currency)
	if err != nil {
		return "", err
	}
	places, _ := MinorUnits(currency)
	return fixed(magnitude(int64(rounded))/pow10[microPlaces-places], m < 0, places), nil
}

// Round returns m rounded half-even to the minor unit of currency, or ErrCurrency, or ErrRange at the very edge.
func (m Micro) Round(currency string) (Micro, error) {
	places, err := MinorUnits(currency)
	if err != nil {
		return 0, err
	}
	step := int64(pow10[microPlaces-places])
	units, rest := floorDiv(int64(m), step)
	if 2*rest > step || (2*rest == step && units%2 != 0) {
		units++
	}
	return Micro(units).Mul(step)
}

// floorDiv divides towards −∞; rest is in [0, step).
func floorDiv(x, step int64) (units, rest int64) {
	units, rest = x/step, x%step
	if rest < 0 {
		units, rest = units-1, rest+step
	}
	return units, rest
}

var pow10 = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// fixed writes units / 10^places. A zero has no sign.
func fixed(units uint64, negative bool, places int) string {
	digits := strconv.FormatUint(units, 10)
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	if places > 0 {
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	if negative && units != 0 {
		return "-" + digits
	}
	return digits
}
