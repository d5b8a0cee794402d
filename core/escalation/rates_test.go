package escalation_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
)

func TestStandOut(t *testing.T) {
	got := escalation.StandOut([]escalation.Topic{
		{Name: "billing", Escalated: 45, Total: 150}, {Name: "login", Escalated: 60, Total: 345}, {Name: "returns", Escalated: 59, Total: 345},
		{Name: "rare", Escalated: 1, Total: 10}, {Name: "none", Escalated: 0, Total: 0},
	})
	if names := lo.Map(got, func(s escalation.Standing, _ int) string { return s.Name }); !slices.Equal(names, []string{"billing", "login", "returns", "rare", "none"}) {
		t.Errorf("order %v", names)
	}
	billing := got[0]
	if !billing.Significant || math.Abs(*billing.Lift.Value-1.75) > 1e-9 || math.Abs(*billing.Lift.Low-1.30) > 0.01 || *billing.PValue > 0.001 {
		t.Errorf("%+v", billing)
	}
	if rare := got[3]; rare.PValue != nil || rare.Significant || rare.Lift.Value == nil {
		t.Errorf("ten conversations are shown and not tested: %+v", rare)
	}
	if none := got[4]; none.PValue != nil || none.Lift.Value != nil {
		t.Errorf("no conversations have no lift: %+v", none)
	}
	if got := escalation.StandOut(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestOneTopicStandsOutFromNothing(t *testing.T) {
	got := escalation.StandOut([]escalation.Topic{{Name: "all", Escalated: 50, Total: 100}})
	if got[0].Significant || got[0].Lift.Value != nil {
		t.Errorf("%+v", got[0])
	}
}

func topics() *rapid.Generator[[]escalation.Topic] {
	return rapid.Custom(func(t *rapid.T) []escalation.Topic {
		out := make([]escalation.Topic, rapid.IntRange(0, 8).Draw(t, "topics"))
		for i := range out {
			total := rapid.Int64Range(0, 300).Draw(t, "total")
			out[i] = escalation.Topic{Name: fmt.Sprint(i), Total: total, Escalated: rapid.Int64Range(0, total).Draw(t, "escalated")}
		}
		return out
	})
}

// TestStandOutHolds: every topic is there once, small ones are never tested, adjusting never makes a p-value smaller, and
// the order of the topics changes nothing.
func TestStandOutHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := topics().Draw(t, "topics")
		got := escalation.StandOut(in)
		if len(got) != len(in) {
			t.Fatalf("%d of %d topics", len(got), len(in))
		}
		for _, s := range got {
			if (s.PValue == nil) != (s.Adjusted == nil) || s.Significant && s.PValue == nil || s.PValue != nil && s.Total < escalation.MinTested {
				t.Fatalf("%+v", s)
			}
			if s.PValue != nil && (*s.Adjusted < *s.PValue || *s.Adjusted > 1 || s.Significant != (*s.Adjusted <= escalation.FalseDiscoveryRate)) {
				t.Fatalf("%+v: p %v, adjusted %v", s, *s.PValue, *s.Adjusted)
			}
		}
		turned := slices.Clone(in)
		slices.Reverse(turned)
		for i, s := range escalation.StandOut(turned) {
			if s.Topic != got[i].Topic || s.Significant != got[i].Significant {
				t.Fatalf("turned round: %+v, before %+v", s, got[i])
			}
		}
	})
}

func TestExplainAMixThatHidesProgress(t *testing.T) {
	pairs := []escalation.Pair{
		{Topic: "easy", Previous: escalation.Topic{Escalated: 80, Total: 800}, Current: escalation.Topic{Escalated: 24, Total: 300}},
		{Topic: "hard", Previous: escalation.Topic{Escalated: 80, Total: 200}, Current: escalation.Topic{Escalated: 252, Total: 700}},
	}
	c, ok := escalation.Explain(pairs)
	if !ok || math.Abs(c.Previous-0.16) > 1e-12 || math.Abs(c.Current-0.276) > 1e-12 {
		t.Fatalf("%+v", c)
	}
	if c.Mix <= 0 || c.Rate >= 0 {
		t.Errorf("every topic improved and traffic moved: mix %v, rate %v", c.Mix, c.Rate)
	}
	if sorted := escalation.BySize(c.Topics); sorted[0].Topic != "hard" {
		t.Errorf("%+v", sorted)
	}
}

