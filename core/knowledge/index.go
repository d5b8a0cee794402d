package knowledge

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"
)

// Index finds the gap a question belongs to. It is built from what a store keeps, changed by one question at a time, and
// a pure function of both: the same snapshot and the same questions in the same order give the same gaps and ids.
// Languages do not mix. An Index is not safe for concurrent use.
//
// A question joins the gap whose examples it is most like, on average and at the nearest: by its words (stems, pieces of
// stems, words of grammar, weighed by how rare they are in the organisation's own questions), by the company its words
// keep in those questions, and by which other questions both are near to, so that "card has not arrived" and "where is
// my card" can meet through a third. If no gap is near enough, it opens one. A question that repeats an earlier one joins
// its gap at once.
type Index struct {
	rooms map[string]*room
	// aliases lead from gaps that were merged to the others.
	aliases map[int64]int64
	// records and links are those that were read, recalled, opened or assigned since the last Settle.
	records map[int64]Record
	links   map[uuid.UUID]place
	next    int64
	version int64
}

// place is where a linked conversation stands.
type place struct {
	room   *room
	slot   int32
	member int32 // -1 when the question is not kept as an example
	link   Link
}

// NewIndex builds the index of an organisation from a whole snapshot or one of Examples. Of each gap the 25 oldest and the 25 latest
// questions are read; a link to an alias counts for the gap it leads to. It takes about 50 microseconds for each question read.
func NewIndex(s Snapshot) *Index {
	ix := &Index{
		rooms: map[string]*room{}, aliases: map[int64]int64{}, records: map[int64]Record{}, links: make(map[uuid.UUID]place, len(s.Links)),
		next: 1, version: s.Version,
	}
	for _, r := range s.Records {
		ix.records[r.ID] = r
		ix.next = max(ix.next, r.ID+1)
	}
	slots := map[int64]place{}
	for _, r := range s.Records {
		if r.AliasOf == 0 {
			room := ix.room(r.Language)
			slots[r.ID] = place{room: room, slot: room.open(r.ID)}
		} else {
			ix.aliases[r.ID] = r.AliasOf
		}
	}
	byGap := map[int64][]Link{}
	for _, l := range s.Links {
		if r, ok := Follow(ix.records, l.Gap); ok {
			byGap[r.ID] = append(byGap[r.ID], l)
		}
	}
	var kept []loaded
	for gap, n := range s.Others {
		if r, ok := Follow(ix.records, gap); ok {
			at := slots[r.ID]
			at.room.slots[at.slot].all += n
		}
	}
	for _, id := range slices.Sorted(mapKeys(byGap)) {
		at, told := slots[id], lo.Filter(byGap[id], func(l Link, _ int) bool { return l.Question != "" })
		examples := outermost(told, ExamplesMost)
		at.room.slots[at.slot].all += len(byGap[id]) - len(examples)
		for _, l := range byGap[id] {
			at.member, at.link = -1, l
			ix.links[l.Conversation] = at
		}
		for _, l := range examples {
			kept = append(kept, loaded{at: ix.links[l.Conversation]})
		}
	}
	ix.load(kept)
	return ix
}

// Recall tells the index of stored links it may have let go: call it with those of the conversations that are about to be
// taken.
func (ix *Index) Recall(links []Link) {
	for _, l := range links {
		r, slot := ix.find(l.Gap)
		if _, held := ix.links[l.Conversation]; held || r == nil {
			continue
		}
		ix.links[l.Conversation] = place{room: r, slot: slot, member: r.example(slot, l.Conversation), link: l}
	}
}

// find is where a gap stands, or the one it leads to; the room is nil where there is none.
func (ix *Index) find(gap int64) (r *room, slot int32) {
	for range len(ix.aliases) {
		to, ok := ix.aliases[gap]
		if !ok {
			break
		}
		gap = to
	}
	for _, r := range ix.rooms {
		if slot, ok := r.at(gap); ok {
			return r, slot
		}
	}
	return nil, 0
}

// Settle lets go of all links and of what is kept of gaps, so that an index takes room for the examples of each gap and not
// for each conversation. Who settles an index recalls what it takes, withdraws or asks for; it no longer has a Record or a
// Snapshot of what came before, and cannot Consolidate it.
func (ix *Index) Settle() {
	ix.records, ix.links = map[int64]Record{}, map[uuid.UUID]place{}
}

// loaded is an example on its way into the index.
type loaded struct {
	at      place
	wording int32
}

