package selfaudit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/samber/lo"
)

// Verdict says whether a row meets its goal.
type Verdict string

// The verdicts. Told is that of rows without a goal: they say how things are.
const (
	Met    Verdict = "met"
	Missed Verdict = "missed"
	Told   Verdict = ""
)

// Row is one line of the report: what was planted beside what the product recovered.
type Row struct {
	Group, What        string
	Planted, Recovered string
	// Goal is empty for rows that only tell.
	Goal    string
	Verdict Verdict
}

// Report is the outcome of an audit.
type Report struct {
	FirstSeed                 uint64
	Seeds                     int
	Conversations, Deliveries int64
	Rows                      []Row
}

// Missed are the rows that miss their goal.
func (r Report) Missed() []Row {
	return lo.Filter(r.Rows, func(row Row, _ int) bool { return row.Verdict == Missed })
}

// The goals.
const (
	coverageGoal  = 0.93
	discoveryGoal = 0.10
	detectionGoal = 0.95
	alarmsGoal    = 0.20
)

func report(first uint64, results []finding) Report {
	r := Report{FirstSeed: first, Seeds: len(results)}
	for _, f := range results {
		r.Conversations += f.conversations
		r.Deliveries += int64(f.deliveries)
	}
	a := auditor{all: results}
	a.deliveries()
	a.people()
	a.silent()
	a.escalations()
	a.accounts()
	a.clusters()
	a.alerts()
	r.Rows = a.rows
	return r
}

// auditor gathers the rows.
type auditor struct {
	all   []finding
	group string
	rows  []Row
}

func (a *auditor) tell(what, planted, recovered string) {
	a.rows = append(a.rows, Row{Group: a.group, What: what, Planted: planted, Recovered: recovered})
}

func (a *auditor) judge(what, planted, recovered, goal string, met bool) {
	verdict := Missed
	if met {
		verdict = Met
	}
	a.rows = append(a.rows, Row{a.group, what, planted, recovered, goal, verdict})
}

// organisations counts those for which holds.
func (a *auditor) organisations(holds func(finding) bool) int { return lo.CountBy(a.all, holds) }

// every judges what must hold for all.
func (a *auditor) every(what, planted string, holds func(finding) bool) {
	n := a.organisations(holds)
	a.judge(what, planted, a.of(n), "all", n == len(a.all))
}

func (a *auditor) of(n int) string { return fmt.Sprintf("%d of %d", n, len(a.all)) }

func (a *auditor) mean(of func(finding) float64) float64 {
	return lo.SumBy(a.all, of) / float64(len(a.all))
}

// spread is the mean with the smallest and the largest.
func (a *auditor) spread(of func(finding) float64) string {
	values := lo.Map(a.all, func(f finding, _ int) float64 { return of(f) })
	return fmt.Sprintf("%s (%s to %s)", signed(a.mean(of)), signed(slices.Min(values)), signed(slices.Max(values)))
}

// signed writes a difference with two decimals and a true minus sign.
func signed(x float64) string {
	s := fmt.Sprintf("%+.2f", x)
	return strings.ReplaceAll(s, "-", "−")
}

func percent(x, n int64) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(x)/float64(n))
}

func (a *auditor) deliveries() {
	a.group = "Late, repeated and split deliveries"
	a.every("conversations, escalations and ratings counted exactly", "all", func(f finding) bool { return f.counts.exact })
}

func (a *auditor) people() {
	a.group = "AI against people"
	planted := a.spread(func(f finding) float64 { return f.gap.planted })
	a.tell("difference of the raw averages", planted, a.spread(func(f finding) float64 { return f.gap.raw }))
	a.tell("difference on the same mix of cases", planted, a.spread(func(f finding) float64 { return f.gap.adjusted }))
	n := a.organisations(func(f finding) bool { return f.gap.covered() })
	a.judge("planted difference inside the interval", "95 %", a.of(n),
		fmt.Sprintf("at least %.0f %%", 100*coverageGoal), float64(n) >= coverageGoal*float64(len(a.all)))
	a.tell("planted difference as near to the raw one", "", a.of(a.organisations(func(f finding) bool { return f.gap.rawCovers() })))
	a.tell("wrong sign: raw averages", "", a.of(a.organisations(func(f finding) bool { return f.gap.rawWrong() })))
	a.tell("wrong sign: same mix", "", a.of(a.organisations(func(f finding) bool { return f.gap.adjustedWrong() })))
	a.tell("verdict says lower, and it is", "", a.of(a.organisations(func(f finding) bool { return f.gap.claimedRightly() })))
	a.tell("verdict says higher, and it is not", "", a.of(a.organisations(func(f finding) bool { return f.gap.claimedBetter() })))
	a.tell("share of ratings in cases both sides had", "", fmt.Sprintf("%.0f %%", 100*a.mean(func(f finding) float64 { return f.gap.support })))
}

func (a *auditor) silent() {
	a.group = "Customers who did not rate"
	a.every("true CSAT % inside the bounds", "all", func(f finding) bool { return f.silence.inside() })
	a.tell("mean error of CSAT %, as rated", "", fmt.Sprintf("%.1f points", a.mean(func(f finding) float64 { return f.silence.crudeOff() })))
	a.tell("mean error of CSAT %, weighted by response", "", fmt.Sprintf("%.1f points", a.mean(func(f finding) float64 { return f.silence.weightedOff() })))
	a.tell("difference to people among all customers", a.spread(func(f finding) float64 { return f.gap.plantedAll }),
		"inside the interval in "+a.of(a.organisations(func(f finding) bool { return f.gap.coveredAll() })))
}

