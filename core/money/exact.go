package money

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"

	"github.com/samber/lo"
)

// Exact is an immutable rational number. Its zero value is 0. Nothing rounds until one of the methods that say so.
type Exact struct{ r *big.Rat }

// Ratio returns numerator / denominator. The denominator must not be 0.
func Ratio(numerator, denominator int64) Exact { return Exact{big.NewRat(numerator, denominator)} }

// Whole returns n as an Exact.
func Whole(n int64) Exact { return Exact{new(big.Rat).SetInt64(n)} }

const (
	maxText     = 128
	maxExponent = 400
)

// ParseExact reads the number in text exactly. Grammar and errors are those of Parse, without a limit on decimals.
func ParseExact(text string) (Exact, error) {
	digits, exponent, err := scan(text)
	if err != nil {
		return Exact{}, err
	}
	mantissa, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return Exact{}, syntaxError(text)
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	if exponent >= 0 {
		return Exact{new(big.Rat).SetInt(mantissa.Mul(mantissa, power))}, nil
	}
	return Exact{new(big.Rat).SetFrac(mantissa, power)}, nil
}

// UnmarshalJSON reads a JSON number, or a JSON string that holds one or a fraction such as "1/3", from its text.
func (x *Exact) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		text = strings.TrimSuffix(inner, `"`)
	}
	numerator, denominator, fraction := strings.Cut(text, "/")
	got, err := ParseExact(numerator)
	if err == nil && fraction {
		var below Exact
		if below, err = ParseExact(denominator); err == nil {
			got, err = got.Div(below)
		}
	}
	if err != nil {
		return err
	}
	*x = got
	return nil
}

// MarshalJSON writes a JSON string that UnmarshalJSON reads back to the same value: decimal text where that is exact,
// else a fraction.
func (x Exact) MarshalJSON() ([]byte, error) {
	text := x.String()
	if places, exact := x.rat().FloatPrec(); exact {
		text = x.rat().FloatString(places)
	}
	return []byte(`"` + text + `"`), nil
}

func (x Exact) rat() *big.Rat {
	if x.r == nil {
		return new(big.Rat)
	}
	return x.r
}

// Add returns x + y.
func (x Exact) Add(y Exact) Exact {
	switch {
	case x.Sign() == 0:
		return y
	case y.Sign() == 0:
		return x
	}
	return Exact{new(big.Rat).Add(x.r, y.r)}
}

// Sub returns x − y.
func (x Exact) Sub(y Exact) Exact { return Exact{new(big.Rat).Sub(x.rat(), y.rat())} }

// Mul returns x · y.
func (x Exact) Mul(y Exact) Exact {
	if x.Sign() == 0 || y.Sign() == 0 {
		return Exact{}
	}
	return Exact{new(big.Rat).Mul(x.r, y.r)}
}

// Div returns x / y, or ErrDivideByZero.
func (x Exact) Div(y Exact) (Exact, error) {
	if y.Sign() == 0 {
		return Exact{}, fmt.Errorf("%s / 0: %w", x, ErrDivideByZero)
	}
	return Exact{new(big.Rat).Quo(x.rat(), y.rat())}, nil
}

// Neg returns −x.
func (x Exact) Neg() Exact { return Exact{new(big.Rat).Neg(x.rat())} }

// Sign returns −1, 0 or 1.
func (x Exact) Sign() int {
	if x.r == nil {
		return 0
	}
	return x.r.Sign()
}

// Cmp returns −1, 0 or 1 as x is less than, equal to or greater than y.
func (x Exact) Cmp(y Exact) int { return x.rat().Cmp(y.rat()) }

// Float64 returns the nearest float64, for statistics only; beyond its range that is ±Inf.
func (x Exact) Float64() float64 {
	f, _ := x.rat().Float64()
	return f
}

// String returns x as a fraction in lowest terms, for messages: "1/3", "5/2", "7".
func (x Exact) String() string { return x.rat().RatString() }

