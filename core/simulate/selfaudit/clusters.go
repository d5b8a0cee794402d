package selfaudit

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
)

// gapFindings are the gaps as questions were put in them on arrival, and after the nightly look at all of them.
type gapFindings struct{ arrival, regrouped clusterFinding }

// clusterFinding is how well questions are gathered into gaps.
type clusterFinding struct {
	// planted is how many gaps were planted and asked about, found how many gaps these questions were put in.
	planted, found int
	// precision and recall are B-cubed: of the questions that share a question's gap, how many share its planted one, and
	// the other way round.
	precision, recall float64
	// complete is how many planted gaps have most of their questions in one gap that is mostly theirs.
	complete int
}

// readGaps compares before and after regrouping.
func (b *bench) readGaps(ctx context.Context, questions map[string]string, f *gapFindings) error {
	if err := b.readClusters(ctx, questions, &f.arrival); err != nil {
		return err
	}
	if _, _, err := b.m.ConsolidateGaps(ctx, b.org); err != nil {
		return err
	}
	return b.readClusters(ctx, questions, &f.regrouped)
}

// readClusters compares gaps with planted ones; questions gives the planted one of each conversation's UID.
func (b *bench) readClusters(ctx context.Context, questions map[string]string, f *clusterFinding) error {
	snapshot, err := b.store.Gaps.Load(ctx, b.org, knowledge.Whole)
	if err != nil {
		return err
	}
	records := map[int64]knowledge.Record{}
	for _, r := range snapshot.Records {
		records[r.ID] = r
	}
	type pair struct {
		gap      int64
		question string
	}
	gaps, planted, both := map[int64]int{}, map[string]int{}, map[pair]int{}
	n := 0
	for _, l := range snapshot.Links {
		question, ok := questions[l.Conversation.String()]
		gap, known := knowledge.Follow(records, l.Gap)
		if !ok || !known || !l.Failed() {
			continue
		}
		n++
		gaps[gap.ID]++
		planted[question]++
		both[pair{gap.ID, question}]++
	}
	f.planted, f.found = len(planted), len(gaps)
	for p, together := range both {
		f.precision += float64(together) * float64(together) / float64(gaps[p.gap]) / float64(n)
		f.recall += float64(together) * float64(together) / float64(planted[p.question]) / float64(n)
		if 2*together > gaps[p.gap] && 2*together > planted[p.question] {
			f.complete++
		}
	}
	return nil
}

func (f clusterFinding) f1() float64 {
	if f.precision+f.recall == 0 {
		return 0
	}
	return 2 * f.precision * f.recall / (f.precision + f.recall)
}
