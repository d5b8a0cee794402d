package knowledge

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"
)

// What a store keeps of gaps is records and links; everything else (vectors, indexes, counts) is derived from them.

// Record is what is kept of one gap apart from its links. Its id is never used again.
type Record struct {
	ID       int64
	Language string
	// AliasOf is the gap this one was merged into; 0 for a gap of its own.
	AliasOf int64
	// Representative is the sentence shown for the gap, redacted; Example is the conversation it stands in. Both are empty
	// after that conversation was deleted, until the job picks another.
	Representative string
	Example        uuid.UUID
	// ResolvedAt is when a person last marked the gap resolved; zero while nobody did or after it was opened again.
	ResolvedAt time.Time
	// History lists every resolution (Resolved) and reopening (Open) by a person, oldest first.
	History []Step
	// EvidenceExpired says that retention took the text of at least one link.
	EvidenceExpired bool
}

// Step is one turn in a gap's history.
type Step struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

// Link ties a conversation to a gap. A conversation has at most one.
type Link struct {
	Gap          int64
	Conversation uuid.UUID
	// Question is the customer's sentence, empty once retention has taken it.
	Question string
	Topic    string
	// At is when the customer asked.
	At time.Time
	// Failures is empty for a conversation that asked the same and went well: those show whether a fix works and do not
	// count as occurrences.
	Failures []Failure
}

// Failed says whether the link counts as an occurrence.
func (l Link) Failed() bool { return len(l.Failures) > 0 }

// Equal says whether the two say the same.
func (l Link) Equal(o Link) bool {
	return l.Gap == o.Gap && l.Conversation == o.Conversation && l.Question == o.Question && l.Topic == o.Topic &&
		l.At.Equal(o.At) && slices.Equal(l.Failures, o.Failures)
}

// Commit is what one step of the gap job decided, to be stored whole or not at all.
type Commit struct {
	// Records and Links replace those of the same id and the same conversation, also among themselves: the last one holds.
	Records []Record
	Links   []Link
	// Unlink removes the links of these conversations.
	Unlink []uuid.UUID
	// Through is the number of the last conversation version the step has seen.
	Through int64
}

// Empty says that nothing was decided that has to be stored.
func (c Commit) Empty() bool { return len(c.Records)+len(c.Links)+len(c.Unlink) == 0 }

// Settled are the links that hold when all is stored: of each conversation the last.
func (c Commit) Settled() []Link {
	last := map[uuid.UUID]int{}
	for i, l := range c.Links {
		last[l.Conversation] = i
	}
	return lo.Filter(c.Links, func(l Link, i int) bool { return last[l.Conversation] == i })
}

// Snapshot is what is kept of an organisation's gaps, whole or as much of it as an index is built from.
type Snapshot struct {
	// Version changes with every stored commit and resolution, and with every deletion or expiry that touched a link or a
	// record.
	Version int64
	// Through is the number of the last conversation version that was worked in.
	Through int64
	// Records are in the order of ids, Links in the order of (At, Conversation).
	Records []Record
	Links   []Link
	// Others counts the links of each gap that are not among Links; nil when Links are all there are.
	Others map[int64]int
}

// Extent says how much of what is kept is read.
type Extent int

const (
	// Whole is everything.
	Whole Extent = iota
	// Examples is what an index is built from: of each gap, the links with the oldest and the latest questions, half of
	// ExamplesMost each. The other links are counted in Snapshot.Others.
	Examples
)

// Part is as much of a whole snapshot as e takes.
func (s Snapshot) Part(e Extent) Snapshot {
	if e == Whole {
		return s
	}
	told := lo.GroupBy(lo.Filter(s.Links, func(l Link, _ int) bool { return l.Question != "" }), func(l Link) int64 { return l.Gap })
	kept := map[uuid.UUID]bool{}
	for _, links := range told {
		for _, l := range outermost(links, ExamplesMost) {
			kept[l.Conversation] = true
		}
	}
	links, left := lo.FilterReject(s.Links, func(l Link, _ int) bool { return kept[l.Conversation] })
	s.Links, s.Others = links, nil
	if len(left) > 0 {
		s.Others = lo.CountValuesBy(left, func(l Link) int64 { return l.Gap })
	}
	return s
}

// Summary is one gap as it is listed.
type Summary struct {
	Record
	// Topic is the most frequent topic of its occurrences, ties to the first in byte order.
	Topic string
	Tally
	// Later counts occurrences after ResolvedAt; 0 while that is zero.
	Later int
	// Escalated and Unhappy weigh the occurrences that reached a human, and all others, by age at Query.AsOf:
	// Σ 2^(−age/half-life). Times what each costs, they are the gap's priority. Of a gap read
	// by its id they are not aged.
	Escalated float64
	Unhappy   float64
}

// State is where the gap stands.
func (s Summary) State() State { return StateAfter(s.ResolvedAt, s.Later, DefaultReopenMin) }

// Query picks gaps. Aliases and gaps without an occurrence are never listed.
type Query struct {
	// Resolved keeps gaps that are resolved and stayed so, even where one conversation asked again (true), or all others
	// (false); nil keeps both.
	Resolved *bool
	Topic    *string
	// MinOccurrences keeps gaps seen in at least so many conversations.
	MinOccurrences int
	// AsOf is the time ages are reckoned from.
	AsOf time.Time
}
