package conversation

import (
	"cmp"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Stamp says how much a statement is worth against another one about the same thing: first by trust, then by the time
// of the event.
type Stamp struct {
	Trust Trust
	At    time.Time
}

// IsZero says whether nothing was stated.
func (s Stamp) IsZero() bool { return s.Trust == 0 }

func (s Stamp) compare(o Stamp) int {
	if c := cmp.Compare(s.Trust, o.Trust); c != 0 {
		return c
	}
	return s.At.Compare(o.At)
}

// Said is a value that a source stated, or nothing. "Said false" and "said nothing" are different answers.
type Said[T any] struct {
	Value T
	Stamp Stamp
}

// OK says whether anything was stated.
func (s Said[T]) OK() bool { return !s.Stamp.IsZero() }

// Get returns the value, or nil when nothing was stated.
func (s Said[T]) Get() *T {
	if !s.OK() {
		return nil
	}
	return &s.Value
}

// State makes a statement. A nil value states nothing.
func State[T any](value *T, stamp Stamp) Said[T] {
	if value == nil {
		return Said[T]{}
	}
	return Said[T]{Value: *value, Stamp: stamp}
}

// merge keeps the weightier statement; of two equally weighty ones, the one whose value sorts last, so that the order
// of arrival never decides.
func (s *Said[T]) merge(o Said[T], compare func(a, b T) int) {
	if !o.OK() {
		return
	}
	if c := s.Stamp.compare(o.Stamp); c < 0 || c == 0 && compare(s.Value, o.Value) < 0 {
		*s = o
	}
}

// Facts are what sources stated about a conversation, each with its stamp. Merging facts is commutative, associative
// and idempotent.
type Facts struct {
	CustomerID       Said[string]
	AIAgentID        Said[string]
	Rating           Said[Rating]
	Sentiment        Said[Sentiment]
	Escalated        Said[bool]
	EscalationReason Said[string]
	// ResolutionSeconds is the platform's time to resolution.
	ResolutionSeconds      Said[float64]
	FirstContactResolution Said[bool]
	AIHandled              Said[bool]
	Topic                  Said[string]
	Subtopic               Said[string]
	Priority               Said[Priority]
	// Cost is what the AI cost for this conversation, in the organisation's currency.
	Cost Said[money.Micro]
	// Metadata is a JSON object as text.
	Metadata Said[string]
	Tags     Said[[]string]
	// CreatedAt is when the platform opened the conversation; ClosedAt when it closed it.
	CreatedAt Said[time.Time]
	ClosedAt  Said[time.Time]
	// HandedOffAt is when the AI assigned the conversation to a person or team.
	HandedOffAt Said[time.Time]
	// AIFailed says that the AI answered with an error or timed out.
	AIFailed Said[bool]
	// Offered says whether the customer was asked for a rating.
	Offered Said[bool]
	// HandleSeconds is the platform's own measure of human working time.
	HandleSeconds Said[float64]
	TokensIn      Said[int64]
	TokensOut     Said[int64]
	// NextContact is when the same customer next began a conversation on the same topic, 0 or more after this one ended.
	// The product itself states it.
	NextContact Said[time.Time]
}

// merge takes over every weightier statement of o.
func (f *Facts) merge(o *Facts) {
	f.CustomerID.merge(o.CustomerID, cmp.Compare)
	f.AIAgentID.merge(o.AIAgentID, cmp.Compare)
	f.Rating.merge(o.Rating, Rating.compare)
	f.Sentiment.merge(o.Sentiment, cmp.Compare)
	f.Escalated.merge(o.Escalated, compareBool)
	f.EscalationReason.merge(o.EscalationReason, cmp.Compare)
	f.ResolutionSeconds.merge(o.ResolutionSeconds, cmp.Compare)
	f.FirstContactResolution.merge(o.FirstContactResolution, compareBool)
	f.AIHandled.merge(o.AIHandled, compareBool)
	f.Topic.merge(o.Topic, cmp.Compare)
	f.Subtopic.merge(o.Subtopic, cmp.Compare)
	f.Priority.merge(o.Priority, cmp.Compare)
	f.Cost.merge(o.Cost, cmp.Compare)
	f.Metadata.merge(o.Metadata, cmp.Compare)
	f.Tags.merge(o.Tags, slices.Compare)
	f.CreatedAt.merge(o.CreatedAt, time.Time.Compare)
	f.ClosedAt.merge(o.ClosedAt, time.Time.Compare)
	f.HandedOffAt.merge(o.HandedOffAt, time.Time.Compare)
	f.AIFailed.merge(o.AIFailed, compareBool)
	f.Offered.merge(o.Offered, compareBool)
	f.HandleSeconds.merge(o.HandleSeconds, cmp.Compare)
	f.TokensIn.merge(o.TokensIn, cmp.Compare)
	f.TokensOut.merge(o.TokensOut, cmp.Compare)
	f.NextContact.merge(o.NextContact, time.Time.Compare)
}

// micro brings every time to UTC in microseconds.
func (f *Facts) micro() {
	for _, stamp := range [...]*Stamp{
		&f.CustomerID.Stamp, &f.AIAgentID.Stamp, &f.Rating.Stamp, &f.Sentiment.Stamp, &f.Escalated.Stamp,
		&f.EscalationReason.Stamp, &f.ResolutionSeconds.Stamp, &f.FirstContactResolution.Stamp, &f.AIHandled.Stamp,
		&f.Topic.Stamp, &f.Subtopic.Stamp, &f.Priority.Stamp, &f.Cost.Stamp, &f.Metadata.Stamp, &f.Tags.Stamp,
		&f.CreatedAt.Stamp, &f.ClosedAt.Stamp, &f.HandedOffAt.Stamp, &f.AIFailed.Stamp, &f.Offered.Stamp,
		&f.HandleSeconds.Stamp, &f.TokensIn.Stamp, &f.TokensOut.Stamp, &f.NextContact.Stamp,
	} {
		if !stamp.IsZero() {
			stamp.At = micro(stamp.At)
		}
	}
	for _, said := range [...]*Said[time.Time]{&f.CreatedAt, &f.ClosedAt, &f.HandedOffAt, &f.NextContact} {
		if said.OK() {
			said.Value = micro(said.Value)
		}
	}
	if f.Rating.OK() {
		f.Rating.Value.At = micro(f.Rating.Value.At)
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Scale is the survey a rating was given on; averages that mix scales are labelled.
type Scale string

// The scales: a native five-point survey, good/bad, a platform's survey with two or three points, and the seven-point
// survey, all mapped to 1–5.
const (
	Native5 Scale = "native5"
	Binary  Scale = "binary"
	Mapped2 Scale = "mapped2"
	Mapped3 Scale = "mapped3"
	Mapped7 Scale = "mapped7"
)

// Scales lists every scale in the order of their measures.
func Scales() []Scale { return []Scale{Native5, Binary, Mapped2, Mapped3, Mapped7} }

// Rating is a customer's verdict.
type Rating struct {
	// Score is 1 to 5.
	Score int
	Scale Scale
	// At is when the customer rated; zero when the source did not say.
	At time.Time
	// Subject is whom the platform says the rating judges, PartyNone when it does not say.
	Subject Party
}

// Satisfied is the top-two-box rule: 4 and 5.
func (r Rating) Satisfied() bool { return r.Score >= 4 }

func (r Rating) compare(o Rating) int {
	return cmp.Or(r.At.Compare(o.At), cmp.Compare(r.Score, o.Score), cmp.Compare(r.Scale, o.Scale), cmp.Compare(r.Subject, o.Subject))
}

// stamps is every stamp in the order of the fields.
func (f *Facts) stamps() [24]stampKey {
	return [24]stampKey{
		f.CustomerID.Stamp.key(), f.AIAgentID.Stamp.key(), f.Rating.Stamp.key(), f.Sentiment.Stamp.key(),
		f.Escalated.Stamp.key(), f.EscalationReason.Stamp.key(), f.ResolutionSeconds.Stamp.key(),
		f.FirstContactResolution.Stamp.key(), f.AIHandled.Stamp.key(), f.Topic.Stamp.key(), f.Subtopic.Stamp.key(),
		f.Priority.Stamp.key(), f.Cost.Stamp.key(), f.Metadata.Stamp.key(), f.Tags.Stamp.key(), f.CreatedAt.Stamp.key(),
		f.ClosedAt.Stamp.key(), f.HandedOffAt.Stamp.key(), f.AIFailed.Stamp.key(), f.Offered.Stamp.key(),
		f.HandleSeconds.Stamp.key(), f.TokensIn.Stamp.key(), f.TokensOut.Stamp.key(), f.NextContact.Stamp.key(),
	}
}

type stampKey struct {
	trust Trust
	at    int64
}

func (s Stamp) key() stampKey {
	if s.IsZero() {
		return stampKey{}
	}
	return stampKey{s.Trust, s.At.UnixMicro()}
}

// sameFacts compares what two sets of facts state, whoever stated it and when.
func sameFacts(a, b *Facts) bool {
	return same(a.CustomerID, b.CustomerID, cmp.Compare) && same(a.AIAgentID, b.AIAgentID, cmp.Compare) &&
		same(a.Rating, b.Rating, Rating.compare) && same(a.Sentiment, b.Sentiment, cmp.Compare) &&
		same(a.Escalated, b.Escalated, compareBool) && same(a.EscalationReason, b.EscalationReason, cmp.Compare) &&
		same(a.ResolutionSeconds, b.ResolutionSeconds, cmp.Compare) &&
		same(a.FirstContactResolution, b.FirstContactResolution, compareBool) &&
		same(a.AIHandled, b.AIHandled, compareBool) && same(a.Topic, b.Topic, cmp.Compare) &&
		same(a.Subtopic, b.Subtopic, cmp.Compare) && same(a.Priority, b.Priority, cmp.Compare) &&
		same(a.Cost, b.Cost, cmp.Compare) && same(a.Metadata, b.Metadata, cmp.Compare) &&
		same(a.Tags, b.Tags, slices.Compare) && same(a.CreatedAt, b.CreatedAt, time.Time.Compare) &&
		same(a.ClosedAt, b.ClosedAt, time.Time.Compare) && same(a.HandedOffAt, b.HandedOffAt, time.Time.Compare) &&
		same(a.AIFailed, b.AIFailed, compareBool) && same(a.Offered, b.Offered, compareBool) &&
		same(a.HandleSeconds, b.HandleSeconds, cmp.Compare) && same(a.TokensIn, b.TokensIn, cmp.Compare) &&
		same(a.TokensOut, b.TokensOut, cmp.Compare) && same(a.NextContact, b.NextContact, time.Time.Compare)
}

func same[T any](a, b Said[T], compare func(x, y T) int) bool {
	return a.OK() == b.OK() && (!a.OK() || compare(a.Value, b.Value) == 0)
}
