package monitor

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// The windows reads take when the request names none, in hours.
const (
	DashboardHours = 24
	TrendHours     = 168
	PatternHours   = 168
	CostHours      = 720
)

// maxWindow bounds a window: forty years.
const maxWindow = 40 * 366 * 24 * time.Hour

// maxDays bounds a trend, which has a point for every day.
const maxDays = 3700

// view is one request made ready: its organisation, window and filter.
type view struct {
	m       *Monitor
	org     tenant.Org
	window  metric.Window
	where   metric.Filter
	aiAgent *string
	asOf    time.Time
	// sums are those that were asked for and not read yet.
	sums *sums
}

// open checks a request and reads the organisation. Faults of the request come back as *conversation.Invalid.
func (m *Monitor) open(ctx context.Context, r Request, defaultHours float64) (view, error) {
	org, err := m.Org(ctx, r.Org)
	if err != nil {
		return view{}, err
	}
	v := view{m: m, org: org, asOf: m.now(), aiAgent: r.AIAgent, sums: &sums{},
		where: metric.Filter{Topic: r.Topic, Priority: r.Priority, Platform: r.Platform}}
	var faults conversation.Invalid
	v.window.Zone = org.Settings.Location()
	if r.TimeZone != "" {
		zone, err := time.LoadLocation(r.TimeZone)
		if err != nil || r.TimeZone == "Local" {
			faults.Add("/time_zone", "must be an IANA time zone such as Europe/Berlin")
		} else {
			v.window.Zone = zone
		}
	}
	v.bound(r, defaultHours, &faults)
	return v, faults.OrNil()
}

func (v *view) bound(r Request, defaultHours float64, faults *conversation.Invalid) {
	hours := r.Hours
	if hours == 0 {
		hours = defaultHours
	}
	if math.IsNaN(hours) || hours <= 0 || hours > maxWindow.Hours() {
		faults.Add("/time_range", fmt.Sprintf("must be above 0 and at most %d hours", int(maxWindow.Hours())))
		return
	}
	v.window.End = v.asOf
	if !r.End.IsZero() {
		v.window.End = r.End.UTC()
	}
	v.window.Start = v.window.End.Add(-time.Duration(hours * float64(time.Hour))).Truncate(time.Microsecond)
	if !r.Start.IsZero() {
		v.window.Start = r.Start.UTC()
	}
	switch {
	case !v.window.Start.Before(v.window.End):
		faults.Add("/end", "must be after start")
	case v.window.End.Sub(v.window.Start) > maxWindow:
		faults.Add("/start", "must be at most 40 years before end")
	case v.window.Start.Year() < 1970 || v.window.End.Year() > 2200:
		faults.Add("/start", "must be between 1970 and 2200")
	}
}

// previous is the same view of the window before.
func (v view) previous() view {
	v.window = v.window.Previous()
	return v
}

// between is the same view of another stretch.
func (v view) between(start, end time.Time) view {
	v.window.Start, v.window.End = start, end
	return v
}

func (v view) frame() Frame {
	return Frame{
		AsOf: v.asOf, Start: v.window.Start, End: v.window.End, TimeZone: v.window.Zone.String(),
		Currency: v.org.Settings.Currency,
	}
}
