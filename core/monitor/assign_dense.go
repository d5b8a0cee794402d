package monitor

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Meaning compares questions by an embedding model instead of by their words. The threshold, a cosine from 0 to 1,
// belongs to the model and is chosen on labelled questions.
type Meaning struct {
	Embedder  port.Embedder
	Threshold float64
}

// examplesOf is how many of a gap's questions are embedded when an index is built.
const examplesOf = 10

// newMeaningIndex embeds the newest questions of every gap.
func (m *Monitor) newMeaningIndex(ctx context.Context, s knowledge.Snapshot) (*knowledge.Dense, error) {
	ix := knowledge.NewDense(m.meaning.Threshold)
	records := lo.KeyBy(s.Records, func(r knowledge.Record) int64 { return r.ID })
	var examples []knowledge.Link
	seen := map[int64]int{}
	for i := len(s.Links) - 1; i >= 0; i-- {
		l := s.Links[i]
		r, ok := knowledge.Follow(records, l.Gap)
		if !ok || l.Question == "" || seen[r.ID] == examplesOf {
			continue
		}
		seen[r.ID]++
		l.Gap = r.ID
		examples = append(examples, l)
	}
	vectors, err := m.embed(ctx, lo.Map(examples, func(l knowledge.Link, _ int) string { return l.Question }))
	if err != nil {
		return nil, err
	}
	for i, l := range examples {
		ix.Add(l.Gap, vectors[i])
	}
	for _, r := range s.Records { // ids are never used again, also those of gaps whose questions have expired
		ix.Reserve(r.ID)
	}
	return ix, nil
}

// take works changed conversations in, of which some are linked already: the questions are embedded together, then each
// goes to its gap.
func (m *Monitor) take(ctx context.Context, ix *knowledge.Dense, changed []conversation.Conversation, linked []knowledge.Link, commit *knowledge.Commit) error {
	links := lo.KeyBy(linked, func(l knowledge.Link) uuid.UUID { return l.Conversation })
	fresh := lo.Filter(changed, func(c conversation.Conversation, _ int) bool {
		l := link(c)
		return l.Question != "" && (l.Failed() || links[l.Conversation].Gap != 0) && links[l.Conversation].Question != l.Question
	})
	vectors, err := m.embed(ctx, lo.Map(fresh, func(c conversation.Conversation, _ int) string { return link(c).Question }))
	if err != nil {
		return err
	}
	at := lo.SliceToMap(lo.Range(len(fresh)), func(i int) (uuid.UUID, []float32) { return fresh[i].Key.UID(), vectors[i] })
	for _, c := range changed {
		l := link(c)
		old, linked := links[l.Conversation]
		vector, isFresh := at[l.Conversation]
		switch {
		case isFresh:
			opened := false
			if l.Gap, _, opened = ix.Assign(vector); opened {
				commit.Records = append(commit.Records, knowledge.Record{
					ID: l.Gap, Language: c.Findings.Sentiment.Language, Representative: l.Question, Example: l.Conversation,
				})
			}
		case linked && l.Question == "":
			commit.Unlink = append(commit.Unlink, l.Conversation)
			continue
		case linked:
			if l.Gap = old.Gap; l.Equal(old) {
				continue
			}
		default:
			continue
		}
		commit.Links = append(commit.Links, l)
	}
	return nil
}

func (m *Monitor) embed(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	vectors, err := m.meaning.Embedder.Embed(ctx, texts)
	if err == nil && len(vectors) != len(texts) {
		err = fmt.Errorf("the embedder %s gave %d vectors for %d texts", m.meaning.Embedder.Model(), len(vectors), len(texts))
	}
	return vectors, err
}
