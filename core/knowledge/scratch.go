package knowledge

// scratch is the working memory of one comparison, kept so that a question allocates little.
type scratch struct {
	members, gaps, around, nearest, fits tally32

	order   []uint64  // the question's features by how many members have them
	unread  sparse    // those for which the inverted index was not read, ordered by id
	weights []float32 // of the unread ones, by feature
	vec     sparse    // the question
	one     sparse    // the sum of a gap with one example
	place   []float32 // of the question in the room's space
	numbers []uint32  // of a list in the pool
	text    []byte
	alike   []neighbour
	ranked  []int32
}

func (s *scratch) begin(members, slots int) {
	s.members.clear(members)
	for _, t := range []*tally32{&s.gaps, &s.around, &s.nearest, &s.fits} {
		t.clear(slots)
	}
	for _, t := range s.unread {
		s.weights[t.id] = 0
	}
	s.order, s.unread, s.alike = s.order[:0], s.unread[:0], s.alike[:0]
}

// leave sets a feature aside whose members are too many to be read.
func (s *scratch) leave(t term) {
	if n := int(t.id) + 1 - len(s.weights); n > 0 {
		s.weights = append(s.weights, make([]float32, n)...)
	}
	s.weights[t.id] = t.weight
}

// gatherLeft lists what was set aside of a question in its order.
func (s *scratch) gatherLeft(vec sparse) {
	for _, t := range vec {
		if int(t.id) < len(s.weights) && s.weights[t.id] != 0 {
			s.unread = append(s.unread, t)
		}
	}
}

// rest is what the unread features add to the product of v and the question.
func (s *scratch) rest(v sparse) float32 {
	if len(v) > muchLonger*len(s.unread) {
		return float32(s.unread.dotSearch(v))
	}
	sum, last := float32(0), s.lastUnread()
	for _, t := range v {
		if t.id > last {
			break
		}
		sum += t.weight * s.weights[t.id]
	}
	return sum
}

// lastUnread is the last of the unread features.
func (s *scratch) lastUnread() uint32 { return s.unread[len(s.unread)-1].id }

// restOf is what the unread features add to the product of the question and a member with these marks, if marks weigh so
// much.
func (s *scratch) restOf(marks []uint32, worth []float32) float32 {
	sum, last := float32(0), s.lastUnread()
	for _, mark := range marks {
		if mark>>1 > last {
			break
		}
		if w := s.weights[mark>>1]; w != 0 {
			sum += w * worth[mark]
		}
	}
	return sum
}

// restOfOne is rest of the vector of one member with n marks, to the last bit; marks are those that restOf needs.
func (s *scratch) restOfOne(n int, marks []uint32, worth []float32, shrink float32) float32 {
	long, exact, sum, last := n > muchLonger*len(s.unread), 0.0, float32(0), s.lastUnread()
	for _, mark := range marks {
		if mark>>1 > last {
			break
		}
		w := s.weights[mark>>1]
		if w == 0 {
			continue
		}
		if weight := worth[mark] * shrink; long {
			exact += float64(w) * float64(weight)
		} else {
			sum += weight * w
		}
	}
	if long {
		return float32(exact)
	}
	return sum
}

// top is the n entries with the highest sums, best first, ties to the lowest. The list is valid until the next call.
func (s *scratch) top(t *tally32, n int) []int32 {
	best := s.ranked[:0]
	for _, x := range t.touched {
		at := len(best)
		for at > 0 && t.before(x, best[at-1]) {
			at--
		}
		if at == n {
			continue
		}
		if len(best) < n {
			best = append(best, 0)
		}
		copy(best[at+1:], best[at:])
		best[at] = x
	}
	s.ranked = best
	return best
}

// tally32 sums positive values by small number and remembers which numbers were touched.
type tally32 struct {
	sums    []float32
	touched []int32
}

func (t *tally32) before(a, b int32) bool {
	return t.sums[a] > t.sums[b] || t.sums[a] == t.sums[b] && a < b
}

func (t *tally32) clear(n int) {
	for _, i := range t.touched {
		t.sums[i] = 0
	}
	t.touched = t.touched[:0]
	if n > len(t.sums) {
		t.sums = append(t.sums, make([]float32, n-len(t.sums))...)
	}
}

// add adds a value above 0.
func (t *tally32) add(i int32, x float32) {
	if t.sums[i] == 0 {
		t.touched = append(t.touched, i)
	}
	t.sums[i] += x
}
