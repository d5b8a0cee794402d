package wire

import "time"

// CSATComparison answers GET /api/v1/cs-metrics/csat-comparison.
type CSATComparison struct {
	Frame
	Views  []ComparisonView    `json:"views" doc:"The same comparison by three rules of whom a rating judges; as_started is the one to trust."`
	Scales []ScaleCount        `json:"scales"`
	Mixed  bool                `json:"scales_mixed" doc:"Whether averages mix survey scales; compare CSAT % then."`
	Silent Silence             `json:"non_response"`
	Topics []TopicSatisfaction `json:"topics" doc:"By shrunk CSAT %, best first."`
}

// ComparisonView is AI against people by one rule.
type ComparisonView struct {
	Name         string   `json:"name" enum:"as_started,attributed,last_touch"`
	Verdict      string   `json:"verdict" enum:"higher,lower,no clear difference at this sample size,not comparable" doc:"What the data allow one to say of the AI."`
	Target       string   `json:"target" doc:"The mix both sides are put on."`
	SupportShare *float64 `json:"support_share" doc:"Share of ratings in kinds of case both sides were rated in; not comparable below 0.5; null without ratings."`
	Strata       int      `json:"strata"`
	Supported    int      `json:"supported_strata"`
	PValue       *float64 `json:"p_value" doc:"Cochran-Mantel-Haenszel test with correction."`
	Figures      Figures  `json:"figures"`
}

// ScaleCount counts ratings by the survey they come from.
type ScaleCount struct {
	Scale    string   `json:"scale"`
	Count    int64    `json:"count"`
	Estimate Estimate `json:"estimate"`
}

// Silence is what those who did not rate may hide.
type Silence struct {
	Skewed         bool     `json:"response_skew" doc:"Whether unhappy customers answer differently often from the others."`
	PValue         *float64 `json:"p_value"`
	UncoveredShare *float64 `json:"uncovered_share" doc:"Share of conversations in kinds nobody rated."`
	Figures        Figures  `json:"figures"`
}

// TopicSatisfaction is one topic's satisfaction.
type TopicSatisfaction struct {
	Topic    string   `json:"topic"`
	Shrunk   *float64 `json:"csat_pct_shrunk" doc:"CSAT % pulled to the common one the more, the fewer ratings there are; rank by this."`
	Estimate Estimate `json:"csat_pct_shrunk_estimate"`
	Figures  Figures  `json:"figures"`
}

// EscalationExplained answers GET /api/v1/cs-metrics/escalation-explained.
type EscalationExplained struct {
	Frame
	Figures   Figures       `json:"figures"`
	Reasons   []ReasonCount `json:"reasons"`
	Change    *RateChange   `json:"change" doc:"Change of the escalation rate since the previous window; null when one of the two is empty."`
	ByTurn    []TurnShare   `json:"by_turn" doc:"Escalated by customer turn, other endings competing."`
	Avoidable []KindCount   `json:"avoidable" doc:"Escalations by what could have kept them from a human; never added up."`
	Outcomes  []KindCount   `json:"outcomes"`
	AtRisk    []AtRisk      `json:"at_risk" doc:"Running conversations likely to reach a human: by a model of the organisation's own conversations where it beats the topics' rates, else by default weights."`
}

// RateChange splits a change of the escalation rate; all numbers are in per cent points.
type RateChange struct {
	Previous float64       `json:"previous_rate"`
	Current  float64       `json:"current_rate"`
	Change   Number        `json:"change"`
	Estimate Estimate      `json:"estimate" doc:"The change with its interval."`
	PValue   *float64      `json:"p_value" doc:"Test of the two rates against each other."`
	Mix      float64       `json:"mix" doc:"What traffic moving between topics did."`
	Rate     float64       `json:"rate" doc:"What the topics' own rates did."`
	Topics   []TopicChange `json:"topics" doc:"Largest part first."`
}

// TopicChange is one topic's part in the change.
type TopicChange struct {
	Topic        string  `json:"topic"`
	Mix          float64 `json:"mix"`
	Rate         float64 `json:"rate"`
	Contribution float64 `json:"contribution"`
}

// TurnShare is the share escalated by a customer turn, in per cent.
type TurnShare struct {
	Turn     int      `json:"turn"`
	Share    Number   `json:"escalated_pct"`
	Estimate Estimate `json:"estimate"`
}

// KindCount counts conversations of one kind.
type KindCount struct {
	Kind     string   `json:"kind"`
	Count    int64    `json:"count"`
	Estimate Estimate `json:"estimate"`
}

// AtRisk is a running conversation that looks like reaching a human.
type AtRisk struct {
	ID             string   `json:"id"`
	ConversationID string   `json:"conversation_id"`
	Topic          *string  `json:"topic"`
	Risk           float64  `json:"risk" doc:"0 to 1."`
	Estimate       Estimate `json:"estimate"`
	Calibrated     bool     `json:"calibrated" doc:"Whether the risk is that of the organisation's own model; default weights are a judgement."`
	Signals        []string `json:"signals"`
}

