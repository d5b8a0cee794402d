// Package metric holds the additive cells every figure is computed from: what one conversation contributes to them, how
// they add up, and the dictionary of what each figure means.
package metric

import (
	"slices"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Measure names one integer of a cell. Numbers are stored, so a measure keeps its number for ever; a new one takes a
// free number.
type Measure uint16

// The plain measures. Seconds are capped at MaxSeconds each; money is in micro-units.
const (
	Conversations Measure = iota
	AIInvolved
	Closed
	Escalated
	EscalatedAI // escalated among AI-involved
	UnmetRequest
	HandlerConflicts
	FlagConflicts
	Unverified // resting on unverified deliveries alone
	_          // no longer counted; rows of earlier builds have here who was asked or rated
	Failed     // counted for knowledge gaps
	Unextracted
	Returned72h // AI-only or AI-involved, the customer back on the topic within 72 hours
	Returned7d
	CreditConfirmed // AI-only, confirmed, not returned within 72 hours
	CreditAssumed
	CreditGross    // every AI-only conversation
	LostConfirmed  // AI-only, confirmed, but returned
	LostAssumed    // AI-only, assumed, but returned
	AICost         // what conversations reported, micro-units
	AICostReported // conversations that reported a cost
	TokensIn
	TokensOut
	FirstContactYes
	FirstContactNo
	AIMessages
	HumanMessages
	CustomerMessages
	DeclaredEscalated // escalated by the client's own flag
	KeptDurable7d     // AI-only, resolved, not returned within 7 days
	LostDurable7d     // AI-only, resolved, returned within 7 days
	Contained         // AI-involved and not escalated
	Unreported        // AI-involved without a reported cost; the next four are of these
	UnreportedResolved
	UnreportedTokened
	UnreportedTokensIn
	UnreportedTokensOut
	Offered      // asked for a rating, as a source says
	OfferedRated // rated among these
)

// The blocks of measures that repeat over a small list.
const (
	ratingBlock    Measure = 100  // party × scale × star
	sentimentBlock Measure = 220  // label, last one for none
	labelBlock     Measure = 230  // label × (rated, satisfied)
	reasonBlock    Measure = 250  // escalated by primary reason
	outcomeBlock   Measure = 270  // AI-involved by outcome
	turnBlock      Measure = 300  // customer turn × (escalated, ended otherwise)
	failureBlock   Measure = 360  // failed, by kind
	avoidBlock     Measure = 370  // customer requests before any substantive answer
	touchBlock     Measure = 380  // last touch × star
	secondsBlock   Measure = 430  // kind × (n, sum, squares high, squares low)
	logBlock       Measure = 1000 // kind × 1,000 log cells
)

// MaxSeconds caps every duration before it is added: 30 days.
const MaxSeconds = 30 * 24 * 3600

// MaxTurn is the last customer turn counted apart; later ones count as MaxTurn+1.
const MaxTurn = 20

var parties = []conversation.Party{conversation.PartyNone, conversation.PartyAI, conversation.PartyHuman, conversation.PartyMixed}

// Parties lists whom a rating can be attributed to, PartyNone first.
func Parties() []conversation.Party { return slices.Clone(parties) }

var (
	scales   = conversation.Scales()
	labels   = append(conversation.Sentiments(), "")
	reasons  = conversation.Reasons()
	outcomes = conversation.Outcomes()
	failures = conversation.Failures()
)

func in[T comparable](list []T, v T) Measure {
	i := slices.Index(list, v)
	if i < 0 {
		i = len(list) - 1
	}
	return Measure(i)
}

// Ratings counts ratings of star 1 to 5 attributed to party on a scale.
func Ratings(party conversation.Party, scale conversation.Scale, star int) Measure {
	p := max(slices.Index(parties, party), 0)
	return ratingBlock + Measure(p)*25 + in(scales, scale)*5 + Measure(star-1)
}

// TouchRatings counts ratings of star 1 to 5 by the last party before the rating, on all scales.
func TouchRatings(party conversation.Party, star int) Measure {
	return touchBlock + Measure(max(slices.Index(parties, party), 0))*5 + Measure(star-1)
}

// SentimentLabel counts conversations by label; the empty label counts those without customer text.
func SentimentLabel(s conversation.Sentiment) Measure { return sentimentBlock + in(labels, s) }

// RatedWithLabel and SatisfiedWithLabel count rated conversations by label: response weighting needs them.
func RatedWithLabel(s conversation.Sentiment) Measure     { return labelBlock + 2*in(labels, s) }
func SatisfiedWithLabel(s conversation.Sentiment) Measure { return labelBlock + 2*in(labels, s) + 1 }

// EscalatedFor counts AI-involved escalations by primary reason.
func EscalatedFor(r conversation.Reason) Measure { return reasonBlock + in(reasons, r) }

// Ended counts AI-involved conversations by outcome.
func Ended(o conversation.Outcome) Measure { return outcomeBlock + in(outcomes, o) }

// EscalatedAtTurn and EndedAtTurn count AI-involved conversations by the customer turn at which they escalated, or
// ended otherwise. Turn 0 means that the customer never spoke.
func EscalatedAtTurn(turn int) Measure { return turnBlock + 2*Measure(min(max(turn, 0), MaxTurn+1)) }
func EndedAtTurn(turn int) Measure     { return EscalatedAtTurn(turn) + 1 }

// FailedBy counts failed conversations by kind of failure; one conversation may fail in several ways.
func FailedBy(f conversation.Failure) Measure { return failureBlock + in(failures, f) }

// RequestedFirst counts escalations on request before any substantive AI answer.
const RequestedFirst = avoidBlock

// Seconds is a kind of duration.
type Seconds uint8

// The durations. HandleHuman is of conversations only humans handled, HandleAfterAI of those the AI handed on.
const (
	HandleHuman Seconds = iota
	HandleAfterAI
	Resolution
	FirstResponse
	ToEscalation
	secondsKinds
)

// Count, Sum and Squares are the measures a duration leaves: how many, Σ seconds and Σ seconds² in two parts, of which
// the high one counts 2³².
func (s Seconds) Count() Measure { return secondsBlock + 4*Measure(s) }

// Sum is Σ seconds.
func (s Seconds) Sum() Measure { return s.Count() + 1 }

func (s Seconds) squaresHigh() Measure { return s.Count() + 2 }
func (s Seconds) squaresLow() Measure  { return s.Count() + 3 }
