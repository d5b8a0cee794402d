package knowledge

import "slices"

// wording is what a question consists of, kept once for all members that ask it so.
type wording struct {
	marks rising
	words list
	users int32 // members that have it, and whoever else holds it
	first int32 // the first of the members, -1 without one
}

// wordings are the wordings of a room's members.
type wordings struct {
	rows[wording]
	free  []int32
	table table // of those with words, by their words
}

// hold finds the wording of a question, or adds it, and counts one more user.
func (r *room) hold(read reading) int32 {
	hash := hashOfWords(read.words)
	if len(read.words) > 0 {
		for number := range r.wordings.table.like(hash) {
			w := r.wordings.at(int32(number))
			if slices.Equal(r.wordsOf(w), read.words) && slices.Equal(r.marksOf(w), read.marks) {
				w.users++
				return int32(number)
			}
		}
	}
	added := wording{marks: r.pool.rising(read.marks), words: r.pool.of(read.words), users: 1, first: -1}
	var number int32
	if last := len(r.wordings.free) - 1; last >= 0 {
		number, r.wordings.free = r.wordings.free[last], r.wordings.free[:last]
		*r.wordings.at(number) = added
	} else {
		number = r.wordings.add(added)
	}
	if len(read.words) > 0 {
		r.wordings.table.add(hash, uint32(number), r.hashOfWording)
	}
	return number
}

// release counts one user less of a wording, which goes with the last.
func (r *room) release(number int32) {
	w := r.wordings.at(number)
	if w.users--; w.users > 0 {
		return
	}
	if w.words.first != 0 {
		r.wordings.table.remove(r.hashOfWording(uint32(number)), uint32(number), r.hashOfWording)
	}
	r.pool.clear(&w.marks.list)
	r.pool.clear(&w.words)
	r.wordings.free = append(r.wordings.free, number)
}

// saying is the first member with these words, -1 without one.
func (r *room) saying(words []uint32) int32 {
	first := int32(-1)
	for number := range r.wordings.table.like(hashOfWords(words)) {
		w := r.wordings.at(int32(number))
		if w.first >= 0 && (first < 0 || w.first < first) && slices.Equal(r.wordsOf(w), words) {
			first = w.first
		}
	}
	return first
}

// read is a wording as it was read.
func (r *room) read(number int32) reading {
	w, x := r.wordings.at(number), &r.words.reading
	x.marks, x.words = r.pool.all(w.marks.list, x.marks), r.pool.read(w.words, x.words)
	return *x
}

// wordingOf is that of a member.
func (r *room) wordingOf(m int32) *wording { return r.wordings.at(r.members.at(m).wording) }

// unreadMarks are those marks of a wording among which are all that the inverted index was not read for.
func (r *room) unreadMarks(w *wording) []uint32 {
	s := &r.scratch
	s.numbers = r.pool.upTo(w.marks.list, s.numbers, s.lastUnread()<<1|grammar)
	return s.numbers
}

// marksOf are the marks of a wording, until other numbers are read.
func (r *room) marksOf(w *wording) []uint32 {
	r.scratch.numbers = r.pool.all(w.marks.list, r.scratch.numbers)
	return r.scratch.numbers
}

// wordsOf are the words of a wording, until other numbers are read.
func (r *room) wordsOf(w *wording) []uint32 {
	r.scratch.numbers = r.pool.read(w.words, r.scratch.numbers)
	return r.scratch.numbers
}

func (r *room) hashOfWording(number uint32) uint32 {
	return hashOfWords(r.wordsOf(r.wordings.at(int32(number))))
}

func hashOfWords(words []uint32) uint32 {
	hash := uint32(2166136261)
	for _, word := range words {
		hash = (hash ^ word) * 16777619
		hash ^= hash >> 15
	}
	return hash
}
