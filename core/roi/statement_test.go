package roi_test

import (
	"math/big"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"pgregory.net/rapid"
)

// sums adds up whole seconds.
func sums(seconds ...int64) roi.Handle {
	squares := lo.SumBy(seconds, func(s int64) int64 { return s * s })
	return roi.Handle{N: int64(len(seconds)), Sum: lo.Sum(seconds), Squares: big.NewInt(squares)}
}

// alternating has n observations, an even number, with this mean, half of them off below it and half above.
func alternating(n, mean, off int64) roi.Handle {
	return sums(lo.Times(int(n), func(i int) int64 { return mean + off*int64(1-2*(i%2)) })...)
}

func parse(t interface{ Fatal(...any) }, text string) money.Micro {
	m, err := money.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dollars(t interface{ Fatal(...any) }, m money.Micro) string {
	text, err := m.Format("USD")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// example is 500 dollars of AI cost against 3000 of human cost: 500 contacts of 480 s and 500 of 240 s at 30 an hour.
func example(t interface{ Fatal(...any) }) roi.Inputs {
	hourly := parse(t, "30.00")
	return roi.Inputs{
		Currency: "USD", Human: roi.HumanCost{Hourly: &hourly}, Fee: parse(t, "100"),
		Model: roi.CostModel{MonthlyFee: parse(t, "100")},
		Topics: []roi.TopicCounts{{
			Topic: "billing", AIConversations: 700, AIOnly: 600, Escalated: 100, ConfirmedKept: 300, AssumedKept: 200, ConfirmedLost: 10,
			AssumedLost: 20, Usage: roi.Usage{Reported: parse(t, "250"), ReportedN: 700},
			HumanOnly: alternating(100, 480, 60), AfterAI: alternating(50, 600, 90),
		}, {
			Topic: "shipping", AIConversations: 600, AIOnly: 580, Escalated: 20, ConfirmedKept: 100, AssumedKept: 400,
			Usage: roi.Usage{Reported: parse(t, "150"), ReportedN: 600}, HumanOnly: alternating(50, 240, 30),
		}},
	}
}

func state(t interface{ Fatal(...any) }, in roi.Inputs) roi.Statement {
	s, err := roi.State(in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatementHeadline(t *testing.T) {
	s := state(t, example(t))
	if got := [4]string{dollars(t, s.AICost), dollars(t, *s.Standard.HumanCost), dollars(t, *s.Standard.Savings), *s.Standard.PercentText()}; got !=
		[4]string{"500.00", "3000.00", "2500.00", "500.0"} {
		t.Errorf("headline %v", got)
	}
	if s.Confidence != "" || s.Unpriced != 0 {
		t.Errorf("confidence %q, unpriced %d of a fully known organisation", s.Confidence, s.Unpriced)
	}
	// Conservative: 300 · 4 + 100 · 2; gross: 600 · 4 + 580 · 2.
	if dollars(t, *s.Conservative.HumanCost) != "1400.00" || dollars(t, *s.Gross.HumanCost) != "3560.00" {
		t.Errorf("views: %s, %s", *s.Conservative.HumanCost, *s.Gross.HumanCost)
	}
	if s.BreakEven.Conversations == nil || *s.BreakEven.Conversations != 50 { // 1300 conversations save 2600 before the fee: 2 each
		t.Errorf("break-even %+v", s.BreakEven)
	}
}

func TestStatementDrag(t *testing.T) {
	d := state(t, example(t)).Drag
	// Billing: 120 s more, 100 times, at 30 an hour is 100 dollars; shipping has nothing to compare.
	if d.Cost == nil || dollars(t, *d.Cost) != "100.00" || d.Escalated != 100 || d.Uncompared != 20 || len(d.Topics) != 1 {
		t.Fatalf("drag %+v", d)
	}
	if i, ok := d.Estimate.Interval(); !ok || i.Low >= 100 || i.High <= 100 {
		t.Errorf("interval %v, %v", i, ok)
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	in := example(t)
	in.Human.Hourly, in.Currency = nil, "EUR"
	s := state(t, in)
	if s.Standard.HumanCost != nil || s.Standard.Savings != nil || s.Standard.Percent != nil || s.Drag.Cost != nil ||
		s.Confidence != roi.LowConfidence || len(s.Sensitivity) != 0 || s.BreakEven.Conversations != nil || s.BreakEven.Never {
		t.Errorf("an unknown hourly cost in euros gave figures: %+v", s.Standard)
	}
	if steps, err := s.Waterfall(roi.Standard); steps != nil || err != nil {
		t.Errorf("waterfall of unknown savings: %v, %v", steps, err)
	}
	in = example(t)
	in.Fee, in.Model = 0, roi.CostModel{}
	for i := range in.Topics {
		in.Topics[i].Usage = roi.Usage{Unreported: 10}
	}
	if s = state(t, in); s.Standard.Percent != nil || s.Standard.PercentText() != nil || s.Unpriced != 20 || s.Confidence != roi.LowConfidence {
		t.Errorf("no known AI cost: percent %v, unpriced %d, confidence %q", s.Standard.Percent, s.Unpriced, s.Confidence)
	}
}

func TestDefaultsAreSaid(t *testing.T) {
	in := example(t)
	in.Human = roi.HumanCost{}
	for i := range in.Topics {
		in.Topics[i].HumanOnly = roi.Handle{}
	}
	s := state(t, in)
	if s.Confidence != roi.LowConfidence || s.Rates.HourlySource != roi.SourceDefault || s.Rates.Any.Source != roi.SourceDefault {
		t.Errorf("confidence %q, sources %s, %s", s.Confidence, s.Rates.HourlySource, s.Rates.Any.Source)
	}
	if dollars(t, *s.Standard.HumanCost) != "3900.00" { // 1000 · 29.25 · 480 / 3600
		t.Errorf("human cost %s", s.Standard.HumanCost)
	}
	if _, ok := s.Standard.HumanCostEstimate.Interval(); ok {
		t.Error("a default has a sampling interval")
	}
	row, ok := lo.Find(s.Sensitivity, func(r roi.Sensitivity) bool { return r.Input == "handle_seconds" })
	if !ok || row.Low.Setting != "-50 %" || dollars(t, row.Low.HumanCost) != "1950.00" || dollars(t, row.High.HumanCost) != "5850.00" {
		t.Errorf("sensitivity %+v", row)
	}
	told := 300.0
	in.Human.HandleSeconds = &told
	if s = state(t, in); s.Rates.Any.Source != roi.SourceSet || dollars(t, *s.Standard.HumanCost) != "2437.50" {
		t.Errorf("a told handle time: %s, %s", s.Rates.Any.Source, s.Standard.HumanCost)
	}
}

func TestWaterfallExample(t *testing.T) {
	s := state(t, example(t))
	steps, err := s.Waterfall(roi.Standard)
	if err != nil {
		t.Fatal(err)
	}
	got := lo.Map(steps, func(step roi.Step, _ int) string { return step.Name + " " + dollars(t, step.Amount) })
	// The organisation's mean is (100 · 480 + 50 · 240) / 150 = 400 s, so 3.33 a contact.
	want := []string{"gross 4333.33", "escalated -400.00", "unresolved -500.00", "returned -100.00", "assumed 0.00",
		"topic_mix -333.33", "ai_usage -400.00", "fees -100.00", "net 2500.00"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d: got %s, want %s", i, got[i], want[i])
		}
	}
	if p := steps[len(steps)-1].Percent; p == nil || p.FixedAway(1) != "500.0" {
		t.Errorf("return at the end %v", p)
	}
}

func drawInputs(t *rapid.T) roi.Inputs {
	count := rapid.Int64Range(0, 2000)
	amount := rapid.Int64Range(0, 5_000_000_000)
	handle := func(name string) roi.Handle {
		return sums(rapid.SliceOfN(rapid.Int64Range(0, 4000), 0, 40).Draw(t, name)...)
	}
	in := roi.Inputs{Currency: rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency"), Fee: money.Micro(amount.Draw(t, "fee"))}
	hourly := money.Micro(rapid.Int64Range(0, 100_000_000).Draw(t, "hourly"))
	in.Human.Hourly = &hourly
	in.Model = roi.CostModel{PerConversation: money.Micro(rapid.Int64Range(0, 2_000_000).Draw(t, "per conversation")),
		PerResolution: money.Micro(rapid.Int64Range(0, 2_000_000).Draw(t, "per resolution")),
		Tokens:        roi.TokenPrice{InputPerMillion: money.Ratio(rapid.Int64Range(0, 99).Draw(t, "token price"), 7)}}
	for i := range rapid.IntRange(0, 5).Draw(t, "topics") {
		c := roi.TopicCounts{Topic: string(rune('a' + i)), ConfirmedKept: count.Draw(t, "confirmed"), AssumedKept: count.Draw(t, "assumed"),
			ConfirmedLost: count.Draw(t, "lost"), AssumedLost: count.Draw(t, "lost"), Escalated: count.Draw(t, "escalated"),
			HumanOnly: handle("human"), AfterAI: handle("after")}
		c.AIOnly = c.ConfirmedKept + c.AssumedKept + c.ConfirmedLost + c.AssumedLost + count.Draw(t, "abandoned")
		c.AIConversations = c.AIOnly + c.Escalated
		c.Usage = roi.Usage{Reported: money.Micro(amount.Draw(t, "reported")), ReportedN: 1, Unreported: c.AIConversations,
			UnreportedResolved: c.ConfirmedKept, TokensIn: count.Draw(t, "tokens"), TokenN: c.AIConversations}
		in.Topics = append(in.Topics, c)
	}
	return in
}

// Whatever goes in: every view's waterfall adds up to its savings to the minor unit, topics and charges add up to the
// totals to the millionth, and conservative ≤ standard ≤ gross.
func TestStatementAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInputs(t)
		s := state(t, in)
		human := lo.SumBy(s.Topics, func(f roi.TopicFigures) money.Micro { return *f.HumanCost })
		usage := lo.SumBy(s.Topics, func(f roi.TopicFigures) money.Micro { return f.AICost })
		charges := lo.SumBy(s.Charges, func(c roi.ChargeTotal) money.Micro { return c.Amount })
		if human != *s.Standard.HumanCost || usage+in.Fee != s.AICost || charges != s.AICost || *s.Standard.Savings != human-s.AICost {
			t.Fatalf("parts do not add up: %s human, %s usage, %s charges in %+v", human, usage, charges, s)
		}
		if *s.Conservative.HumanCost > *s.Standard.HumanCost || *s.Standard.HumanCost > *s.Gross.HumanCost {
			t.Fatalf("views out of order")
		}
		for _, view := range []roi.ViewFigures{s.Conservative, s.Standard, s.Gross} {
			steps, err := s.Waterfall(view.View)
			if err != nil {
				t.Fatal(err)
			}
			net, before := steps[len(steps)-1], steps[:len(steps)-1]
			want, _ := view.Savings.Round(in.Currency)
			if net.Name != roi.StepNet || net.Amount != want || before[len(before)-1].Running != want ||
				lo.SumBy(before, func(step roi.Step) money.Micro { return step.Amount }) != want {
				t.Fatalf("%s: steps %+v end at %s, want %s", view.View, steps, net.Amount, want)
			}
		}
	})
}

// The cost of a sum of usages is the sum of the costs, so cells and conversations agree.
func TestChargesAreLinear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1_000_000)
		usage := func() roi.Usage {
			return roi.Usage{Reported: money.Micro(n.Draw(t, "reported")), Unreported: n.Draw(t, "unreported"),
				UnreportedResolved: n.Draw(t, "resolved"), TokensIn: n.Draw(t, "in"), TokensOut: n.Draw(t, "out")}
		}
		a, b := usage(), usage()
		both := roi.Usage{Reported: a.Reported + b.Reported, Unreported: a.Unreported + b.Unreported,
			UnreportedResolved: a.UnreportedResolved + b.UnreportedResolved, TokensIn: a.TokensIn + b.TokensIn, TokensOut: a.TokensOut + b.TokensOut}
		m := drawInputs(t).Model
		total := func(cs []roi.Charge) money.Exact {
			return lo.Reduce(cs, func(sum money.Exact, c roi.Charge, _ int) money.Exact { return sum.Add(c.Amount) }, money.Exact{})
		}
		if total(m.Charges(a)).Add(total(m.Charges(b))).Cmp(total(m.Charges(both))) != 0 {
			t.Fatalf("%+v and %+v do not add up", a, b)
		}
	})
}

func TestStateRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*roi.Inputs){
		"a currency that is none": func(in *roi.Inputs) { in.Currency = "usd" },
		"a topic twice":           func(in *roi.Inputs) { in.Topics[1].Topic = "billing" },
		"a negative count":        func(in *roi.Inputs) { in.Topics[0].Escalated = -1 },
		"a negative handle time":  func(in *roi.Inputs) { in.Topics = nil; in.Human.HandleSeconds = lo.ToPtr(-1.0) },
		"a negative hourly cost":  func(in *roi.Inputs) { in.Human.Hourly = lo.ToPtr(money.Micro(-1)) },
		"too much money":          func(in *roi.Inputs) { in.Fee = 1 << 62; in.Topics[0].Usage.Reported = 1 << 62 },
	} {
		in := example(t)
		spoil(&in)
		if _, err := roi.State(in); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
