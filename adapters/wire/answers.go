package wire

import "time"

// ConversationAnswer answers everything that stores or shows one conversation.
type ConversationAnswer struct {
	Success      bool         `json:"success"`
	Conversation Conversation `json:"conversation"`
	Effect       string       `json:"effect,omitempty" enum:"created,updated,unchanged" doc:"What the request did."`
	Warnings     []Warning    `json:"warnings,omitempty" doc:"What was ignored or read by a default."`
}

// Warning is something in a request that was accepted and is worth knowing.
type Warning struct {
	Field   string `json:"field" doc:"JSON pointer."`
	Message string `json:"message"`
}

// BatchAnswer answers a batch sent as a JSON array. A batch sent as NDJSON is answered by NDJSON, a BatchResult a line.
type BatchAnswer struct {
	Success  bool          `json:"success" doc:"False when the request broke off before its end."`
	Results  []BatchResult `json:"results"`
	Accepted int           `json:"accepted"`
	Rejected int           `json:"rejected"`
}

// BatchResult is what became of one item, in the order of the items.
type BatchResult struct {
	Index          int       `json:"index" doc:"The item's place in the request, from 0."`
	Line           int       `json:"line,omitempty" doc:"The item's line in an NDJSON request, from 1."`
	Status         int       `json:"status" doc:"The status the item would have got alone."`
	ConversationID string    `json:"conversation_id,omitempty"`
	ID             string    `json:"id,omitempty"`
	Effect         string    `json:"effect,omitempty" enum:"created,updated,unchanged"`
	Warnings       []Warning `json:"warnings,omitempty"`
	Error          *Problem  `json:"error,omitempty"`
}

// ConversationList answers GET /api/v1/conversations.
type ConversationList struct {
	Success        bool           `json:"success"`
	Conversations  []Conversation `json:"conversations"`
	Count          int            `json:"count" doc:"Rows in this page."`
	Total          *int64         `json:"total" doc:"Rows that match in all; null when not asked for."`
	NextCursor     *string        `json:"next_cursor" doc:"The cursor of the next page; null on the last."`
	Filters        map[string]any `json:"filters" doc:"The filters that were applied."`
	IndexedThrough *time.Time     `json:"indexed_through,omitempty" doc:"Up to when what was written can be searched."`
}

// DeletionAnswer answers DELETE on a conversation.
type DeletionAnswer struct {
	Success bool    `json:"success"`
	Receipt Receipt `json:"receipt"`
}

// Receipt says what a deletion touched.
type Receipt struct {
	Conversations int       `json:"conversations"`
	Messages      int       `json:"messages"`
	GapLinks      int       `json:"gap_links"`
	DeletedAt     time.Time `json:"deleted_at"`
}

// KnowledgeGaps answers GET /api/v1/conversations/knowledge-gaps.
type KnowledgeGaps struct {
	Success       bool           `json:"success"`
	AsOf          time.Time      `json:"as_of"`
	KnowledgeGaps []KnowledgeGap `json:"knowledge_gaps"`
	Count         int            `json:"count"`
	Total         int            `json:"total" doc:"Gaps that match before the limit."`
	Complete      bool           `json:"complete" doc:"Whether every stored conversation has been worked in."`
	Currency      string         `json:"currency"`
	Filters       map[string]any `json:"filters" doc:"The filters that were applied."`
	Coverage      Figures        `json:"coverage" doc:"How much of what customers ask in vain these gaps know."`
}

// GapEstimates are the evidence of a gap's figures.
type GapEstimates struct {
	OccurrenceCount Estimate `json:"occurrence_count"`
	Priority        Estimate `json:"priority"`
}

// KnowledgeGap is a question that customers ask and the AI fails on.
type KnowledgeGap struct {
	ID              int64        `json:"id"`
	Question        string       `json:"question"`
	Topic           *string      `json:"topic"`
	OccurrenceCount int          `json:"occurrence_count"`
	Resolved        bool         `json:"resolved"`
	State           string       `json:"state" enum:"open,resolved,resolved_recurring,reopened"`
	ResolvedAt      *time.Time   `json:"resolved_at"`
	FirstSeenAt     time.Time    `json:"first_seen_at"`
	LastSeenAt      time.Time    `json:"last_seen_at"`
	Priority        Number       `json:"priority" doc:"What the gap has been costing lately, in the organisation's currency; null where nobody knows what a person costs."`
	ExpiredSources  bool         `json:"expired_sources" doc:"Whether retention took the text of some of its conversations."`
	Estimates       GapEstimates `json:"estimates"`
}

// KnowledgeGapAnswer answers everything about one knowledge gap.
type KnowledgeGapAnswer struct {
	Success       bool            `json:"success"`
	KnowledgeGap  KnowledgeGap    `json:"knowledge_gap"`
	Conversations []GapOccurrence `json:"conversations" doc:"The conversations behind the gap, newest first."`
	Effect        Figures         `json:"effect" doc:"What resolving the gap did, 28 days before and after; without figures while it is open."`
}

// GapOccurrence is one conversation behind a gap.
type GapOccurrence struct {
	ID       string    `json:"id" doc:"The conversation's UUID."`
	Question *string   `json:"question" doc:"Null once retention has taken it."`
	Topic    *string   `json:"topic"`
	AskedAt  time.Time `json:"asked_at"`
	Failures []string  `json:"failures" doc:"Empty for a conversation that asked the same and went well."`
	Answer   *string   `json:"human_answer" doc:"What people wrote after the question; searched for in the newest ten."`
}

