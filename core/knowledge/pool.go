package knowledge

import (
	"encoding/binary"
	"slices"
)

// pool keeps many short lists of numbers in blocks of one size, so that they take hardly more room than their numbers, grow
// without being copied and are nothing to the garbage collector.
type pool struct {
	chunks []*[chunkBlocks]block
	used   uint32 // blocks handed out so far; block 0 never is
	free   uint32 // the first of those that came back, each of which leads to the next
}

// block is the number of the block that follows, 0 for none, and numbers, each as one more than it is: seven bits a byte,
// the lowest first, the eighth set where more follow. A number lies in one block; what is left of a block is 0.
type block [blockBytes]byte

const (
	blockBytes  = 32
	blockStart  = 4
	chunkBlocks = 128
)

func (b *block) next() uint32     { return binary.LittleEndian.Uint32(b[:blockStart]) }
func (b *block) lead(next uint32) { binary.LittleEndian.PutUint32(b[:blockStart], next) }

// list is a list in a pool. The zero value is empty.
type list struct {
	first, end uint32 // its first block, and the byte where the next number goes
}

func (p *pool) at(number uint32) *block { return &p.chunks[number/chunkBlocks][number%chunkBlocks] }

// take hands out an empty block.
func (p *pool) take() uint32 {
	if number := p.free; number != 0 {
		b := p.at(number)
		p.free = b.next()
		*b = block{}
		return number
	}
	p.used++
	if int(p.used/chunkBlocks) >= len(p.chunks) {
		p.chunks = append(p.chunks, new([chunkBlocks]block))
	}
	return p.used
}

// push appends a number.
func (p *pool) push(l *list, number uint32) {
	var short [binary.MaxVarintLen32]byte
	written := short[:binary.PutUvarint(short[:], uint64(number)+1)]
	at := l.end % blockBytes // 0 where a block is full or there is none
	if at == 0 || int(at)+len(written) > blockBytes {
		added := p.take()
		if l.first == 0 {
			l.first = added
		} else {
			p.at((l.end - 1) / blockBytes).lead(added)
		}
		l.end, at = added*blockBytes+blockStart, blockStart
	}
	copy(p.at((l.end - 1) / blockBytes)[at:], written)
	l.end += uint32(len(written))
}

// read reads the numbers of a list into room that is used again.
func (p *pool) read(l list, room []uint32) []uint32 { return p.unpack(l, room[:0], 0, ^uint32(0)) }

// all reads the numbers of an ascending list.
func (p *pool) all(l list, room []uint32) []uint32 { return p.upTo(l, room, ^uint32(0)) }

// upTo reads those numbers of an ascending list that are not above most, and a few more.
func (p *pool) upTo(l list, room []uint32, most uint32) []uint32 {
	return p.unpack(l, room[:0], ^uint32(0), most)
}

// unpack appends what is written in a list, each added to as much of the one before as carried lets through, less 1. Blocks
// behind a number above most are not read.
func (p *pool) unpack(l list, to []uint32, carried, most uint32) []uint32 {
	sum := uint32(0)
	for next := l.first; next != 0 && sum <= most; {
		b := p.at(next)
		next = b.next()
		to = slices.Grow(to, blockBytes-blockStart)
		n, room := 0, to[len(to):len(to)+blockBytes-blockStart]
		for at := blockStart; at < blockBytes && b[at] != 0; n++ {
			written := uint32(b[at])
			at++
			for shift := 7; written>>shift != 0 && at < blockBytes; shift += 7 { // the eighth bit was set
				written = written&(1<<shift-1) | uint32(b[at])<<shift
				at++
			}
			sum = sum&carried + written
			room[n&31] = sum - 1
		}
		to = to[:len(to)+n]
	}
	return to
}

// clear empties a list; its blocks are used again.
func (p *pool) clear(l *list) {
	for next := l.first; next != 0; {
		b := p.at(next)
		after := b.next()
		b.lead(p.free)
		p.free, next = next, after
	}
	*l = list{}
}

// remove takes one number out of a list. room is used to read the list, and returned.
func (p *pool) remove(l *list, number uint32, room []uint32) []uint32 {
	room = p.read(*l, room)
	p.clear(l)
	for i, x := range room {
		if x == number {
			room = append(room[:i], room[i+1:]...)
			break
		}
	}
	for _, x := range room {
		p.push(l, x)
	}
	return room
}

// rising is an ascending list of numbers in a pool, each kept as its distance from what is one more than the one before.
type rising struct {
	list
	last uint32 // one more than the last number
	n    int32
}

// add appends a number above all others.
func (p *pool) add(r *rising, number uint32) {
	p.push(&r.list, number-r.last)
	r.last = number + 1
	r.n++
}

// of makes a list.
func (p *pool) of(numbers []uint32) (l list) {
	for _, x := range numbers {
		p.push(&l, x)
	}
	return l
}

// rising makes a list of ascending numbers.
func (p *pool) rising(numbers []uint32) (r rising) {
	for _, x := range numbers {
		p.add(&r, x)
	}
	return r
}

// reset makes an ascending list one of other numbers.
func (p *pool) reset(r *rising, numbers []uint32) {
	p.clear(&r.list)
	*r = p.rising(numbers)
}
