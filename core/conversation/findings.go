package conversation

import (
	"slices"
	"time"
)

// Party is one of the sides a rating or a conversation can be credited to.
type Party string

// The parties. Mixed is never folded into either side.
const (
	PartyNone  Party = ""
	PartyAI    Party = "ai"
	PartyHuman Party = "human"
	PartyMixed Party = "mixed"
)

// Handler says who dealt with a conversation, in which order.
type Handler string

// The handlers.
const (
	AIOnly         Handler = "ai_only"
	AIThenHuman    Handler = "ai_then_human"
	HumanThenAI    Handler = "human_then_ai"
	HumanOnly      Handler = "human_only"
	HandlerUnknown Handler = "unknown"
)

// Handlers lists every handler.
func Handlers() []Handler {
	return []Handler{AIOnly, AIThenHuman, HumanThenAI, HumanOnly, HandlerUnknown}
}

// AIInvolved says whether the AI took part.
func (h Handler) AIInvolved() bool { return h == AIOnly || h == AIThenHuman || h == HumanThenAI }

// Findings are what the core read in a conversation, each with the evidence that made it say so. They are stored with
// the conversation in the same write.
type Findings struct {
	// Handler is who dealt with the conversation; HandlerConflict says that a flag sent with it disagrees.
	Handler         Handler
	HandlerConflict bool
	// Attribution is whom the rating judges by the handler; LastTouch by the last party before the rating.
	Attribution Party
	LastTouch   Party
	// CustomerTurns counts runs of customer messages; CustomerMessages the messages.
	CustomerTurns int
	// FirstResponseSeconds is from the first customer message to the first answer, ResolutionSeconds from start to the
	// end the platform states or the last message, HandleSeconds human working time. Nil is unknown.
	FirstResponseSeconds *int64
	ResolutionSeconds    *int64
	HandleSeconds        *int64
	Escalation           EscalationFinding
	Sentiment            SentimentFinding
	Outcome              OutcomeFinding
	Failure              FailureFinding
}

// Signal is a piece of evidence for or against an escalation.
type Signal string

// The signals, strong ones first.
const (
	ExplicitFlag       Signal = "explicit_flag"
	HumanAfterAI       Signal = "human_after_ai"
	HandoffEvent       Signal = "handoff_event"
	HumanRequest       Signal = "human_request"
	BotGaveUp          Signal = "bot_gave_up"
	TransferAnnounced  Signal = "transfer_announced"
	CustomerRepeated   Signal = "customer_repeated"
	BotLoop            Signal = "bot_loop"
	TechnicalError     Signal = "technical_error"
	NegativeSentiment  Signal = "negative_sentiment"
	CustomerConfirmed  Signal = "customer_confirmed"
	PlatformConfirmed  Signal = "platform_confirmed"
	UnansweredQuestion Signal = "unanswered_question"
	LowRating          Signal = "low_rating"
)

// Reason is why a conversation reached a human.
type Reason string

// The reasons, root causes first.
const (
	PolicyRequired    Reason = "policy_required"
	TechnicalFault    Reason = "technical_error"
	KnowledgeGap      Reason = "knowledge_gap"
	RepeatedFailure   Reason = "repeated_failure"
	NegativeMood      Reason = "negative_sentiment"
	CustomerRequested Reason = "customer_request"
	OtherReason       Reason = "other"
	UnknownReason     Reason = "unknown"
)

// Reasons lists every reason in the order of the rule that picks the primary one.
func Reasons() []Reason {
	return []Reason{PolicyRequired, TechnicalFault, KnowledgeGap, RepeatedFailure, NegativeMood, CustomerRequested, OtherReason, UnknownReason}
}

// Evidence is the words that made a rule fire.
type Evidence struct {
	Signal Signal
	// Message is the index of the message, -1 when the evidence is a field of the conversation.
	Message int
	Words   string
}

// EscalationFinding is the verdict on whether, when and why a conversation reached a human.
type EscalationFinding struct {
	Escalated bool
	// Declared is true when the client's own flag made the verdict, false when it was derived.
	Declared bool
	// At is the earliest strong evidence; zero when not escalated or not known.
	At time.Time
	// Turn is the customer turn, from 1, at which it happened; 0 when not escalated.
	Turn         int
	Signals      []Signal
	Primary      Reason
	Secondary    []Reason
	UnmetRequest bool
	// FlagConflict says that the client sent "not escalated" and the messages show otherwise.
	FlagConflict bool
	Evidence     []Evidence
	// AnswersBefore counts substantive AI answers before the customer first asked for a person; -1 when nobody asked.
	AnswersBefore int
}

