package tenant

import "time"

// Plan decides how long an organisation's text is kept.
type Plan string

// The plans. SelfHosted keeps text until the organisation says otherwise.
const (
	Free         Plan = "free"
	Starter      Plan = "starter"
	Professional Plan = "professional"
	Enterprise   Plan = "enterprise"
	SelfHosted   Plan = "self_hosted"
)

// Plans lists every plan, in the order in which they are offered.
func Plans() []Plan { return []Plan{Free, Starter, Professional, Enterprise, SelfHosted} }

// Valid says whether p is a known plan.
func (p Plan) Valid() bool { return p == SelfHosted || p.days() > 0 }

func (p Plan) days() int {
	switch p {
	case Free:
		return 7
	case Starter:
		return 30
	case Professional:
		return 90
	case Enterprise:
		return 365
	default:
		return 0
	}
}

// Cutoff is the instant before which conversations must no longer hold text: that many local calendar days ago, at the
// same wall-clock time, so that a day of 23 or 25 hours is one day. ok is false when everything is kept.
func (o Org) Cutoff(now time.Time) (cutoff time.Time, ok bool) {
	days := o.Plan.days()
	if o.Settings.RetentionDays != nil {
		days = *o.Settings.RetentionDays
	}
	if days <= 0 {
		return time.Time{}, false
	}
	return now.In(o.Settings.Location()).AddDate(0, 0, -days).UTC(), true
}
