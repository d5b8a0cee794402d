package roi

// LineQuery picks lines of a ledger; empty fields pick all.
type LineQuery struct {
	// Period keeps the lines booked in one month.
	Period Period
	// Refs, when not nil, keeps the lines about these conversations or fees.
	Refs []string
	// After keeps the lines with a higher number; Limit keeps at most so many, 0 is all.
	After int64
	Limit int
}
