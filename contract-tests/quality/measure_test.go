package quality

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/samber/lo"
)

// records reads the data files of a pattern one after the other, or skips the test when there is no data.
func records[T any](t *testing.T, pattern string) []T {
	t.Helper()
	dir := os.Getenv("CSM_QUALITY_DIR")
	if dir == "" {
		t.Skip("NOT MEASURED: set CSM_QUALITY_DIR to the folder with the labelled data (see README.md)")
	}
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("CSM_QUALITY_DIR has no %s (%v)", pattern, err)
	}
	return lo.FlatMap(names, func(name string, _ int) []T { return recordsOf[T](t, name) })
}

func recordsOf[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: record %d: %v", name, len(out)+1, err)
		}
		out = append(out, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// ranking is how well scores tell the positive cases from the others.
type ranking struct {
	n, positives int
	// auc is the chance that a positive case scores higher than another, ties counting half.
	auc float64
	// ap is average precision, the area under precision against recall by steps at each distinct score.
	ap float64
	// f1 is the best F1 over all cuts, and cut its lowest score that is called positive.
	f1, cut float64
}

func rank(scores []float64, positive []bool) ranking {
	order := lo.Range(len(scores))
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	r := ranking{n: len(scores), positives: lo.Count(positive, true)}
	negatives := r.n - r.positives
	hits, misses := 0, 0
	for i := 0; i < len(order); {
		j, h, m := i, 0, 0
		for ; j < len(order) && scores[order[j]] == scores[order[i]]; j++ {
			if positive[order[j]] {
				h++
			} else {
				m++
			}
		}
		r.auc += float64(h) * (float64(negatives-misses-m) + float64(m)/2)
		hits, misses = hits+h, misses+m
		r.ap += float64(h) / float64(r.positives) * float64(hits) / float64(hits+misses)
		if f := f1(hits, misses, r.positives); f > r.f1 {
			r.f1, r.cut = f, scores[order[i]]
		}
		i = j
	}
	r.auc /= float64(r.positives) * float64(negatives)
	return r
}

func f1(hits, misses, positives int) float64 {
	return 2 * float64(hits) / float64(hits+misses+positives)
}

// method is one way to score cases.
type method[T any] struct {
	name  string
	score func(T) float64
}

// table prints how each method ranks the cases, and fails the test where a figure is below its floor. F1 is at a cut
// chosen without the case: on each half of the cases (every other one), the cut that is best on the other half.
func table[T any](t *testing.T, methods []method[T], cases []T, yes []bool, floors map[string]ranking) string {
	t.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "%-22s %9s %9s %9s   (share of positives %.3f)", "", "ROC AUC", "AP", "F1", float64(lo.Count(yes, true))/float64(len(cases)))
	for _, m := range methods {
		scores := lo.Map(cases, func(x T, _ int) float64 { return m.score(x) })
		r := rank(scores, yes)
		r.f1 = crossF1(scores, yes)
		fmt.Fprintf(&s, "\n%-22s %9.3f %9.3f %9.3f", m.name, r.auc, r.ap, r.f1)
		if floor, ok := floors[m.name]; ok && (r.auc < floor.auc || r.ap < floor.ap || r.f1 < floor.f1) {
			t.Errorf("%s: AUC %.3f, AP %.3f, F1 %.3f; the floors are %.3f, %.3f, %.3f", m.name, r.auc, r.ap, r.f1, floor.auc, floor.ap, floor.f1)
		}
	}
	return s.String()
}

func crossF1(scores []float64, yes []bool) float64 {
	half := func(rest int) ([]float64, []bool) {
		keep := func(i int) bool { return i%2 == rest }
		return lo.Filter(scores, func(_ float64, i int) bool { return keep(i) }), lo.Filter(yes, func(_ bool, i int) bool { return keep(i) })
	}
	s0, y0 := half(0)
	s1, y1 := half(1)
	h0, m0 := called(rank(s1, y1).cut, s0, y0)
	h1, m1 := called(rank(s0, y0).cut, s1, y1)
	return f1(h0+h1, m0+m1, lo.Count(yes, true))
}

// called counts the positive and the other cases that score cut or more.
func called(cut float64, scores []float64, yes []bool) (hits, misses int) {
	for i, s := range scores {
		switch {
		case s < cut:
		case yes[i]:
			hits++
		default:
			misses++
		}
	}
	return hits, misses
}
