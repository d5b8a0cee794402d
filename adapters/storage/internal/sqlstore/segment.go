package sqlstore

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/samber/lo"
)

// segment is a segment in memory: its conversations, sorted, and for every token the places of those that hold it, as they
// are stored. Its lists lie in 2^bits parts, by the first bits of their tokens.
type segment struct {
	rows  []posting
	bits  int64
	parts []part
}

// part holds the lists of some tokens: in the order of tokens, each as the distance from the one before, the length of the
// list, and the list as distances.
type part struct {
	number int64
	lists  []byte
}

// filing is a conversation that is to be filed, with its tokens.
type filing struct {
	posting
	tokens []int64
}

// newSegment is the segment of some conversations.
func newSegment(list []filing) segment {
	slices.SortFunc(list, func(a, b filing) int { return comparePostings(a.posting, b.posting) })
	rows := make([]posting, len(list))
	at := map[int64]uint32{} // how long the list of a token is, then where its next place goes
	for i, f := range list {
		rows[i] = f.posting
		for _, token := range f.tokens {
			at[token]++
		}
	}
	tokens, all := slices.Sorted(maps.Keys(at)), uint32(0)
	for _, token := range tokens {
		size := at[token]
		at[token] = all
		all += size
	}
	places := make([]uint32, all) // the lists, one behind the other
	for i, f := range list {
		for _, token := range f.tokens {
			places[at[token]] = uint32(i)
			at[token]++
		}
	}
	w := newSegmentWriter(rows, len(tokens), len(places))
	start := uint32(0)
	for _, token := range tokens {
		end := at[token]
		w.add(token, slices.Compact(places[start:end])) // two words may have one token
		start = end
	}
	return w.end()
}

// joined is one segment of several. A conversation that several of them hold is in it once, with the words of all.
func joined(segments []segment) (segment, error) {
	if len(segments) == 1 {
		return segments[0], nil
	}
	return merge(segments, nil)
}

// without is the segment without some rows.
func (s segment) without(gone map[int64]bool) (segment, error) { return merge([]segment{s}, gone) }

// merge makes one segment of several, without some rows. Lists are read and written one by one, so that it takes hardly
// more room than what is stored.
func merge(segments []segment, gone map[int64]bool) (segment, error) {
	var rows []posting
	for _, s := range segments {
		rows = append(rows, lo.Reject(s.rows, func(p posting, _ int) bool { return gone[p.row] })...)
	}
	slices.SortFunc(rows, comparePostings)
	rows = slices.Compact(rows)
	moves := lo.Map(segments, func(s segment, _ int) []uint32 { return movesOf(s.rows, rows, gone) })
	tokens, places := 0, 0
	err := eachToken(segments, func(_ int64, lists []listOf) error {
		tokens++
		places += lo.SumBy(lists, func(l listOf) int { return len(l.places) }) // most take a byte each
		return nil
	})
	if err != nil {
		return segment{}, err
	}
	w := newSegmentWriter(rows, tokens, places)
	var list []uint32
	err = eachToken(segments, func(token int64, lists []listOf) (err error) {
		list = list[:0]
		for _, l := range lists {
			if list, err = appendMoved(list, l.places, moves[l.segment]); err != nil {
				return err
			}
		}
		if !slices.IsSorted(list) {
			slices.Sort(list)
		}
		w.add(token, slices.Compact(list))
		return nil
	})
	return w.end(), err
}

// nowhere is the place of a conversation that is left out.
const nowhere = ^uint32(0)

// movesOf says where each of some rows stands among others.
func movesOf(rows, among []posting, gone map[int64]bool) []uint32 {
	return lo.Map(rows, func(p posting, _ int) uint32 {
		if gone[p.row] {
			return nowhere
		}
		at, _ := slices.BinarySearchFunc(among, p, comparePostings)
		return uint32(at)
	})
}

// appendMoved appends where the conversations of a stored list stand after a move.
func appendMoved(to []uint32, stored []byte, moves []uint32) ([]uint32, error) {
	first := len(to)
	to, err := appendPlaces(to, stored, len(moves))
	left := to[:first]
	for _, place := range to[first:] {
		if moves[place] != nowhere {
			left = append(left, moves[place])
		}
	}
	return left, err
}

// listOf is the list of a token in one of several segments, as it is stored.
type listOf struct {
	segment int
	places  []byte
}

// eachToken calls fn with every token of some segments, in order, and the lists it has there.
func eachToken(segments []segment, fn func(token int64, lists []listOf) error) error {
	cursors := make([]cursor, len(segments))
	for i, s := range segments {
		cursors[i] = cursor{parts: s.parts}
		if err := cursors[i].next(); err != nil {
			return err
		}
	}
	var lists []listOf
	for {
		least := int64(noToken)
		for i := range cursors {
			least = min(least, cursors[i].token)
		}
		if least == noToken {
			return nil
		}
		lists = lists[:0]
		for i := range cursors {
			if c := &cursors[i]; c.token == least {
				lists = append(lists, listOf{i, c.list})
				if err := c.next(); err != nil {
					return err
				}
			}
		}
		if err := fn(least, lists); err != nil {
			return err
		}
	}
}

// noToken is above every token.
const noToken = 1 << tokenBits

// cursor walks the lists of a segment. It stands at a token, in the end at noToken.
type cursor struct {
	parts []part // not begun yet
	left  []byte // of the part that is begun
	token int64
	list  []byte
}

// next goes to the next list.
func (c *cursor) next() (err error) {
	for len(c.left) == 0 {
		if len(c.parts) == 0 {
			c.token = noToken
			return nil
		}
		c.token, c.left, c.parts = 0, c.parts[0].lists, c.parts[1:]
	}
	c.token, c.list, c.left, err = cutList(c.left, c.token)
	return err
}

// segmentWriter makes a segment.
type segmentWriter struct {
	segment
	part
	list []byte
	last int64
}

// partSize is how many bytes one stored part of a segment has at most, or about so many: what a search reads to find a
// word in it. A part of this size lies in one page of SQLite.
const partSize = 900

// newSegmentWriter begins a segment of so many tokens with so many places in their lists, or about so many.
func newSegmentWriter(rows []posting, tokens, places int) *segmentWriter {
	const tokenSize, placeSize = 6, 1
	w := &segmentWriter{segment: segment{rows: rows}}
	for (tokens*tokenSize+places*placeSize)>>w.bits > partSize {
		w.bits++
	}
	return w
}

// add writes the list of a token, which is above those before; nothing when the list is empty.
func (w *segmentWriter) add(token int64, places []uint32) {
	if len(places) == 0 {
		return
	}
	if p := partOf(token, w.bits); p != w.number {
		w.flush()
		w.number, w.last = p, 0
	}
	w.list = w.list[:0]
	var before uint32
	for _, place := range places {
		w.list = binary.AppendUvarint(w.list, uint64(place-before))
		before = place
	}
	w.lists = binary.AppendUvarint(w.lists, uint64(token-w.last))
	w.lists = binary.AppendUvarint(w.lists, uint64(len(w.list)))
	w.lists = append(w.lists, w.list...)
	w.last = token
}

// flush ends a part.
func (w *segmentWriter) flush() {
	if len(w.lists) > 0 {
		w.parts = append(w.parts, part{w.number, slices.Clone(w.lists)})
	}
	w.lists = w.lists[:0]
}

// end is what was written.
func (w *segmentWriter) end() segment {
	w.flush()
	return w.segment
}
