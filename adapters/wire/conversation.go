package wire

import (
	"encoding/json"
	"time"
)

// NewConversation is the body of POST /api/v1/conversations, of one item of a batch, and of PATCH on a conversation,
// where conversation_id and platform may be left out. A field that is nil says nothing.
type NewConversation struct {
	ConversationID         string          `json:"conversation_id,omitempty" required:"true" minLength:"1" maxLength:"255" doc:"The source's own identifier, 1 to 255 bytes, compared byte for byte."`
	Platform               string          `json:"platform,omitempty" required:"true" enum:"zendesk,intercom,freshdesk,custom,sdk"`
	CustomerID             *string         `json:"customer_id,omitempty" maxLength:"255"`
	AIAgentID              *string         `json:"ai_agent_id,omitempty" maxLength:"255"`
	Messages               []NewMessage    `json:"messages,omitempty" doc:"Null says nothing."`
	CSATScore              *int            `json:"csat_score,omitempty" minimum:"1" maximum:"5" doc:"The customer's rating, a whole number."`
	Sentiment              *string         `json:"sentiment,omitempty" enum:"positive,neutral,negative,frustrated" doc:"How the customer sounded; reckoned from the messages when left out."`
	Escalated              *bool           `json:"escalated,omitempty" doc:"Whether a human had to take over; derived from the messages when left out."`
	EscalationReason       *string         `json:"escalation_reason,omitempty"`
	ResolutionTimeSeconds  *float64        `json:"resolution_time_seconds,omitempty" minimum:"0" maximum:"3200000000"`
	FirstContactResolution *bool           `json:"first_contact_resolution,omitempty"`
	AIHandled              *bool           `json:"ai_handled,omitempty" doc:"Whether the AI took part; derived from the messages when there are any."`
	Topic                  *string         `json:"topic,omitempty" maxLength:"255"`
	Subtopic               *string         `json:"subtopic,omitempty" maxLength:"255"`
	Priority               *string         `json:"priority,omitempty" enum:"low,medium,high,urgent"`
	CostUSD                Number          `json:"cost_usd,omitempty" minimum:"0" maximum:"1000000" doc:"What the AI cost for this conversation, an exact decimal in the organisation's currency."`
	Metadata               json.RawMessage `json:"metadata,omitempty" doc:"A JSON object."`
	Tags                   []string        `json:"tags,omitempty" doc:"Null says nothing."`
	CreatedAt              *time.Time      `json:"created_at,omitempty" doc:"When the platform opened the conversation."`
	ClosedAt               *time.Time      `json:"closed_at,omitempty" doc:"When the platform closed it."`
	RatedAt                *time.Time      `json:"rated_at,omitempty" doc:"When the customer rated; the time of receipt when left out."`
	HandedOffAt            *time.Time      `json:"handed_off_at,omitempty" doc:"When the AI handed over to a person or team."`
	SurveyOffered          *bool           `json:"survey_offered,omitempty" doc:"Whether the customer was asked for a rating."`
	HandleTimeSeconds      *float64        `json:"handle_time_seconds,omitempty" minimum:"0" maximum:"3200000000" doc:"Human working time as the platform measured it."`
	InputTokens            *int64          `json:"input_tokens,omitempty" minimum:"0" maximum:"1000000000000"`
	OutputTokens           *int64          `json:"output_tokens,omitempty" minimum:"0" maximum:"1000000000000"`
}

// NewMessage is one thing said.
type NewMessage struct {
	SenderType string          `json:"sender_type" required:"true" enum:"customer,ai,human_agent,bot,system"`
	Content    string          `json:"content" required:"true"`
	Timestamp  *time.Time      `json:"timestamp,omitempty" doc:"ISO 8601; without a zone it is read in the organisation's."`
	SenderID   *string         `json:"sender_id,omitempty" maxLength:"255"`
	MessageID  *string         `json:"message_id,omitempty" maxLength:"255"`
	Metadata   json.RawMessage `json:"metadata,omitempty" doc:"A JSON object."`
}

