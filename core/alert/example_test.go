package alert_test

import (
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// A rule fires when the whole interval of the average lies below 4.0, and resolves when two evaluations in a row reach
// 4.1.
func ExampleEvaluate() {
	rule := alert.Rule{ID: "csat", Name: "CSAT", Metric: alert.CSATAverage, Mode: alert.Confident}
	usual := &alert.Baseline{Days: 28, Sample: alert.Sample{Ratings: stat.Histogram{50, 30, 50, 200, 670}}}
	var state alert.State
	for day, ratings := range []stat.Histogram{{1, 0, 1, 4, 14}, {4, 2, 2, 2, 4}, {1, 1, 0, 4, 14}, {0, 0, 1, 6, 13}} {
		end := time.Date(2026, 3, 2+day, 0, 0, 0, 0, time.UTC)
		var event *alert.Event
		state, event = alert.Evaluate(rule, state, alert.Observation{
			ID:     end.Format(time.DateOnly),
			Window: alert.Span{Start: end.AddDate(0, 0, -1), End: end},
			Sample: alert.Sample{Ratings: ratings},
			Usual:  usual,
		})
		if event != nil {
			fmt.Printf("%s %s: %s\n", end.Format(time.DateOnly), event.Kind, event.Sentence)
		}
	}
	// Output:
	// 2026-03-03 fired: Average CSAT 3.00 (n=14, at most 3.78 at 95 %) is below 4.0; a healthy month would see this 0.11 times.
	// 2026-03-05 resolved: Average CSAT is back at 4.60 (n=20, 4.22 to 4.83 at 95 %).
}
