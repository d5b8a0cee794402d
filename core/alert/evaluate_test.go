package alert_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday

// hour is the i-th hour since start, observed once.
func hour(i int, s alert.Sample) alert.Observation {
	w := alert.Span{Start: start.Add(time.Duration(i) * time.Hour), End: start.Add(time.Duration(i+1) * time.Hour)}
	return alert.Observation{ID: fmt.Sprintf("hour-%d", i), Window: w, Sample: s}
}

func csat(h ...int64) alert.Sample { return alert.Sample{Ratings: stat.Histogram(h)} }

func rule(m alert.Metric, mode alert.Mode, p alert.Params) alert.Rule {
	return alert.Rule{ID: "r1", Name: "Test", Metric: m, Mode: mode, Params: p}
}

// usualRate is a baseline of 28 days with the given share of bad ones.
func usualRate(bad, trials int64) *alert.Baseline {
	return &alert.Baseline{Sample: alert.Sample{Bad: bad, Trials: trials}, Days: 28}
}

// drawnRule draws a valid rule, and drawnSample a sample it can meet.
func drawnRule(t *rapid.T) alert.Rule {
	m := rapid.SampledFrom(alert.Metrics()).Draw(t, "metric")
	r := rule(m, rapid.SampledFrom(m.Modes()).Draw(t, "mode"), alert.Params{})
	switch m {
	case alert.CSATPercent:
		r.Params.Threshold = lo.ToPtr(0.8)
	case alert.EscalationRate, alert.AIEscalationRate:
		r.Params.Threshold = lo.ToPtr(0.2)
	case alert.HandleTime:
		r.Params.Threshold = lo.ToPtr(500.0)
	}
	if r.Mode == alert.SPRT {
		r.Params.UsualRate, r.Params.DetectRate = lo.ToPtr(0.1), lo.ToPtr(0.2)
	}
	r.Params.FalseAlarmsPerMonth = lo.ToPtr(rapid.Float64Range(0.1, 100).Draw(t, "budget"))
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

func drawnObservations(t *rapid.T) []alert.Observation {
	n := rapid.IntRange(1, 60).Draw(t, "observations")
	return lo.Times(n, func(i int) alert.Observation {
		count := func(name string, most int64) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
		trials := count("trials", 30)
		seconds := stat.Sums{}
		for range count("handled", 4) {
			seconds = seconds.With(rapid.Int64Range(1, 2000).Draw(t, "seconds"))
		}
		o := hour(i, alert.Sample{
			Ratings: stat.Histogram{count("h1", 9), count("h2", 2), count("h3", 2), count("h4", 5), count("h5", 9)},
			Trials:  trials, Bad: count("bad", trials), Count: count("count", 40), Seconds: seconds,
		})
		o.Missing = rapid.IntRange(0, 9).Draw(t, "missing") == 0
		if rapid.Bool().Draw(t, "history") {
			o.History = lo.Times(rapid.IntRange(0, 8).Draw(t, "weeks"), func(int) int64 { return count("past", 20) })
		}
		if rapid.IntRange(0, 4).Draw(t, "usual") > 0 {
			o.Usual = &alert.Baseline{Days: 28, Sample: alert.Sample{Trials: 5000, Bad: 500,
				Ratings: stat.Histogram{100, 60, 100, 400, 1340}, Seconds: stat.Sums{N: 100, Sum: 40000, SumSq: 20000000}}}
		}
		return o
	})
}

func run(r alert.Rule, observations []alert.Observation) (alert.State, []alert.Event) {
	var s alert.State
	var events []alert.Event
	for _, o := range observations {
		var e *alert.Event
		if s, e = alert.Evaluate(r, s, o); e != nil {
			events = append(events, *e)
		}
	}
	return s, events
}

func TestEvaluatingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, observations := drawnRule(t), drawnObservations(t)
		var s alert.State
		for i, o := range observations {
			s, _ = alert.Evaluate(r, s, o)
			earlier := observations[rapid.IntRange(0, i).Draw(t, "again")]
			again, e := alert.Evaluate(r, s, earlier)
			if diff := cmp.Diff(s, again); diff != "" || e != nil {
				t.Fatalf("taking %s again made %v and changed the state:\n%s", earlier.ID, e, diff)
			}
		}
	})
}

func TestEvaluateLeavesItsInputsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, observations := drawnRule(t), drawnObservations(t)
		var s alert.State
		for _, o := range observations {
			before := mustJSON(t, s)
			next, _ := alert.Evaluate(r, s, o)
			if after := mustJSON(t, s); after != before {
				t.Fatalf("the state given was changed from\n%s\nto\n%s", before, after)
			}
			s = next
		}
	})
}

func TestStateSurvivesBeingStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, observations := drawnRule(t), drawnObservations(t)
		var s, stored alert.State
		for _, o := range observations {
			var e1, e2 *alert.Event
			s, e1 = alert.Evaluate(r, s, o)
			stored, e2 = alert.Evaluate(r, stored, o)
			if diff := cmp.Diff(e1, e2); diff != "" {
				t.Fatalf("a stored state decides otherwise:\n%s", diff)
			}
			back, err := alert.ParseState([]byte(mustJSON(t, stored)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(stored, back, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the state changed by being stored:\n%s", diff)
			}
			stored = back
		}
	})
}

// Whatever comes, an incident opens before it ends, people hear of beginnings and ends in turn, and what they read can
// be sent as JSON.
func TestFiresOnceResolvesOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, observations := drawnRule(t), drawnObservations(t)
		_, events := run(r, observations)
		open, told := false, false
		ids := map[alert.EventID]bool{}
		for _, e := range events {
			begins := e.Kind != alert.Resolved
			heldBack := e.Kind == alert.Reopened && open && !told && e.Notify
			if begins == open && !heldBack {
				t.Fatalf("%s while open is %v", e.Kind, open)
			}
			if e.Notify && begins == told {
				t.Fatalf("people are told of %s while they believe open is %v", e.Kind, told)
			}
			if e.Notify {
				told = begins
			}
			if open = begins; ids[e.ID] {
				t.Fatalf("event %s comes twice", e.ID)
			}
			ids[e.ID] = true
			if e.Sentence == "" || e.Evidence.Method == "" || e.Evidence.Limit == nil || e.Evidence.Statistic == nil || e.Count < 1 {
				t.Fatalf("an event without evidence: %+v", e)
			}
			mustJSON(t, e)
		}
	})
}

func TestTooFewChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rule(alert.CSATAverage, rapid.SampledFrom([]alert.Mode{alert.Point, alert.Confident}).Draw(t, "mode"),
			alert.Params{MinN: lo.ToPtr(int64(60))})
		s, _ := run(r, drawnObservations(t))
		o := hour(1000, csat(rapid.Int64Range(0, 59).Draw(t, "ones"), 0, 0, 0, 0))
		after, e := alert.Evaluate(r, s, o)
		bookkeeping := cmpopts.IgnoreFields(alert.State{}, "Seen", "LastAt", "Note", "Version", "Rule")
		if diff := cmp.Diff(s, after, bookkeeping); diff != "" || e != nil {
			t.Fatalf("too few ratings made %v and changed:\n%s", e, diff)
		}
		if after.Note == "" {
			t.Fatal("nothing says that the window was not judged")
		}
	})
}

func TestMissingDataNeverFires(t *testing.T) {
	for _, r := range []alert.Rule{
		rule(alert.CSATAverage, alert.Confident, alert.Params{}),
		rule(alert.Conversations, alert.Silence, alert.Params{}),
	} {
		observations := lo.Times(200, func(i int) alert.Observation {
			o := hour(i, alert.Sample{})
			o.Missing, o.History = true, []int64{50, 50, 50, 50}
			return o
		})
		s, events := run(r, observations)
		if len(events) > 0 || s.Firing || s.Note == "" {
			t.Errorf("%s: missing data made %v, note %q", r.Mode, events, s.Note)
		}
	}
}

