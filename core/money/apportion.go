package money

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/samber/lo"
)

// Apportion rounds lines to the minor unit of currency so that they add up to their total. The total is the exact sum
// rounded half-even; every line is floored towards −∞, and the units still missing go to the largest remainders, ties
// to the earlier line (the method of largest remainders). No line moves by a whole unit. No lines have the total 0.
func Apportion(lines []Exact, currency string) (rounded []Exact, total Exact, err error) {
	places, err := MinorUnits(currency)
	if err != nil {
		return nil, Exact{}, err
	}
	units, wanted := apportion(lines, places)
	whole := func(u *big.Int) Exact { return Exact{new(big.Rat).SetFrac(u, tenTo(places))} }
	return lo.Map(units, func(u *big.Int, _ int) Exact { return whole(u) }), whole(wanted), nil
}

// Millionths rounds lines to micro-units by the same method. It returns ErrRange when the total or a line does not fit.
func Millionths(lines []Exact) (rounded []Micro, total Micro, err error) {
	units, wanted := apportion(lines, microPlaces)
	rounded = make([]Micro, len(units))
	for i, u := range units {
		if rounded[i], err = microOf(u); err != nil {
			return nil, 0, err
		}
	}
	total, err = microOf(wanted)
	return rounded, total, err
}

func apportion(lines []Exact, places int) (units []*big.Int, total *big.Int) {
	sum, missing := Exact{}, new(big.Int)
	units = make([]*big.Int, len(lines))
	rests := make([]rest, len(lines))
	for i, line := range lines {
		sum = sum.Add(line)
		units[i], rests[i] = line.floor(places)
		missing.Sub(missing, units[i])
	}
	total = sum.units(places, halfEven)
	missing.Add(missing, total)
	order := lo.Range(len(lines))
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].cmp(rests[a]) })
	for _, i := range order[:missing.Int64()] { // at most one for each line with a remainder
		units[i].Add(units[i], one)
	}
	return units, total
}

// ApportionMicro is Apportion in integers, for ledgers of millions of lines. It returns ErrRange when the sum does not
// fit.
func ApportionMicro(lines []Micro, currency string) (rounded []Micro, total Micro, err error) {
	places, err := MinorUnits(currency)
	if err != nil {
		return nil, 0, err
	}
	sum, err := Sum(lines...)
	if err != nil {
		return nil, 0, err
	}
	if total, err = sum.Round(currency); err != nil {
		return nil, 0, err
	}
	step := int64(pow10[microPlaces-places])
	rests := make([]int64, len(lines))
	rounded = make([]Micro, len(lines))
	over := int64(0) // Σ remainders: what flooring took away, at most len(lines) steps
	for i, line := range lines {
		_, rests[i] = floorDiv(int64(line), step)
		if rounded[i], err = line.Sub(Micro(rests[i])); err != nil {
			return nil, 0, err
		}
		over += rests[i]
	}
	missing := (int64(total-sum) + over) / step
	order := lo.Range(len(lines))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:missing] {
		if rounded[i], err = rounded[i].Add(Micro(step)); err != nil {
			return nil, 0, err
		}
	}
	return rounded, total, nil
}
