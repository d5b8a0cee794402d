package alert

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/samber/lo"
)

// sentence is the event in plain English: what was seen, with n and interval; what it was held against; and how often a
// month without trouble would show the same.
func sentence(r Rule, kind Kind, e Evidence) string {
	if kind == Resolved {
		return resolvedSentence(r, e)
	}
	out := firedSentence(r, e)
	if e.FalseAlarmsPerMonth != nil {
		atMost := lo.Ternary(r.Metric.shape() == count, "at most ", "") // these two tests keep below their budget
		out += fmt.Sprintf("; a healthy month would see this %s%s", atMost, times(*e.FalseAlarmsPerMonth))
	}
	return out + "."
}

func firedSentence(r Rule, e Evidence) string {
	p := e.Parameters
	switch r.Mode {
	case Point, Confident:
		return fmt.Sprintf("%s %s is %s %s", r.Metric.label(), r.Metric.withInterval(r.Mode, e),
			lo.Ternary(r.Metric.lowIsBad(), "below", "above"), r.Metric.limit(*e.Limit))
	case Cusum:
		return fmt.Sprintf("%s since %s is %s, usually %s", r.Metric.label(), moment(p["since_unix"]),
			r.Metric.withInterval(r.Mode, e), r.Metric.show(*e.Usual))
	case Volume:
		if p["p_value"] >= p["alpha"] {
			return fmt.Sprintf("More conversations than usual for some time: %s in the last %s, where %s usual (median of %d weeks), and more in the windows before",
				whole(*e.Value), hours(p["hours"]), expected(*e.Usual), int(p["weeks"]))
		}
		return fmt.Sprintf("%s conversations in %s, where %s usual (median of %d weeks, spread %s); by chance %s such windows would hold as many",
			whole(*e.Value), hours(p["hours"]), expected(*e.Usual), int(p["weeks"]), number(p["spread"]), oneIn(p["p_value"]))
	case Silence:
		return fmt.Sprintf("No conversation for %s, where %s usual; by chance %s such stretches would be empty",
			hours(p["hours"]), expected(*e.Usual), oneIn(p["p_value"]))
	case EWMA:
		return fmt.Sprintf("%s %s moves the weighted average to %s, beyond the limit of %s; usual is %s", r.Metric.label(),
			r.Metric.withInterval(r.Mode, e), r.Metric.show(*e.Statistic), r.Metric.show(*e.Limit), r.Metric.show(*e.Usual))
	default:
		return fmt.Sprintf("The question is answered: %s is %s and no longer the usual %s; a wrong yes has a chance of %s",
			r.Metric.label(), r.Metric.withInterval(r.Mode, e), r.Metric.show(*e.Usual), percent(p["alpha"]))
	}
}

func resolvedSentence(r Rule, e Evidence) string {
	switch r.Mode {
	case Point, Confident:
		return fmt.Sprintf("%s is back at %s.", r.Metric.label(), r.Metric.withInterval(Point, e))
	case Volume, Silence:
		return fmt.Sprintf("The number of conversations is back: %s, where %s usual.", whole(*e.Value), expected(*e.Usual))
	case EWMA:
		return fmt.Sprintf("%s is back at %s, the weighted average at %s; usual is %s.", r.Metric.label(),
			r.Metric.withInterval(r.Mode, e), r.Metric.show(*e.Statistic), r.Metric.show(*e.Usual))
	case SPRT:
		return fmt.Sprintf("The question is answered: %s is %s, still the usual %s; a wrong no has a chance of %s.",
			r.Metric.label(), r.Metric.withInterval(r.Mode, e), r.Metric.show(*e.Usual), percent(e.Parameters["beta"]))
	default:
		return fmt.Sprintf("%s is back to the usual %s: all signs of a change have worn off.", r.Metric.label(), r.Metric.show(*e.Usual))
	}
}

func (m Metric) label() string {
	switch m {
	case CSATAverage:
		return "Average CSAT"
	case CSATPercent:
		return "CSAT"
	case EscalationRate:
		return "Escalation rate"
	case AIEscalationRate:
		return "Escalation rate of AI conversations"
	case HandleTime:
		return "Mean handle time"
	default:
		return "Conversations"
	}
}

// show writes a value of the metric as it is displayed.
func (m Metric) show(x float64) string {
	switch m.shape() {
	case ratings:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case proportion:
		return percent(x)
	case mean:
		return whole(x) + " s"
	default:
		return whole(x)
	}
}

// limit writes a threshold: as it was set, not as a measured value.
func (m Metric) limit(x float64) string {
	if m.shape() != ratings {
		return m.show(x)
	}
	out := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(out, ".") {
		out += ".0"
	}
	return out
}

// withInterval writes the value with its n and interval. In confident mode the bound that decided is named.
func (m Metric) withInterval(mode Mode, e Evidence) string {
	if e.Value == nil {
		return "unknown (n=0)"
	}
	out := fmt.Sprintf("%s (n=%d", m.show(*e.Value), e.N)
	switch {
	case e.Low == nil || e.High == nil:
	case mode == Confident && m.lowIsBad():
		out += fmt.Sprintf(", at most %s at 95 %%", m.show(*e.High))
	case mode == Confident:
		out += fmt.Sprintf(", at least %s at 95 %%", m.show(*e.Low))
	default:
		out += fmt.Sprintf(", %s to %s at 95 %%", m.show(*e.Low), m.show(*e.High))
	}
	return out + ")"
}

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }

func whole(x float64) string { return strconv.FormatFloat(x, 'f', 0, 64) }

// number writes at most one decimal.
func number(x float64) string { return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0") }

// expected writes a count with its verb.
func expected(x float64) string {
	n := number(x)
	return n + lo.Ternary(n == "1", " is", " are")
}

// times writes how often something is expected, with two digits: 0.8 times, 12 times.
func times(x float64) string {
	switch {
	case x < 0.01:
		return "less than 0.01 times"
	case x >= 10:
		return whole(x) + " times"
	default:
		digits := 1 - int(math.Floor(math.Log10(x)))
		out := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(x, 'f', digits, 64), "0"), ".")
		return out + lo.Ternary(out == "1", " time", " times")
	}
}

// oneIn writes a small chance: one in 2,000.
func oneIn(p float64) string {
	if p < 1e-9 {
		return "fewer than one in 1000000000"
	}
	return "one in " + whole(1/p)
}

func hours(h float64) string {
	if h < 1 {
		return whole(60*h) + " minutes"
	}
	return number(h) + lo.Ternary(h == 1, " hour", " hours")
}

func moment(unix float64) string {
	return time.Unix(int64(unix), 0).UTC().Format("2 January 15:04 UTC")
}
