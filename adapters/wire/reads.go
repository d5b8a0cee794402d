package wire

import (
	"encoding/json"
	"time"
)

// Window is a stretch of time, start inclusive, end exclusive; days in it are local to the zone.
type Window struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	TimeZone string    `json:"time_zone" doc:"IANA name."`
}

// Frame is what every metrics answer states about itself.
type Frame struct {
	Success  bool      `json:"success"`
	AsOf     time.Time `json:"as_of" doc:"When the answer was reckoned."`
	Window   Window    `json:"window"`
	Currency string    `json:"currency" doc:"ISO 4217 code of all money in the answer."`
}

// Previous holds figures of the window of the same length that ends where the answer's window starts.
type Previous struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Figures Figures   `json:"-"`
}

// Dashboard answers GET /api/v1/cs-metrics/dashboard.
type Dashboard struct {
	Frame
	Metrics  Figures  `json:"metrics" figures:"total_conversations,avg_csat_score,escalation_rate,total_ai_cost,total_estimated_human_cost,cost_savings,roi_percentage"`
	Previous Previous `json:"previous"`
	Change   Figures  `json:"change" doc:"Differences to the previous window."`
}

// CSATTrends answers GET /api/v1/cs-metrics/csat-trends.
type CSATTrends struct {
	Frame
	CSATTrends []TrendPoint `json:"csat_trends"`
	Total      Figures      `json:"total"`
	Previous   Previous     `json:"previous"`
}

// TrendPoint is one local day.
type TrendPoint struct {
	Date    string  `json:"date" doc:"YYYY-MM-DD in the window's time zone."`
	Figures Figures `json:"-" figures:"total_conversations,ai_avg_csat,human_avg_csat"`
}

// EscalationPatterns answers GET /api/v1/cs-metrics/escalation-patterns.
type EscalationPatterns struct {
	Frame
	EscalationPatterns []TopicEscalation `json:"escalation_patterns"`
	Reasons            []ReasonCount     `json:"reasons"`
	Total              Figures           `json:"total"`
	Previous           Previous          `json:"previous"`
}

// TopicEscalation is how one topic escalates, against all others.
type TopicEscalation struct {
	Topic       string        `json:"topic"`
	Reasons     []ReasonCount `json:"reasons"`
	Tested      bool          `json:"tested" doc:"Whether there are enough conversations to test the topic."`
	Significant bool          `json:"significant" doc:"Whether the topic stands out at a false discovery rate of 10 %."`
	PValue      *float64      `json:"p_value"`
	Adjusted    *float64      `json:"p_value_adjusted"`
	Figures     Figures       `json:"-" figures:"total_conversations,escalation_rate"`
}

// ReasonCount counts escalations for one reason.
type ReasonCount struct {
	Reason   string   `json:"reason"`
	Count    int64    `json:"count"`
	Estimate Estimate `json:"estimate"`
}

// CostAnalysis answers GET /api/v1/cs-metrics/cost-analysis.
type CostAnalysis struct {
	Frame
	CostAnalysis Figures       `json:"cost_analysis" figures:"total_ai_cost,total_estimated_human_cost,cost_savings,roi_percentage"`
	Topics       []TopicCost   `json:"topics"`
	Confidence   string        `json:"confidence" doc:"low while a default stands in for a figure of the organisation's own."`
	Assumptions  []Assumption  `json:"assumptions"`
	Sensitivity  []Sensitivity `json:"sensitivity" doc:"What the headline becomes when one input is lower or higher; empty while a cost is unknown."`
	Never        bool          `json:"never_breaks_even" doc:"Whether each conversation costs at least what it saves, so that no number pays for the monthly fee."`
	Previous     Previous      `json:"previous"`
}

// Sensitivity is the headline with one input changed.
type Sensitivity struct {
	Input  string   `json:"input" enum:"hourly,handle_seconds,ai_cost,assumed_right"`
	Source *string  `json:"source" doc:"Where the input comes from; null when it has no source."`
	Low    Scenario `json:"low"`
	High   Scenario `json:"high"`
}

// Scenario is the headline under one changed input.
type Scenario struct {
	Setting       string `json:"setting" doc:"What the input was changed to, such as -50 %."`
	AICost        Number `json:"total_ai_cost"`
	HumanCost     Number `json:"total_estimated_human_cost"`
	Savings       Number `json:"cost_savings"`
	ROIPercentage Number `json:"roi_percentage"`
}

// TopicCost is one topic's line of the account.
type TopicCost struct {
	Topic   string  `json:"topic"`
	Figures Figures `json:"-"`
}

// Assumption is a value that entered the account and where it came from.
type Assumption struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source" enum:"set,organisation,default,unknown"`
}

// MarshalJSON writes the window with its figures beside it.
func (p Previous) MarshalJSON() ([]byte, error) {
	type lead Previous
	return splice(lead(p), p.Figures)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Previous) UnmarshalJSON(raw []byte) error {
	type lead Previous
	return unsplice(raw, (*lead)(p), &p.Figures)
}

// MarshalJSON writes the day with its figures beside it.
func (p TrendPoint) MarshalJSON() ([]byte, error) {
	type lead TrendPoint
	return splice(lead(p), p.Figures)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *TrendPoint) UnmarshalJSON(raw []byte) error {
	type lead TrendPoint
	return unsplice(raw, (*lead)(p), &p.Figures)
}

// MarshalJSON writes the topic with its figures beside it.
func (t TopicEscalation) MarshalJSON() ([]byte, error) {
	type lead TopicEscalation
	return splice(lead(t), t.Figures)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *TopicEscalation) UnmarshalJSON(raw []byte) error {
	type lead TopicEscalation
	return unsplice(raw, (*lead)(t), &t.Figures)
}

// MarshalJSON writes the topic with its figures beside it.
func (t TopicCost) MarshalJSON() ([]byte, error) {
	type lead TopicCost
	return splice(lead(t), t.Figures)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *TopicCost) UnmarshalJSON(raw []byte) error {
	type lead TopicCost
	return unsplice(raw, (*lead)(t), &t.Figures)
}

// unsplice reads the fixed members into lead and the figures into f.
func unsplice(raw []byte, lead any, f *Figures) error {
	if err := json.Unmarshal(raw, lead); err != nil {
		return err
	}
	var err error
	*f, err = figuresOf(raw)
	return err
}
