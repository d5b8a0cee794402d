package simulate_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// fold merges deliveries in their order and reads what comes of them.
func fold(t *testing.T, plan simulate.Plan, deliveries []simulate.Delivered) map[string]conversation.Conversation {
	t.Helper()
	settings, err := plan.Settings(tenant.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]conversation.Conversation{}
	for _, d := range deliveries {
		p := d.Patch(uuid.Nil)
		if err := p.Validate(d.At); err != nil {
			t.Fatalf("%s: %v", d.Case, err)
		}
		var old *conversation.Conversation
		if c, ok := out[d.Case]; ok {
			old = &c
		}
		out[d.Case] = *conversation.Merge(old, &p)
	}
	for id, c := range out {
		c.Findings = monitor.Read(c, settings)
		out[id] = c
	}
	return out
}

func total(t *testing.T, conversations map[string]conversation.Conversation, by metric.Grouping) []metric.Cell {
	t.Helper()
	cells, err := metric.Fold(lo.Values(conversations), metric.Selection{
		Window: metric.Window{Start: start, End: start.AddDate(1, 0, 0)}, By: by,
	})
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

func TestSamePlanSameOrganisation(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(7, start, 10)
	truth, deliveries := simulate.Generate(plan)
	again, more := simulate.Generate(simulate.NewPlan(7, start, 10))
	if diff := cmp.Diff(truth, again); diff != "" {
		t.Errorf("the truth differs: %s", diff)
	}
	patches := func(list []simulate.Delivered) []conversation.Patch {
		return lo.Map(list, func(d simulate.Delivered, _ int) conversation.Patch { return d.Patch(uuid.Nil) })
	}
	if diff := cmp.Diff(patches(deliveries), patches(more)); diff != "" {
		t.Errorf("the deliveries differ: %s", diff)
	}
	other, _ := simulate.Generate(simulate.NewPlan(8, start, 10))
	if cmp.Equal(truth.Cases, other.Cases) {
		t.Error("another seed gives the same cases")
	}
}

// What comes of the deliveries is what was planted, to the last count.
func TestDeliveriesFoldToTheTruth(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(3, start, 30)
	plan.Paraphrased = 0
	truth, deliveries := simulate.Generate(plan)
	conversations := fold(t, plan, deliveries)
	if len(conversations) != len(truth.Cases) {
		t.Fatalf("%d conversations, planted %d", len(conversations), len(truth.Cases))
	}
	for _, want := range truth.Cases {
		c := conversations[want.ID]
		f := c.Findings
		got := simulate.Case{
			ID: c.ID, Customer: c.Facts.CustomerID.Value, Topic: c.Facts.Topic.Value, Priority: c.Facts.Priority.Value,
			Start: c.StartedAt, End: c.EndedAt, AIFirst: want.AIFirst, Handler: f.Handler, Escalated: f.Escalation.Escalated,
			Reason: f.Escalation.Primary, Declared: c.Facts.EscalationReason.OK(), Ending: want.Ending, Question: want.Question,
			Score: want.Score, Rated: c.Facts.Rating.OK(), RatedAt: c.Facts.Rating.Value.At,
			HandleSeconds: int(c.Facts.HandleSeconds.Value), Cost: c.Facts.Cost.Get(),
		}
		if got.Rated {
			got.Score = c.Facts.Rating.Value.Score
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", want.ID, diff)
		}
		if f.Outcome.Kind != want.Outcome() {
			t.Errorf("%s ended %s, planted %s", want.ID, f.Outcome.Kind, want.Outcome())
		}
		if want.Question != "" && f.Handler.AIInvolved() && f.Failure.Question == "" {
			t.Errorf("%s: the planted question is not found", want.ID)
		}
	}
	for _, cell := range total(t, conversations, metric.Grouping{Topic: true}) {
		of := func(keep func(simulate.Case) bool) int64 {
			return truth.Count(func(c simulate.Case) bool { return c.Topic == cell.Key.Topic && keep(c) })
		}
		for name, counts := range map[string][2]int64{
			"conversations": {cell.Values.At(metric.Conversations), of(func(simulate.Case) bool { return true })},
			"escalated":     {cell.Values.At(metric.EscalatedAI), of(func(c simulate.Case) bool { return c.Escalated })},
			"rated 4 or 5": {
				cell.Values.At(metric.SatisfiedWithLabel(conversation.Positive)) + cell.Values.At(metric.SatisfiedWithLabel(conversation.Neutral)) +
					cell.Values.At(metric.SatisfiedWithLabel(conversation.Negative)) + cell.Values.At(metric.SatisfiedWithLabel(conversation.Frustrated)) +
					cell.Values.At(metric.SatisfiedWithLabel("")),
				of(func(c simulate.Case) bool { return c.Rated && c.Score >= 4 }),
			},
			"reported costs": {cell.Values.At(metric.AICostReported), of(func(c simulate.Case) bool { return c.Cost != nil })},
		} {
			if counts[0] != counts[1] {
				t.Errorf("%s: %d %s, planted %d", cell.Key.Topic, counts[0], name, counts[1])
			}
		}
	}
	cost, err := truth.ReportedCost()
	if sum, _ := metric.Total(total(t, conversations, metric.Grouping{})); err != nil || money.Micro(sum.At(metric.AICost)) != cost {
		t.Errorf("reported costs are %d, planted %d (%v)", sum.At(metric.AICost), cost, err)
	}
}

// Any order of the deliveries, and any repetition, ends in the same cells.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(4, start, 8)
	plan.Delivery = simulate.Delivery{Split: 0.8, Repeated: 0.3, Late: 0.3}
	_, deliveries := simulate.Generate(plan)
	by := metric.Grouping{Day: true, Topic: true, Priority: true, Handler: true}
	want := total(t, fold(t, plan, deliveries), by)
	r := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		shuffled := slices.Concat(deliveries, deliveries[:len(deliveries)/2])
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, total(t, fold(t, plan, shuffled), by)); diff != "" {
			t.Fatalf("another order gives other cells: %s", diff)
		}
	}
}

