package stat

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/samber/lo"
)

var (
	coverageOrgs  = flag.Int("coverage.orgs", 500, "simulated organisations per row of the coverage table")
	coverageTable = flag.String("coverage.table", "", "file to write the coverage table to")
)

// A trial draws one organisation with a truth of its own, lets n observations happen to it, and says how the interval
// made from them did.
type trial func(r *rand.Rand, n int64) result

type result struct {
	shown, holds bool // shown is false where the formula has no answer
	width        float64
}

func judge(i Interval, ok bool, truth float64) result {
	return result{ok, ok && i.Contains(truth), i.Width()}
}

func drawBinomial(r *rand.Rand, n int64, p float64) int64 {
	var x int64
	for range n {
		x += tally(r.Float64() < p)
	}
	return x
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func proportionTrial(low, high float64) trial {
	return func(r *rand.Rand, n int64) result {
		p := between(r, low, high)
		i, ok := Wilson(drawBinomial(r, n, p), n, Confidence95)
		return judge(i, ok, p)
	}
}

// A profile is a kind of organisation by its rating shares, and how common that kind is.
type profile struct {
	shares [5]float64
	weight float64
}

// profiles are mostly of the familiar J shape; one in six is divided or unhappy.
func profiles() []profile {
	return []profile{
		{[5]float64{0.05, 0.03, 0.05, 0.20, 0.67}, 3},
		{[5]float64{0.02, 0.02, 0.06, 0.20, 0.70}, 1},
		{[5]float64{0.02, 0.01, 0.02, 0.05, 0.90}, 1},
		{[5]float64{0.30, 0.05, 0.05, 0.10, 0.50}, 0.5},
		{[5]float64{0.40, 0.20, 0.15, 0.15, 0.10}, 0.5},
	}
}

// ratingTrial picks a profile, and varies its shares from organisation to organisation: Dirichlet with the given
// concentration, or exactly the shares when it is 0.
func ratingTrial(concentration float64, kinds ...profile) trial {
	return func(r *rand.Rand, n int64) result {
		own := kinds[0].shares
		if len(kinds) > 1 {
			own = choose(r, kinds)
		}
		if concentration > 0 {
			own = dirichlet(r, own, concentration)
		}
		truth := 0.0
		for k, s := range own {
			truth += float64(k+1) * s
		}
		var h Histogram
		for range n {
			h[pick(r, own)]++
		}
		i, _, ok := h.MeanInterval(Confidence95)
		return judge(i, ok, truth)
	}
}

func choose(r *rand.Rand, kinds []profile) [5]float64 {
	u := r.Float64() * lo.SumBy(kinds, func(p profile) float64 { return p.weight })
	for _, k := range kinds {
		if u -= k.weight; u < 0 {
			return k.shares
		}
	}
	return kinds[0].shares
}

func pick(r *rand.Rand, shares [5]float64) int {
	u := r.Float64()
	for k, s := range shares {
		if u -= s; u < 0 {
			return k
		}
	}
	return 4
}

func dirichlet(r *rand.Rand, shares [5]float64, concentration float64) [5]float64 {
	var out [5]float64
	total := 0.0
	for k, s := range shares {
		out[k] = drawGamma(r, s*concentration)
		total += out[k]
	}
	for k := range out {
		out[k] /= total
	}
	return out
}

// drawGamma draws a gamma variable of the given shape by inverting its distribution function.
func drawGamma(r *rand.Rand, shape float64) float64 {
	x, _ := GammaQuantile(r.Float64(), shape, 1)
	return x
}

func newcombeTrial(factor int64) trial {
	return func(r *rand.Rand, n int64) result {
		p1, p2 := between(r, 0.02, 0.98), between(r, 0.02, 0.98)
		d, ok := Newcombe(drawBinomial(r, n, p1), n, drawBinomial(r, factor*n, p2), factor*n, Confidence95)
		return judge(d.Interval, ok, p1-p2)
	}
}

// liftTrial compares a topic with the rest of its organisation. Width is that of the logarithm.
func liftTrial(low, high float64) trial {
	return func(r *rand.Rand, n int64) result {
		p1, p2 := between(r, low, high), between(r, low, high)
		l, ok := RelativeRisk(drawBinomial(r, n, p1), n, drawBinomial(r, 10*n, p2), 10*n, Confidence95)
		return result{ok, l.Contains(p1 / p2), math.Log(l.High / l.Low)}
	}
}

// secondsTrial draws handle times with a long right tail; the mean is of whole seconds. Width is relative to the mean.
func secondsTrial(draw func(r *rand.Rand) float64, mean float64) trial {
	return func(r *rand.Rand, n int64) result {
		size := between(r, 120, 900)
		var s Sums
		for range n {
			s = s.With(int64(math.Round(size * draw(r))))
		}
		m, ok := s.SkewedMean(Confidence95)
		return result{ok, m.Contains(size * mean), m.Width() / (size * mean)}
	}
}

func logNormal(sigma float64) trial {
	return secondsTrial(func(r *rand.Rand) float64 { return math.Exp(sigma * r.NormFloat64()) }, math.Exp(sigma*sigma/2))
}

// stratum is one of four strata with the same effect, each with n observations a side: the size at which the
// comparison of AI and humans lets a stratum in is five.
type stratum struct{ p1, p0 float64 }

func stratify(r *rand.Rand, n int64, of func() stratum) []Table {
	tables := make([]Table, 4)
	for k := range tables {
		s := of()
		a, c := drawBinomial(r, n, s.p1), drawBinomial(r, n, s.p0)
		tables[k] = Table{a, n - a, c, n - c}
	}
	return tables
}

// oddsTrial has one odds ratio in all strata. Width is that of the logarithm.
func oddsTrial(r *rand.Rand, n int64) result {
	effect := between(r, -1, 1)
	tables := stratify(r, n, func() stratum {
		level := between(r, -1.5, 1.5)
		return stratum{sigmoid(level + effect), sigmoid(level)}
	})
	s, _ := CochranMantelHaenszel(tables, Confidence95)
	if s.OddsRatioInterval == nil {
		return result{}
	}
	i := *s.OddsRatioInterval
	return result{true, i.Contains(math.Exp(effect)), math.Log(i.High / i.Low)}
}

// riskTrial has one risk difference in all strata.
func riskTrial(show func([]Table) (Interval, bool)) trial {
	return func(r *rand.Rand, n int64) result {
		effect := between(r, -0.2, 0.2)
		i, ok := show(stratify(r, n, func() stratum {
			p0 := between(r, 0.25, 0.75)
			return stratum{p0 + effect, p0}
		}))
		return judge(i, ok, effect)
	}
}

func shownDifference(tables []Table) (Interval, bool) {
	return StratifiedDifference(tables, 1, "test/v1").Interval()
}

func greenlandRobins(tables []Table) (Interval, bool) {
	s, ok := CochranMantelHaenszel(tables, Confidence95)
	return lo.FromPtr(s.RiskDifferenceInterval), ok && s.RiskDifferenceInterval != nil
}

type coverageRow struct {
	estimate, truths string
	trial            trial
}

func coverageRows() []coverageRow {
	kinds := profiles()
	rows := []coverageRow{
		{"proportion (Wilson)", "rate 2–98 %", proportionTrial(0.02, 0.98)},
		{"proportion (Wilson)", "rate 2–30 %, as escalation", proportionTrial(0.02, 0.30)},
		{"mean rating", "organisations of all five kinds below", ratingTrial(20, kinds...)},
		{"difference of proportions (Newcombe)", "n against n", newcombeTrial(1)},
		{"difference of proportions (Newcombe)", "n against 4n", newcombeTrial(4)},
		{"lift (Katz)", "rates 5–60 %, n against 10n", liftTrial(0.05, 0.60)},
		{"lift (Katz)", "rates 10–30 %, n against 10n", liftTrial(0.10, 0.30)},
		{"mean of seconds (skewed t)", "exponential", secondsTrial((*rand.Rand).ExpFloat64, 1)},
		{"mean of seconds (skewed t)", "log-normal, σ 0.5", logNormal(0.5)},
		{"odds ratio, 4 strata (Mantel–Haenszel)", "0.37–2.7, n a side and stratum", oddsTrial},
		{"risk difference, 4 strata (Mantel–Haenszel)", "−0.2–0.2, n a side and stratum", riskTrial(shownDifference)},
		{"*reference:* risk difference (Greenland–Robins)", "as above", riskTrial(greenlandRobins)},
		{"*hard:* mean of seconds", "log-normal, σ 0.8", logNormal(0.8)},
		{"*hard:* mean rating", "any shares at all, equally likely", ratingTrial(5, profile{[5]float64{0.2, 0.2, 0.2, 0.2, 0.2}, 1})},
	}
	for _, k := range kinds {
		percent := lo.Map(k.shares[:], func(s float64, _ int) string { return strconv.Itoa(int(math.Round(100 * s))) })
		truths := "exactly " + strings.Join(percent, "/") + " %"
		rows = append(rows, coverageRow{"*one kind:* mean rating", truths, ratingTrial(0, k)})
	}
	return rows
}

var coverageSizes = []int64{5, 20, 100, 1000}

const coverageHead = "| estimate | truths | " + "n = 5 | n = 20 | n = 100 | n = 1000 |\n|---|---|---|---|---|---|\n"

// least is the coverage a row must reach. The rows with a mark are there to be seen, not to pass: the
// short default run still wants them within reach.
func (c coverageRow) least() float64 {
	if strings.HasPrefix(c.estimate, "*") {
		return 0.80
	}
	return 0.93
}

// TestCoverage counts how often the nominal 95 % intervals hold the truth. The default run is small, and allows for
// its sampling error; this one makes the table of COVERAGE.md:
//
//	go test ./core/stat -run Coverage -coverage.orgs 20000 -coverage.table table.md
func TestCoverage(t *testing.T) {
	table := strings.Builder{}
	table.WriteString(coverageHead)
	for k, row := range coverageRows() {
		fmt.Fprintf(&table, "| %s | %s |", row.estimate, row.truths)
		for _, n := range coverageSizes {
			random := rand.New(rand.NewPCG(uint64(k), uint64(n)))
			var shown, held, width float64
			for range *coverageOrgs {
				if r := row.trial(random, n); r.shown {
					shown++
					held += float64(tally(r.holds))
					width += r.width
				}
			}
			share := held / shown
			fmt.Fprintf(&table, " %.1f · %.3f |", 100*share, width/shown)
			if share < row.least()-4*math.Sqrt(0.05*0.95/shown) {
				t.Errorf("%s, %s, n = %d: coverage %.3f", row.estimate, row.truths, n, share)
			}
			if shown < 0.95*float64(*coverageOrgs) {
				t.Errorf("%s, %s, n = %d: shown in %v of %d", row.estimate, row.truths, n, shown, *coverageOrgs)
			}
		}
		table.WriteString("\n")
	}
	t.Log("\n" + table.String())
	if *coverageTable != "" {
		if err := os.WriteFile(*coverageTable, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
