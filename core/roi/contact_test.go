package roi_test

import (
	"math"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"pgregory.net/rapid"
)

func TestHumanCostPerContact(t *testing.T) {
	thirty, seconds, zero := money.Whole(30), money.Whole(420), money.Exact{}
	for _, c := range []struct {
		hourly, seconds *money.Exact
		cost            string
		confidence      roi.Confidence
	}{
		{&thirty, &seconds, "3.500000", ""}, {nil, nil, "3.900000", "low"}, {&thirty, nil, "4.000000", "low"},
		{nil, &seconds, "3.412500", "low"}, {&thirty, &zero, "0.000000", ""}, {&zero, &seconds, "0.000000", ""},
	} {
		cost, confidence, err := roi.HumanCostPerContact(c.hourly, c.seconds)
		if err != nil || cost.Fixed() != c.cost || confidence != c.confidence {
			t.Errorf("%v, %v: %s %q %v, want %s %q", c.hourly, c.seconds, cost.Fixed(), confidence, err, c.cost, c.confidence)
		}
	}
}

func TestHandleTime(t *testing.T) {
	human := func(at time.Duration) roi.Turn { return roi.Turn{Human: true, At: at} }
	other := func(at time.Duration) roi.Turn { return roi.Turn{At: at} }
	s := time.Second
	for name, c := range map[string]struct {
		turns []roi.Turn
		want  time.Duration
	}{
		"nobody":                     {nil, 0},
		"no person":                  {[]roi.Turn{other(0), other(90 * s)}, 0},
		"opens with a person":        {[]roi.Turn{human(0), other(90 * s)}, 15 * s},
		"gap as it is":               {[]roi.Turn{other(0), human(90 * s)}, 90 * s},
		"limits themselves":          {[]roi.Turn{other(0), human(15 * s), human(315 * s)}, 315 * s},
		"capped":                     {[]roi.Turn{other(0), human(301 * s)}, 300 * s},
		"floored":                    {[]roi.Turn{other(0), human(14 * s)}, 15 * s},
		"fractions":                  {[]roi.Turn{other(100 * time.Millisecond), human(20 * s)}, 19_900 * time.Millisecond},
		"clock that goes back":       {[]roi.Turn{other(90 * s), human(0)}, 15 * s},
		"after the customer, waited": {[]roi.Turn{other(0), human(1200 * s), other(1240 * s), human(1330 * s), human(1335 * s)}, 405 * s},
	} {
		if got := roi.HandleTime(c.turns); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestShrinkHandle(t *testing.T) {
	for _, c := range []struct {
		n    int64
		mean int64
		want string
	}{{0, 0, "480"}, {20, 300, "300"}, {1000, 300, "300"}, {10, 300, "420"}, {19, 300, "5100/13"}, {1, 60, "460"}} {
		if got := roi.ShrinkHandle(c.n, money.Whole(c.mean), money.Whole(480)); got.String() != c.want {
			t.Errorf("%d contacts of %d s: %s, want %s", c.n, c.mean, got, c.want)
		}
	}
}

func TestCredited(t *testing.T) {
	hours := func(h float64) *float64 { return &h }
	for _, c := range []struct {
		r    roi.Resolution
		want string // standard, conservative, gross
	}{
		{roi.Resolution{AIOnly: true, Outcome: roi.Confirmed}, "scg"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Assumed}, "sg"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Abandoned}, "g"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Escalated}, "g"},
		{roi.Resolution{AIOnly: true, Outcome: "pending"}, "g"},
		{roi.Resolution{Outcome: roi.Confirmed}, ""},
		{roi.Resolution{Outcome: roi.Escalated}, ""},
		{roi.Resolution{AIOnly: true, Outcome: roi.Confirmed, ReturnedAfterHours: hours(0)}, "g"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Confirmed, ReturnedAfterHours: hours(71.999)}, "g"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Confirmed, ReturnedAfterHours: hours(72)}, "scg"},
		{roi.Resolution{AIOnly: true, Outcome: roi.Assumed, ReturnedAfterHours: hours(-1)}, "sg"},
	} {
		got := ""
		for letter, view := range map[string]roi.View{"s": roi.Standard, "c": roi.Conservative, "g": roi.Gross} {
			if c.r.CreditedIn(view, 72) != contains(c.want, letter) {
				got += letter
			}
		}
		if got != "" {
			t.Errorf("%+v: wrong in %q", c.r, got)
		}
	}
	if (roi.Resolution{AIOnly: true, Outcome: roi.Confirmed}).CreditedIn("some", 72) {
		t.Error("a view that does not exist gives credit")
	}
}

func contains(s, letter string) bool { return lo.Contains(lo.ChunkString(s, 1), letter) }

