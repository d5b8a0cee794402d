package csat_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
)

func TestNative(t *testing.T) {
	for raw, want := range map[string]int{"1": 1, "5": 5, "4.0": 4, "3.000": 3} {
		if got, err := csat.Native(raw); err != nil || got != want {
			t.Errorf("%q: %d, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", "0", "6", "4.5", "-1", "NaN", "Inf", "1e9", "five", " 4", "4,0"} {
		if got, err := csat.Native(raw); err == nil {
			t.Errorf("%q was read as %d", raw, got)
		}
	}
}

func FuzzNative(f *testing.F) {
	f.Add("4.0")
	f.Add("-0")
	f.Fuzz(func(t *testing.T, raw string) {
		if score, err := csat.Native(raw); err == nil {
			x, _ := strconv.ParseFloat(raw, 64)
			if score < 1 || score > 5 || float64(score) != x {
				t.Errorf("%q became %d", raw, score)
			}
		}
	})
}

func TestZendeskLegacy(t *testing.T) {
	for raw, want := range map[string]struct {
		score int
		rated bool
	}{"good": {5, true}, "bad": {1, true}, "offered": {0, false}, "unoffered": {0, false}} {
		if score, rated, err := csat.ZendeskLegacy(raw); err != nil || score != want.score || rated != want.rated {
			t.Errorf("%q: %d, %v, %v", raw, score, rated, err)
		}
	}
	for _, raw := range []string{"", "Good", "5"} {
		if _, _, err := csat.ZendeskLegacy(raw); err == nil {
			t.Errorf("%q was accepted", raw)
		}
	}
}

func TestSurveyKeepsEndsAndOrder(t *testing.T) {
	scales := map[int]conversation.Scale{2: conversation.Mapped2, 3: conversation.Mapped3, 5: conversation.Native5}
	for k := range 8 {
		scale, known := scales[k]
		previous := 0
		for r := 1; r <= k; r++ {
			score, got, err := csat.Survey(r, k)
			if (err == nil) != known {
				t.Fatalf("answer %d of %d: %v", r, k, err)
			}
			if !known {
				continue
			}
			if exact := 1 + 4*float64(r-1)/float64(k-1); float64(score) != exact || got != scale || score <= previous {
				t.Errorf("answer %d of %d: %d on %s", r, k, score, got)
			}
			previous = score
		}
	}
	for _, r := range []int{0, 6, -1, math.MaxInt} {
		if _, _, err := csat.Survey(r, 5); err == nil {
			t.Errorf("answer %d of 5 was accepted", r)
		}
	}
}

func TestFreshdesk(t *testing.T) {
	want := map[int]int{103: 5, 102: 4, 101: 4, 100: 3, -101: 2, -102: 2, -103: 1}
	for raw := -110; raw <= 110; raw++ {
		score, err := csat.Freshdesk(raw)
		if (err == nil) != (want[raw] != 0) || score != want[raw] {
			t.Errorf("%d: %d, %v", raw, score, err)
		}
		if happy := raw > 100; err == nil && (conversation.Rating{Score: score}).Satisfied() != happy {
			t.Errorf("%d: the platform calls it happy: %v, the score is %d", raw, happy, score)
		}
	}
}
