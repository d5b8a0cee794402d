// Package conversation holds what was said between a customer and a support organisation, how pieces of it that arrive
// late, twice or in any order become one conversation, and what the core found in it.
package conversation

// Platform is where a conversation was held.
type Platform string

// The platforms. Custom and SDK are conversations sent by the organisation's own programs.
const (
	Zendesk   Platform = "zendesk"
	Intercom  Platform = "intercom"
	Freshdesk Platform = "freshdesk"
	Custom    Platform = "custom"
	SDK       Platform = "sdk"
)

// Platforms lists every platform.
func Platforms() []Platform { return []Platform{Zendesk, Intercom, Freshdesk, Custom, SDK} }

// Sender is who wrote a message.
type Sender string

// The senders. AI is a model that answers; Bot is an automat with fixed texts; System is the platform itself.
const (
	Customer   Sender = "customer"
	AI         Sender = "ai"
	HumanAgent Sender = "human_agent"
	Bot        Sender = "bot"
	System     Sender = "system"
)

// Senders lists every sender.
func Senders() []Sender { return []Sender{Customer, AI, HumanAgent, Bot, System} }

// Automated says whether s is a machine that answers customers.
func (s Sender) Automated() bool { return s == AI || s == Bot }

// Sentiment is how a customer sounded.
type Sentiment string

// The sentiments; the empty string means that nobody said and nothing could be told.
const (
	Positive   Sentiment = "positive"
	Neutral    Sentiment = "neutral"
	Negative   Sentiment = "negative"
	Frustrated Sentiment = "frustrated"
)

// Sentiments lists every sentiment.
func Sentiments() []Sentiment { return []Sentiment{Positive, Neutral, Negative, Frustrated} }

// Unhappy says whether s is negative or frustrated.
func (s Sentiment) Unhappy() bool { return s == Negative || s == Frustrated }

// Priority is how urgent the platform says a conversation is.
type Priority string

// The priorities; the empty string means that nobody said.
const (
	Low    Priority = "low"
	Medium Priority = "medium"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// Priorities lists every priority.
func Priorities() []Priority { return []Priority{Low, Medium, High, Urgent} }

// Trust is how much a source has proved. What a lower trust says never replaces what a higher one said.
type Trust int8

// The levels of trust, lowest first.
const (
	// Unverified came to an address anybody may know; it adds and never changes or deletes.
	Unverified Trust = 1
	// Confirmed was read back from the platform itself.
	Confirmed Trust = 2
	// Signed carried a valid signature or the organisation's own credential.
	Signed Trust = 3
)