func TestCooldown(t *testing.T) {
	bad, good := csat(40, 0, 0, 0, 0), csat(0, 0, 0, 0, 40)
	every := func(minutes int, samples ...alert.Sample) []alert.Observation {
		return lo.Map(samples, func(s alert.Sample, i int) alert.Observation {
			end := start.Add(time.Duration(i*minutes) * time.Minute)
			return alert.Observation{ID: fmt.Sprint(i), Window: alert.Span{Start: end.Add(-time.Hour), End: end}, Sample: s}
		})
	}
	type told struct {
		Kind     alert.Kind
		Notify   bool
		Count    int
		Incident int
	}
	for _, c := range []struct {
		name string
		seen []alert.Observation
		want []told
	}{
		{"staying bad tells once", every(60, bad, bad, bad, bad), []told{{alert.Fired, true, 1, 0}}},
		{"a short relapse is held back", every(10, bad, good, bad, good),
			[]told{{alert.Fired, true, 1, 0}, {alert.Resolved, true, 1, 0}, {alert.Reopened, false, 2, 0}, {alert.Resolved, false, 2, 0}}},
		{"a relapse that lasts is told when the cool-down is over", every(20, bad, good, bad, bad, good),
			[]told{{alert.Fired, true, 1, 0}, {alert.Resolved, true, 1, 0}, {alert.Reopened, false, 2, 0}, {alert.Reopened, true, 3, 0}, {alert.Resolved, true, 3, 0}}},
		{"a relapse long after the news but soon after the end reopens and tells", every(40, bad, bad, bad, good, bad),
			[]told{{alert.Fired, true, 1, 0}, {alert.Resolved, true, 3, 0}, {alert.Reopened, true, 4, 0}}},
		{"a fire after the cool-down is a new incident", every(30, bad, good, good, bad),
			[]told{{alert.Fired, true, 1, 0}, {alert.Resolved, true, 1, 0}, {alert.Fired, true, 1, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, events := run(rule(alert.CSATAverage, alert.Point, alert.Params{ClearAfter: lo.ToPtr(1)}), c.seen)
			incidents := lo.Uniq(lo.Map(events, func(e alert.Event, _ int) string { return e.Incident }))
			got := lo.Map(events, func(e alert.Event, _ int) told {
				return told{e.Kind, e.Notify, e.Count, slices.Index(incidents, e.Incident)}
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAChangedRuleForgetsItsSum(t *testing.T) {
	r := rule(alert.EscalationRate, alert.Cusum, alert.Params{})
	o := hour(0, alert.Sample{Trials: 20, Bad: 8})
	o.Usual = usualRate(840, 8400)
	s, _ := alert.Evaluate(r, alert.State{}, o)
	if s.Cusum == nil || s.Cusum.Statistic == 0 {
		t.Fatalf("nothing was summed: %+v", s.Cusum)
	}
	quiet := hour(1, alert.Sample{Trials: 1})
	quiet.Usual = o.Usual
	r.Name = "Another name"
	renamed, _ := alert.Evaluate(r, s, quiet)
	if want := s.Cusum.Statistic - 1; renamed.Cusum.Statistic != want {
		t.Errorf("after renaming the sum is %d, want %d", renamed.Cusum.Statistic, want)
	}
	r.Segment.Topic = lo.ToPtr("billing")
	moved, _ := alert.Evaluate(r, s, quiet)
	if moved.Cusum.Statistic != 0 {
		t.Errorf("another segment goes on with the sum %d", moved.Cusum.Statistic)
	}
}

func TestParseState(t *testing.T) {
	if s, err := alert.ParseState(nil); err != nil || s.Firing {
		t.Errorf("nothing stored: %+v, %v", s, err)
	}
	if _, err := alert.ParseState([]byte(`{"version":2}`)); !errors.Is(err, alert.ErrVersion) {
		t.Errorf("a newer version: %v", err)
	}
	for _, raw := range []string{`{`, `{"firing":true}`, `{"cusum":{}}`, `{"ewma":{"variance":-1}}`, `{"volume":{"sustained":1e300}}`} {
		if _, err := alert.ParseState([]byte(raw)); err == nil {
			t.Errorf("%s was accepted", raw)
		}
	}
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"version":1,"firing":true,"incident":"i","count":2,"alarms":[{"start":"2026-01-05T00:00:00Z","end":"2026-01-05T01:00:00Z"}]}`))
	f.Add([]byte(`{"version":1,"firing":true,"incident":"i","alarms":[{}],"cusum":{"design":{"limit":3,"step":1},"statistic":2}}`))
	o := hour(0, alert.Sample{Trials: 3, Bad: 1, Count: 4, Ratings: stat.Histogram{1, 1, 1, 1, 40}})
	o.History, o.Usual = []int64{3, 4, 5}, usualRate(840, 8400)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := alert.ParseState(raw)
		if err != nil {
			return
		}
		// Whatever was stored, an evaluation must get through and its result be stored again.
		for _, m := range alert.Metrics() {
			for _, mode := range m.Modes() {
				p := alert.Params{UsualRate: lo.ToPtr(0.1), DetectRate: lo.ToPtr(0.2)}
				next, e := alert.Evaluate(rule(m, mode, p), s, o)
				mustJSON(t, next)
				mustJSON(t, e)
			}
		}
	})
}

func mustJSON(t interface{ Fatal(...any) }, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
