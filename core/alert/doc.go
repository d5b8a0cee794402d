// Package alert decides when somebody should be told that a figure has changed, and says how surprising the change is.
//
// A Rule names a metric, a segment and a mode. Evaluate takes the rule, what it remembers (State) and one Observation,
// and returns the new memory and at most one Event. It is pure: no clock, no store, no randomness that is not derived
// from the observation itself. An alert fires once and resolves once; the same observation twice changes nothing;
// missing data never looks like a bad value.
//
// Every event carries its evidence: the value, n, the limit, the method with its parameters, and how often the same
// alarm would be expected in a month in which nothing is wrong.
//
// Alerts watch event time (when a rating was given, when a conversation was escalated), unlike dashboard windows, which
// hold the conversations that started in them: an alert has to react now.
package alert