// load keeps examples in the order in which their questions were asked, weighed by all of them.
func (ix *Index) load(kept []loaded) {
	slices.SortStableFunc(kept, func(a, b loaded) int {
		return cmp.Or(a.at.link.At.Compare(b.at.link.At), slices.Compare(a.at.link.Conversation[:], b.at.link.Conversation[:]))
	})
	for i := range kept {
		l := &kept[i]
		read := l.at.room.words.of(l.at.link.Question)
		l.at.room.words.count(read.marks)
		l.wording = l.at.room.hold(read)
	}
	for _, r := range ix.rooms {
		r.words.renew()
	}
	for _, l := range kept {
		r := l.at.room
		l.at.member = r.keep(l.at.slot, l.at.link.Conversation, r.ready(r.read(l.wording)))
		r.release(l.wording)
		ix.links[l.at.link.Conversation] = l.at
	}
	for _, r := range ix.rooms {
		r.learn()
	}
}

// outermost is the first and the last half of a list that has more than n entries.
func outermost[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return append(slices.Clone(list[:n/2]), list[len(list)-n/2:]...)
}

func mapKeys[V any](m map[int64]V) func(yield func(int64) bool) {
	return func(yield func(int64) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (ix *Index) room(language string) *room {
	r, ok := ix.rooms[language]
	if !ok {
		r = newRoom()
		ix.rooms[language] = r
	}
	return r
}

// Version is the version of the snapshot the index was built from.
func (ix *Index) Version() int64 { return ix.version }

// Gaps is the number of gaps the index can assign to.
func (ix *Index) Gaps() int {
	return lo.SumBy(lo.Values(ix.rooms), func(r *room) int { return len(r.slots) })
}

// Bytes is about how much memory the index takes: what its lists take, and for the rest as was measured 100 bytes for each
// example, 80 for each word and piece of a word it has met, and 700 for each link until it is settled.
func (ix *Index) Bytes() int64 {
	n := 700 * len(ix.links)
	for _, r := range ix.rooms {
		n += r.bytes()
	}
	return int64(n)
}

// Assignment says where a question went, and why.
type Assignment struct {
	// Gap is the gap's id, 0 for a question that fits no gap and may not open one.
	Gap int64
	// Opened says that the question opened the gap.
	Opened bool
	// Fit is how well the question fits the gap, comparable between questions; 1 for a repeated question, at least 0.3
	// for one that joined.
	Fit float64
	// Repeats says that the question has the words of one already in the gap.
	Repeats bool
	// Nearest is the conversation with the most similar question so far, in this gap or another; nil without one.
	Nearest uuid.UUID
}

// Assign finds the gap of a question and takes the question in. A conversation that is linked already is withdrawn
// first. Only a failed question opens a gap; a successful one that fits none is left out.
func (ix *Index) Assign(l Link, language string) Assignment {
	ix.Withdraw(l.Conversation)
	r := ix.room(language)
	if r.words.due() {
		r.renew()
	}
	read := r.words.of(l.Question)
	r.words.count(read.marks)
	q, f := r.ask(read)
	a := Assignment{Fit: f.fit, Repeats: f.same}
	if f.member >= 0 {
		a.Nearest = r.members.at(f.member).conversation
	}
	if f.slot < 0 {
		if !l.Failed() {
			r.words.forget(read.marks)
			return a
		}
		f.slot, a.Opened = r.open(ix.next), true
		ix.records[ix.next] = Record{ID: ix.next, Language: language, Representative: l.Question, Example: l.Conversation}
		ix.next++
	}
	a.Gap = r.slots[f.slot].id
	l.Gap = a.Gap
	m := r.keep(f.slot, l.Conversation, q)
	if m < 0 {
		r.words.forget(read.marks)
	}
	ix.links[l.Conversation] = place{room: r, slot: f.slot, member: m, link: l}
	return a
}

// Withdraw takes a conversation out: it was deleted, or its question changed. It returns the link it had.
func (ix *Index) Withdraw(conversation uuid.UUID) (Link, bool) {
	p, ok := ix.links[conversation]
	if !ok {
		return Link{}, false
	}
	delete(ix.links, conversation)
	p.room.drop(p.slot, p.member)
	return p.link, true
}

// Linked is the link of a conversation, unless the index has let it go.
func (ix *Index) Linked(conversation uuid.UUID) (Link, bool) {
	p, ok := ix.links[conversation]
	return p.link, ok
}

// Record is what is known of a gap; ok is false when there is none.
func (ix *Index) Record(id int64) (Record, bool) {
	r, ok := ix.records[id]
	return r, ok
}
