package conversation

import (
	"time"

	"github.com/google/uuid"
)

// Query picks conversations of one organisation. Nil and empty fields do not filter; all others must hold together.
// The zero value picks everything. A pointer to the empty string picks conversations where nothing was stated.
type Query struct {
	Platform  Platform
	Topic     *string
	Subtopic  *string
	AIAgent   *string
	Customer  *string
	Priority  *Priority
	Handler   Handler
	Sentiment Sentiment
	Escalated *bool // the verdict, not the flag that was sent
	AIHandled *bool
	// CSATMin and CSATMax bound the rating, both inclusive; either leaves out unrated conversations.
	CSATMin *int
	CSATMax *int
	Outcome Outcome
	Reason  Reason
	Rated   *bool
	// Start is inclusive and End exclusive, both on StartedAt; zero is open.
	Start time.Time
	End   time.Time
	// Search holds words that must all occur in the messages, whole and folded (see SearchWords).
	Search string
	// UIDs, when not nil, picks just these: an empty list picks nothing.
	UIDs []uuid.UUID

	// Limit is the page's size; 0 means 50. After starts the page behind a position; Offset skips rows.
	Limit  int
	Offset int
	After  *Position
	// Total asks for the number of all that match.
	Total bool
}

// DefaultLimit is the size of a page when a query names none.
const DefaultLimit = 50

// Position is a place in the listing order: newest StartedAt first, ties by UID ascending.
type Position struct {
	StartedAt time.Time
	UID       uuid.UUID
}

// Page is one page of a listing.
type Page struct {
	Conversations []Conversation
	// Next is where the next page starts; nil when there is none.
	Next *Position
	// Total is set when the query asked for it.
	Total *int64
	// IndexedThrough is the time up to which the search index covers what was written; zero when the query does not
	// search.
	IndexedThrough time.Time
}

// The bounds of a listing.
const (
	MaxLimit  = 500
	MaxOffset = 100_000
)

// Validate checks the ranges of a query and returns *Invalid with every fault at once.
func (q Query) Validate() error {
	var v Invalid
	if q.Limit < 0 || q.Limit > MaxLimit {
		v.Add("/limit", "must be from 1 to 500")
	}
	if q.Offset < 0 || q.Offset > MaxOffset {
		v.Add("/offset", "must be from 0 to 100000; go on with next_cursor beyond that")
	}
	for _, bound := range []struct {
		field string
		value *int
	}{{"/csat_min", q.CSATMin}, {"/csat_max", q.CSATMax}} {
		if bound.value != nil && (*bound.value < 1 || *bound.value > 5) {
			v.Add(bound.field, "must be from 1 to 5")
		}
	}
	if q.CSATMin != nil && q.CSATMax != nil && *q.CSATMin > *q.CSATMax {
		v.Add("/csat_max", "must not be below csat_min")
	}
	if !q.Start.IsZero() && !q.End.IsZero() && q.End.Before(q.Start) {
		v.Add("/end_date", "must not be before start_date")
	}
	return v.OrNil()
}
