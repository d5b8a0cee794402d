// Package sentiment says how the customer feels in one conversation, with the evidence: a compound score by the VADER
// rules on a lexicon adapted to support, points for signs of frustration, and a label from both. Only what the
// customer writes counts; what the automated side writes matters only where it repeats itself. Everything is a pure
// function of the messages and takes time linear in their length.
package sentiment
