package sqlstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/samber/lo"
)

// The search index is made of segments. A segment belongs to one day and says for some conversations which of them hold
// which words; a word is a keyed token. It is written once, with what one step of the index found, and later joined with
// others of its size, so that a day has few and a conversation is rarely written again. A reader walks the days back.
// Postings only suggest: a reader opens what they name and looks for the words there, so a token that two words share,
// or one that an edit left behind, never shows.

// posting is one conversation of a day: when it began after the start of the day, in microseconds, and its row.
type posting struct{ offset, row int64 }

func comparePostings(a, b posting) int {
	return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.row, b.row))
}

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// dayOf is the UTC day a conversation is filed under, and its place in it.
func dayOf(started int64) (day, offset int64) {
	day = started / dayMicros
	if started%dayMicros < 0 {
		day--
	}
	return day, started - day*dayMicros
}

// segment is a segment in memory: its conversations, sorted, and for every token the places of those that hold it,
// ascending.
type segment struct {
	rows  []posting
	lists map[int64][]uint32
}

// filing is a conversation that is to be filed, with its tokens.
type filing struct {
	posting
	tokens []int64
}

// newSegment is the segment of some conversations.
func newSegment(list []filing) segment {
	slices.SortFunc(list, func(a, b filing) int { return comparePostings(a.posting, b.posting) })
	s := segment{lists: map[int64][]uint32{}}
	for i, f := range list {
		s.rows = append(s.rows, f.posting)
		for _, token := range f.tokens {
			list := s.lists[token]
			if n := len(list); n == 0 || list[n-1] != uint32(i) { // two words may have one token
				s.lists[token] = append(list, uint32(i))
			}
		}
	}
	return s
}

// joined is one segment of several. A conversation that several of them hold is in it once, with the words of all.
func joined(parts []segment) segment {
	if len(parts) == 1 {
		return parts[0]
	}
	out := segment{lists: map[int64][]uint32{}}
	for _, p := range parts {
		out.rows = append(out.rows, p.rows...)
	}
	slices.SortFunc(out.rows, comparePostings)
	out.rows = slices.Compact(out.rows)
	for _, p := range parts {
		place := make([]uint32, len(p.rows))
		for i, row := range p.rows {
			n, _ := slices.BinarySearchFunc(out.rows, row, comparePostings)
			place[i] = uint32(n)
		}
		for token, list := range p.lists {
			into := out.lists[token]
			for _, i := range list {
				into = append(into, place[i])
			}
			out.lists[token] = into
		}
	}
	for token, list := range out.lists {
		if !slices.IsSorted(list) {
			slices.Sort(list)
		}
		out.lists[token] = slices.Compact(list)
	}
	return out
}

// without is the segment without some rows.
func (s segment) without(gone map[int64]bool) segment {
	out := segment{lists: map[int64][]uint32{}}
	const left = ^uint32(0)
	place := make([]uint32, len(s.rows))
	for i, row := range s.rows {
		place[i] = left
		if !gone[row.row] {
			place[i] = uint32(len(out.rows))
			out.rows = append(out.rows, row)
		}
	}
	for token, list := range s.lists {
		var kept []uint32
		for _, i := range list {
			if place[i] != left {
				kept = append(kept, place[i])
			}
		}
		if len(kept) > 0 {
			out.lists[token] = kept
		}
	}
	return out
}

// partSize is how many bytes one stored part of a segment has at most, or about so many: what a search reads to find a
// word in it. A part of this size lies in one page of SQLite.
const partSize = 900

// encoded is a segment as it is stored. Its lists lie in 2^bits parts, by the first bits of their tokens.
type encoded struct {
	size, bits int64
	rows       []byte
	parts      map[int64][]byte
}

// partOf is the part that holds a token's list.
func partOf(token, bits int64) int64 { return token >> (tokenBits - bits) }

// encode writes a segment: in every part, token after token, the distance from the one before, the length of the list,
// and the list as distances.
func (s segment) encode() encoded {
	e := encoded{size: int64(len(s.rows)), rows: encodePostings(s.rows), parts: map[int64][]byte{}}
	const tokenSize, placeSize = 6, 1
	about := len(s.lists) * tokenSize
	for _, list := range s.lists {
		about += len(list) * placeSize
	}
	for about>>e.bits > partSize {
		e.bits++
	}
	tokens := lo.Keys(s.lists)
	slices.Sort(tokens)
	var (
		body, list []byte
		last, part int64
	)
	flush := func() {
		if len(body) > 0 {
			e.parts[part] = slices.Clone(body)
		}
		body = body[:0]
	}
	for _, token := range tokens {
		if p := partOf(token, e.bits); p != part {
			flush()
			part, last = p, 0
		}
		list = list[:0]
		var before uint32
		for _, i := range s.lists[token] {
			list = binary.AppendUvarint(list, uint64(i-before))
			before = i
		}
		body = binary.AppendUvarint(body, uint64(token-last))
		body = binary.AppendUvarint(body, uint64(len(list)))
		body = append(body, list...)
		last = token
	}
	flush()
	return e
}

var errPostings = errors.New("store: not a segment of the search index")

// add takes in the lists of a stored part.
func (s segment) add(part []byte) error {
	return eachList(part, func(token int64, list []byte) (bool, error) {
		places, err := decodePlaces(list, len(s.rows))
		s.lists[token] = places
		return true, err
	})
}

// eachList calls fn with the lists of a part, in the order of their tokens, while it wants more.
func eachList(part []byte, fn func(token int64, list []byte) (more bool, err error)) error {
	var token int64
	for len(part) > 0 {
		step, n := binary.Uvarint(part)
		if n <= 0 {
			return errPostings
		}
		part = part[n:]
		size, n := binary.Uvarint(part)
		if n <= 0 || size > uint64(len(part)-n) {
			return errPostings
		}
		token += int64(step)
		if more, err := fn(token, part[n:n+int(size)]); !more || err != nil {
			return err
		}
		part = part[n+int(size):]
	}
	return nil
}

// findList is the list of one token in a part of a segment with size conversations; nil when there is none.
func findList(part []byte, token int64, size int) (places []uint32, err error) {
	err = eachList(part, func(t int64, list []byte) (bool, error) {
		if t == token {
			var err error
			places, err = decodePlaces(list, size)
			return false, err
		}
		return t < token, nil
	})
	return places, err
}

// decodePlaces reads a list of places below size.
func decodePlaces(b []byte, size int) ([]uint32, error) {
	out := make([]uint32, 0, len(b))
	var at uint64
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || step > 1<<32 {
			return nil, errPostings
		}
		b = b[n:]
		if at += step; at >= uint64(size) {
			return nil, errPostings
		}
		out = append(out, uint32(at))
	}
	return out, nil
}

// encodePostings writes a sorted list.
func encodePostings(list []posting) []byte {
	out := make([]byte, 0, 6*len(list))
	var last posting
	for _, p := range list {
		out = binary.AppendUvarint(out, uint64(p.offset-last.offset))
		out = binary.AppendVarint(out, p.row-last.row)
		last = p
	}
	return out
}

func decodePostings(b []byte) ([]posting, error) {
	out := make([]posting, 0, len(b)/4)
	var last posting
	for len(b) > 0 {
		offset, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errPostings
		}
		b = b[n:]
		row, n := binary.Varint(b)
		if n <= 0 {
			return nil, errPostings
		}
		b = b[n:]
		last.offset += int64(offset)
		last.row += row
		out = append(out, last)
	}
	return out, nil
}
