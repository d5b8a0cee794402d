package roi

import (
	"time"

	"github.com/samber/lo"
)

// Return is news about a resolved conversation: it was reopened, or its customer was back on the same topic.
type Return struct {
	Ref        string
	At         time.Time
	ResolvedAt time.Time
}

// Within reports whether the return came at 0 ≤ t < window after the resolution and so takes the credit away.
func (r Return) Within(window time.Duration) bool {
	after := r.At.Sub(r.ResolvedAt)
	return after >= 0 && after < window
}

// ReverseReturned is what returns change in months that are closed: each HumanCostAvoided line of a closed month whose
// conversation returned within the window is reversed by a draft line in the month of the earliest such return, or in
// the first open month after it. A line that a later line already reverses is left alone, and so are lines of open
// months, which follow the conversation until they are closed. Drafts come in the order of the returns.
func ReverseReturned(lines []Line, closed func(Period) bool, returns []Return, window time.Duration, loc *time.Location) []Line {
	counted := lo.Filter(returns, func(r Return, _ int) bool { return r.Within(window) })
	earliest := map[string]time.Time{}
	for _, r := range counted {
		if at, seen := earliest[r.Ref]; !seen || r.At.Before(at) {
			earliest[r.Ref] = r.At
		}
	}
	standing := lo.GroupBy(lo.Filter(unreversed(lines), func(l Line, _ int) bool {
		return l.Kind == HumanCostAvoided && closed(l.Origin())
	}), func(l Line) string { return l.Ref })
	var drafts []Line
	for _, r := range counted {
		period := OpenPeriod(PeriodOf(earliest[r.Ref], loc), closed)
		for _, l := range standing[r.Ref] {
			drafts = append(drafts, l.reversal(period))
		}
		delete(standing, r.Ref)
	}
	return drafts
}

// OpenPeriod is p, or the first month after it that is not closed.
func OpenPeriod(p Period, closed func(Period) bool) Period {
	for closed(p) {
		p = p.Next()
	}
	return p
}
