package quality

import (
	"fmt"
	"math"
	"testing"

	"github.com/samber/lo"
)

// agreement says how well gap ids match true intents.
type agreement struct {
	// precision, recall and f1 are B-cubed (Bagga and Baldwin 1998); ari is the adjusted Rand index (Hubert and Arabie
	// 1985); nmi is normalised by the mean of the entropies.
	precision, recall, f1, ari, purity, nmi float64
	gaps                                    float64
}

func agree(ids []int64, intents []string) agreement {
	n := float64(len(ids))
	gaps, truth := lo.CountValues(ids), lo.CountValues(intents)
	type cell struct {
		gap    int64
		intent string
	}
	cells := map[cell]int{}
	for i := range ids {
		cells[cell{ids[i], intents[i]}]++
	}
	a := agreement{gaps: float64(len(gaps))}
	var together, information float64
	largest := map[int64]int{}
	for c, k := range cells {
		x := float64(k)
		a.precision += x * x / float64(gaps[c.gap]) / n
		a.recall += x * x / float64(truth[c.intent]) / n
		together += pairs(k)
		information += x / n * math.Log(x*n/float64(gaps[c.gap])/float64(truth[c.intent]))
		largest[c.gap] = max(largest[c.gap], k)
	}
	a.f1 = 2 * a.precision * a.recall / (a.precision + a.recall)
	a.purity = float64(lo.Sum(lo.Values(largest))) / n
	inGaps, inTruth := lo.SumBy(lo.Values(gaps), pairs), lo.SumBy(lo.Values(truth), pairs)
	expected := inGaps * inTruth / pairs(len(ids))
	a.ari = 1
	if both := (inGaps + inTruth) / 2; both != expected {
		a.ari = (together - expected) / (both - expected)
	}
	entropy := func(k int) float64 { return -float64(k) / n * math.Log(float64(k)/n) }
	if h := lo.SumBy(lo.Values(gaps), entropy) + lo.SumBy(lo.Values(truth), entropy); h > 0 {
		a.nmi = 2 * information / h
	}
	return a
}

func pairs(k int) float64 { return float64(k) * float64(k-1) / 2 }

func mean(list []agreement) agreement {
	by := func(get func(agreement) float64) float64 { return lo.SumBy(list, get) / float64(len(list)) }
	return agreement{
		precision: by(func(a agreement) float64 { return a.precision }), recall: by(func(a agreement) float64 { return a.recall }),
		f1: by(func(a agreement) float64 { return a.f1 }), ari: by(func(a agreement) float64 { return a.ari }),
		purity: by(func(a agreement) float64 { return a.purity }), nmi: by(func(a agreement) float64 { return a.nmi }),
		gaps: by(func(a agreement) float64 { return a.gaps }),
	}
}

func (a agreement) row(name string) string {
	return fmt.Sprintf("%-24s F1 %.3f (P %.3f R %.3f)  ARI %.3f  purity %.3f  NMI %.3f  gaps %.0f",
		name, a.f1, a.precision, a.recall, a.ari, a.purity, a.nmi, a.gaps)
}

func TestAgreement(t *testing.T) {
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	same := agree([]int64{7, 7, 9}, []string{"a", "a", "b"})
	near("F1 of a perfect grouping", same.f1, 1)
	near("ARI of a perfect grouping", same.ari, 1)
	near("NMI of a perfect grouping", same.nmi, 1)
	// Gaps {x x y} and {y y}: precision (2·2/3 + 1/3 + 2)/5, recall (2 + (1 + 4)/3)/5, and of ten pairs 2 agree together,
	// 4 are in one gap, 4 are of one intent: (2 − 1.6)/(4 − 1.6).
	mixed := agree([]int64{1, 1, 1, 2, 2}, []string{"x", "x", "y", "y", "y"})
	near("B-cubed precision", mixed.precision, (4.0/3+1.0/3+2)/5)
	near("B-cubed recall", mixed.recall, (2+5.0/3)/5)
	near("ARI", mixed.ari, 0.4/2.4)
	near("purity", mixed.purity, 0.8)
}