// TestExplanationAddsUp: mix and rate of all topics are the whole change, and what is absent in one period is mix alone.
func TestExplanationAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := topics().Draw(t, "before"), topics().Draw(t, "after")
		pairs := lo.Map(lo.Range(max(len(before), len(after))), func(i, _ int) escalation.Pair {
			p := escalation.Pair{Topic: fmt.Sprint(i)}
			if i < len(before) {
				p.Previous = before[i]
			}
			if i < len(after) {
				p.Current = after[i]
			}
			return p
		})
		total := func(of []escalation.Topic) int64 {
			return lo.SumBy(of, func(t escalation.Topic) int64 { return t.Total })
		}
		c, ok := escalation.Explain(pairs)
		if ok != (total(before) > 0 && total(after) > 0) {
			t.Fatalf("ok %v", ok)
		}
		if !ok {
			return
		}
		sum := lo.SumBy(c.Topics, escalation.TopicChange.Contribution)
		if math.Abs(sum-(c.Current-c.Previous)) > 1e-9 || math.Abs(c.Mix+c.Rate-sum) > 1e-9 {
			t.Fatalf("parts %v, change %v", sum, c.Current-c.Previous)
		}
		for i, p := range pairs {
			if (p.Previous.Total == 0 || p.Current.Total == 0) && c.Topics[i].Rate != 0 {
				t.Fatalf("%+v has a rate effect %v", p, c.Topics[i].Rate)
			}
		}
	})
}

func TestAvoid(t *testing.T) {
	answers := func(n int) *int { return &n }
	of := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		reason         conversation.Reason
		answers        *int
		success, total *int64
		want           escalation.Avoidable
	}{
		"a missing answer":            {conversation.KnowledgeGap, nil, nil, nil, escalation.ByContent},
		"the same answer again":       {conversation.RepeatedFailure, nil, nil, nil, escalation.ByContent},
		"a rule":                      {conversation.PolicyRequired, answers(0), of(100), of(100), escalation.NotAvoidable},
		"asked first on a good topic": {conversation.CustomerRequested, answers(0), of(80), of(100), escalation.ByDeflection},
		"the lower bound counts":      {conversation.CustomerRequested, answers(0), of(62), of(100), escalation.Undetermined},
		"a good share of few":         {conversation.CustomerRequested, answers(0), of(2), of(2), escalation.Undetermined},
		"asked after an answer":       {conversation.CustomerRequested, answers(1), of(100), of(100), escalation.Undetermined},
		"topic not known":             {conversation.CustomerRequested, answers(0), nil, nil, escalation.Undetermined},
		"no AI case on the topic":     {conversation.CustomerRequested, answers(0), of(0), of(0), escalation.Undetermined},
		"the mood":                    {conversation.NegativeMood, answers(0), of(100), of(100), escalation.Undetermined},
		"a fault":                     {conversation.TechnicalFault, nil, nil, nil, escalation.Undetermined},
		"not known":                   {conversation.UnknownReason, nil, nil, nil, escalation.Undetermined},
	} {
		if got := escalation.Avoid(c.reason, c.answers, c.success, c.total); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func ExampleExplain() {
	c, _ := escalation.Explain([]escalation.Pair{
		{Topic: "easy", Previous: escalation.Topic{Escalated: 80, Total: 800}, Current: escalation.Topic{Escalated: 24, Total: 300}},
		{Topic: "hard", Previous: escalation.Topic{Escalated: 80, Total: 200}, Current: escalation.Topic{Escalated: 252, Total: 700}},
	})
	fmt.Printf("%.1f %% to %.1f %%: traffic %+.1f, service %+.1f points\n", 100*c.Previous, 100*c.Current, 100*c.Mix, 100*c.Rate)
	// Output: 16.0 % to 27.6 %: traffic +14.5, service -2.9 points
}
