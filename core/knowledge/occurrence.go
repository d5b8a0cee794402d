package knowledge

import "time"

// Occurrence is one failed question seen in one conversation.
type Occurrence struct {
	// Conversation is an opaque key; two occurrences of one conversation count once.
	Conversation string
	// At is when the customer asked, not when the message reached us.
	At time.Time
}

// Tally is how often a gap was seen.
type Tally struct {
	// Count is the number of distinct conversations.
	Count int
	// FirstSeen and LastSeen are the earliest and the latest time a customer asked; zero when Count is 0.
	FirstSeen, LastSeen time.Time
}

// Count tallies occurrences. Order and repetition do not matter.
func Count(occurrences []Occurrence) Tally {
	var t Tally
	seen := make(map[string]bool, len(occurrences))
	for _, o := range occurrences {
		if !seen[o.Conversation] {
			seen[o.Conversation] = true
			t.Count++
		}
		if t.FirstSeen.IsZero() || o.At.Before(t.FirstSeen) {
			t.FirstSeen = o.At
		}
		if t.LastSeen.IsZero() || o.At.After(t.LastSeen) {
			t.LastSeen = o.At
		}
	}
	return t
}