// CSATPrediction answers GET /api/v1/cs-metrics/csat-predicted.
type CSATPrediction struct {
	Frame
	Figures      Figures          `json:"figures" figures:"csat_pct,predicted_csat_pct"`
	ModelVersion *string          `json:"model_version"`
	Why          *string          `json:"no_model_because" doc:"Null when there is a model."`
	Predicted    int              `json:"predicted_conversations"`
	Cut          bool             `json:"newest_only" doc:"Whether there were more unrated conversations than were looked at."`
	Ratings      int              `json:"ratings_learned_from"`
	Judged       int              `json:"ratings_judged_on" doc:"Ratings of the latest 30 days, which the model never saw."`
	Brier        *float64         `json:"brier"`
	Skill        *float64         `json:"skill" doc:"1 - Brier score / that of always guessing the base rate; no model at 0 or below."`
	AUC          *float64         `json:"auc"`
	Reliability  []ReliabilityRow `json:"reliability" doc:"Predictions beside what happened."`
}

// ReliabilityRow sets predictions of one tenth beside what happened.
type ReliabilityRow struct {
	From      float64  `json:"from"`
	To        float64  `json:"to"`
	N         int64    `json:"n"`
	Predicted *float64 `json:"mean_predicted"`
	Observed  *float64 `json:"observed"`
}

// Waterfall answers GET /api/v1/roi/waterfall.
type Waterfall struct {
	Frame
	View  string          `json:"view" enum:"standard,conservative,gross"`
	Steps []WaterfallStep `json:"steps" doc:"They add up to the last one, net, to the cent. Empty while a cost is unknown."`
}

// WaterfallStep is one step from what a simple calculator claims to what holds.
type WaterfallStep struct {
	Name          string `json:"name"`
	Amount        Number `json:"amount"`
	Conversations int64  `json:"conversations"`
	Running       Number `json:"running_total"`
	ROIPercentage Number `json:"roi_percentage"`
}

// LedgerMonth answers GET /api/v1/roi/ledger.
type LedgerMonth struct {
	Frame
	Period   string       `json:"period" doc:"YYYY-MM in the organisation's time zone."`
	Closed   bool         `json:"closed" doc:"A closed month never changes; an open one shows what closing it now would book."`
	ClosedAt *time.Time   `json:"closed_at"`
	Totals   LedgerTotals `json:"totals"`
	Count    int          `json:"count"`
	Lines    []LedgerLine `json:"lines"`
}

// LedgerTotals are what the lines add up to, in the currency's minor unit.
type LedgerTotals struct {
	AICost        Number `json:"ai_cost"`
	HumanCost     Number `json:"human_cost_avoided"`
	Savings       Number `json:"savings"`
	ROIPercentage Number `json:"roi_percentage"`
}

// LedgerLine is one entry.
type LedgerLine struct {
	Seq            *int64     `json:"seq" doc:"Null for a line that is not booked yet."`
	Kind           string     `json:"kind"`
	Ref            string     `json:"ref" doc:"The conversation's id, or the fee."`
	Topic          *string    `json:"topic"`
	Amount         Number     `json:"amount" doc:"Rounded so that the lines add up to the totals."`
	Exact          Number     `json:"amount_exact"`
	Model          *string    `json:"model"`
	Rate           *string    `json:"rate"`
	CorrectsPeriod *string    `json:"corrects_period"`
	PostedAt       *time.Time `json:"posted_at"`
	Hash           *string    `json:"hash"`
}

// CloseMonth is the body of POST /api/v1/roi/ledger/close.
type CloseMonth struct {
	Period string `json:"period" doc:"The month to close, YYYY-MM. It must be over, and no earlier month may be open."`
}

// ClosedMonth answers POST /api/v1/roi/ledger/close.
type ClosedMonth struct {
	Success  bool         `json:"success"`
	Period   string       `json:"period"`
	ClosedAt time.Time    `json:"closed_at"`
	Totals   LedgerTotals `json:"totals"`
	Lines    int64        `json:"lines" doc:"Lines of the whole ledger so far."`
	Hash     string       `json:"hash" doc:"Hash of the last line: keep it elsewhere to prove that nothing was changed."`
}

// LedgerCheck answers GET /api/v1/roi/ledger/verify.
type LedgerCheck struct {
	Success bool    `json:"success"`
	Intact  bool    `json:"intact"`
	Lines   int64   `json:"lines" doc:"Lines that are as they were written."`
	Fault   *string `json:"fault" doc:"What is wrong with the first line that is not."`
}

// Definitions answers GET /api/v1/definitions.
type Definitions struct {
	Success     bool         `json:"success"`
	Definitions []Definition `json:"definitions"`
}

// Definition says what one figure means.
type Definition struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Words       string  `json:"words"`
	Unit        string  `json:"unit"`
	Formula     string  `json:"formula"`
	Numerator   *string `json:"numerator"`
	Denominator *string `json:"denominator"`
	Interval    *string `json:"interval"`
	Source      *string `json:"source"`
}

// ExportedConversation is one row of GET /api/v1/conversations/export.
type ExportedConversation struct {
	Conversation
	Cursor string `json:"cursor" doc:"Goes on with the rows after this one, with the same filters."`
}

// StreamTotals is the data of the event "totals" of GET /api/v1/stream: the last 24 hours.
type StreamTotals struct {
	Frame
	Changed int     `json:"changed" doc:"Conversations stored since the totals before."`
	Metrics Figures `json:"metrics"`
}

// StreamEscalation is the data of the event "escalation".
type StreamEscalation struct {
	ID             string     `json:"id"`
	ConversationID string     `json:"conversation_id"`
	Platform       string     `json:"platform"`
	Topic          *string    `json:"topic"`
	Reason         *string    `json:"reason"`
	At             *time.Time `json:"at"`
}

// StreamGap is the data of the event "gap".
type StreamGap struct {
	ID       int64   `json:"id"`
	Question string  `json:"question"`
	Topic    *string `json:"topic"`
}
