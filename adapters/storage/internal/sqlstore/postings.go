package sqlstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"time"
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

// partOf is the part that holds a token's list.
func partOf(token, bits int64) int64 { return token >> (tokenBits - bits) }

var errPostings = errors.New("store: not a segment of the search index")

// cutList cuts the first list off some lists of a part and names its token; before is the token before it, 0 for none.
func cutList(lists []byte, before int64) (token int64, list, rest []byte, err error) {
	step, n := binary.Uvarint(lists)
	if n <= 0 {
		return 0, nil, nil, errPostings
	}
	lists = lists[n:]
	size, n := binary.Uvarint(lists)
	if n <= 0 || size > uint64(len(lists)-n) || step >= uint64(noToken-before) {
		return 0, nil, nil, errPostings
	}
	end := n + int(size)
	return before + int64(step), lists[n:end], lists[end:], nil
}

// findList is the list of one token in the lists of a part of a segment with size conversations; nil when there is none.
func findList(lists []byte, token int64, size int) ([]uint32, error) {
	for at := int64(0); len(lists) > 0; {
		var (
			list []byte
			err  error
		)
		if at, list, lists, err = cutList(lists, at); err != nil || at > token {
			return nil, err
		}
		if at == token {
			return appendPlaces(make([]uint32, 0, len(list)), list, size)
		}
	}
	return nil, nil
}

// appendPlaces reads a stored list of places below size.
func appendPlaces(to []uint32, list []byte, size int) ([]uint32, error) {
	var at uint64
	for len(list) > 0 {
		step, n := binary.Uvarint(list)
		if n <= 0 || step > 1<<32 {
			return nil, errPostings
		}
		list = list[n:]
		if at += step; at >= uint64(size) {
			return nil, errPostings
		}
		to = append(to, uint32(at))
	}
	return to, nil
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
