// Package tenant holds organisations: who owns data, on which plan, with which settings, and who may do what.
package tenant

import (
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// ID names one organisation. It is the first part of every key in every store and never leaves the server as a secret
// or a proof.
type ID = uuid.UUID

// Org is one organisation.
type Org struct {
	ID ID
	// Address is the public name that platforms put in a webhook URL: "org_" and 26 characters of [a-z2-7]. It says
	// where a delivery goes, it proves nothing, and it can be replaced.
	Address string
	Name    string
	Plan    Plan
	// CreatedAt is UTC, in microseconds.
	CreatedAt time.Time
	Settings  Settings
}

// Settings are an organisation's choices. The zero value is not valid: start from DefaultSettings.
type Settings struct {
	// TimeZone is an IANA name; days and months of every report are local to it.
	TimeZone string `json:"time_zone"`
	// Currency is an ISO 4217 code. All money of the organisation is in it.
	Currency string `json:"currency"`
	// CSATThreshold is the average rating below which the organisation wants to be told, 1 to 5.
	CSATThreshold float64 `json:"csat_threshold"`
	// BinaryInAverage lets good/bad ratings, mapped to 5 and 1, count in average CSAT.
	BinaryInAverage bool `json:"binary_in_average"`
	// RetentionDays overrides how long the plan keeps what customers wrote; nil leaves it to the plan.
	RetentionDays *int `json:"retention_days"`
	// PolicyTopics are the topics that humans handle by rule: an escalation there is policy, not failure.
	PolicyTopics []string `json:"policy_topics,omitempty"`
	Costs        Costs    `json:"costs"`
}

// Costs are what the organisation pays for its AI and its people. Nil means "not told": the figures then say which
// default stood in.
type Costs struct {
	// HumanHourly is the loaded cost of one agent hour.
	HumanHourly *money.Micro `json:"human_hourly"`
	// HandleSeconds is the mean handle time of one human contact where the data cannot tell.
	HandleSeconds *float64 `json:"handle_seconds"`
	// MonthlyFee is the AI platform's fixed price for a calendar month.
	MonthlyFee money.Micro `json:"monthly_fee"`
	// PerConversation and PerResolution are charged for conversations that report no cost of their own.
	PerConversation money.Micro `json:"per_conversation"`
	PerResolution   money.Micro `json:"per_resolution"`
	// InputPerMillion and OutputPerMillion are token prices for conversations that report tokens and no cost.
	InputPerMillion  money.Micro `json:"input_per_million"`
	OutputPerMillion money.Micro `json:"output_per_million"`
	// SetUp is what introducing the AI cost, once; payback is reckoned from it.
	SetUp money.Micro `json:"set_up"`
}

// DefaultSettings is how an organisation starts.
func DefaultSettings() Settings {
	return Settings{TimeZone: "UTC", Currency: "USD", CSATThreshold: 4, BinaryInAverage: true}
}

// Location is the time zone of the settings, UTC when the name is not known on this machine.
func (s Settings) Location() *time.Location {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Change is a pure step on one organisation: it returns the new version, or an error that leaves the old one.
type Change func(Org) (Org, error)
