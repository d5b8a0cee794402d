// Package simulate makes up the months of an organisation whose truth is known: which topics escalate more, how much
// the AI falls behind people on the same cases, which questions nobody answered, what it all cost, and on which day
// satisfaction fell. What comes out looks like what a real organisation sends, late, repeated and out of order, so that
// what a product makes of it can be held against what was planted.
//
// A plan and its seed decide everything: the same plan gives the same conversations, byte for byte, on every machine.
package simulate
