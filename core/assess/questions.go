package assess

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
)

// Questions gathers questions into knowledge gaps, one after the other, as a server does with those its AI failed on.
// All are taken to be in one language. It is not safe for concurrent use.
type Questions struct {
	index *knowledge.Index
	asked int
}

// NewQuestions starts without any gap.
func NewQuestions() *Questions {
	return &Questions{index: knowledge.NewIndex(knowledge.Snapshot{})}
}

// Ask takes in a question and returns the id of the gap it joined or opened. It depends on the questions before it
// alone, and never changes.
func (q *Questions) Ask(question string) int64 {
	link := knowledge.Link{
		Conversation: asker(q.asked), Question: question,
		// One second apart, so that the order of the questions is that of their times.
		At:       time.Unix(int64(q.asked), 0).UTC(),
		Failures: []knowledge.Failure{knowledge.FailedGaveUp},
	}
	q.asked++
	return q.index.Assign(link, "").Gap
}

// Consolidate looks at all questions together, merges and splits gaps where that shows them wrong, and returns the gap
// of each question, in the order in which they were asked. An id that is kept is that of a gap there was before.
func (q *Questions) Consolidate() []int64 {
	q.index.Consolidate()
	snapshot := q.index.Snapshot()
	records := lo.KeyBy(snapshot.Records, func(r knowledge.Record) int64 { return r.ID })
	out := make([]int64, q.asked)
	for i := range out {
		if link, ok := q.index.Linked(asker(i)); ok {
			record, _ := knowledge.Follow(records, link.Gap)
			out[i] = record.ID
		}
	}
	return out
}

// Gaps is how many gaps there are.
func (q *Questions) Gaps() int { return q.index.Gaps() }

// asker stands for the conversation in which a question was asked.
func asker(i int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[8:], uint64(i)+1)
	return id
}
