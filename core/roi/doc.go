// Package roi reckons what a support AI saves: what it cost, what people would have cost for the same contacts, the
// difference, and how far that difference can be trusted.
//
// It works in two halves. A Statement turns additive counts of a window into figures with intervals, sensitivity and a
// waterfall. A ledger holds one line per conversation and charge, is closed month by month, corrects closed months only
// by reversing lines in an open one, and is chained by hashes so that a changed line is found. Both halves value a
// contact the same way, so the ledger's month adds up to the statement's figures to the last millionth.
//
// Money is exact throughout; float64 appears only in standard errors and intervals.
package roi
