package sqlstore

import (
	"bytes"
	"cmp"
	"database/sql"
	"slices"
	"strconv"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// search reads where the next limit conversations stand that match a query with words, newest first. With total it
// also counts all that match.
func (t *tx) search(sp *space, q conversation.Query, words []string, limit int, total *int64) ([]found, error) {
	where, args, possible := conditions(sp, q)
	if !possible {
		return nil, nil
	}
	s := &searcher{
		tx: t, sp: sp, q: q, words: words, where: where, args: args,
		tokens: lo.Uniq(lo.Map(words, func(w string, _ int) int64 { return sp.wordToken(w) })),
		skip:   max(q.Offset, 0), limit: limit, total: total,
	}
	if err := s.readTail(); err != nil {
		return nil, err
	}
	first, last, ok, err := s.reach()
	if !ok || err != nil {
		return nil, err
	}
	// The first days are read one by one, because a frequent word fills the page from them; later ones many at a time,
	// because a rare word is on few.
	for block := int64(1); last >= first && !s.full(); block = min(2*block, maxBlock) {
		from := max(first, last-block+1)
		lists, err := s.lists(from, last)
		if err != nil {
			return nil, err
		}
		for day := last; day >= from && !s.full(); day-- {
			if err := s.day(day, lists[day]); err != nil {
				return nil, err
			}
		}
		last = from - 1
	}
	return s.found, nil
}

// maxBlock is how many days a search reads the lists of at a time.
const maxBlock = 64

// reach is the first and the last day a search looks at.
func (s *searcher) reach() (first, last int64, ok bool, err error) {
	for _, end := range []struct {
		day   *int64
		order string
	}{{&first, ""}, {&last, " DESC"}} {
		ok, err = s.first(`SELECT day FROM segments WHERE org = ? ORDER BY day`+end.order+` LIMIT 1`, id(s.sp.org))(end.day)
		if err != nil {
			return 0, 0, false, err
		}
	}
	for day := range s.tail {
		if !ok {
			first, last, ok = day, day, true
		}
		first, last = min(first, day), max(last, day)
	}
	if !s.q.Start.IsZero() {
		day, _ := dayOf(ceilMicros(s.q.Start))
		first = max(first, day)
	}
	if !s.q.End.IsZero() {
		day, _ := dayOf(ceilMicros(s.q.End))
		last = min(last, day)
	}
	if s.q.After != nil && s.total == nil {
		day, _ := dayOf(s.q.After.StartedAt.UnixMicro())
		last = min(last, day)
	}
	return first, last, ok, nil
}

type searcher struct {
	*tx
	sp     *space
	q      conversation.Query
	words  []string
	tokens []int64
	where  string
	args   []any
	skip   int
	limit  int
	total  *int64
	found  []found
	// tail are the hits among the newest versions, which the index does not know yet, by day.
	tail    map[int64][]found
	through int64
}

// tailLength is how many conversations that are not in the index yet a search reads by itself. While the index is no
// further behind, searches see everything.
const tailLength = 512

// readTail looks for the words in what the index does not know yet.
func (s *searcher) readTail() error {
	through, _, err := s.searchState(s.sp.org, "")
	s.through = through
	if err != nil || through >= s.sp.seq {
		return err
	}
	s.tail = map[int64][]found{}
	var c conversation.Conversation
	query := `SELECT uid, seq, started_at, content FROM (SELECT * FROM conversations WHERE org = ? AND seq > ? ORDER BY seq LIMIT ?) AS c WHERE org = ?` + s.where
	return s.each(query, append([]any{id(s.sp.org), through, tailLength, id(s.sp.org)}, s.args...), func(scan func(...any) error) error {
		var (
			seq     int64
			f       found
			content sql.RawBytes
		)
		if err := scan(&f.uid, &seq, &f.started, &content); err != nil {
			return err
		}
		if err := s.sp.openContentIn(&c, c.Messages, f.uid, seq, content); err != nil {
			return err
		}
		if says(&c, s.words) { // the few that are on the page are read again
			day, _ := dayOf(f.started)
			s.tail[day] = append(s.tail[day], f)
		}
		return nil
	})
}

// full says that nothing more need be read.
func (s *searcher) full() bool { return s.total == nil && len(s.found) >= s.limit }

// day reads the candidates of one day, newest first, a few at a time, together with the fresh hits of their time.
func (s *searcher) day(day int64, hits map[int64][][]uint32) error {
	candidates, err := s.candidates(day, hits)
	if err != nil {
		return err
	}
	fresh := s.tail[day]
	slices.SortFunc(fresh, func(a, b found) int { return cmp.Compare(b.started, a.started) })
	atOnce := min(max(s.limit+s.skip, 32), maxIn)
	if s.total != nil {
		atOnce = max(len(candidates), 1)
	}
	for (len(candidates) > 0 || len(fresh) > 0) && !s.full() {
		// Conversations that began at the same time stay together: their order is that of their uids.
		n, newer := min(len(candidates), atOnce), len(fresh)
		for n > 0 && n < len(candidates) && candidates[n].offset == candidates[n-1].offset {
			n++
		}
		if n < len(candidates) {
			until := day*dayMicros + candidates[n-1].offset
			newer, _ = slices.BinarySearchFunc(fresh, until, func(f found, until int64) int {
				if f.started >= until {
					return -1
				}
				return 1
			})
		}
		indexed, err := s.check(day, candidates[:n])
		if err != nil {
			return err
		}
		s.take(append(indexed, fresh[:newer]...))
		candidates, fresh = candidates[n:], fresh[newer:]
	}
	return nil
}

// lists are the words' lists of some days, by day and segment.
func (s *searcher) lists(from, to int64) (map[int64]map[int64][][]uint32, error) {
	out := map[int64]map[int64][][]uint32{}
	for _, token := range s.tokens {
		// Segments first: where in one of them a token's list lies depends on its size.
		query := `SELECT s.day, s.number, s.size, p.lists FROM segments AS s CROSS JOIN postings AS p
			WHERE s.org = ? AND s.day BETWEEN ? AND ? AND p.org = s.org AND p.day = s.day AND p.number = s.number
			AND p.part = CAST(? AS BIGINT) >> (` + strconv.Itoa(tokenBits) + ` - s.bits)`
		err := s.eachKept(query, []any{id(s.sp.org), from, to, token}, func(scan func(...any) error) error {
			var (
				day, number int64
				size        int
				part        []byte
			)
			if err := scan(&day, &number, &size, &part); err != nil {
				return err
			}
			places, err := findList(part, token, size)
			if len(places) > 0 {
				if out[day] == nil {
					out[day] = map[int64][][]uint32{}
				}
				out[day][number] = append(out[day][number], places)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// candidates are what all the words' lists of a day name, newest first.
func (s *searcher) candidates(day int64, hits map[int64][][]uint32) (out []posting, err error) {
	for number, lists := range hits {
		if len(lists) < len(s.tokens) {
			continue
		}
		slices.SortFunc(lists, func(a, b []uint32) int { return len(a) - len(b) })
		common := lists[0]
		for _, list := range lists[1:] {
			common = intersect(common, list)
		}
		if len(common) == 0 {
			continue
		}
		rows, err := s.segmentRows(s.sp.org, segmentPlace{day, number})
		if err != nil {
			return nil, err
		}
		for _, place := range common {
			if int(place) >= len(rows) {
				return nil, errPostings
			}
			out = append(out, rows[place])
		}
	}
	slices.SortFunc(out, func(a, b posting) int { return comparePostings(b, a) })
	return slices.Compact(out), nil
}

// intersect keeps what both sorted lists hold.
func intersect(a, b []uint32) []uint32 {
	out := a[:0]
	for _, p := range a {
		if _, ok := slices.BinarySearch(b, p); ok {
			out = append(out, p)
		}
	}
	return out
}

// check opens candidates and returns those that hold the words and pass the filters.
func (s *searcher) check(day int64, candidates []posting) (hits []found, err error) {
	for _, part := range lo.Chunk(candidates, maxIn) {
		args := []any{id(s.sp.org)}
		began := make(map[int64]int64, len(part))
		for _, p := range part {
			args = append(args, p.row)
			began[p.row] = day*dayMicros + p.offset
		}
		args = append(pad(args, len(part)), s.args...)
		query := `SELECT id, uid, seq, started_at, content FROM conversations` + s.dialect.ByRow + ` WHERE org = ? AND id IN ` + in(len(part)) + s.where
		err := s.each(query, args, func(scan func(...any) error) error {
			var (
				row, seq int64
				f        found
				content  sql.RawBytes
			)
			if err := scan(&row, &f.uid, &seq, &f.started, &content); err != nil {
				return err
			}
			if f.started != began[row] || seq > s.through {
				return nil // filed under an earlier version; the tail has the present one
			}
			c, err := s.sp.openContent(f.uid, seq, content)
			if err != nil {
				return err
			}
			if says(&c, s.words) {
				hit := c
				f.conv = &hit
				hits = append(hits, f)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// take adds hits of one stretch of time to what was found.
func (s *searcher) take(hits []found) {
	slices.SortFunc(hits, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.started, a.started), bytes.Compare(a.uid[:], b.uid[:]))
	})
	for _, f := range hits {
		if s.total != nil {
			*s.total++
		}
		if s.q.After != nil && !behindPosition(f, *s.q.After) {
			continue
		}
		if s.skip > 0 {
			s.skip--
			continue
		}
		if len(s.found) < s.limit {
			s.found = append(s.found, f)
		}
	}
}

// behindPosition says whether a place comes after a position in the listing order.
func behindPosition(f found, p conversation.Position) bool {
	at := p.StartedAt.UnixMicro()
	return f.started < at || f.started == at && bytes.Compare(f.uid[:], p.UID[:]) > 0
}

// says looks for every word in the messages.
func says(c *conversation.Conversation, words []string) bool {
	missing := slices.Clone(words)
	for i := range c.Messages {
		for w := range conversation.EachSearchWord(c.Messages[i].Content) {
			if at := slices.Index(missing, w); at >= 0 {
				missing = slices.Delete(missing, at, at+1)
			}
			if len(missing) == 0 {
				return true
			}
		}
	}
	return len(missing) == 0
}
