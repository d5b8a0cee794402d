package sqlstore

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// move is what is to be added to a cell, which is one of a tally.
type move struct {
	order
	// sums and logs are a vector's two halves, each as it is stored; one of them may be empty.
	sums, logs []byte
}

// order tells the cells of a tally apart in numbers that compare as the cells do.
type order struct {
	// unit is the number of the cell's time, over the codes of handler, platform and priority.
	unit uint64
	// topic is the topic's number.
	topic uint32
}

// codeBits is how many bits of an order a code takes.
const codeBits = 8

func (o order) time() int { return int(o.unit >> (3 * codeBits)) }

func compareOrders(a, b order) int {
	if a.unit != b.unit {
		return cmp.Compare(a.unit, b.unit)
	}
	return cmp.Compare(a.topic, b.topic)
}

// mask are the codes of an order that some dimensions keep.
func (d dims) mask() (mask uint64) {
	for _, one := range []dims{byHandler, byPlatform, byPriority} {
		mask <<= codeBits
		if d.has(one) {
			mask |= 1<<codeBits - 1
		}
	}
	return mask
}

// tally is moves by cell, in the order of the cells: those of a view, one for each cell, or those of the finest grain.
type tally struct {
	// times are those of cells by their numbers: at is in seconds behind a start in microseconds, which between the moves of
	// a view is that of the cell's pack.
	times []cellTime
	// topics are the names by their numbers, the empty one first.
	topics []string
	moves  []move
}

type cellTime struct{ start, at int64 }

func (t cellTime) bucket() int64 { return t.start + t.at*int64(time.Second/time.Microsecond) }

// key is the cell of a move inside its pack.
func (t *tally) key(m *move) cellKey {
	const code = 1<<codeBits - 1
	return cellKey{at: t.times[m.time()].at, cellDims: cellDims{
		Topic: t.topics[m.topic], Priority: int64(m.unit & code), Handler: int64(m.unit >> (2 * codeBits) & code), Platform: int64(m.unit >> codeBits & code),
	}}
}

// packMoves are the moves of one pack.
type packMoves struct {
	PackKey
	tally
}

// sumViews are the moves of every pack of some views that entries cause, in the order of packs.
func sumViews(sp *space, entries []entry, into []view) ([]packMoves, error) {
	finest, err := tallyOf(entries)
	if err != nil {
		return nil, err
	}
	var (
		out []packMoves
		add adder
	)
	done := map[int64]tally{0: finest}
	var sum func(number int64) error
	sum = func(number int64) error {
		if _, ok := done[number]; ok {
			return nil
		}
		v := viewOf(number)
		if err := sum(v.from); err != nil {
			return err
		}
		mine, err := add.view(sp, v, done[v.from])
		if err != nil {
			return err
		}
		done[number] = mine
		for rest := mine.moves; len(rest) > 0; {
			start := mine.times[rest[0].time()].start
			n := 1
			for n < len(rest) && mine.times[rest[n].time()].start == start {
				n++
			}
			out = append(out, packMoves{PackKey{View: v.stored(sp), Start: start}, tally{mine.times, mine.topics, rest[:n]}})
			rest = rest[n:]
		}
		return nil
	}
	for _, v := range into {
		if err := sum(v.number); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b packMoves) int { return cmp.Or(cmp.Compare(a.View, b.View), cmp.Compare(a.Start, b.Start)) })
	return out, nil
}

// tallyOf is the tally of entries, with a move for each of them.
func tallyOf(entries []entry) (tally, error) {
	var out tally
	topics, times := map[string]uint32{"": 0}, map[int64]uint64{}
	for _, e := range entries {
		if (e.Handler|e.Platform|e.Priority)>>codeBits != 0 {
			return out, errCells
		}
		topics[e.Topic], times[e.bucket] = 0, 0
	}
	out.topics = make([]string, 0, len(topics))
	for name := range topics {
		out.topics = append(out.topics, name)
	}
	slices.Sort(out.topics)
	for i, name := range out.topics {
		topics[name] = uint32(i)
	}
	out.times = make([]cellTime, 0, len(times))
	for bucket := range times {
		out.times = append(out.times, cellTime{start: bucket})
	}
	slices.SortFunc(out.times, func(a, b cellTime) int { return cmp.Compare(a.start, b.start) })
	for i, t := range out.times {
		times[t.start] = uint64(i)
	}
	out.moves = make([]move, len(entries))
	halves := halver{size: lenOf(entries)}
	for i, e := range entries {
		m := &out.moves[i]
		m.unit = times[e.bucket]<<(3*codeBits) | uint64(e.Handler)<<(2*codeBits) | uint64(e.Platform)<<codeBits | uint64(e.Priority)
		m.topic = topics[e.Topic]
		var err error
		if m.sums, m.logs, err = halves.of(e.vector); err != nil {
			return out, err
		}
	}
	return out, nil
}

func lenOf(entries []entry) (size int) {
	for _, e := range entries {
		size += len(e.vector) + binary.MaxVarintLen16
	}
	return size
}

// halver parts vectors.
type halver struct {
	// size is how many bytes the log cells of all of them take at most, room where they are put.
	size int
	room []byte
}