// Deliveries come in order, none before what it tells has happened, some of them late, twice and out of order.
func TestDeliveriesArriveInOrder(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(1, start, 40)
	truth, deliveries := simulate.Generate(plan)
	if !slices.IsSortedFunc(deliveries, func(a, b simulate.Delivered) int { return a.At.Compare(b.At) }) {
		t.Error("the deliveries are not in the order of their arrival")
	}
	pieces := map[string]int{}
	var late, outOfOrder int
	last := map[string]time.Time{}
	for _, d := range deliveries {
		pieces[d.Case]++
		happened := d.Patch(uuid.Nil).Stamp.At
		if d.At.Before(happened) {
			t.Fatalf("%s arrives %s before it happens", d.Case, happened.Sub(d.At))
		}
		late += lo.Ternary(d.At.Sub(happened) > 6*time.Hour, 1, 0)
		outOfOrder += lo.Ternary(happened.Before(last[d.Case]), 1, 0)
		last[d.Case] = happened
	}
	if len(pieces) != len(truth.Cases) || late < 20 || outOfOrder < 5 || len(deliveries) < len(pieces)*3/2 {
		t.Errorf("%d conversations in %d deliveries, %d late, %d out of order", len(pieces), len(deliveries), late, outOfOrder)
	}
}

// What is planted comes out, within what chance allows.
func TestPlantedSharesComeOut(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(2, start, 250)
	truth := simulate.Truth{Plan: plan}
	g := simulate.New(plan)
	for range plan.Days {
		cases, _ := g.Day()
		truth.Cases = append(truth.Cases, cases...)
	}
	near := func(what string, got, want, n float64, sd float64) {
		t.Helper()
		if math.Abs(got-want) > 4.5*sd/math.Sqrt(n) {
			t.Errorf("%s is %.4f, planted %.4f (n=%.0f)", what, got, want, n)
		}
	}
	days := float64(plan.Days) * (5 + 2*0.5) / 7
	firsts := float64(len(truth.Cases)) / (1 + 0.6*(plan.Back72h+plan.Back7d))
	if math.Abs(firsts/days/plan.PerDay-1) > 0.05 {
		t.Errorf("%.1f conversations on a working day, planted %.1f", firsts/days, plan.PerDay)
	}
	for _, topic := range plan.Topics {
		var n, escalated, score, rated float64
		for _, c := range truth.Cases {
			if c.Topic != topic.Name || !c.AIFirst {
				continue
			}
			n++
			escalated += lo.Ternary(c.Escalated, 1.0, 0)
			score += float64(c.Score)
			rated += lo.Ternary(c.Rated, 1.0, 0)
			if topic.Policy && c.Escalated && c.Reason != conversation.PolicyRequired {
				t.Errorf("%s escalated for %s", c.ID, c.Reason)
			}
		}
		near(topic.Name+"'s escalation", escalated/n, topic.Escalation, n, math.Sqrt(topic.Escalation*(1-topic.Escalation)))
		// Priorities are near enough to even out.
		if got, want := score/n, topic.Satisfaction+topic.Gap; math.Abs(got-want) > 0.1+4.5*1.5/math.Sqrt(n) {
			t.Errorf("%s's mean score is %.2f, planted about %.2f", topic.Name, got, want)
		}
	}
	if len(plan.Restless()) != 3 {
		t.Errorf("topics that escalate more are %v", plan.Restless())
	}
	if len(simulate.Sentences()) < 100 || simulate.Gaps() != 24 {
		t.Errorf("%d sentences, %d gaps", len(simulate.Sentences()), simulate.Gaps())
	}
}

