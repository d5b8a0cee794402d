package monitor

import (
	"cmp"
	"context"
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// CSATComparison is the AI against people, by three rules of who a rating judges and on the same mix of cases.
type CSATComparison struct {
	Frame
	// Views are the rules: as_started (the honest one: the AI cannot shed its failures by escalating them), attributed
	// (mixed conversations on neither side) and last_touch (no mix, as what came last depends on the case).
	Views []ComparisonView
	// Scales counts ratings by the survey they come from; means that mix them are labelled.
	Scales []ScaleCount
	Mixed  bool
	// Silence is what the ratings leave open about those who did not rate.
	Silence Silence
	Topics  []TopicSatisfaction
}

// ComparisonView compares by one rule.
type ComparisonView struct {
	Name string
	// Figures are the raw means and shares, the standardised means and their difference, and the pooled difference of
	// CSAT %.
	Figures Figures
	// Verdict is the only wording the data allow about the AI.
	Verdict csat.Verdict
	Target  csat.Target
	// SupportShare is the target's weight in kinds of case both sides were rated in; nil when it has no ratings.
	SupportShare *float64
	Strata       int
	Supported    int
	// PValue is of the Cochran–Mantel–Haenszel test; nil when there is nothing to test.
	PValue *float64
}

// ScaleCount counts ratings of one scale.
type ScaleCount struct {
	Scale    conversation.Scale
	Count    int64
	Estimate stat.Estimate
}

// Silence is what non-response may hide.
type Silence struct {
	Figures Figures
	// Skewed says that unhappy customers answer differently often from the others; PValue is of that test.
	Skewed bool
	PValue *float64
	// UncoveredShare is the share of conversations in kinds nobody rated.
	UncoveredShare *float64
}

// TopicSatisfaction ranks a topic by its shrunk CSAT %, so that three happy customers do not lead the list.
type TopicSatisfaction struct {
	Topic   string
	Figures Figures
	// Shrunk is in per cent, unknown where no topic was rated.
	Shrunk stat.Estimate
}

// CSATComparison answers with AI against people, on the target's mix of cases.
func (m *Monitor) CSATComparison(ctx context.Context, r Request, target csat.Target) (CSATComparison, error) {
	v, err := m.open(ctx, r, CostHours)
	if err != nil {
		return CSATComparison{}, err
	}
	kinds := v.sum(metric.Grouping{Topic: true, Priority: true, Handler: true})
	if err := v.read(ctx); err != nil {
		return CSATComparison{}, err
	}
	sum, err := kinds.total()
	if err != nil {
		return CSATComparison{}, err
	}
	cells := kinds.cells
	out := CSATComparison{Frame: v.frame(), Silence: silence(cells, sum), Topics: topicSatisfaction(cells)}
	for _, rule := range comparisonRules(v.org.Settings.BinaryInAverage) {
		out.Views = append(out.Views, rule.compare(cells, target))
	}
	for _, scale := range conversation.Scales() {
		var h stat.Histogram
		for _, party := range metric.Parties() {
			h = h.Plus(sum.Histogram(party, func(s conversation.Scale) bool { return s == scale }))
		}
		if h.N() > 0 {
			out.Scales = append(out.Scales, ScaleCount{scale, h.N(), stat.Exact(float64(h.N()), h.N(), "csat.ratings/v1")})
		}
	}
	out.Mixed = len(out.Scales) > 1
	return out, nil
}

// comparisonRule says which ratings of a cell judge which side.
type comparisonRule struct {
	name      string
	ai, human func(metric.Cell) stat.Histogram
}

func comparisonRules(binary bool) []comparisonRule {
	all := func(c metric.Cell) stat.Histogram { return ratings(c.Values, binary, metric.Parties()...) }
	of := func(party conversation.Party) func(metric.Cell) stat.Histogram {
		return func(c metric.Cell) stat.Histogram { return ratings(c.Values, binary, party) }
	}
	touched := func(party conversation.Party) func(metric.Cell) stat.Histogram {
		return func(c metric.Cell) stat.Histogram { return c.Values.TouchHistogram(party) }
	}
	handled := func(by ...conversation.Handler) func(metric.Cell) stat.Histogram {
		return func(c metric.Cell) stat.Histogram {
			if !slices.Contains(by, c.Key.Handler) {
				return stat.Histogram{}
			}
			return all(c)
		}
	}
	return []comparisonRule{
		{"as_started", handled(conversation.AIOnly, conversation.AIThenHuman), handled(conversation.HumanOnly)},
		{"attributed", of(conversation.PartyAI), of(conversation.PartyHuman)},
		{"last_touch", touched(conversation.PartyAI), touched(conversation.PartyHuman)},
	}
}

// kind is a kind of case: what a stratum holds apart.
type kind struct {
	topic    string
	priority conversation.Priority
}

type sides struct{ ai, human stat.Histogram }

func (r comparisonRule) compare(cells []metric.Cell, target csat.Target) ComparisonView {
	strata := map[kind]sides{}
	var all sides
	for _, c := range cells {
		k := kind{c.Key.Topic, c.Key.Priority}
		s := strata[k]
		s.ai, s.human = s.ai.Plus(r.ai(c)), s.human.Plus(r.human(c))
		strata[k] = s
		all.ai, all.human = all.ai.Plus(r.ai(c)), all.human.Plus(r.human(c))
	}
	kinds := lo.Filter(lo.Keys(strata), func(k kind, _ int) bool { return strata[k].ai.N()+strata[k].human.N() > 0 })
	slices.SortFunc(kinds, func(a, b kind) int { return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.priority, b.priority)) })
	comparison := csat.Compare(lo.Map(kinds, func(k kind, _ int) csat.Stratum {
		return csat.Stratum{Name: k.topic + "/" + string(k.priority), AI: strata[k].ai.Sums(), Human: strata[k].human.Sums()}
	}), csat.DefaultMinRatings, target, stat.Confidence95)
	tables := lo.Map(kinds, func(k kind, _ int) stat.Table {
		s := strata[k]
		return stat.Table{Yes1: s.ai.Satisfied(), No1: s.ai.N() - s.ai.Satisfied(), Yes0: s.human.Satisfied(), No0: s.human.N() - s.human.Satisfied()}
	})
	out := ComparisonView{
		Name: r.name, Verdict: comparison.Verdict(), Target: target, SupportShare: comparison.SupportShare,
		Strata: comparison.Strata, Supported: comparison.Supported,
		Figures: append(Figures{
			rating("ai_avg_csat", all.ai, "csat.mean_ai/v1"),
			rating("human_avg_csat", all.human, "csat.mean_human/v1"),
			rate("ai_csat_pct", all.ai.Satisfied(), all.ai.N(), "csat.satisfied_share_ai/v1"),
			rate("human_csat_pct", all.human.Satisfied(), all.human.N(), "csat.satisfied_share_human/v1"),
		}, standardised(comparison, all.ai.N()+all.human.N())...),
	}
	out.Figures = append(out.Figures,
		Figure{Name: "csat_pct_difference", Decimals: percent, Estimate: stat.StratifiedDifference(tables, 100, "csat.satisfied_difference/v1")},
		Figure{Name: "odds_ratio", Decimals: average, Estimate: stat.StratifiedOddsRatio(tables, "csat.odds_ratio/v1")})
	if test, ok := stat.CochranMantelHaenszel(tables, stat.Confidence95); ok {
		out.PValue = test.PCorrected
	}
	return out
}

