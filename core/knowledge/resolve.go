package knowledge

import "time"

// State is where a gap stands between "customers ask in vain" and "somebody closed it".
type State string

// The states. Recurring means that one conversation asked again after the fix; reopened, that enough of them did.
const (
	Open      State = "open"
	Resolved  State = "resolved"
	Recurring State = "resolved_recurring"
	Reopened  State = "reopened"
)

// DefaultReopenMin is how many distinct conversations after a resolution reopen a gap.
const DefaultReopenMin = 2

// StateAfter is the state of a gap resolved at resolvedAt in which `later` distinct conversations asked again after
// that. A zero resolvedAt means never resolved. reopenMin below 1 counts as 1.
func StateAfter(resolvedAt time.Time, later, reopenMin int) State {
	switch {
	case resolvedAt.IsZero():
		return Open
	case later <= 0:
		return Resolved
	case later >= reopenMin:
		return Reopened
	default:
		return Recurring
	}
}

// States follows a resolved gap through occurrences in the order they became known and gives the state after each.
// Only questions asked strictly after resolvedAt count: a late arrival from before the fix never reopens.
func States(resolvedAt time.Time, reopenMin int, occurrences []Occurrence) []State {
	states := make([]State, len(occurrences))
	later := map[string]bool{}
	for i, o := range occurrences {
		if o.At.After(resolvedAt) {
			later[o.Conversation] = true
		}
		states[i] = StateAfter(resolvedAt, len(later), reopenMin)
	}
	return states
}