// of are the halves of a vector: what it adds to cells without log cells, and to those.
func (h *halver) of(vector []byte) (sums, logs []byte, err error) {
	n, first, err := sumsOf(vector)
	if err != nil || n == len(vector) {
		return vector, nil, err
	}
	if h.room == nil {
		h.room = make([]byte, 0, h.size)
	}
	begin := len(h.room)
	_, width := binary.Uvarint(vector[n:])
	h.room = append(binary.AppendUvarint(h.room, first), vector[n+width:]...)
	return vector[:n:n], h.room[begin:len(h.room):len(h.room)], nil
}

// adder sums moves with the same memory again and again.
type adder struct {
	places []place
	// room has space for the vectors of the next moves.
	room []byte
}

// place is where a move goes: into which cell, and the move's number among the finer ones.
type place struct {
	order
	finer uint32
}

// roomForSums is how many bytes of sums share one piece of memory.
const roomForSums = 64 << 10

// view is the moves of a view's cells that finer ones cause.
func (a *adder) view(sp *space, v view, finer tally) (tally, error) {
	out := tally{topics: finer.topics}
	a.places = a.places[:0]
	const none = math.MaxUint64
	units := make([]uint64, len(finer.times))
	for i, t := range finer.times {
		start, at, ok := v.locate(sp, micros(t.bucket()))
		if !ok {
			units[i] = none
			continue
		}
		here := cellTime{start, at}
		if n := len(out.times); n == 0 || out.times[n-1] != here {
			out.times = append(out.times, here)
		}
		units[i] = uint64(len(out.times)-1) << (3 * codeBits)
	}
	mask, topic := v.dims.mask(), v.dims.has(byTopic)
	for i := range finer.moves {
		m := &finer.moves[i]
		unit := units[m.time()]
		if unit == none {
			continue
		}
		p := place{order{unit: unit | m.unit&mask}, uint32(i)}
		if topic {
			p.topic = m.topic
		}
		a.places = append(a.places, p)
	}
	slices.SortFunc(a.places, func(a, b place) int { return compareOrders(a.order, b.order) })
	out.moves = make([]move, 0, cells(a.places))
	for rest := a.places; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].order == rest[0].order {
			n++
		}
		m, err := a.sum(finer.moves, rest[:n])
		if err != nil {
			return out, err
		}
		if len(m.sums)+len(m.logs) > 0 {
			out.moves = append(out.moves, m)
		}
		rest = rest[n:]
	}
	return out, nil
}

// cells is how many cells moves in order go to.
func cells(places []place) (n int) {
	for i := range places {
		if i == 0 || places[i].order != places[i-1].order {
			n++
		}
	}
	return n
}

// sum is the moves of one cell as one.
func (a *adder) sum(finer []move, of []place) (move, error) {
	m := finer[of[0].finer]
	m.order = of[0].order
	if len(of) == 1 {
		return m, nil
	}
	if cap(a.room)-len(a.room) < roomForSums/16 {
		a.room = make([]byte, 0, roomForSums)
	}
	s := summers.Get().(*summer)
	defer summers.Put(s)
	for _, p := range of {
		for _, half := range [][]byte{finer[p.finer].sums, finer[p.finer].logs} {
			if err := s.add(half); err != nil {
				s.appendTo(nil, allMeasures)
				return m, err
			}
		}
	}
	begin := len(a.room)
	a.room = s.appendTo(a.room, int(metric.FirstLogCell))
	middle := len(a.room)
	a.room = s.appendTo(a.room, allMeasures)
	m.sums, m.logs = a.room[begin:middle:middle], a.room[middle:len(a.room):len(a.room)]
	return m, nil
}

// The halves of moves.
func sumsHalf(m *move) []byte { return m.sums }
func logsHalf(m *move) []byte { return m.logs }

// mergeCells is stored cells with one half of the moves of their pack added, both in the order of cells. Cells that become
// empty are left out.
func mergeCells(stored []byte, with *tally, half func(*move) []byte, names topics) ([]byte, error) {
	size := len(stored)
	for i := range with.moves {
		if m := &with.moves[i]; len(half(m)) > 0 {
			size += len(half(m)) + len(with.topics[m.topic]) + roomForKey
		}
	}
	out := make([]byte, 0, size)
	var (
		sum  []byte
		next int
		key  cellKey
	)
	// take makes the move that comes next the next one that adds something; its key is then known.
	take := func() {
		for next < len(with.moves) && len(half(&with.moves[next])) == 0 {
			next++
		}
		if next < len(with.moves) {
			key = with.key(&with.moves[next])
		}
	}
	add := func() {
		out = appendCell(out, key, half(&with.moves[next]))
		next++
		take()
	}
	take()
	err := eachStoredCell(stored, names, func(k cellKey, vector, cell []byte) error {
		for next < len(with.moves) && compareCells(key, k) < 0 {
			add()
		}
		if next == len(with.moves) || key != k {
			out = append(out, cell...)
			return nil
		}
		var err error
		if sum, err = appendSum(sum[:0], vector, half(&with.moves[next])); err != nil {
			return err
		}
		if len(sum) > 0 {
			out = appendCell(out, k, sum)
		}
		next++
		take()
		return nil
	})
	for next < len(with.moves) {
		add()
	}
	return out, err
}