// MergeGaps is the body of POST /api/v1/conversations/knowledge-gaps/merge.
type MergeGaps struct {
	IDs []int64 `json:"ids" doc:"The gaps to make one. The lowest id stays, the others lead to it for ever."`
}

// SplitGap is the body of POST /api/v1/conversations/knowledge-gaps/{id}/split.
type SplitGap struct {
	Conversations []string `json:"conversations" doc:"UUIDs of the conversations to take out into a gap of their own."`
}

// GapsSplit answers a split.
type GapsSplit struct {
	Success bool  `json:"success"`
	Stayed  int64 `json:"stayed" doc:"The gap of the conversations that were not named."`
	Taken   int64 `json:"taken" doc:"The gap of those that were. The larger part keeps the id."`
}

// GapsRegrouped answers a consolidation.
type GapsRegrouped struct {
	Success bool `json:"success"`
	Before  int  `json:"gaps_before"`
	After   int  `json:"gaps_after"`
}

// GapProposals lists pairs of gaps that may be one.
type GapProposals struct {
	Success   bool          `json:"success"`
	Count     int           `json:"count"`
	Proposals []GapProposal `json:"proposals" doc:"The most alike first. Nothing is merged by listing them."`
}

// GapProposal is one pair.
type GapProposal struct {
	Keep       KnowledgeGap `json:"keep"`
	Merge      KnowledgeGap `json:"merge"`
	Similarity float64      `json:"similarity" doc:"0.55 to 1."`
}

// OrganizationAnswer answers everything about the organisation.
type OrganizationAnswer struct {
	Success      bool         `json:"success"`
	Organization Organization `json:"organization"`
}

// Organization is the organisation the credential opens.
type Organization struct {
	ID        string    `json:"id"`
	Address   string    `json:"address" doc:"The public name used in webhook URLs."`
	Name      string    `json:"name"`
	Plan      string    `json:"plan" enum:"free,starter,professional,enterprise,self_hosted"`
	CreatedAt time.Time `json:"created_at"`
	Settings  Settings  `json:"settings"`
}

// Settings are an organisation's choices.
type Settings struct {
	TimeZone        string   `json:"time_zone" doc:"IANA name; days and months of every report are local to it."`
	Currency        string   `json:"currency" doc:"ISO 4217 code."`
	CSATThreshold   float64  `json:"csat_threshold" minimum:"1" maximum:"5"`
	BinaryInAverage bool     `json:"binary_in_average" doc:"Whether good/bad ratings count in average CSAT."`
	RetentionDays   *int     `json:"retention_days" minimum:"1" doc:"How long text is kept; null leaves it to the plan."`
	PolicyTopics    []string `json:"policy_topics" doc:"Topics that humans handle by rule."`
	Costs           Costs    `json:"costs"`
}

// Costs are what the organisation pays for its AI and its people; null is not told.
type Costs struct {
	HumanHourly      Number   `json:"human_hourly" doc:"Loaded cost of one agent hour."`
	HandleSeconds    *float64 `json:"handle_seconds" doc:"Mean handle time of a human contact where the data cannot tell."`
	MonthlyFee       Number   `json:"monthly_fee" doc:"The AI platform's fixed price for a month."`
	PerConversation  Number   `json:"per_conversation"`
	PerResolution    Number   `json:"per_resolution"`
	InputPerMillion  Number   `json:"input_per_million" doc:"Price of a million input tokens."`
	OutputPerMillion Number   `json:"output_per_million" doc:"Price of a million output tokens."`
	SetUp            Number   `json:"set_up" doc:"What introducing the AI cost, once."`
}

// KeyList answers GET /api/v1/keys.
type KeyList struct {
	Success bool  `json:"success"`
	Keys    []Key `json:"keys"`
}

// KeyAnswer answers POST /api/v1/keys, the only time the key itself is shown.
type KeyAnswer struct {
	Success bool `json:"success"`
	Key     Key  `json:"key"`
}

// Key is an API key without its secret part.
type Key struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix" doc:"The first 12 characters, which are not secret."`
	Role      string     `json:"role" enum:"owner,admin,member,viewer"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at"`
	Secret    string     `json:"secret,omitempty" doc:"The whole key; shown once."`
}

// NewKey is the body of POST /api/v1/keys.
type NewKey struct {
	Name string `json:"name" required:"true" minLength:"1" maxLength:"100"`
	Role string `json:"role,omitempty" enum:"owner,admin,member,viewer" doc:"member when left out; never above the caller's own."`
}

// Done answers what has nothing else to say.
type Done struct {
	Success bool `json:"success"`
}

// Health answers /healthz and /readyz.
type Health struct {
	Status string `json:"status" enum:"ok,ready"`
}

// Problem is an error, application/problem+json.
type Problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Instance  string  `json:"instance"`
	Success   bool    `json:"success" doc:"Always false."`
	Code      string  `json:"code" doc:"Stable, for programs."`
	RequestID string  `json:"request_id"`
	Errors    []Fault `json:"errors,omitempty" doc:"Everything wrong with the request."`
}

// Fault is one thing wrong with a request.
type Fault struct {
	Field   string  `json:"field" doc:"JSON pointer into the body, or the name of the parameter behind a slash."`
	Message string  `json:"message"`
	Value   *string `json:"value,omitempty" doc:"What was sent, where that is harmless."`
}

// SettingsChange is the body of PATCH /api/v1/organization. Settings that are left out stay as they are.
type SettingsChange struct {
	Settings Settings `json:"settings"`
}
