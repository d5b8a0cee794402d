package assess_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/assess"
	"github.com/csm-monitor/csm-monitor/core/simulate"
)

// planted are all questions of a simulated organisation with the gap they belong to.
func planted() (questions, gaps []string) {
	all := simulate.Sentences()
	questions = lo.Keys(lo.PickBy(all, func(_, gap string) bool { return gap != "" }))
	slices.Sort(questions)
	return questions, lo.Map(questions, func(q string, _ int) string { return all[q] })
}

func TestQuestionsKeepTheirIDs(t *testing.T) {
	t.Parallel()
	questions, _ := planted()
	q, again := assess.NewQuestions(), assess.NewQuestions()
	first := lo.Map(questions, func(s string, _ int) int64 { return q.Ask(s) })
	if second := lo.Map(questions, func(s string, _ int) int64 { return again.Ask(s) }); !slices.Equal(first, second) {
		t.Error("the same questions in the same order got other ids")
	}
	if first[0] != 1 || slices.Contains(first, 0) || q.Gaps() != len(lo.Uniq(first)) {
		t.Errorf("%d gaps for ids %v", q.Gaps(), first)
	}
	// A question asked again joins the gap it opened or joined.
	for i, s := range questions {
		if id := q.Ask(s); id != first[i] {
			t.Errorf("%q was in gap %d and is now in %d", s, first[i], id)
		}
	}
	final := q.Consolidate()
	if len(final) != 2*len(questions) || slices.Contains(final, 0) {
		t.Fatalf("%d final ids for %d questions", len(final), 2*len(questions))
	}
	for i := range questions {
		if final[i] != final[i+len(questions)] {
			t.Errorf("the same question ended in gaps %d and %d", final[i], final[i+len(questions)])
		}
	}
}

// Questions of one planted gap mostly end together, and apart from the others.
func TestQuestionsFindPlantedGaps(t *testing.T) {
	t.Parallel()
	questions, gaps := planted()
	r := rand.New(rand.NewPCG(1, 1))
	asked := lo.Times(400, func(int) int { return r.IntN(len(questions)) })
	q := assess.NewQuestions()
	for _, i := range asked {
		q.Ask(questions[i])
	}
	final := q.Consolidate()
	var shared, alike, both float64
	for i := range asked {
		for j := range i {
			one, same := final[i] == final[j], gaps[asked[i]] == gaps[asked[j]]
			shared += lo.Ternary(one, 1.0, 0)
			alike += lo.Ternary(same, 1.0, 0)
			both += lo.Ternary(one && same, 1.0, 0)
		}
	}
	t.Logf("%d gaps for %d planted; of pairs that share one %.2f do so rightly, of pairs that should %.2f do", q.Gaps(), simulate.Gaps(), both/shared, both/alike)
	if both/shared < 0.7 || both/alike < 0.85 {
		t.Errorf("of pairs that share a gap %.2f do so rightly, of pairs that should share one %.2f do", both/shared, both/alike)
	}
}
