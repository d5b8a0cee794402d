package selfaudit

import (
	"context"
	"fmt"
	"math"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// gapFinding is the AI against people on the same cases.
type gapFinding struct {
	// planted is the true difference among customers who rate, plantedAll among all of them, both on the mix of cases
	// the product compares on.
	planted, plantedAll float64
	raw, adjusted       float64
	interval            stat.Interval
	support             float64
	verdict             csat.Verdict
}

func (g gapFinding) covered() bool         { return g.interval.Contains(g.planted) }
func (g gapFinding) coveredAll() bool      { return g.interval.Contains(g.plantedAll) }
func (g gapFinding) rawWrong() bool        { return g.raw*g.planted < 0 }
func (g gapFinding) adjustedWrong() bool   { return g.adjusted*g.planted < 0 }
func (g gapFinding) claimedBetter() bool   { return g.verdict == csat.AIHigher && g.planted < 0 }
func (g gapFinding) claimedRightly() bool  { return g.verdict == csat.AILower && g.planted < 0 }
func (g gapFinding) rawCovers() bool       { return math.Abs(g.raw-g.planted) <= g.interval.Width()/2 }
func (s silenceFinding) inside() bool      { return s.bounds.Contains(s.truth) }
func (s silenceFinding) crudeOff() float64 { return math.Abs(s.crude - s.truth) }
func (s silenceFinding) weightedOff() float64 {
	return math.Abs(s.weighted - s.truth)
}

// silenceFinding is CSAT % as all customers would have given it, against what those who rated say.
type silenceFinding struct {
	truth, crude, weighted float64
	bounds                 stat.Interval
}

func (b *bench) readGap(ctx context.Context, f *gapFinding, s *silenceFinding) error {
	comparison, err := b.m.CSATComparison(ctx, b.window(), csat.CombinedMix)
	if err != nil {
		return err
	}
	view, ok := lo.Find(comparison.Views, func(v monitor.ComparisonView) bool { return v.Name == "as_started" })
	difference, known := view.Figures.Get("csat_difference")
	interval, has := difference.Estimate.Interval()
	if !ok || !known || !has {
		return fmt.Errorf("the comparison has no difference")
	}
	ai, err1 := value(view.Figures, "ai_avg_csat")
	human, err2 := value(view.Figures, "human_avg_csat")
	if err1 != nil || err2 != nil {
		return fmt.Errorf("the comparison has no means")
	}
	f.raw, f.adjusted, f.interval = ai-human, *difference.Estimate.Value, interval
	f.support, f.verdict = *view.SupportShare, view.Verdict
	if f.planted, f.plantedAll, err = b.plantedGap(ctx); err != nil {
		return err
	}
	return b.readSilence(comparison.Silence, s)
}

// plantedGap weighs the planted differences of all kinds of case as the product weighs what it finds: by the ratings of
// both sides, over the kinds where each has enough.
func (b *bench) plantedGap(ctx context.Context) (rated, all float64, err error) {
	sums, err := b.store.Rollups.Rollup(ctx, b.org, metric.Selection{
		Window: metric.Window{Start: b.window().Start, End: b.window().End},
		By:     metric.Grouping{Topic: true, Priority: true, Handler: true},
	})
	if err != nil {
		return 0, 0, err
	}
	type kind struct {
		topic    string
		priority conversation.Priority
	}
	ratings := map[kind]*[2]int64{}
	for _, c := range sums[0] {
		k := kind{c.Key.Topic, c.Key.Priority}
		if ratings[k] == nil {
			ratings[k] = new([2]int64)
		}
		n := lo.SumBy(metric.Parties(), func(p conversation.Party) int64 { return stat.Histogram(c.Values.Histogram(p, nil)).N() })
		switch c.Key.Handler {
		case conversation.AIOnly, conversation.AIThenHuman:
			ratings[k][0] += n
		case conversation.HumanOnly:
			ratings[k][1] += n
		}
	}
	var weight float64
	for k, n := range ratings {
		if n[0] < csat.DefaultMinRatings || n[1] < csat.DefaultMinRatings {
			continue
		}
		ai, ok1 := b.plan.Means(k.topic, k.priority, true)
		human, ok2 := b.plan.Means(k.topic, k.priority, false)
		if !ok1 || !ok2 {
			return 0, 0, fmt.Errorf("nothing was planted for %s at %s", k.topic, k.priority)
		}
		w := float64(n[0] + n[1])
		rated, all, weight = rated+w*(ai.Rated-human.Rated), all+w*(ai.All-human.All), weight+w
	}
	if weight == 0 {
		return 0, 0, fmt.Errorf("no kind of case was rated on both sides")
	}
	return rated / weight, all / weight, nil
}

func (b *bench) readSilence(silence monitor.Silence, s *silenceFinding) error {
	truth := b.truth.Between(b.window().Start, b.window().End)
	s.truth = 100 * float64(truth.Count(func(c simulate.Case) bool { return c.Score >= 4 })) / float64(len(truth.Cases))
	var err error
	if s.crude, err = value(silence.Figures, "csat_pct"); err != nil {
		return err
	}
	if s.weighted, err = value(silence.Figures, "csat_pct_weighted"); err != nil {
		return err
	}
	bounds, _ := silence.Figures.Get("csat_pct_bounds")
	interval, ok := bounds.Estimate.Interval()
	if !ok {
		return fmt.Errorf("the bounds of non-response are missing")
	}
	s.bounds = interval
	return nil
}
