package conversation

import (
	"time"

	"github.com/google/uuid"
)

// Query picks conversations of one organisation. Nil and empty fields do not filter; all others must hold together.
// The zero value picks everything.
type Query struct {
	Platform  Platform
	Topic     *string
	Subtopic  *string
	AIAgent   *string
	Customer  *string
	Priority  *Priority
	Handler   Handler
	Sentiment Sentiment
	Escalated *bool
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
	// Search holds words that must all occur in the messages, whole and folded (see text.Fold).
	Search string
	// UIDs, when not nil, picks just these.
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
