package conversation

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Message is one thing said.
type Message struct {
	// ID is the source's own; empty when it gives none.
	ID     string
	Sender Sender
	// SenderID names the person or bot at the source.
	SenderID string
	Content  string
	// At is the source's time; zero when it gives none.
	At time.Time
	// Metadata is a JSON object as text, or empty.
	Metadata string
	// Order and Position place a message among the others: by time, where none was given by that of the message before
	// it or of the event that brought it, then by the place in the body that brought it.
	Order    time.Time
	Position int
	Stamp    Stamp
}

// identity is what makes two messages the same one. nth tells identical lines of one body apart, so that "yes" said
// twice stays twice, and the body sent again adds nothing.
type identity struct {
	id      string
	sender  Sender
	at      int64
	content string
	nth     int
}

func identify(messages []Message) []identity {
	out := make([]identity, len(messages))
	var seen map[identity]int
	for i, m := range messages {
		if m.ID != "" {
			out[i] = identity{id: m.ID}
			continue
		}
		key := identity{sender: m.Sender, content: m.Content}
		if !m.At.IsZero() {
			key.at = m.At.UnixMicro()
		}
		if seen == nil {
			seen = make(map[identity]int, len(messages))
		}
		n := seen[key]
		seen[key] = n + 1
		key.nth = n
		out[i] = key
	}
	return out
}

// place gives every message of one body its Order, Position and Stamp.
func place(messages []Message, stamp Stamp) []Message {
	out := slices.Clone(messages)
	last := stamp.At
	for i := range out {
		if !out[i].At.IsZero() {
			out[i].At = micro(out[i].At)
			last = out[i].At
		}
		out[i].Order, out[i].Position, out[i].Stamp = last, i, stamp
	}
	// Untimed messages before the first timed one share its time rather than that of the event, if that is later.
	first := slices.IndexFunc(out, func(m Message) bool { return !m.At.IsZero() })
	for i := range max(first, 0) {
		if out[i].Order.After(out[first].Order) {
			out[i].Order = out[first].Order
		}
	}
	return out
}

// mergeMessages is the union of both, each message once, in order. It changes neither.
func mergeMessages(have, more []Message) []Message {
	switch {
	case len(more) == 0:
		return have
	case len(have) == 0:
		return sortMessages(dedupe(more))
	}
	return sortMessages(dedupe(slices.Concat(have, more), len(have)))
}

// dedupe joins messages of the same identity. The parts begin at the given cuts: identical lines are counted within a
// part and joined across parts. Without any it returns the messages themselves.
func dedupe(all []Message, cuts ...int) []Message {
	if distinct(all) {
		return all
	}
	out := make([]Message, 0, len(all))
	index := make(map[identity]int, len(all))
	start := 0
	for _, end := range append(cuts, len(all)) {
		part := all[start:end]
		for i, key := range identify(part) {
			at, ok := index[key]
			if !ok {
				index[key] = len(out)
				out = append(out, part[i])
				continue
			}
			out[at] = join(out[at], part[i])
		}
		start = end
	}
	return out
}

// distinctUpTo is the number of messages up to which comparing each with each is quicker than looking up identities.
const distinctUpTo = 32

// distinct reports that no two of a few messages can be the same; false says nothing.
func distinct(messages []Message) bool {
	if len(messages) > distinctUpTo {
		return false
	}
	for i := range messages {
		for j := range i {
			a, b := &messages[i], &messages[j]
			if a.ID == b.ID && (a.ID != "" || a.Sender == b.Sender && a.Content == b.Content) {
				return false
			}
		}
	}
	return true
}

// join is one message out of two versions of it: the weightier text, the earliest place.
func join(a, b Message) Message {
	out := a
	if c := a.Stamp.compare(b.Stamp); c < 0 || c == 0 && compareText(&a, &b) < 0 {
		out = b
	}
	out.Order, out.Position = a.Order, a.Position
	if c := b.Order.Compare(a.Order); c < 0 || c == 0 && b.Position < a.Position {
		out.Order, out.Position = b.Order, b.Position
	}
	return out
}

func compareText(a, b *Message) int {
	return cmp.Or(
		cmp.Compare(a.Sender, b.Sender), strings.Compare(a.Content, b.Content), a.At.Compare(b.At),
		strings.Compare(a.SenderID, b.SenderID), strings.Compare(a.Metadata, b.Metadata), strings.Compare(a.ID, b.ID),
	)
}

// sortMessages returns the messages in order: themselves when they are, else a copy.
func sortMessages(m []Message) []Message {
	if slices.IsSortedFunc(m, compareOrder) {
		return m
	}
	m = slices.Clone(m)
	slices.SortStableFunc(m, compareOrder)
	return m
}

func compareOrder(a, b Message) int {
	if c := a.Order.Compare(b.Order); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Position, b.Position); c != 0 {
		return c
	}
	return compareText(&a, &b)
}
