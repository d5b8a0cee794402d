package roi_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/core/roi"
)

func TestReverseReturned(t *testing.T) {
	line := func(period roi.Period, ref string, kind roi.Kind, amount string) roi.Line {
		return roi.Line{Period: period, Ref: ref, Kind: kind, Amount: parse(t, amount)}
	}
	back := func(ref, at, resolved string) roi.Return {
		return roi.Return{Ref: ref, At: instant(t, at), ResolvedAt: instant(t, resolved)}
	}
	january := line("2026-01", "a", roi.HumanCostAvoided, "4.00")
	for name, c := range map[string]struct {
		lines   []roi.Line
		returns []roi.Return
		zone    string
		want    []string
	}{
		"in time": {[]roi.Line{january}, []roi.Return{back("a", "2026-02-02T08:00:00Z", "2026-01-31T20:00:00Z")}, "UTC",
			[]string{"0 2026-02 human_cost_avoided_reversal a -4 2026-01"}},
		"at the very end of the window": {[]roi.Line{january}, []roi.Return{back("a", "2026-02-03T20:00:00Z", "2026-01-31T20:00:00Z")}, "UTC", nil},
		"at once, but the month of the return is closed": {[]roi.Line{january}, []roi.Return{back("a", "2026-01-31T20:00:00Z", "2026-01-31T20:00:00Z")}, "UTC",
			[]string{"0 2026-02 human_cost_avoided_reversal a -4 2026-01"}},
		"before the resolution": {[]roi.Line{january}, []roi.Return{back("a", "2026-01-31T19:00:00Z", "2026-01-31T20:00:00Z")}, "UTC", nil},
		"already February in the zone": {[]roi.Line{january}, []roi.Return{back("a", "2026-01-31T19:00:00Z", "2026-01-31T10:00:00Z")}, "Asia/Kolkata",
			[]string{"0 2026-02 human_cost_avoided_reversal a -4 2026-01"}},
		"twice": {[]roi.Line{january}, []roi.Return{back("a", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z"), back("a", "2026-02-02T08:00:00Z", "2026-01-31T20:00:00Z")}, "UTC",
			[]string{"0 2026-02 human_cost_avoided_reversal a -4 2026-01"}},
		"reversed before": {[]roi.Line{january, line("2026-02", "a", "human_cost_avoided_reversal", "-4")},
			[]roi.Return{back("a", "2026-02-02T08:00:00Z", "2026-01-31T20:00:00Z")}, "UTC", nil},
		"open month, other kinds, other conversations": {[]roi.Line{line("2026-02", "a", roi.HumanCostAvoided, "4"), line("2026-01", "a", roi.AICost, "1"), line("2026-01", "b", roi.HumanCostAvoided, "4")},
			[]roi.Return{back("a", "2026-02-02T08:00:00Z", "2026-01-31T20:00:00Z"), back("z", "2026-02-02T08:00:00Z", "2026-01-31T20:00:00Z")}, "UTC", nil},
	} {
		closed := func(p roi.Period) bool { return p == "2026-01" }
		got := roi.ReverseReturned(c.lines, closed, c.returns, 72*time.Hour, zone(t, c.zone))
		if diff := cmp.Diff(c.want, show(got), cmp.Transformer("", func(s []string) []string { return append([]string{}, s...) })); diff != "" && len(c.want)+len(got) > 0 {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMonthPassedOver(t *testing.T) {
	b := book(t)
	at := instant(t, "2026-03-01T00:00:00Z")
	if _, err := b.Close("2026-02", flat(t), at); err != nil {
		t.Fatal(err)
	}
	lines, err := b.Record(resolved("a", "2026-01"), at)
	if err != nil || len(lines) != 2 || lines[1].Period != "2026-03" || lines[1].CorrectsPeriod != "2026-01" || lines[1].Amount != parse(t, "4") {
		t.Errorf("a conversation of a month that was passed over: %q, %v", show(lines), err)
	}
}