func standardised(c csat.Comparison, n int64) Figures {
	figure := func(name, definition string, value *float64, i *stat.Interval) Figure {
		e := stat.Unknown(definition, n)
		if value != nil && i != nil {
			e = stat.WithInterval(*value, *i, stat.Confidence95, stat.MethodNormal, n, definition)
		}
		return Figure{Name: name, Decimals: average, Estimate: e}
	}
	return Figures{
		figure("ai_standardised_csat", "csat.standardised_mean/v1", c.AI, c.AIShown),
		figure("human_standardised_csat", "csat.standardised_mean/v1", c.Human, c.HumanShown),
		figure("csat_difference", "csat.standardised_difference/v1", c.Difference, c.Shown),
	}
}

func silence(cells []metric.Cell, sum metric.Vector) Silence {
	h := ratings(sum, true, metric.Parties()...)
	out := Silence{}
	bounds, meanBounds := stat.Unknown("csat.bounds/v1", h.N()), stat.Unknown("csat.mean_bounds/v1", h.N())
	if b, ok := csat.NonResponse(sum.At(metric.Closed), h); ok && h.N() > 0 {
		closed := max(sum.At(metric.Closed), h.N())
		mean, _ := h.Sums().Mean()
		bounds = stat.WithInterval(100*float64(h.Satisfied())/float64(h.N()), b.SatisfiedPct, 0, stat.MethodBounds, h.N(), bounds.Definition).Per(closed)
		meanBounds = stat.WithInterval(mean, b.Mean, 0, stat.MethodBounds, h.N(), meanBounds.Definition).Per(closed)
	}
	w := csat.WeightByResponse(responseCells(cells))
	out.UncoveredShare = w.UncoveredShare
	out.Figures = Figures{
		rate("csat_pct", h.Satisfied(), h.N(), "csat.satisfied_share/v1"),
		{Name: "csat_pct_bounds", Decimals: percent, Estimate: bounds},
		{Name: "avg_csat_bounds", Decimals: average, Estimate: meanBounds},
		{Name: "csat_pct_weighted", Decimals: percent, Estimate: w.Estimate()},
		responseRate(sum),
		rate("rated_share_of_closed_pct", h.N(), sum.At(metric.Closed), "csat.rated_share/v1"),
	}
	var unhappyRated, unhappy, otherRated, other int64
	for _, label := range append(conversation.Sentiments(), "") {
		rated, all := sum.At(metric.RatedWithLabel(label)), sum.At(metric.SentimentLabel(label))
		if label.Unhappy() {
			unhappyRated, unhappy = unhappyRated+rated, unhappy+all
		} else {
			otherRated, other = otherRated+rated, other+all
		}
	}
	if skewed, p, ok := csat.ResponseSkew(unhappyRated, unhappy, otherRated, other); ok {
		out.Skewed, out.PValue = skewed, &p
	}
	return out
}