// Micro returns x rounded half-even to the millionth, or ErrRange.
func (x Exact) Micro() (Micro, error) {
	return microOf(x.units(microPlaces, halfEven))
}

func microOf(units *big.Int) (Micro, error) {
	if !units.IsInt64() {
		return 0, fmt.Errorf("amount beyond ±9.2 million million units: %w", ErrRange)
	}
	return Micro(units.Int64()), nil
}

// Fixed returns x rounded half-even to places decimals, all of them written: "3.500000". Zero has no sign.
func (x Exact) Fixed(places int) string { return decimal(x.units(places, halfEven), places) }

// FixedAway is Fixed with halves rounded away from zero: the rule for percentages.
func (x Exact) FixedAway(places int) string { return decimal(x.units(places, halfAway), places) }

// Format returns x rounded half-even to the minor unit of currency, or ErrCurrency.
func (x Exact) Format(currency string) (string, error) {
	places, err := MinorUnits(currency)
	if err != nil {
		return "", err
	}
	return x.Fixed(places), nil
}

// Ceil returns the smallest whole number that is not less than x, or ErrRange.
func (x Exact) Ceil() (int64, error) {
	units, rest := x.floor(0)
	if rest.some() {
		units.Add(units, one)
	}
	if !units.IsInt64() {
		return 0, fmt.Errorf("whole number beyond ±2⁶³: %w", ErrRange)
	}
	return units.Int64(), nil
}

// rest is what rounding down leaves: a fraction in [0, 1), not in lowest terms. Its zero value is 0.
type rest struct{ above, below *big.Int }

func (r rest) some() bool { return r.above != nil && r.above.Sign() > 0 }

// cmp returns −1, 0 or 1 as r is less than, equal to or greater than o.
func (r rest) cmp(o rest) int {
	switch {
	case !r.some() || !o.some():
		return cmp.Compare(lo.Ternary(r.some(), 1, 0), lo.Ternary(o.some(), 1, 0))
	case r.below.Cmp(o.below) == 0:
		return r.above.Cmp(o.above)
	}
	return new(big.Int).Mul(r.above, o.below).Cmp(new(big.Int).Mul(o.above, r.below))
}

// half compares r with a half.
func (r rest) half() int {
	if !r.some() {
		return -1
	}
	return new(big.Int).Lsh(r.above, 1).Cmp(r.below)
}

// floor returns ⌊x·10^places⌋ and what is left.
func (x Exact) floor(places int) (*big.Int, rest) {
	if x.Sign() == 0 {
		return new(big.Int), rest{}
	}
	scaled := new(big.Int).Mul(x.r.Num(), tenTo(places))
	if x.r.IsInt() {
		return scaled, rest{}
	}
	units, above := scaled.DivMod(scaled, x.r.Denom(), new(big.Int))
	return units, rest{above, x.r.Denom()}
}

type tieRule bool

const (
	halfEven tieRule = false
	halfAway tieRule = true
)

// units returns x in units of 10^-places, rounded to the nearest.
func (x Exact) units(places int, ties tieRule) *big.Int {
	units, rest := x.floor(places)
	up := rest.half()
	switch {
	case up < 0:
		return units
	case up == 0 && ties == halfEven && units.Bit(0) == 0:
		return units
	case up == 0 && ties == halfAway && x.Sign() < 0:
		return units
	}
	return units.Add(units, one)
}

// one and tens, which are the powers of ten that are asked for again and again, are to be read, not to be changed.
var (
	one  = big.NewInt(1)
	tens = lo.Map(lo.Range(19), func(places, _ int) *big.Int { return power(places) })
)

func tenTo(places int) *big.Int {
	if places < len(tens) {
		return tens[places]
	}
	return power(places)
}

func power(places int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
}

// decimal writes units / 10^places.
func decimal(units *big.Int, places int) string {
	digits := new(big.Int).Abs(units).String()
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	if places > 0 {
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	if units.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