// SentimentFinding is how the customer sounded, computed from the messages.
type SentimentFinding struct {
	// Label is empty when there is no customer text.
	Label Sentiment
	// Compound weighs later messages more, Last is the last message's; both -1 to 1, nil without text or lexicon.
	Compound *float64
	Last     *float64
	// Frustration is the sum of points.
	Frustration       int
	Language          string
	LanguageSupported bool
	Evidence          []Evidence
}

// Outcome is how a conversation ended for the customer.
type Outcome string

// The outcomes. Pending is a reading of young conversations and is never stored.
const (
	OutcomeConfirmed Outcome = "confirmed"
	OutcomeAssumed   Outcome = "assumed"
	OutcomeAbandoned Outcome = "abandoned"
	OutcomeEscalated Outcome = "escalated"
	OutcomeAmbiguous Outcome = "ambiguous"
	OutcomePending   Outcome = "pending"
)

// Outcomes lists the outcomes that can be stored.
func Outcomes() []Outcome {
	return []Outcome{OutcomeConfirmed, OutcomeAssumed, OutcomeAbandoned, OutcomeEscalated, OutcomeAmbiguous}
}

// OutcomeFinding is the outcome with its evidence. Kind is empty where the AI took no part.
type OutcomeFinding struct {
	Kind     Outcome
	Evidence []Evidence
}

// Failure is why a conversation counts for knowledge gaps.
type Failure string

// The failures.
const (
	FailedEscalated  Failure = "escalated"
	FailedLowRating  Failure = "low_rating"
	FailedSentiment  Failure = "sentiment"
	FailedGaveUp     Failure = "bot_gave_up"
	FailedRepetition Failure = "repetition"
)

// Failures lists every failure.
func Failures() []Failure {
	return []Failure{FailedEscalated, FailedLowRating, FailedSentiment, FailedGaveUp, FailedRepetition}
}

// FailureFinding is the question the AI failed on, if it failed.
type FailureFinding struct {
	// Kinds is empty when the AI did not fail or took no part.
	Kinds []Failure
	// Question is the customer's sentence as written; empty when none could be told apart. It is also kept for
	// conversations that went well, so that a fix can be seen to work.
	Question string
	// At is when the customer wrote it.
	At time.Time
}

// Failed says whether the conversation counts for knowledge gaps.
func (f FailureFinding) Failed() bool { return len(f.Kinds) > 0 }

// same says whether two sets of findings say the same. A store may give nil back for an empty list, and an instant in
// another zone.
func (f *Findings) same(o *Findings) bool {
	return f.Handler == o.Handler && f.HandlerConflict == o.HandlerConflict && f.Attribution == o.Attribution &&
		f.LastTouch == o.LastTouch && f.CustomerTurns == o.CustomerTurns &&
		sameValue(f.FirstResponseSeconds, o.FirstResponseSeconds) && sameValue(f.ResolutionSeconds, o.ResolutionSeconds) &&
		sameValue(f.HandleSeconds, o.HandleSeconds) && f.Escalation.same(&o.Escalation) && f.Sentiment.same(&o.Sentiment) &&
		f.Outcome.Kind == o.Outcome.Kind && slices.Equal(f.Outcome.Evidence, o.Outcome.Evidence) &&
		slices.Equal(f.Failure.Kinds, o.Failure.Kinds) && f.Failure.Question == o.Failure.Question &&
		f.Failure.At.Equal(o.Failure.At)
}

func (f *EscalationFinding) same(o *EscalationFinding) bool {
	return f.Escalated == o.Escalated && f.Declared == o.Declared && f.At.Equal(o.At) && f.Turn == o.Turn &&
		slices.Equal(f.Signals, o.Signals) && f.Primary == o.Primary && slices.Equal(f.Secondary, o.Secondary) &&
		f.UnmetRequest == o.UnmetRequest && f.FlagConflict == o.FlagConflict && slices.Equal(f.Evidence, o.Evidence) &&
		f.AnswersBefore == o.AnswersBefore
}

func (f *SentimentFinding) same(o *SentimentFinding) bool {
	return f.Label == o.Label && sameValue(f.Compound, o.Compound) && sameValue(f.Last, o.Last) &&
		f.Frustration == o.Frustration && f.Language == o.Language && f.LanguageSupported == o.LanguageSupported &&
		slices.Equal(f.Evidence, o.Evidence)
}

func sameValue[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
