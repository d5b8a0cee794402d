package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNumbersKeepTheirText(t *testing.T) {
	for text, want := range map[string]string{"2500.00": "2500.00", "500.0": "500.0", "-0.000001": "-0.000001", "1e3": "1e3", "null": "null", "123456789012345678901234567890": "123456789012345678901234567890"} {
		var n Number
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got, err := json.Marshal(n); err != nil || string(got) != want {
			t.Errorf("%s was written as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{`"5"`, "true", "{}", "[]"} {
		var n Number
		if err := json.Unmarshal([]byte(text), &n); err == nil {
			t.Errorf("%s was read as a number", text)
		}
	}
	if _, ok := Number("").Float64(); ok {
		t.Error("what is not known has a value")
	}
	if v, ok := Number("2.50").Float64(); !ok || v != 2.5 {
		t.Errorf("2.50 is %v", v)
	}
}

func figures() Figures {
	share := 0.5
	return Figures{
		{"total_conversations", "8", Estimate{Value: "8", N: 8, Method: "none", Definition: "conversations.count/v1", Maturity: Maturity{State: "final"}}},
		{"avg_csat_score", "4.53", Estimate{Value: "4.5333", N: 6, Denominator: 6, Low: "3.9", High: "4.8", Confidence: 0.95, Method: "perks", Definition: "csat.mean/v1", Maturity: Maturity{"maturing", &share}}},
		{"cost_savings", "", Estimate{Definition: "roi.savings/v1"}},
	}
}

func TestFiguresStandBesideTheirEvidence(t *testing.T) {
	raw, err := json.Marshal(figures())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(raw), `{"total_conversations":8,"avg_csat_score":4.53,"cost_savings":null,"estimates":{"total_conversations":{"value":8,"n":8,`) {
		t.Errorf("written as %s", raw)
	}
	var got Figures
	if err := json.Unmarshal(raw, &got); err != nil || !cmp.Equal(got, figures()) {
		t.Errorf("%v\n%s", err, cmp.Diff(figures(), got))
	}
	if raw, err := json.Marshal(Figures(nil)); err != nil || string(raw) != `{"estimates":{}}` {
		t.Errorf("no figures are %s, %v", raw, err)
	}
}

func TestAnswersReadBack(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	frame := Frame{Success: true, AsOf: at, Window: Window{at, at.Add(time.Hour), "UTC"}, Currency: "USD"}
	previous := Previous{Start: at.Add(-time.Hour), End: at, Figures: figures()}
	p := 0.04
	for name, pair := range map[string][2]any{
		"dashboard": {Dashboard{frame, figures(), previous, Figures{}}, &Dashboard{}},
		"trends":    {CSATTrends{frame, []TrendPoint{{"2026-03-01", figures()}}, figures(), previous}, &CSATTrends{}},
		"patterns": {EscalationPatterns{Frame: frame, Previous: previous, Total: figures(), Reasons: []ReasonCount{{Reason: "other", Count: 2, Estimate: figures()[0].Estimate}},
			EscalationPatterns: []TopicEscalation{{Topic: "t", Reasons: []ReasonCount{}, Tested: true, PValue: &p, Figures: figures()}}}, &EscalationPatterns{}},
		"costs": {CostAnalysis{Frame: frame, CostAnalysis: figures(), Previous: previous, Topics: []TopicCost{{"t", figures()}}, Assumptions: []Assumption{}}, &CostAnalysis{}},
	} {
		raw, err := json.Marshal(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, pair[1]); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, raw)
		}
		again, err := json.Marshal(pair[1])
		if err != nil || string(again) != string(raw) {
			t.Errorf("%s: %v\n%s\n%s", name, err, raw, again)
		}
	}
}

func TestWhatIsNotSaidIsNotSent(t *testing.T) {
	raw, err := json.Marshal(NewConversation{ConversationID: "c", Platform: "sdk", Messages: []NewMessage{{SenderType: "ai"}}})
	if want := `{"conversation_id":"c","platform":"sdk","messages":[{"sender_type":"ai","content":""}]}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v", raw, err)
	}
}

func FuzzFigures(f *testing.F) {
	f.Add([]byte(`{"a":1,"estimates":{"a":{"value":1}}}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"a":"x","estimates":{"a":{}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var first, second Figures
		if json.Unmarshal(raw, &first) != nil {
			return
		}
		written, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &second); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
	})
}
