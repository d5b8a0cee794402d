// Package stat holds the arithmetic behind every figure the product shows: intervals, tests, shrinkage, calibration,
// survival, control charts, rounding, and Estimate, the one type in which a figure travels.
//
// Three habits hold everywhere.
//
// Unknown is not zero. A function that may have no answer says so with a second result, ok, as a map does: no trials,
// impossible counts (negative, or more events than trials) and parameters outside their range give ok = false. A
// false ok becomes null on the wire, never 0.
//
// Nothing returns NaN or an infinity. Inputs that hold one have no answer.
//
// Counts and sums of ratings are integers and stay integers until the last division. Proportions, rates and
// probabilities are fractions from 0 to 1 here; percent exists only on output (Estimate with scale 100).
package stat
