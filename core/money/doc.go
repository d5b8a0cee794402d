// Package money holds amounts exactly.
//
// Two types cover every need. Micro is an amount that is stored, added and compared: a whole number of millionths of
// one currency unit, with overflow reported instead of wrapped. Exact is a rational number for a formula that is still
// being formed (a token price times a token count, an hourly rate times seconds over 3600), so that nothing is rounded
// before the end. Both are read from decimal text and never pass through float64.
//
// Rounding is half-even, to the millionth when an Exact becomes a Micro and to the currency's minor unit on output.
// Percentages are the one exception: they round half away from zero, as people expect of 0.05 shown with one decimal.
package money