// Conversation is a conversation as the API shows it: what was stated, under the names it was stated by, and what was
// found in it. Null is not known.
type Conversation struct {
	ID                     string          `json:"id" doc:"This product's own identifier, a UUID."`
	ConversationID         string          `json:"conversation_id"`
	Platform               string          `json:"platform" enum:"zendesk,intercom,freshdesk,custom,sdk"`
	CustomerID             *string         `json:"customer_id"`
	AIAgentID              *string         `json:"ai_agent_id"`
	Messages               []Message       `json:"messages"`
	CSATScore              *int            `json:"csat_score"`
	Sentiment              *string         `json:"sentiment" enum:"positive,neutral,negative,frustrated"`
	SentimentSource        *string         `json:"sentiment_source" enum:"declared,derived"`
	Escalated              bool            `json:"escalated"`
	EscalatedSource        string          `json:"escalated_source" enum:"declared,derived"`
	EscalationReason       *string         `json:"escalation_reason"`
	ResolutionTimeSeconds  Number          `json:"resolution_time_seconds"`
	FirstContactResolution *bool           `json:"first_contact_resolution"`
	AIHandled              bool            `json:"ai_handled"`
	AIHandledSource        string          `json:"ai_handled_source" enum:"declared,derived"`
	Topic                  *string         `json:"topic"`
	Subtopic               *string         `json:"subtopic"`
	Priority               *string         `json:"priority" enum:"low,medium,high,urgent"`
	CostUSD                Number          `json:"cost_usd"`
	Metadata               json.RawMessage `json:"metadata"`
	Tags                   []string        `json:"tags" doc:"Null when none were stated."`
	CreatedAt              *time.Time      `json:"created_at"`
	ClosedAt               *time.Time      `json:"closed_at"`
	RatedAt                *time.Time      `json:"rated_at"`
	HandedOffAt            *time.Time      `json:"handed_off_at"`
	SurveyOffered          *bool           `json:"survey_offered"`
	HandleTimeSeconds      Number          `json:"handle_time_seconds"`
	InputTokens            *int64          `json:"input_tokens"`
	OutputTokens           *int64          `json:"output_tokens"`
	Handler                string          `json:"handler" enum:"ai_only,ai_then_human,human_then_ai,human_only,unknown" doc:"Who dealt with the conversation, in which order."`
	StartedAt              time.Time       `json:"started_at"`
	EndedAt                time.Time       `json:"ended_at"`
	ReceivedAt             time.Time       `json:"received_at"`
	UpdatedAt              time.Time       `json:"updated_at"`
	Trust                  string          `json:"trust" enum:"unverified,confirmed,signed" doc:"The best proof that any piece of it came with."`
	Findings               Findings        `json:"findings"`
}

// Message is one thing said, as the API shows it.
type Message struct {
	SenderType string          `json:"sender_type" enum:"customer,ai,human_agent,bot,system"`
	Content    string          `json:"content"`
	Timestamp  *time.Time      `json:"timestamp"`
	SenderID   *string         `json:"sender_id"`
	MessageID  *string         `json:"message_id"`
	Metadata   json.RawMessage `json:"metadata"`
}

// Findings are what was found in a conversation, each with its evidence.
type Findings struct {
	HandlerConflict      bool             `json:"handler_conflict" doc:"Whether a flag sent with the conversation disagrees with its messages."`
	Attribution          *string          `json:"attribution" enum:"ai,human,mixed" doc:"Whom the rating judges."`
	LastTouch            *string          `json:"last_touch" enum:"ai,human,mixed"`
	CustomerTurns        int              `json:"customer_turns"`
	FirstResponseSeconds *int64           `json:"first_response_seconds"`
	ResolutionSeconds    *int64           `json:"resolution_seconds"`
	HandleSeconds        *int64           `json:"handle_seconds"`
	Escalation           Escalation       `json:"escalation"`
	Sentiment            SentimentFinding `json:"sentiment"`
	Outcome              Outcome          `json:"outcome"`
	FailedQuestion       *FailedQuestion  `json:"failed_question" doc:"The question the AI failed on; null when it did not fail."`
}

// Escalation is whether, when and why a conversation reached a human.
type Escalation struct {
	Escalated    bool       `json:"escalated"`
	At           *time.Time `json:"at"`
	Turn         *int       `json:"turn" doc:"The customer turn, from 1, at which it happened."`
	Reason       *string    `json:"reason" doc:"The primary reason."`
	Secondary    []string   `json:"secondary_reasons"`
	Signals      []string   `json:"signals"`
	UnmetRequest bool       `json:"unmet_request" doc:"Whether the customer asked for a person and got none."`
	FlagConflict bool       `json:"flag_conflict" doc:"Whether the flag said no and the messages show otherwise."`
	Evidence     []Evidence `json:"evidence"`
}

// SentimentFinding is how the customer sounded, reckoned from the messages.
type SentimentFinding struct {
	Label             *string    `json:"label" enum:"positive,neutral,negative,frustrated"`
	Compound          *float64   `json:"compound"`
	Frustration       int        `json:"frustration"`
	Language          *string    `json:"language"`
	LanguageSupported bool       `json:"language_supported"`
	Evidence          []Evidence `json:"evidence"`
}

// Outcome is how the conversation ended for the customer.
type Outcome struct {
	Kind     *string    `json:"kind" enum:"confirmed,assumed,abandoned,escalated,ambiguous,pending" doc:"Null where the AI took no part."`
	Evidence []Evidence `json:"evidence"`
}

// FailedQuestion is the question the AI failed on.
type FailedQuestion struct {
	Question *string    `json:"question"`
	Kinds    []string   `json:"kinds"`
	AskedAt  *time.Time `json:"asked_at"`
}

// Evidence is the words that made a rule fire.
type Evidence struct {
	Signal  string `json:"signal"`
	Message *int   `json:"message" doc:"Index of the message; null when the evidence is a field of the conversation."`
	Words   string `json:"words"`
}
