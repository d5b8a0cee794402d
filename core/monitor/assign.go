package monitor

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// gapsJob is the cursor that says how far AssignGaps has come. The store's own mark, saved with every commit, can be
// behind it where nothing was to be committed, and before it after a crash.
const gapsJob = "gaps"

// gapIndexes keeps the index of each organisation between two runs of AssignGaps, as building one reads all that is kept.
type gapIndexes struct {
	mu   sync.Mutex
	orgs map[tenant.ID]*gapIndex
}

// gapIndex is an index with the version of the store it agrees with and how far it has come. Its lock is held for a
// whole run.
type gapIndex struct {
	mu sync.Mutex
	// index compares words, meaning vectors; which of the two is used depends on the Monitor.
	index   *knowledge.Index
	meaning *knowledge.Dense
	ready   bool
	version int64
	through int64
	// bytes is about the memory the index takes, readable without the lock.
	bytes atomic.Int64
}

// size is about how many bytes the index takes.
func (g *gapIndex) size() int64 {
	if g.meaning != nil {
		return g.meaning.Bytes()
	}
	return g.index.Bytes()
}

// drop makes the next run start from what is stored.
func (g *gapIndex) drop() { g.index, g.meaning, g.ready = nil, nil, false }

// indexesRoom bounds, in bytes, the memory of the indexes that are kept beside the one that is used. Those beyond it are
// built anew when they are needed.
const indexesRoom = 8 << 20

func (g *gapIndexes) of(org tenant.ID) *gapIndex {
	g.mu.Lock()
	defer g.mu.Unlock()
	ix, ok := g.orgs[org]
	if !ok {
		g.makeRoom()
		ix = &gapIndex{}
		g.orgs[org] = ix
	}
	return ix
}

// makeRoom drops indexes, whichever come first, until the others fit.
func (g *gapIndexes) makeRoom() {
	room := int64(indexesRoom)
	for org, ix := range g.orgs {
		if room -= ix.bytes.Load(); room < 0 {
			delete(g.orgs, org)
		}
	}
}

// AssignGaps works the questions of conversations stored since the last time into the organisation's knowledge gaps. It
// returns how many conversations it looked at. When the gaps were changed by somebody else meanwhile, it starts over
// from what is stored.
func (m *Monitor) AssignGaps(ctx context.Context, org tenant.ID) (int, error) {
	at, err := m.reached(ctx, org, gapsJob)
	if err != nil {
		return 0, err
	}
	head, err := m.store.Changes.Head(ctx, org)
	if err != nil || at.through >= head {
		return 0, err
	}
	g := m.gaps.of(org)
	g.mu.Lock()
	defer g.mu.Unlock()
	n, err := m.assign(ctx, org, g, at.through)
	for lost(err) {
		g.drop()
		n, err = m.assign(ctx, org, g, at.through)
	}
	if err != nil {
		g.drop()
		return 0, err
	}
	through := g.through
	if n == 0 {
		through = head
	}
	return n, m.reach(ctx, org, gapsJob, at, through)
}

// assign works one batch in, of what came after the given version, and stores what it decides, if that is anything.
func (m *Monitor) assign(ctx context.Context, org tenant.ID, g *gapIndex, after int64) (int, error) {
	if !g.ready {
		snapshot, err := m.store.Gaps.Load(ctx, org, knowledge.Examples)
		if err != nil {
			return 0, err
		}
		g.ready, g.version, g.through = true, snapshot.Version, max(snapshot.Through, after)
		if m.meaning.Embedder == nil {
			g.index = knowledge.NewIndex(snapshot)
		} else if g.meaning, err = m.newMeaningIndex(ctx, snapshot); err != nil {
			return 0, err
		}
	}
	changed, err := m.store.Changes.Since(ctx, org, g.through, batch)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	linked, err := m.store.Gaps.Linked(ctx, org, lo.Map(changed, func(c conversation.Conversation, _ int) uuid.UUID { return c.Key.UID() }))
	if err != nil {
		return 0, err
	}
	commit := knowledge.Commit{Through: changed[len(changed)-1].Seq}
	if m.meaning.Embedder != nil {
		if err := m.take(ctx, g.meaning, changed, linked, &commit); err != nil {
			return 0, err
		}
	} else {
		g.index.Recall(linked)
		for _, c := range changed {
			g.index.Take(link(c), c.Findings.Sentiment.Language, &commit)
		}
		g.index.Settle()
	}
	if !commit.Empty() {
		if g.version, err = m.store.Gaps.Save(ctx, org, g.version, commit); err != nil {
			return 0, err
		}
	}
	g.through = commit.Through
	g.bytes.Store(g.size())
	return len(changed), nil
}

// link is what a conversation asks, as the gaps see it. Its texts are copies: the gaps keep them for as long as they
// live, and a store may have cut a conversation's texts from one piece that none of them should hold on to.
func link(c conversation.Conversation) knowledge.Link {
	f := c.Findings.Failure
	return knowledge.Link{
		Conversation: c.Key.UID(), Question: strings.Clone(f.Question), Topic: strings.Clone(c.Facts.Topic.Value), At: f.At,
		Failures: lo.Map(f.Kinds, func(k conversation.Failure, _ int) knowledge.Failure {
			return knowledge.Failure(strings.Clone(string(k)))
		}),
	}
}

func seq(cursor string) int64 {
	n, _ := strconv.ParseInt(cursor, 10, 64)
	return n
}
