package golden

import (
	"fmt"
	"math"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/alert"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

var alertOps = map[string]op{
	"alert.threshold":              call(alertThreshold),
	"alert.confident_threshold":    call(alertConfidentThreshold),
	"alert.bernoulli_cusum":        call(alertBernoulliCUSUM),
	"alert.bernoulli_cusum_arl":    call(alertBernoulliRunLength),
	"alert.bernoulli_cusum_design": call(alertBernoulliDesign),
	"alert.false_alarms":           call(alertFalseAlarms),
	"alert.seasonal_baseline":      call(alertSeasonalBaseline),
	"alert.poisson_cusum":          call(alertPoissonCUSUM),
	"alert.ewma":                   call(alertEWMA),
	"alert.cusum":                  call(alertTabularCUSUM),
	"alert.sprt_bounds":            call(alertSPRTBounds),
	"alert.cooldown":               call(alertCooldown),
}

var errAlertInputs = fmt.Errorf("there is no answer for these inputs")

func alertAnswer[T any](out T, ok bool) (T, error) {
	if !ok {
		return out, errAlertInputs
	}
	return out, nil
}

// firstSignal notes the first point, from 1, at which a chart signals.
type firstSignal struct{ point *int }

func (f *firstSignal) at(i int, signal bool) {
	if signal && f.point == nil {
		f.point = lo.ToPtr(i + 1)
	}
}

type alertThresholdIn struct {
	Threshold   float64 `json:"threshold"`
	Hysteresis  float64 `json:"hysteresis"`
	MinN        int64   `json:"min_n"`
	ClearAfter  int     `json:"clear_after"`
	Evaluations []struct {
		N     int64    `json:"n"`
		Value *float64 `json:"value"`
	} `json:"evaluations"`
}

type alertThresholdOut struct {
	Firing []bool    `json:"firing"`
	Event  []*string `json:"event"`
}

func alertThreshold(in alertThresholdIn) (alertThresholdOut, error) {
	t := alert.Threshold{Limit: in.Threshold, Hysteresis: in.Hysteresis, MinN: in.MinN, ClearAfter: in.ClearAfter, LowIsBad: true}
	out := alertThresholdOut{Firing: []bool{}, Event: []*string{}}
	names := map[alert.Kind]*string{alert.Fired: lo.ToPtr("fire"), alert.Resolved: lo.ToPtr("clear")}
	var level alert.Level
	for _, e := range in.Evaluations {
		var kind alert.Kind
		level, kind = t.Step(level, e.N, e.Value)
		out.Firing, out.Event = append(out.Firing, level.Firing), append(out.Event, names[kind])
	}
	return out, nil
}

type alertConfidentIn struct {
	Threshold  float64   `json:"threshold"`
	MinN       int64     `json:"min_n"`
	Histograms [][]int64 `json:"histograms"`
}

type alertConfidentOut struct {
	Upper []*float64 `json:"upper"`
	Fire  []bool     `json:"fire"`
}

func alertConfidentThreshold(in alertConfidentIn) (alertConfidentOut, error) {
	t := alert.Threshold{Limit: in.Threshold, MinN: in.MinN, LowIsBad: true}
	out := alertConfidentOut{Upper: []*float64{}, Fire: []bool{}}
	for _, cells := range in.Histograms {
		if len(cells) != len(stat.Histogram{}) {
			return out, fmt.Errorf("a histogram has five counts, not %d", len(cells))
		}
		h := stat.Histogram(cells)
		var upper *float64
		if i, _, ok := h.MeanInterval(0.95); ok {
			upper = &i.High
		}
		out.Upper, out.Fire = append(out.Upper, upper), append(out.Fire, t.Confidently(h.N(), nil, upper))
	}
	return out, nil
}

type alertBernoulliIn struct {
	Outcomes []int   `json:"outcomes"`
	P0       float64 `json:"p0"`
	P1       float64 `json:"p1"`
	H        float64 `json:"h"`
}

type alertBernoulliOut struct {
	WeightEvent      float64   `json:"weight_event"`
	WeightNonEvent   float64   `json:"weight_nonevent"`
	Statistic        []float64 `json:"statistic"`
	FirstSignalPoint *int      `json:"first_signal_point"`
}

func alertBernoulliCUSUM(in alertBernoulliIn) (alertBernoulliOut, error) {
	w, ok := stat.BernoulliLogLikelihood(in.P0, in.P1)
	out := alertBernoulliOut{WeightEvent: w.Event, WeightNonEvent: w.NonEvent, Statistic: []float64{}}
	var s float64
	var first firstSignal
	for i, outcome := range in.Outcomes {
		s = w.Next(s, outcome == 1)
		out.Statistic = append(out.Statistic, s)
		first.at(i, s >= in.H)
	}
	out.FirstSignalPoint = first.point
	return alertAnswer(out, ok)
}

type alertRunLengthIn struct {
	P0 float64 `json:"p0"`
	M  int     `json:"m"`
	H  int     `json:"H"`
}

type alertRunLengthOut struct {
	ImpliedP1       float64 `json:"implied_p1"`
	ARLInControl    float64 `json:"arl_in_control"`
	ARLOutOfControl float64 `json:"arl_out_of_control"`
}

func alertBernoulliRunLength(in alertRunLengthIn) (alertRunLengthOut, error) {
	chart := stat.BernoulliCUSUM{Step: in.M, Limit: in.H}
	p1, ok1 := stat.BernoulliImpliedRate(in.P0, in.M)
	normal, ok2 := stat.BernoulliRunLength(in.P0, chart)
	changed, ok3 := stat.BernoulliRunLength(p1, chart)
	return alertAnswer(alertRunLengthOut{p1, normal, changed}, ok1 && ok2 && ok3)
}

type alertDesignIn struct {
	P0        float64 `json:"p0"`
	M         int     `json:"m"`
	TargetARL float64 `json:"target_arl"`
}

type alertDesignOut struct {
	H               int     `json:"H"`
	ARLInControl    float64 `json:"arl_in_control"`
	ARLOutOfControl float64 `json:"arl_out_of_control"`
}

func alertBernoulliDesign(in alertDesignIn) (alertDesignOut, error) {
	d, ok := stat.DesignBernoulli(in.P0, in.M, in.TargetARL)
	return alertAnswer(alertDesignOut{d.Limit, d.InControl, d.OutOfControl}, ok)
}

type alertFalseAlarmsIn struct {
	ConversationsPerMonth float64 `json:"conversations_per_month"`
	ARLInControl          float64 `json:"arl_in_control"`
}

type alertFalseAlarmsOut struct {
	FalseAlarmsPerMonth float64 `json:"false_alarms_per_month"`
}

func alertFalseAlarms(in alertFalseAlarmsIn) (alertFalseAlarmsOut, error) {
	n, ok := stat.FalseAlarms(in.ConversationsPerMonth, in.ARLInControl)
	return alertAnswer(alertFalseAlarmsOut{n}, ok)
}

type alertSeasonalIn struct {
	History []float64 `json:"history"`
}

type alertSeasonalOut struct {
	Expected float64 `json:"expected"`
	Spread   float64 `json:"spread"`
}

func alertSeasonalBaseline(in alertSeasonalIn) (alertSeasonalOut, error) {
	b, ok := stat.SeasonalBaseline(in.History)
	return alertAnswer(alertSeasonalOut{b.Expected, b.Spread}, ok)
}

type alertPoissonIn struct {
	Expected []float64 `json:"expected"`
	Observed []int64   `json:"observed"`
	Theta    float64   `json:"theta"`
	H        float64   `json:"h"`
}

type alertPoissonOut struct {
	Statistic        []float64 `json:"statistic"`
	FirstSignalPoint *int      `json:"first_signal_point"`
}

func alertPoissonCUSUM(in alertPoissonIn) (alertPoissonOut, error) {
	out := alertPoissonOut{Statistic: []float64{}}
	if len(in.Expected) != len(in.Observed) {
		return out, fmt.Errorf("%d expected counts for %d observed", len(in.Expected), len(in.Observed))
	}
	var s float64
	var first firstSignal
	for i, y := range in.Observed {
		s = stat.PoissonCUSUM(s, in.Expected[i], y, in.Theta)
		out.Statistic = append(out.Statistic, s)
		first.at(i, s >= in.H)
	}
	out.FirstSignalPoint = first.point
	return out, nil
}

type alertEWMAIn struct {
	Values []float64 `json:"values"`
	Mean   float64   `json:"mean"`
	SD     float64   `json:"sd"`
	Lambda float64   `json:"lambda"`
	L      float64   `json:"L"`
	Limits string    `json:"limits"`
}

type alertEWMAOut struct {
	EWMA         []float64 `json:"ewma"`
	UCL          []float64 `json:"ucl"`
	LCL          []float64 `json:"lcl"`
	SignalPoints []int     `json:"signal_points"`
}

func alertEWMA(in alertEWMAIn) (alertEWMAOut, error) {
	chart := stat.EWMA{Mean: in.Mean, SD: in.SD, Lambda: in.Lambda, L: in.L}
	limits, known := map[string]func(int) (stat.Interval, bool){
		"time_varying": chart.Limits,
		"asymptotic":   func(int) (stat.Interval, bool) { return chart.AsymptoticLimits() },
	}[in.Limits]
	out := alertEWMAOut{EWMA: []float64{}, UCL: []float64{}, LCL: []float64{}, SignalPoints: []int{}}
	if !known {
		return out, fmt.Errorf("limits %q are not known", in.Limits)
	}
	z := in.Mean
	for i, x := range in.Values {
		z = chart.Next(z, x)
		at, ok := limits(i + 1)
		if !ok {
			return out, errAlertInputs
		}
		out.EWMA, out.UCL, out.LCL = append(out.EWMA, z), append(out.UCL, at.High), append(out.LCL, at.Low)
		if !at.Contains(z) {
			out.SignalPoints = append(out.SignalPoints, i+1)
		}
	}
	return out, nil
}

type alertTabularIn struct {
	Values []float64 `json:"values"`
	Target float64   `json:"target"`
	K      float64   `json:"k"`
	H      float64   `json:"h"`
}

type alertTabularOut struct {
	High             []float64 `json:"high"`
	Low              []float64 `json:"low"`
	FirstSignalPoint *int      `json:"first_signal_point"`
}

func alertTabularCUSUM(in alertTabularIn) (alertTabularOut, error) {
	chart := stat.TabularCUSUM{Target: in.Target, K: in.K, H: in.H}
	out := alertTabularOut{High: []float64{}, Low: []float64{}}
	var high, low float64
	var first firstSignal
	for i, x := range in.Values {
		high, low = chart.Next(high, low, x)
		out.High, out.Low = append(out.High, high), append(out.Low, low)
		first.at(i, chart.Alarm(high, low))
	}
	out.FirstSignalPoint = first.point
	return out, nil
}

type alertSPRTIn struct {
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
}

type alertSPRTOut struct {
	Upper float64 `json:"upper"`
	Lower float64 `json:"lower"`
}

func alertSPRTBounds(in alertSPRTIn) (alertSPRTOut, error) {
	upper, lower, ok := stat.SPRTBounds(in.Alpha, in.Beta)
	return alertAnswer(alertSPRTOut{upper, lower}, ok)
}

type alertCooldownIn struct {
	FiredAtMinutes  []float64 `json:"fired_at_minutes"`
	CooldownMinutes float64   `json:"cooldown_minutes"`
}

type alertCooldownOut struct {
	NotifiedAtMinutes []float64 `json:"notified_at_minutes"`
}

func alertCooldown(in alertCooldownIn) (alertCooldownOut, error) {
	minutes := func(m float64) time.Duration { return time.Duration(math.Round(m * float64(time.Minute))) }
	fires := lo.Map(in.FiredAtMinutes, func(m float64, _ int) time.Time { return time.Unix(0, 0).UTC().Add(minutes(m)) })
	announced := alert.Notified(fires, minutes(in.CooldownMinutes))
	return alertCooldownOut{lo.Map(announced, func(i, _ int) float64 { return in.FiredAtMinutes[i] })}, nil
}