// responseCells are the kinds of conversation response weighting holds apart: handler, topic and sentiment.
func responseCells(cells []metric.Cell) []csat.ResponseCell {
	type key struct {
		topic   string
		handler conversation.Handler
		label   conversation.Sentiment
	}
	sums := map[key]csat.ResponseCell{}
	for _, c := range cells {
		for _, label := range append(conversation.Sentiments(), "") {
			k := key{c.Key.Topic, c.Key.Handler, label}
			cell := sums[k]
			cell.Closed += c.Values.At(metric.SentimentLabel(label))
			cell.Rated += c.Values.At(metric.RatedWithLabel(label))
			cell.Satisfied += c.Values.At(metric.SatisfiedWithLabel(label))
			sums[k] = cell
		}
	}
	keys := lo.Keys(sums)
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.handler, b.handler), cmp.Compare(a.label, b.label))
	})
	return lo.Map(keys, func(k key, _ int) csat.ResponseCell { return sums[k] })
}

func topicSatisfaction(cells []metric.Cell) []TopicSatisfaction {
	byTopic := map[string]stat.Histogram{}
	for _, c := range cells {
		byTopic[c.Key.Topic] = byTopic[c.Key.Topic].Plus(ratings(c.Values, true, metric.Parties()...))
	}
	topics := lo.Filter(lo.Keys(byTopic), func(t string, _ int) bool { return byTopic[t].N() > 0 })
	slices.Sort(topics)
	shrunk, ok := stat.ShrinkRates(
		lo.Map(topics, func(t string, _ int) int64 { return byTopic[t].Satisfied() }),
		lo.Map(topics, func(t string, _ int) int64 { return byTopic[t].N() }))
	out := lo.Map(topics, func(t string, i int) TopicSatisfaction {
		h := byTopic[t]
		s := TopicSatisfaction{Topic: t, Shrunk: stat.Unknown("csat.satisfied_share_shrunk/v1", h.N()), Figures: Figures{
			count("rated_conversations", h.N(), "csat.ratings/v1"),
			rating("avg_csat", h, "csat.mean/v1"),
			rate("csat_pct", h.Satisfied(), h.N(), "csat.satisfied_share/v1"),
		}}
		if ok {
			s.Shrunk = stat.Exact(100*shrunk.Shrunk[i], h.N(), s.Shrunk.Definition)
		}
		return s
	})
	slices.SortStableFunc(out, func(a, b TopicSatisfaction) int {
		return cmp.Compare(lo.FromPtr(b.Shrunk.Value), lo.FromPtr(a.Shrunk.Value))
	})
	return out
}
