package roi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Closing is the record of a closed month. Kept apart from the lines, it also shows whether lines are missing at the
// end.
type Closing struct {
	Period   Period
	ClosedAt time.Time
	Terms    Terms
	// Totals is what the month's lines add up to.
	Totals Totals
	// Head is where the ledger ended after the close.
	Head Head
}

var (
	// ErrClosed says that a month is closed already, or lies before one that is.
	ErrClosed = errors.New("the month is closed")
	// ErrEarlierOpen says that an earlier month has conversations and is still open.
	ErrEarlierOpen = errors.New("an earlier month is still open")
)

// Book is the ledger of one organisation as a fold over its events: conversations that change, and months that are
// closed in their order. It is not safe for concurrent use.
type Book struct {
	currency string
	zone     *time.Location
	head     Head
	lines    []Line
	byRef    map[string][]Line
	entries  map[string]Entry
	closings []Closing
}

// NewBook opens an empty ledger. Months are those of zone; the currency must be an ISO 4217 code.
func NewBook(org uuid.UUID, currency string, zone *time.Location) (*Book, error) {
	if _, err := money.MinorUnits(currency); err != nil {
		return nil, err
	}
	return &Book{currency: currency, zone: zone, head: Genesis(org), byRef: map[string][]Line{}, entries: map[string]Entry{}}, nil
}

// Lines returns all lines so far, in the order they were posted.
func (b *Book) Lines() []Line { return slices.Clone(b.lines) }

// Head is where the ledger ends.
func (b *Book) Head() Head { return b.head }

// Closings lists the closed months, oldest first.
func (b *Book) Closings() []Closing { return slices.Clone(b.closings) }

// Closed reports whether p is closed. A month before a closed one is closed too.
func (b *Book) Closed(p Period) bool {
	return len(b.closings) > 0 && p <= b.closings[len(b.closings)-1].Period
}

// terms is what p was closed with; a month that was passed over goes by the next one.
func (b *Book) terms(p Period) (Terms, bool) {
	closing, found := lo.Find(b.closings, func(c Closing) bool { return c.Period >= p })
	return closing.Terms, found
}

// Record takes the present version of a conversation. If it changes what a closed month says, the correction is posted
// at once, in the month of at or the first open one after it, and returned. The same version again posts nothing.
func (b *Book) Record(e Entry, at time.Time) ([]Line, error) {
	if _, err := ParsePeriod(string(e.Period)); err != nil {
		return nil, err
	}
	open := OpenPeriod(PeriodOf(at, b.zone), b.Closed)
	drafts, err := Correct(b.byRef[e.Ref], e, open, b.currency, b.terms)
	if err != nil {
		return nil, err
	}
	b.entries[e.Ref] = e
	return b.post(drafts, at), nil
}

// Close books the conversations of a month and its fee, and closes it for good. Months are closed in order; one that is
// closed is ErrClosed, one with an open month of conversations before it is ErrEarlierOpen.
func (b *Book) Close(p Period, terms Terms, at time.Time) (Closing, error) {
	if _, err := ParsePeriod(string(p)); err != nil {
		return Closing{}, err
	}
	if b.Closed(p) {
		return Closing{}, fmt.Errorf("%s: %w", p, ErrClosed)
	}
	open := lo.Filter(lo.Values(b.entries), func(e Entry, _ int) bool { return !e.Gone && !b.Closed(e.Period) && e.Period <= p })
	slices.SortFunc(open, func(x, y Entry) int { return strings.Compare(x.Ref, y.Ref) })
	if e, found := lo.Find(open, func(e Entry) bool { return e.Period < p }); found {
		return Closing{}, fmt.Errorf("%s: %w: %s", p, ErrEarlierOpen, e.Period)
	}
	drafts, err := Draft(p, b.currency, open, terms)
	if err != nil {
		return Closing{}, err
	}
	corrections := lo.Filter(b.lines, func(l Line, _ int) bool { return l.Period == p })
	totals, err := Total(append(corrections, drafts...))
	if err != nil {
		return Closing{}, err
	}
	b.post(drafts, at)
	closing := Closing{Period: p, ClosedAt: at.UTC().Truncate(time.Microsecond), Terms: terms, Totals: totals, Head: b.head}
	b.closings = append(b.closings, closing)
	return closing, nil
}

func (b *Book) post(drafts []Line, at time.Time) []Line {
	sealed, head := Seal(b.head, drafts, at)
	b.head = head
	b.lines = append(b.lines, sealed...)
	for _, l := range sealed {
		b.byRef[l.Ref] = append(b.byRef[l.Ref], l)
	}
	return sealed
}

// VerifyClosing checks that lines, which Verify has found in order, still hold everything the closing saw: its last line
// in its place, and the month's lines adding up to its totals with nothing booked in the month since. It returns a
// *BadLine that points at the end of the close.
func VerifyClosing(c Closing, lines []Line) error {
	bad := func(reason string) error {
		return &BadLine{Seq: c.Head.Seq, Index: int(c.Head.Seq) - 1, Reason: reason}
	}
	last, found := lo.Find(lines, func(l Line) bool { return l.Seq == c.Head.Seq })
	if c.Head.Seq > 0 && !found {
		return bad(fmt.Sprintf("is missing, although %s was closed with it", c.Period))
	}
	if found && last.Hash != c.Head.Hash {
		return bad(fmt.Sprintf("is not the line %s was closed with", c.Period))
	}
	totals, err := Total(lo.Filter(lines, func(l Line, _ int) bool { return l.Period == c.Period }))
	if err != nil {
		return err
	}
	if totals != c.Totals {
		return bad(fmt.Sprintf("ends %s, whose lines no longer add up to what it was closed with", c.Period))
	}
	return nil
}

// Event is one thing that happened to a ledger: exactly one of Entry and Close is set.
type Event struct {
	At    time.Time
	Entry *Entry
	Close *Close
}

// Close is the decision to close a month.
type Close struct {
	Period Period
	Terms  Terms
}

// Replay rebuilds a ledger from its events. The same events give the same lines, hash for hash.
func Replay(org uuid.UUID, currency string, zone *time.Location, events []Event) (*Book, error) {
	b, err := NewBook(org, currency, zone)
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		switch {
		case e.Entry != nil && e.Close == nil:
			_, err = b.Record(*e.Entry, e.At)
		case e.Close != nil && e.Entry == nil:
			_, err = b.Close(e.Close.Period, e.Close.Terms, e.At)
		default:
			err = errors.New("neither a conversation nor a close")
		}
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
	}
	return b, nil
}
