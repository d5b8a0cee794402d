package alert

import (
	"time"

	"github.com/google/uuid"
)

// EventID names one event; it is the idempotency key of its delivery.
type EventID string

// Kind is what an event says about its alert.
type Kind string

// The kinds. Reopened is a fire of an alert that had cleared less than a cool-down ago: the same incident goes on.
const (
	Fired    Kind = "fired"
	Reopened Kind = "reopened"
	Resolved Kind = "resolved"
)

// Event is a change of an alert, with the evidence for it.
type Event struct {
	ID EventID `json:"id"`
	// Incident is the same for the fire, the reopenings and the ends of one alert.
	Incident string  `json:"incident"`
	Rule     ID      `json:"rule"`
	RuleName string  `json:"rule_name"`
	Metric   Metric  `json:"metric"`
	Segment  Segment `json:"segment"`
	Kind     Kind    `json:"kind"`
	// Notify says that people should be told. It is false while the cool-down holds a notification back; what was held
	// back is told when the cool-down is over and still true.
	Notify bool `json:"notify"`
	// At is the end of the window that decided.
	At time.Time `json:"at"`
	// Count is how often the condition has been met since the incident opened.
	Count int `json:"count"`
	// Observation is the window that decided, as it was seen.
	Observation Observation `json:"observation"`
	Evidence    Evidence    `json:"evidence"`
	// Sentence says all of it in plain English.
	Sentence string `json:"sentence"`
}

// Evidence is why a rule decided as it did.
type Evidence struct {
	// Method names the test and its definition's version, such as "csat_average.confident/v1".
	Method string `json:"method"`
	// Value is the metric where it was judged: over the window, or since the change began (cusum). Nil when n is 0.
	Value *float64 `json:"value"`
	N     int64    `json:"n"`
	// Low and High are the 95 % interval of the value, nil where the method has none.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// Statistic is what was compared with Limit: the value itself, a bound, a sum, a probability.
	Statistic *float64 `json:"statistic"`
	Limit     *float64 `json:"limit"`
	// Usual is what the metric is when nothing is wrong, nil when not known.
	Usual *float64 `json:"usual"`
	// Parameters are the numbers the test was run with, by name.
	Parameters map[string]float64 `json:"parameters"`
	// FalseAlarmsPerMonth is how often a month in which nothing is wrong would raise this alert, at most that often for
	// volume and silence; nil when not known.
	FalseAlarmsPerMonth *float64 `json:"false_alarms_per_month"`
}

// event makes the event of a rule's change of state.
func (s State) event(r Rule, o Observation, kind Kind, notify bool, e Evidence) *Event {
	return &Event{
		ID: EventID(derived(r.ID, o.ID, string(kind))), Incident: s.Incident, Rule: r.ID, RuleName: r.Name, Metric: r.Metric,
		Segment: r.Segment, Kind: kind, Notify: notify, At: o.Window.End, Count: s.Count, Observation: o, Evidence: e,
		Sentence: sentence(r, kind, e),
	}
}

// derived is an id that is the same for the same rule, observation and purpose, so that a repeated evaluation cannot
// make a second event.
func derived(rule ID, observation, purpose string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(string(rule)+"\x00"+observation+"\x00"+purpose)).String()
}
