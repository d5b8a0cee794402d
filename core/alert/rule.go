package alert

import (
	"encoding/json"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// ID names a rule within an organisation.
type ID string

// Mode is how a rule decides.
type Mode string

// The modes.
const (
	// Point compares the value itself with the threshold, from min_n on.
	Point Mode = "point"
	// Confident asks that the whole 95 % interval lies on the wrong side of the threshold.
	Confident Mode = "confident"
	// Cusum sums small signs of a worse rate, conversation by conversation, against a false-alarm budget.
	Cusum Mode = "cusum"
	// Volume watches for more conversations than the same hours of earlier weeks had.
	Volume Mode = "volume"
	// Silence watches for none where many are expected.
	Silence Mode = "silence"
	// EWMA watches a mean per day through an exponentially weighted average.
	EWMA Mode = "ewma"
	// SPRT answers one yes/no question about a rate with as few conversations as it takes.
	SPRT Mode = "sprt"
)

// Modes lists every mode.
func Modes() []Mode { return []Mode{Point, Confident, Cusum, Volume, Silence, EWMA, SPRT} }

// Metric is what a rule watches.
type Metric string

// The metrics. Percentages are fractions 0 to 1 throughout this package; only sentences show per cent.
const (
	// CSATAverage is the mean rating, 1 to 5. Low is bad.
	CSATAverage Metric = "csat_average"
	// CSATPercent is the share of ratings of 4 and 5. Low is bad.
	CSATPercent Metric = "csat_percent"
	// EscalationRate is escalated conversations among all. High is bad.
	EscalationRate Metric = "escalation_rate"
	// AIEscalationRate is escalated conversations among those the AI was involved in. High is bad.
	AIEscalationRate Metric = "ai_escalation_rate"
	// Conversations is how many conversations there were.
	Conversations Metric = "conversations"
	// HandleTime is the mean handle time of human-only conversations, seconds. High is bad.
	HandleTime Metric = "handle_time_seconds"
)

// Metrics lists every metric.
func Metrics() []Metric {
	return []Metric{CSATAverage, CSATPercent, EscalationRate, AIEscalationRate, Conversations, HandleTime}
}

// shape is which part of a sample a metric is computed from.
type shape int

const (
	ratings    shape = iota // a histogram of ratings, judged by its mean
	proportion              // bad ones among all
	count                   // how many there were
	mean                    // n, sum and sum of squares
)

func (m Metric) shape() shape {
	switch m {
	case CSATAverage:
		return ratings
	case Conversations:
		return count
	case HandleTime:
		return mean
	default:
		return proportion
	}
}

// lowIsBad says on which side of its threshold the metric is bad.
func (m Metric) lowIsBad() bool { return m == CSATAverage || m == CSATPercent }

// Modes lists the modes that can judge the metric.
func (m Metric) Modes() []Mode {
	switch m.shape() {
	case count:
		return []Mode{Volume, Silence}
	case proportion:
		return []Mode{Point, Confident, Cusum, SPRT}
	default:
		return []Mode{Point, Confident, EWMA}
	}
}

// Segment is the part of the organisation's conversations a rule watches; empty fields watch all.
type Segment struct {
	Topic    *string                `json:"topic,omitempty"`
	Priority *conversation.Priority `json:"priority,omitempty"`
	Handler  conversation.Handler   `json:"handler,omitempty"`
	Platform conversation.Platform  `json:"platform,omitempty"`
	// Party keeps the ratings that judge one side; it is for CSAT metrics only.
	Party conversation.Party `json:"party,omitempty"`
}

// Filter is the segment as a filter on cells. Party is not in it: it picks ratings within a cell.
func (s Segment) Filter() metric.Filter {
	return metric.Filter{Topic: s.Topic, Priority: s.Priority, Handler: s.Handler, Platform: s.Platform}
}

// Rule is one thing to watch. Its key is organisation, ID and segment: one open alert at a time.
type Rule struct {
	ID      ID      `json:"id"`
	Name    string  `json:"name"`
	Metric  Metric  `json:"metric"`
	Segment Segment `json:"segment"`
	Mode    Mode    `json:"mode"`
	Params  Params  `json:"params"`
	// Disabled rules are not evaluated.
	Disabled bool `json:"disabled,omitempty"`
	// Family is how many rules with a false-alarm budget are watched together; each gets that share of its budget. 0
	// counts as 1. ShareBudget sets it.
	Family int `json:"family,omitempty"`
}

// Params adjust a rule. Nil means the default, which depends on the mode and is given with each.
type Params struct {
	// Threshold is the value that is still good (point, confident). Default 4.0 for CSATAverage; needed for others.
	Threshold *float64 `json:"threshold,omitempty"`
	// MinN is the smallest n that is judged (point 30, confident 5, ewma 1).
	MinN *int64 `json:"min_n,omitempty"`
	// Hysteresis is how much better than the threshold the value must be to clear (0.1 for CSATAverage, 0.01 for
	// shares, a twentieth of the threshold for HandleTime).
	Hysteresis *float64 `json:"hysteresis,omitempty"`
	// ClearAfter is how many good evaluations in a row resolve the alert (2; point, confident, volume, ewma).
	ClearAfter *int `json:"clear_after,omitempty"`
	// FalseAlarmsPerMonth is the budget over the whole family (0.5; cusum, volume, silence).
	FalseAlarmsPerMonth *float64 `json:"false_alarms_per_month,omitempty"`
	// DetectRate is the bad rate worth catching (cusum: by default twice the usual one, but at most ten points more;
	// sprt: needed). For CSATPercent the bad rate is the unsatisfied share.
	DetectRate *float64 `json:"detect_rate,omitempty"`
	// UsualRate fixes the bad rate when nothing is wrong (cusum: by default learned from 28 days; sprt: needed).
	UsualRate *float64 `json:"usual_rate,omitempty"`
	// Theta is the rise in volume that the sustained test looks for (1.5; volume).
	Theta *float64 `json:"theta,omitempty"`
	// Lambda is the weight of the newest day (0.2; ewma).
	Lambda *float64 `json:"lambda,omitempty"`
	// Sigmas is the width of the limits in standard errors (3; ewma).
	Sigmas *float64 `json:"sigmas,omitempty"`
	// Alpha and Beta are the chances of a wrong yes and a wrong no (0.05, 0.10; sprt).
	Alpha *float64 `json:"alpha,omitempty"`
	Beta  *float64 `json:"beta,omitempty"`
	// CooldownMinutes is the least time between two notifications of a rule (60).
	CooldownMinutes *int `json:"cooldown_minutes,omitempty"`
	// EveryMinutes is the time between evaluations (60; ewma 1440).
	EveryMinutes *int `json:"every_minutes,omitempty"`
	// WindowMinutes is how far one evaluation looks back (point, confident: 1440). The other modes add window to
	// window, so for them it equals EveryMinutes.
	WindowMinutes *int `json:"window_minutes,omitempty"`
}

// Month is the month that false alarms are counted in: 30 days.
const Month = 30 * 24 * time.Hour

// settings are the parameters of a rule with the defaults filled in.
type settings struct {
	threshold, hysteresis   float64
	minN                    int64
	clearAfter              int
	budget                  float64 // false alarms a month for this rule alone
	detect, usual           *float64
	theta, lambda, sigmas   float64
	alpha, beta             float64
	cooldown, every, window time.Duration
}

func (r Rule) settings() settings {
	p := r.Params
	minutes := func(v *int, otherwise time.Duration) time.Duration {
		if v == nil {
			return otherwise
		}
		return time.Duration(*v) * time.Minute
	}
	s := settings{
		threshold:  lo.FromPtrOr(p.Threshold, 4.0),
		minN:       lo.FromPtrOr(p.MinN, map[Mode]int64{Point: 30, Confident: 5}[r.Mode]),
		clearAfter: lo.FromPtrOr(p.ClearAfter, 2),
		budget:     lo.FromPtrOr(p.FalseAlarmsPerMonth, 0.5) / float64(max(r.Family, 1)),
		detect:     p.DetectRate,
		usual:      p.UsualRate,
		theta:      lo.FromPtrOr(p.Theta, 1.5),
		lambda:     lo.FromPtrOr(p.Lambda, 0.2),
		sigmas:     lo.FromPtrOr(p.Sigmas, 3),
		alpha:      lo.FromPtrOr(p.Alpha, 0.05),
		beta:       lo.FromPtrOr(p.Beta, 0.10),
		cooldown:   minutes(p.CooldownMinutes, time.Hour),
		every:      minutes(p.EveryMinutes, lo.Ternary(r.Mode == EWMA, 24*time.Hour, time.Hour)),
	}
	s.minN = max(s.minN, 1)
	s.hysteresis = lo.FromPtrOr(p.Hysteresis, s.usualHysteresis(r.Metric))
	s.window = s.every
	if r.looksBack() {
		s.window = minutes(p.WindowMinutes, 24*time.Hour)
	}
	return s
}

func (s settings) usualHysteresis(m Metric) float64 {
	switch m.shape() {
	case ratings:
		return 0.1
	case mean:
		return s.threshold / 20
	default:
		return 0.01
	}
}

// method names the rule's test and the version of its definition.
func (r Rule) method() string { return string(r.Metric) + "." + string(r.Mode) + "/v1" }

// looksBack says whether the windows of successive evaluations may overlap.
func (r Rule) looksBack() bool { return r.Mode == Point || r.Mode == Confident }

// budgeted says whether the rule is designed to a number of false alarms a month.
func (r Rule) budgeted() bool { return r.Mode == Cusum || r.Mode == Volume || r.Mode == Silence }

// evaluationsPerMonth is how often a rule with these settings is evaluated in a month.
func (s settings) evaluationsPerMonth() float64 { return float64(Month) / float64(s.every) }

// Every is the time between two evaluations of the rule.
func (r Rule) Every() time.Duration { return r.settings().every }

// Window is how far one evaluation of the rule looks back.
func (r Rule) Window() time.Duration { return r.settings().window }

// ShareBudget divides the false-alarm budget of every enabled rule that has one by the number of such rules: many tests
// at once must not add up to many false alarms. The rules given are not changed.
func ShareBudget(rules []Rule) []Rule {
	tested := lo.CountBy(rules, func(r Rule) bool { return r.budgeted() && !r.Disabled })
	return lo.Map(rules, func(r Rule, _ int) Rule {
		r.Family = lo.Ternary(r.budgeted(), tested, 0)
		return r
	})
}

// fingerprint tells whether two rules judge alike: same metric, segment, mode and parameters. The name and the number
// of other rules do not matter.
func (r Rule) fingerprint() string {
	r.ID, r.Name, r.Disabled, r.Family = "", "", false, 0
	raw, err := json.Marshal(r)
	if err != nil {
		return "" // only NaN or infinity in a parameter can do this, and Validate refuses both
	}
	return string(raw)
}
