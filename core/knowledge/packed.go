package knowledge

import (
	"encoding/binary"
	"iter"
)

// packed is an ascending list of numbers, each written as its distance from the one before: seven bits a byte, the lowest
// first, the eighth set where more follow. Most take one byte.
type packed []byte

// append adds a number after the last one, which is 0 for an empty list.
func (p packed) append(last, number uint32) packed {
	return binary.AppendUvarint(p, uint64(number-last))
}

// next reads the distance at a place and says where the next one is.
func (p packed) next(at int) (distance uint32, after int) {
	for shift := 0; ; shift += 7 {
		b := p[at]
		at++
		distance |= uint32(b&0x7f) << (shift & 31)
		if b < 0x80 {
			return distance, at
		}
	}
}

// all yields the numbers.
func (p packed) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		number := uint32(0)
		for at := 0; at < len(p); {
			var distance uint32
			distance, at = p.next(at)
			if number += distance; !yield(number) {
				return
			}
		}
	}
}

// A mark is a feature as it stands in a question: twice its number, and one more where it is a word of grammar.
const grammar = 1

// postings are the members in which a feature occurs, as packed marks: twice the member, and one more where the feature is
// a word of grammar there.
type postings struct {
	list packed
	last uint32
	n    int32
}

// add adds a member after all others.
func (p *postings) add(member int32, mark uint32) {
	entry := uint32(member)<<1 | mark&grammar
	p.list = p.list.append(p.last, entry)
	p.last = entry
	p.n++
}

// drop takes a member out.
func (p *postings) drop(member int32) {
	left := postings{list: p.list[:0]}
	for entry := range p.list.all() { // what is written lies before what is still to be read
		if int32(entry>>1) != member {
			left.add(int32(entry>>1), entry)
		}
	}
	*p = left
}
