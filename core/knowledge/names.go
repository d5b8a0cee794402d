package knowledge

// names numbers strings from 0, in the order in which they come.
type names struct {
	letters []byte   // of all names, one after another
	ends    []uint32 // where each ends
	table   table
}

// name is the name with a number.
func (x *names) name(number uint32) []byte {
	start := uint32(0)
	if number > 0 {
		start = x.ends[number-1]
	}
	return x.letters[start:x.ends[number]]
}

// number finds a name, or adds it.
func (x *names) number(name string) (number uint32, known bool) {
	hash := hashOf(name)
	for number := range x.table.like(hash) {
		if string(x.name(number)) == name {
			return number, true
		}
	}
	number = uint32(len(x.ends))
	x.letters = append(x.letters, name...)
	x.ends = append(x.ends, uint32(len(x.letters)))
	x.table.add(hash, number, func(other uint32) uint32 { return hashOf(x.name(other)) })
	return number, false
}

// table finds numbers by the hashes of what they stand for.
type table struct {
	slots []uint32 // one more than the number, 0 for none; as many as a power of two
	n     int
}

// like yields the numbers of all that have this hash, and others.
func (t *table) like(hash uint32) func(yield func(number uint32) bool) {
	return func(yield func(uint32) bool) {
		if len(t.slots) == 0 {
			return
		}
		for at := t.home(hash); t.slots[at] != 0 && yield(t.slots[at]-1); at = t.after(at) {
		}
	}
}

func (t *table) home(hash uint32) int { return int(hash) & (len(t.slots) - 1) }
func (t *table) after(at int) int     { return (at + 1) & (len(t.slots) - 1) }

// add enters a number that is not in the table; hash tells the hashes of those that are.
func (t *table) add(hash, number uint32, hashOf func(number uint32) uint32) {
	if 2*(t.n+1) > len(t.slots) {
		old := t.slots
		t.slots = make([]uint32, max(8, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				t.put(hashOf(s-1), s)
			}
		}
	}
	t.put(hash, number+1)
	t.n++
}

func (t *table) put(hash, s uint32) {
	at := t.home(hash)
	for t.slots[at] != 0 {
		at = t.after(at)
	}
	t.slots[at] = s
}

// remove takes a number out of the table. Those behind it that it kept from their places move up.
func (t *table) remove(hash, number uint32, hashOf func(number uint32) uint32) {
	at := t.home(hash)
	for t.slots[at] != number+1 {
		at = t.after(at)
	}
	for next := t.after(at); t.slots[next] != 0; next = t.after(next) {
		mask := len(t.slots) - 1
		if home := t.home(hashOf(t.slots[next] - 1)); (next-home)&mask >= (next-at)&mask {
			t.slots[at], at = t.slots[next], next
		}
	}
	t.slots[at] = 0
	t.n--
}

// hashOf is FNV-1a.
func hashOf[T string | []byte](text T) uint32 {
	hash := uint32(2166136261)
	for i := range len(text) {
		hash = (hash ^ uint32(text[i])) * 16777619
	}
	return hash
}
