package stat_test

import (
	"fmt"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

func ExampleProportion() {
	e := stat.Proportion(152, 800, 100, "escalation.ai_rate/v1")
	fmt.Printf("%.1f (%.1f to %.1f), n = %d\n", *e.Value, *e.Low, *e.High, e.N)
	fmt.Println(stat.Proportion(0, 0, 100, "escalation.ai_rate/v1").Known())
	// Output:
	// 19.0 (16.4 to 21.9), n = 800
	// false
}

func ExampleMeanRating() {
	for _, h := range []stat.Histogram{{2, 3, 5, 20, 70}, {0, 0, 0, 0, 3}} {
		e := stat.MeanRating(h, "csat.mean/v1")
		fmt.Printf("%.2f (%.2f to %.2f) by %s\n", *e.Value, *e.Low, *e.High, e.Method)
	}
	// Output:
	// 4.53 (4.36 to 4.70) by student_t
	// 5.00 (3.52 to 5.00) by perks
}

func ExampleDesignBernoulli() {
	// 4,500 conversations a month, half a false alarm a month: one in 9,000 conversations.
	d, _ := stat.DesignBernoulli(0.15, 4, 9000)
	fmt.Printf("limit %d: a false alarm every %.0f conversations; a rise to %.1f %% is noticed after %.0f\n",
		d.Limit, d.InControl, 100*d.Rate1, d.OutOfControl)
	// Output:
	// limit 42: a false alarm every 10227 conversations; a rise to 25.7 % is noticed after 126
}