// The means that are said to be planted are those of the scores that are drawn, for all customers and for those who
// rate.
func TestMeansAreThoseOfTheDraws(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(6, start, 1500)
	plan.Topics = plan.Topics[:2]
	plan.PerDay = 20
	type kind struct {
		topic    string
		priority conversation.Priority
		ai       bool
	}
	type sums struct{ all, n, rated, m float64 }
	found := map[kind]*sums{}
	g := simulate.New(plan)
	for range plan.Days {
		cases, _ := g.Day()
		for _, c := range cases {
			k := kind{c.Topic, c.Priority, c.AIFirst}
			if found[k] == nil {
				found[k] = &sums{}
			}
			s := found[k]
			s.all, s.n = s.all+float64(c.Score), s.n+1
			if c.Rated {
				s.rated, s.m = s.rated+float64(c.Score), s.m+1
			}
		}
	}
	if len(found) != 12 {
		t.Fatalf("%d kinds of case", len(found))
	}
	for k, s := range found {
		means, ok := plan.Means(k.topic, k.priority, k.ai)
		if !ok {
			t.Fatalf("nothing is planted for %v", k)
		}
		if d := math.Abs(s.all/s.n - means.All); d > 4.5*1.5/math.Sqrt(s.n) {
			t.Errorf("%v: mean score %.3f, planted %.3f", k, s.all/s.n, means.All)
		}
		if d := math.Abs(s.rated/s.m - means.Rated); d > 4.5*1.5/math.Sqrt(s.m) {
			t.Errorf("%v: mean rating %.3f, planted %.3f", k, s.rated/s.m, means.Rated)
		}
	}
	if _, ok := plan.Means("nothing", conversation.Low, true); ok {
		t.Error("a topic that does not exist has a mean")
	}
}

// A fall of satisfaction shows in the scores from its day on, and nowhere before.
func TestDropFallsOnItsDay(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(9, start, 60)
	quiet, _ := simulate.Generate(plan)
	plan.Drop = &simulate.Drop{At: start.AddDate(0, 0, 40), By: 1}
	fallen, _ := simulate.Generate(plan)
	mean := func(t simulate.Truth) float64 {
		return lo.SumBy(t.Cases, func(c simulate.Case) float64 { return float64(c.Score) }) / float64(len(t.Cases))
	}
	before := fallen.Between(start, plan.Drop.At)
	if diff := cmp.Diff(quiet.Between(start, plan.Drop.At).Cases, before.Cases); diff != "" {
		t.Errorf("the days before the fall differ: %s", diff)
	}
	after := fallen.Between(plan.Drop.At, plan.End())
	if fall := mean(before) - mean(after); fall < 0.7 || fall > 1.3 {
		t.Errorf("satisfaction falls by %.2f", fall)
	}
}
