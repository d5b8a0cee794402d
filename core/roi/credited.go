package roi

import (
	"github.com/samber/lo"
)

// Outcome says how a conversation ended, as far as credit goes.
type Outcome string

// Confirmed: the customer said so, rated it 4 or 5, or the platform confirmed it. Assumed: the AI answered and the
// customer left without asking for more. Any other outcome, such as Abandoned and Escalated, earns nothing.
const (
	Confirmed Outcome = "confirmed"
	Assumed   Outcome = "assumed"
	Abandoned Outcome = "abandoned"
	Escalated Outcome = "escalated"
)

// View says which conversations count as resolved by the AI.
type View string

// Standard, the default, credits confirmed and assumed resolutions that lasted. Conservative credits confirmed ones
// that lasted. Gross credits every conversation that no person took part in, however it ended.
const (
	Standard     View = "standard"
	Conservative View = "conservative"
	Gross        View = "gross"
)

// Resolution is a conversation as far as credit needs it.
type Resolution struct {
	// AIOnly says that the AI handled it and no person took part.
	AIOnly  bool
	Outcome Outcome
	// ReturnedAfterHours is how long after the resolution it was reopened, or the same customer was back on the same
	// topic; nil when neither happened.
	ReturnedAfterHours *float64
}

// CreditedIn reports whether the conversation is credited to the AI in the view. A return at 0 ≤ t < windowHours takes
// the credit away, except from the gross view.
func (r Resolution) CreditedIn(view View, windowHours float64) bool {
	back := r.ReturnedAfterHours != nil && *r.ReturnedAfterHours >= 0 && *r.ReturnedAfterHours < windowHours
	switch {
	case !r.AIOnly:
		return false
	case view == Gross:
		return true
	case view == Conservative:
		return r.Outcome == Confirmed && !back
	case view == Standard:
		return lo.Contains([]Outcome{Confirmed, Assumed}, r.Outcome) && !back
	}
	return false
}