func TestBreakEvenAndPayback(t *testing.T) {
	exact := func(text string) money.Exact {
		x, err := money.ParseExact(text)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		fee, variable, human, share string
		want                        int64
		ok                          bool
	}{
		{"1000", "0.30", "4", "0.6", 477, true}, {"210", "0.30", "4", "0.6", 100, true}, {"0", "0.30", "4", "0.6", 0, true},
		{"1000", "2.40", "4", "0.6", 0, false}, {"1000", "3", "4", "0.6", 0, false}, {"0", "3", "4", "0", 0, false},
		{"0.01", "0", "1000000", "1", 1, true},
	} {
		got, ok, err := roi.BreakEven(exact(c.fee), exact(c.variable), exact(c.human), exact(c.share))
		if err != nil || got != c.want || ok != c.ok {
			t.Errorf("%+v: %d, %v, %v", c, got, ok, err)
		}
	}
	if _, ok, err := roi.BreakEven(exact("1e30"), exact("0"), exact("1"), exact("1")); ok || err == nil {
		t.Error("a number beyond all counting is given")
	}
	for _, c := range []struct {
		setUp   string
		savings []string
		want    string
	}{
		{"6000", []string{"1500", "2500", "2000"}, "3.0"}, {"0", []string{"10"}, "0.0"}, {"6000", nil, ""}, {"6000", []string{"0"}, ""},
		{"6000", []string{"100", "-200"}, ""}, {"1", []string{"20"}, "0.1"}, {"25", []string{"100"}, "0.3"},
	} {
		months, ok := roi.Payback(exact(c.setUp), lo.Map(c.savings, func(s string, _ int) money.Exact { return exact(s) }))
		if got := lo.Ternary(ok, months.FixedAway(1), ""); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestHumanCostIntervalUnknowns(t *testing.T) {
	one := roi.MeasuredTime{Contacts: 10, Mean: 360, SD: 60, N: 36}
	i := roi.HumanCostInterval(money.Whole(10), money.Whole(5), []roi.MeasuredTime{one})
	// 10 contacts of 360 s at 10 an hour are 10; the standard error is 10 · 60 / 6 s, 100/360 of it.
	if math.Abs(i.HumanCost-10) > 1e-12 || math.Abs(*i.SE-10.0/36) > 1e-12 || math.Abs(*i.ROILow-(100*(*i.Low-5)/5)) > 1e-9 {
		t.Errorf("%+v", i)
	}
	if i = roi.HumanCostInterval(money.Whole(10), money.Exact{}, []roi.MeasuredTime{one}); i.Low == nil || i.ROILow != nil {
		t.Errorf("an AI that cost nothing has a return: %+v", i)
	}
	if i = roi.HumanCostInterval(money.Whole(10), money.Whole(5), []roi.MeasuredTime{{Contacts: 1, Mean: 360}}); i.SE != nil || i.Low != nil || i.ROIHigh != nil {
		t.Errorf("nothing measured, and an interval: %+v", i)
	}
	if i = roi.HumanCostInterval(money.Whole(10), money.Whole(5), []roi.MeasuredTime{{}, one}); i.SE == nil {
		t.Error("a topic without credit takes the interval away")
	}
	if i = roi.HumanCostInterval(money.Whole(10), money.Whole(5), nil); i.SE == nil || *i.SE != 0 || i.HumanCost != 0 {
		t.Errorf("no topics: %+v", i)
	}
}

func TestRatesSayTheirSource(t *testing.T) {
	hourly := money.Micro(30_000_000)
	rates, err := roi.Learn(roi.HumanCost{Hourly: &hourly}, "USD", []roi.TopicHandle{
		{Topic: "many", Handle: alternating(20, 300, 10)}, {Topic: "few", Handle: alternating(10, 600, 10)}, {Topic: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]struct {
		source  roi.Source
		seconds string
	}{"many": {roi.SourceMeasured, "300"}, "few": {roi.SourceShrunk, "1400/3"}, "none": {roi.SourceOrganisation, "400"}, "new": {roi.SourceOrganisation, "400"}} {
		if got := rates.Of(topic); got.Source != want.source || got.Seconds.String() != want.seconds || got.Topic != topic {
			t.Errorf("%s: %s %s, want %+v", topic, got.Source, got.Seconds, want)
		}
	}
	if rates.Confidence() != "" || rates.Text("none") != "30/h × 400.000 s" {
		t.Errorf("confidence %q, %q", rates.Confidence(), rates.Text("none"))
	}
}

// What is learnt does not depend on how the measurements were gathered: sums of parts are the sums of the whole.
func TestLearnAddsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.SliceOfN(rapid.Int64Range(0, 3000), 0, 60).Draw(t, "seconds")
		cut := rapid.IntRange(0, len(seconds)).Draw(t, "cut")
		whole, err1 := roi.Learn(roi.HumanCost{}, "USD", []roi.TopicHandle{{Topic: "a", Handle: sums(seconds...)}})
		parts, err2 := roi.Learn(roi.HumanCost{}, "USD", []roi.TopicHandle{{Topic: "a", Handle: sums(seconds[:cut]...)}, {Topic: "a", Handle: sums(seconds[cut:]...)}})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if a, b := whole.Of("a"), parts.Of("a"); a.Source != b.Source || a.Seconds.Cmp(b.Seconds) != 0 || whole.Any.Seconds.Cmp(parts.Any.Seconds) != 0 {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}
