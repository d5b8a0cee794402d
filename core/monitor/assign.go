package monitor

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/tenant"
	"github.com/csm-monitor/csm-monitor/core/text"
)

// gapsJob is the cursor that says how far AssignGaps has come; the store's own mark, saved with every commit, is what
// counts.
const gapsJob = "gaps"

// AssignGaps works the questions of conversations stored since the last time into the organisation's knowledge gaps. It
// returns how many conversations it looked at. A lost race with another process changes nothing; the next call goes on.
func (m *Monitor) AssignGaps(ctx context.Context, org tenant.ID) (int, error) {
	cursor, err := m.store.Jobs.Cursor(ctx, org, gapsJob)
	if err != nil {
		return 0, err
	}
	head, err := m.store.Changes.Head(ctx, org)
	if err != nil || seq(cursor) >= head {
		return 0, err
	}
	snapshot, err := m.store.Gaps.Load(ctx, org)
	if err != nil {
		return 0, err
	}
	changed, err := m.store.Changes.Since(ctx, org, snapshot.Through, batch)
	if err != nil {
		return 0, err
	}
	through := snapshot.Through
	if len(changed) > 0 {
		through = changed[len(changed)-1].Seq
		if _, err := m.store.Gaps.Save(ctx, org, snapshot.Version, assign(snapshot, changed, through)); lost(err) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	} else {
		through = head
	}
	if err := m.store.Jobs.SaveCursor(ctx, org, gapsJob, cursor, strconv.FormatInt(through, 10)); err != nil && !lost(err) {
		return 0, err
	}
	return len(changed), nil
}

func seq(cursor string) int64 {
	n, _ := strconv.ParseInt(cursor, 10, 64)
	return n
}

// gapsThrough is the last conversation version the gaps know of.
func (m *Monitor) gapsThrough(ctx context.Context, org tenant.ID) (int64, error) {
	cursor, err := m.store.Jobs.Cursor(ctx, org, gapsJob)
	return seq(cursor), err
}

// assign decides where the questions of changed conversations belong.
func assign(s knowledge.Snapshot, changed []conversation.Conversation, through int64) knowledge.Commit {
	ix := newGapIndex(s)
	commit := knowledge.Commit{Through: through}
	for _, c := range changed {
		uid := c.Key.UID()
		f := c.Findings.Failure
		linked, had := ix.links[uid]
		switch {
		case f.Question == "":
			if had {
				commit.Unlink = append(commit.Unlink, uid)
			}
			continue
		case !f.Failed() && !had:
			continue
		case !had || linked.Question != f.Question:
			linked.Gap = ix.place(f.Question, uid, c.Findings.Sentiment.Language, &commit)
		}
		linked.Conversation, linked.Question, linked.Topic, linked.At = uid, f.Question, c.Facts.Topic.Value, f.At
		linked.Failures = lo.Map(f.Kinds, func(k conversation.Failure, _ int) knowledge.Failure { return knowledge.Failure(k) })
		ix.links[uid] = linked
		commit.Links = append(commit.Links, linked)
	}
	return commit
}

// joinAt is the cosine from which a question joins a gap.
const joinAt = 0.40

type gapIndex struct {
	table knowledge.Table
	links map[uuid.UUID]knowledge.Link
	sums  map[int64]knowledge.Vector
	next  int64
}

func newGapIndex(s knowledge.Snapshot) *gapIndex {
	ix := &gapIndex{links: map[uuid.UUID]knowledge.Link{}, sums: map[int64]knowledge.Vector{}, next: 1}
	for _, r := range s.Records {
		ix.next = max(ix.next, r.ID+1)
	}
	for _, l := range s.Links {
		ix.links[l.Conversation] = l
		tokens := text.NormalForm(l.Question)
		ix.table.Add(tokens)
		ix.sums[l.Gap] = ix.sums[l.Gap].Plus(ix.table.Vector(tokens))
	}
	return ix
}

func (ix *gapIndex) place(question string, uid uuid.UUID, language string, commit *knowledge.Commit) int64 {
	tokens := text.NormalForm(question)
	ix.table.Add(tokens)
	v := ix.table.Vector(tokens)
	best, similarity := int64(0), joinAt
	for id := int64(1); id < ix.next; id++ {
		if c := v.Cosine(ix.sums[id]); c >= similarity && (best == 0 || c > similarity) {
			best, similarity = id, c
		}
	}
	if best == 0 {
		best = ix.next
		ix.next++
		commit.Records = append(commit.Records, knowledge.Record{ID: best, Language: language, Representative: question, Example: uid})
	}
	ix.sums[best] = ix.sums[best].Plus(v)
	return best
}
