package selfaudit

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// budget is how many false alarms a month the audited rule may raise.
const budget = 0.5

// rule watches CSAT % day by day, as an organisation would set it up.
func rule() alert.Rule {
	return alert.Rule{
		ID: "csat", Name: "CSAT", Metric: alert.CSATPercent, Mode: alert.Cusum,
		Params: alert.Params{FalseAlarmsPerMonth: lo.ToPtr(budget), EveryMinutes: lo.ToPtr(24 * 60)},
	}
}

// alertFinding is what the rule said of the organisation's own days.
type alertFinding struct {
	detected bool
	// after is the days from the fall to the alarm.
	after int
	// before counts alarms while nothing was wrong.
	before int
}

// readAlerts runs the rule over the days as the product has counted them.
func (b *bench) readAlerts(ctx context.Context, f *alertFinding) error {
	sums, err := b.store.Rollups.Rollup(ctx, b.org, metric.Selection{
		Window: metric.Window{Start: b.plan.Start, End: b.plan.End()}, By: metric.Grouping{Day: true},
	})
	if err != nil {
		return err
	}
	buckets := lo.Map(sums[0], func(c metric.Cell, _ int) alert.Bucket {
		return alert.Bucket{
			Span:   alert.Span{Start: c.Key.Bucket, End: c.Key.Bucket.AddDate(0, 0, 1)},
			Sample: alert.SampleOf(rule(), c.Values, nil),
		}
	})
	past := alert.Past{Buckets: buckets, Since: b.plan.Start}
	outlook := alert.PreviewPast(rule(), past, alert.Span{Start: b.plan.Start.AddDate(0, 0, alert.BaselineDays), End: b.plan.End()})
	open := false
	for _, e := range outlook.Events {
		during := e.At.After(b.plan.Drop.At)
		switch {
		case e.Kind == alert.Resolved:
			open = false
			continue
		case !during:
			f.before++
		case !f.detected:
			f.detected, f.after = true, int(e.At.Sub(b.plan.Drop.At)/(24*time.Hour))
		}
		open = true
	}
	// An alarm that was open already when satisfaction fell, and stays open, tells of it too.
	if !f.detected && open {
		f.detected = true
	}
	return nil
}

// volumes are the ratings a day at which quiet months are counted, from hardly any to a busy organisation's.
var volumes = [...]float64{3, 12, 50, 150}

const quietMonths = 12

// alarms counts false ones over the months that could be judged.
type alarms struct {
	fired  int
	months float64
}

func (a alarms) plus(o alarms) alarms { return alarms{a.fired + o.fired, a.months + o.months} }

func (a alarms) monthly() float64 { return float64(a.fired) / a.months }

// quiet runs the rule over a year in which nothing is wrong. Only ratings are made up, no conversations: a rate as low as
// the budget takes many months to count.
func quiet(seed uint64, perDay float64) alarms {
	r := rand.New(rand.NewPCG(seed, 7))
	mean := 4.0 + 0.4*r.Float64() // CSAT of about 74 to 86 %
	length := alert.BaselineDays + 30*quietMonths
	buckets := lo.Times(length, func(i int) alert.Bucket {
		day := begin.AddDate(0, 0, i)
		return alert.Bucket{
			Span:   alert.Span{Start: day, End: day.AddDate(0, 0, 1)},
			Sample: alert.Sample{Ratings: stat.Histogram(simulate.Ratings(r, perDay, mean))},
		}
	})
	outlook := alert.PreviewPast(rule(), alert.Past{Buckets: buckets, Since: begin},
		alert.Span{Start: begin.AddDate(0, 0, alert.BaselineDays), End: begin.AddDate(0, 0, length)})
	return alarms{outlook.Fired, float64(outlook.Judged) / 30}
}
