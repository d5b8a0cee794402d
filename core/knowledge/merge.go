package knowledge

import (
	"slices"
	"time"

	"github.com/samber/lo"
)

// Alias says that a gap once called From is now To. Aliases are kept for ever: a link in an old e-mail must still work.
type Alias struct {
	From int64
	To   int64
}

// Merged says which of several gaps keeps its id (the lowest) and which aliases the others leave, ascending. ids must
// not be empty; repeated ids count once.
func Merged(ids []int64) (kept int64, aliases []Alias) {
	ordered := slices.Sorted(slices.Values(lo.Uniq(ids)))
	kept = ordered[0]
	return kept, lo.Map(ordered[1:], func(id int64, _ int) Alias { return Alias{From: id, To: kept} })
}

// Part is one side of a gap that is being split.
type Part struct {
	// Name orders parts that tie in all else: the lowest member of the part.
	Name          string
	Conversations int
	FirstSeen     time.Time
}

// Keeper is the index of the part that keeps the id of a split gap: the one with the most conversations, then the one
// seen first, then the lower name; −1 when there is no part. The other parts get new ids, because ids are never reused.
func Keeper(parts []Part) int {
	best := -1
	for i, p := range parts {
		if best < 0 || p.keepsBefore(parts[best]) {
			best = i
		}
	}
	return best
}

func (p Part) keepsBefore(q Part) bool {
	switch {
	case p.Conversations != q.Conversations:
		return p.Conversations > q.Conversations
	case !p.FirstSeen.Equal(q.FirstSeen):
		return p.FirstSeen.Before(q.FirstSeen)
	default:
		return p.Name < q.Name
	}
}
