package alert

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// MaxNameBytes is the length of the longest name of a rule.
const MaxNameBytes = 200

// Validate checks the whole rule and returns *conversation.Invalid with every fault at once.
func (r Rule) Validate() error {
	v := &validator{}
	v.text("/id", string(r.ID), conversation.MaxIDBytes)
	v.text("/name", r.Name, MaxNameBytes)
	knownMetric, knownMode := oneOf(v, "/metric", r.Metric, Metrics()), oneOf(v, "/mode", r.Mode, Modes())
	if knownMetric && knownMode && !slices.Contains(r.Metric.Modes(), r.Mode) {
		v.Add("/mode", fmt.Sprintf("%s can be watched by %s", r.Metric, join(r.Metric.Modes())))
	}
	if r.Family < 0 {
		v.Add("/family", "must not be negative")
	}
	v.segment(r)
	v.params(r)
	return v.OrNil()
}

type validator struct{ conversation.Invalid }

func (v *validator) text(field, s string, limit int) {
	if strings.TrimSpace(s) == "" {
		v.Add(field, "must not be empty")
	}
	if len(s) > limit {
		v.Add(field, fmt.Sprintf("must be at most %d bytes", limit))
	}
}

func oneOf[T ~string](v *validator, field string, got T, known []T) bool {
	ok := slices.Contains(known, got)
	if !ok {
		v.Add(field, "must be one of "+join(known))
	}
	return ok
}

func join[T ~string](list []T) string {
	return strings.Join(lo.Map(list, func(t T, _ int) string { return string(t) }), ", ")
}

func (v *validator) segment(r Rule) {
	s := r.Segment
	if s.Priority != nil && *s.Priority != "" {
		oneOf(v, "/segment/priority", *s.Priority, conversation.Priorities())
	}
	if s.Platform != "" {
		oneOf(v, "/segment/platform", s.Platform, conversation.Platforms())
	}
	if s.Handler != "" {
		oneOf(v, "/segment/handler", s.Handler, conversation.Handlers())
	}
	if s.Party == "" {
		return
	}
	oneOf(v, "/segment/party", s.Party, []conversation.Party{conversation.PartyAI, conversation.PartyHuman, conversation.PartyMixed})
	if r.Metric != CSATAverage && r.Metric != CSATPercent {
		v.Add("/segment/party", "is for CSAT metrics only")
	}
}

func (v *validator) params(r Rule) {
	p := r.Params
	v.threshold(r)
	v.between("/params/hysteresis", p.Hysteresis, 0, math.MaxFloat64)
	v.whole("/params/min_n", lo.FromPtrOr(p.MinN, 1), 1, math.MaxInt32)
	v.whole("/params/clear_after", int64(lo.FromPtrOr(p.ClearAfter, 1)), 1, 1000)
	v.between("/params/false_alarms_per_month", p.FalseAlarmsPerMonth, 0.001, 100)
	v.between("/params/theta", p.Theta, 1.01, 100)
	v.between("/params/lambda", p.Lambda, 0.01, 1)
	v.between("/params/sigmas", p.Sigmas, 0.5, 10)
	v.between("/params/alpha", p.Alpha, 1e-9, 0.5)
	v.between("/params/beta", p.Beta, 1e-9, 0.5)
	v.whole("/params/cooldown_minutes", int64(lo.FromPtrOr(p.CooldownMinutes, 60)), 0, 60*24*30)
	v.whole("/params/every_minutes", int64(lo.FromPtrOr(p.EveryMinutes, 60)), 1, 60*24*31)
	v.whole("/params/window_minutes", int64(lo.FromPtrOr(p.WindowMinutes, 60)), 1, 60*24*366)
	if p.WindowMinutes != nil && !r.looksBack() {
		v.Add("/params/window_minutes", "is for point and confident only: the other modes add window to window")
	}
	v.rates(r)
}

func (v *validator) threshold(r Rule) {
	t := r.Params.Threshold
	if t == nil {
		if r.looksBack() && r.Metric != CSATAverage {
			v.Add("/params/threshold", "is needed")
		}
		return
	}
	switch r.Metric.shape() {
	case ratings:
		v.between("/params/threshold", t, 1, 5)
	case proportion:
		v.between("/params/threshold", t, 0, 1)
	default:
		v.between("/params/threshold", t, 0, math.MaxFloat64)
	}
}

func (v *validator) rates(r Rule) {
	usual, detect := r.Params.UsualRate, r.Params.DetectRate
	v.between("/params/usual_rate", usual, 0.0001, 0.9999)
	v.between("/params/detect_rate", detect, 0.0001, 0.9999)
	if usual != nil && detect != nil && *detect <= *usual {
		v.Add("/params/detect_rate", "must be above the usual rate")
	}
	if r.Mode != SPRT {
		return
	}
	if usual == nil {
		v.Add("/params/usual_rate", "is needed")
	}
	if detect == nil {
		v.Add("/params/detect_rate", "is needed")
	}
}

// between also refuses NaN and infinity, which lie between nothing.
func (v *validator) between(field string, x *float64, low, high float64) {
	if x == nil || *x >= low && *x <= high {
		return
	}
	if high == math.MaxFloat64 {
		v.Add(field, fmt.Sprintf("must be a number from %g on", low))
		return
	}
	v.Add(field, fmt.Sprintf("must be from %g to %g", low, high))
}

func (v *validator) whole(field string, x, low, high int64) {
	if x < low || x > high {
		v.Add(field, fmt.Sprintf("must be from %d to %d", low, high))
	}
}
