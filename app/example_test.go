package app

import (
	"fmt"
	"strings"
	"testing"
)

// The body that the product's own pages show is accepted as it is, and their account comes out as they say: 500.00 of AI
// cost and 3,000.00 of human cost are 2500.00 saved and 500.0 per cent, to the letter.
func TestTheProductsExample(t *testing.T) {
	eachStore(t, func(t *testing.T, storage string) {
		r := start(t, load(t, "CSM_STORAGE="+storage))
		body := `{"conversation_id": %q, "platform": "custom", "messages": [
			{"sender_type": "customer", "content": "I have a question about my bill."},
			{"sender_type": "ai", "content": "You find it under Billing."}],
			"csat_score": 5, "escalated": false, "topic": "billing", "sentiment": "positive"%s}`
		if res, answer := do(t, "POST", r.url+"/api/v1/conversations", r.key(), fmt.Sprintf(body, "plain", "")); res.StatusCode != 201 {
			t.Fatal(res.Status, answer)
		}
		if res, answer := do(t, "PATCH", r.url+"/api/v1/organization", r.key(), `{"settings":{"costs":{"human_hourly":60,"handle_seconds":1800}}}`); res.StatusCode != 200 {
			t.Fatal(res.Status, answer)
		}
		// 100 contacts at 30.00 each, in a topic of their own.
		for i := range 100 {
			text := strings.Replace(fmt.Sprintf(body, fmt.Sprintf("c-%d", i), `, "cost_usd": 5.00`), `"billing"`, `"account"`, 1)
			if res, answer := do(t, "POST", r.url+"/api/v1/conversations", r.key(), text); res.StatusCode != 201 {
				t.Fatal(res.Status, answer)
			}
		}
		_, answer := get(t, r.url+"/api/v1/cs-metrics/cost-analysis?topic=account", r.key())
		for _, want := range []string{`"total_ai_cost":500.00,`, `"total_estimated_human_cost":3000.00,`, `"cost_savings":2500.00,`, `"roi_percentage":500.0,`} {
			if !strings.Contains(answer, want) {
				t.Errorf("%s is missing in %s", want, answer)
			}
		}
	})
}