func (a *auditor) escalations() {
	a.group = "Escalation"
	planted := lo.SumBy(a.all, func(f finding) int { return f.topics.planted })
	found := lo.SumBy(a.all, func(f finding) int { return f.topics.found })
	wrong := lo.SumBy(a.all, func(f finding) int { return f.topics.wrong })
	a.tell("topics that escalate more", fmt.Sprint(planted), fmt.Sprintf("%d found", found))
	rate := a.mean(func(f finding) float64 {
		return float64(f.topics.wrong) / float64(max(f.topics.found+f.topics.wrong, 1))
	})
	a.judge("false discoveries", "none", fmt.Sprintf("%d of %d (%.1f %%)", wrong, found+wrong, 100*rate),
		fmt.Sprintf("at most %.0f %%", 100*discoveryGoal), rate <= discoveryGoal)
	calm := lo.SumBy(a.all, func(f finding) int { return f.calm.named })
	all := lo.SumBy(a.all, func(f finding) int { return f.calm.organisations })
	a.tell("a topic named where all are alike, by design 10 %", "none", fmt.Sprintf("%d of %d (%.1f %%)", calm, all, 100*float64(calm)/float64(all)))
	a.tell("reasons read right", "", percent(sum(a.all, func(f finding) int64 { return f.reading.reasonsRight }), sum(a.all, func(f finding) int64 { return f.reading.reasons })))
	a.tell("outcomes read right", "", percent(sum(a.all, func(f finding) int64 { return f.reading.outcomesRight }), sum(a.all, func(f finding) int64 { return f.reading.outcomes })))
}

func sum(all []finding, of func(finding) int64) int64 { return lo.SumBy(all, of) }

func (a *auditor) accounts() {
	a.group = "Money"
	a.every("ledger equals headline, late corrections included", "all", func(f finding) bool { return f.money.equal })
	a.every("AI cost exact to the millionth", "all", func(f finding) bool { return f.money.costExact })
	a.tell("ledger lines, of which correct a closed month", "", fmt.Sprintf("%d, %d",
		sum(a.all, func(f finding) int64 { return f.money.lines }), sum(a.all, func(f finding) int64 { return f.money.corrections })))
	a.tell("credited resolutions", fmt.Sprintf("%.0f", lo.SumBy(a.all, func(f finding) float64 { return f.money.creditedTruth })),
		fmt.Sprintf("%.0f", lo.SumBy(a.all, func(f finding) float64 { return f.money.credited })))
	a.tell("mean error of the human cost avoided", "", fmt.Sprintf("%.1f %%", 100*a.mean(func(f finding) float64 { return off(f.money.saved, f.money.savedTruth) })))
	a.tell("human cost avoided inside its interval", "95 %", a.of(a.organisations(func(f finding) bool { return f.money.inside })))
}

func (a *auditor) clusters() {
	a.group = "Knowledge gaps"
	planted := a.mean(func(f finding) float64 { return float64(f.gaps.arrival.planted) })
	for _, stage := range []struct {
		name string
		of   func(finding) clusterFinding
	}{
		{"on arrival", func(f finding) clusterFinding { return f.gaps.arrival }},
		{"regrouped", func(f finding) clusterFinding { return f.gaps.regrouped }},
	} {
		mean := func(of func(clusterFinding) float64) float64 {
			return a.mean(func(f finding) float64 { return of(stage.of(f)) })
		}
		a.tell("gaps an organisation, "+stage.name, fmt.Sprintf("%.1f", planted),
			fmt.Sprintf("%.1f", mean(func(c clusterFinding) float64 { return float64(c.found) })))
		a.tell("planted gaps found as one, "+stage.name, fmt.Sprintf("%.1f", planted),
			fmt.Sprintf("%.1f", mean(func(c clusterFinding) float64 { return float64(c.complete) })))
		a.tell("B-cubed precision, recall, F1, "+stage.name, "1, 1, 1", fmt.Sprintf("%.2f, %.2f, %.2f",
			mean(func(c clusterFinding) float64 { return c.precision }), mean(func(c clusterFinding) float64 { return c.recall }),
			mean(clusterFinding.f1)))
	}
}

func (a *auditor) alerts() {
	a.group = "Alerts"
	n := a.organisations(func(f finding) bool { return f.alert.detected })
	a.judge("fall of satisfaction told", a.of(len(a.all)), a.of(n), fmt.Sprintf("at least %.0f %%", 100*detectionGoal),
		float64(n) >= detectionGoal*float64(len(a.all)))
	after := lo.FilterMap(a.all, func(f finding, _ int) (int, bool) { return f.alert.after, f.alert.detected })
	if len(after) > 0 {
		slices.Sort(after)
		a.tell("days until told, median", "", fmt.Sprint(after[len(after)/2]))
	}
	for i, perDay := range volumes {
		quiet := lo.Reduce(a.all, func(s alarms, f finding, _ int) alarms { return s.plus(f.quiet[i]) }, alarms{})
		low, high := budget*(1-alarmsGoal), budget*(1+alarmsGoal)
		a.judge(fmt.Sprintf("false alarms a quiet month, %.0f ratings a day", perDay), fmt.Sprintf("%.2f", budget),
			fmt.Sprintf("%.2f (%d in %.0f months)", quiet.monthly(), quiet.fired, quiet.months),
			fmt.Sprintf("%.2f to %.2f", low, high), low <= quiet.monthly() && quiet.monthly() <= high)
	}
}
