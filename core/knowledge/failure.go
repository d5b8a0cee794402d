package knowledge

import "github.com/samber/lo"

// Failure is one reason why a conversation counts as a question the AI could not handle.
type Failure string

// The failures: the conversation reached a human, the customer rated it 1 or 2, the customer sounded negative or
// frustrated, the bot said that it could not help, or the customer had to repeat the question.
const (
	FailedEscalated  Failure = "escalated"
	FailedLowRating  Failure = "low_rating"
	FailedSentiment  Failure = "sentiment"
	FailedGaveUp     Failure = "bot_gave_up"
	FailedRepetition Failure = "repetition"
)

// LowRating is the highest rating that counts as a failure.
const LowRating = 2

// Evidence is what the failure rule looks at, one field per reason.
type Evidence struct {
	AIInvolved bool
	Escalated  bool
	// Rating is the customer's score 1 to 5; nil is unrated.
	Rating *int
	// Unhappy says that the computed label is negative or frustrated.
	Unhappy          bool
	BotGaveUp        bool
	CustomerRepeated bool
}

// Failures names every reason that holds, in the order of the constants. It is empty for a conversation without the AI:
// what humans could not solve is no gap in the AI's knowledge.
func Failures(e Evidence) []Failure {
	if !e.AIInvolved {
		return nil
	}
	reasons := []struct {
		holds   bool
		failure Failure
	}{
		{e.Escalated, FailedEscalated},
		{e.Rating != nil && *e.Rating <= LowRating, FailedLowRating},
		{e.Unhappy, FailedSentiment},
		{e.BotGaveUp, FailedGaveUp},
		{e.CustomerRepeated, FailedRepetition},
	}
	var failures []Failure
	for _, r := range reasons {
		if r.holds {
			failures = append(failures, r.failure)
		}
	}
	return failures
}

// Cost is what a failure costs in micro-units of the organisation's currency: a whole human contact when it reached a
// human, half of one when the customer was only left unhappy, nothing without a failure. The half is a stated assumption.
func Cost[M ~int64](failures []Failure, humanContact M) M {
	switch {
	case len(failures) == 0:
		return 0
	case lo.Contains(failures, FailedEscalated):
		return humanContact
	default:
		return humanContact / 2
	}
}
