package monitor

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Figure is one named number of an answer with its evidence. The plain number that simple clients read is the
// estimate's value in Decimals places, or the exact money.
type Figure struct {
	Name string
	// Decimals is how the plain number is shown: 0 for counts, 1 for per cent, 2 for averages.
	Decimals int
	// Money is set for amounts, which are exact; Estimate then carries the same amount for its interval.
	Money    *money.Micro
	Estimate stat.Estimate
}

// Figures is an ordered list of figures; names are unique in it.
type Figures []Figure

// Get finds a figure by name.
func (f Figures) Get(name string) (Figure, bool) {
	for _, figure := range f {
		if figure.Name == name {
			return figure, true
		}
	}
	return Figure{}, false
}

// Request is what every metrics read takes. Zero fields take defaults.
type Request struct {
	Org tenant.ID
	// Hours is the length of a window that ends now; 0 takes the read's default. Start and End, when set, take its place.
	Hours      float64
	Start, End time.Time
	// TimeZone is an IANA name; empty is the organisation's.
	TimeZone string
	Platform conversation.Platform
	Topic    *string
	AIAgent  *string
	Priority *conversation.Priority
}

// Frame is what every metrics answer states about itself.
type Frame struct {
	AsOf       time.Time
	Start, End time.Time
	TimeZone   string
	Currency   string
}

// Dashboard is the headline of a window, with the window of the same length before it.
type Dashboard struct {
	Frame
	Metrics  Figures
	Previous Figures
	// Change is the difference to the previous window of rates and means, with intervals, under the same names.
	Change Figures
}

// TrendPoint is one local day.
type TrendPoint struct {
	// Date is YYYY-MM-DD in the frame's time zone.
	Date    string
	Figures Figures
}

// CSATTrends is a point for every local day of the window, also for days without conversations.
type CSATTrends struct {
	Frame
	Points   []TrendPoint
	Total    Figures
	Previous Figures
}

// TopicEscalation is how one topic escalates, against all others.
type TopicEscalation struct {
	Topic   string
	Figures Figures
	// Reasons counts AI-involved escalations by primary reason, largest first.
	Reasons []ReasonCount
	// Tested says whether the topic has enough conversations for the test; Significant that it stands out at a false
	// discovery rate of 10 %; PValue and Adjusted are nil when not tested.
	Tested      bool
	Significant bool
	PValue      *float64
	Adjusted    *float64
}

// ReasonCount counts escalations for one reason; the estimate's N is all escalations.
type ReasonCount struct {
	Reason   conversation.Reason
	Count    int64
	Estimate stat.Estimate
}

// EscalationPatterns is the topics by how much they stand out, then by escalations.
type EscalationPatterns struct {
	Frame
	Topics   []TopicEscalation
	Total    Figures
	Previous Figures
	Reasons  []ReasonCount
}

// TopicCost is one topic's line of the account.
type TopicCost struct {
	Topic   string
	Figures Figures
}

// CostAnalysis is the cost and ROI account of a window.
type CostAnalysis struct {
	Frame
	Total    Figures
	Previous Figures
	Topics   []TopicCost
	// Confidence is "low" while a default of ours stands in for a figure of the organisation's; Assumptions names each.
	Confidence  string
	Assumptions []Assumption
	// BreakEvenNever says that each conversation costs at least what it saves, so that no number pays for the fee.
	BreakEvenNever bool
	// Sensitivity is what the headline becomes when one input changes; empty where there is no headline.
	Sensitivity []roi.Sensitivity
}

// Assumption is a value that entered the account and where it came from.
type Assumption struct {
	Name   string
	Value  string
	Source string // a roi.Source: "set", "organisation", "default", "unknown"
}

// Gap is one knowledge gap as shown.
type Gap struct {
	ID         int64
	Question   string
	Topic      string
	Count      int
	State      string
	Resolved   bool
	ResolvedAt time.Time
	FirstSeen  time.Time
	LastSeen   time.Time
	// Priority is what the gap has been costing lately, nil where nobody knows what a person costs.
	Priority       *money.Micro
	ExpiredSources bool
}

// Estimates are the evidence of Count and Priority.
func (g Gap) Estimates() (occurrences, priority stat.Estimate) {
	n := int64(g.Count)
	occurrences, priority = stat.Exact(float64(n), n, "gap.occurrences/v1"), stat.Unknown("gap.priority/v1", n)
	if g.Priority != nil {
		priority = stat.Exact(g.Priority.Float64(), n, priority.Definition)
	}
	return occurrences, priority
}

// GapQuery picks gaps to show.
type GapQuery struct {
	Org            tenant.ID
	Resolved       *bool
	Topic          *string
	MinOccurrences int
	Limit          int
}

// Gaps is a list of gaps by priority, then count, then id, with how far the gap job has come.
type Gaps struct {
	Frame
	Gaps []Gap
	// Figures say how much of what customers ask in vain the matching gaps know.
	Figures Figures
	// Total is how many match before the limit.
	Total int
	// Complete says whether every stored conversation has been worked in.
	Complete bool
}

// Arrival is one patch on its way in.
type Arrival struct {
	Patch conversation.Patch
	// Once is set when the sender gave an idempotency key.
	Once *conversation.Once
}
