package coverage

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

var (
	coverageOrgs  = flag.Int("coverage.orgs", 300, "simulated organisations per row of the coverage table")
	coverageTable = flag.String("coverage.table", "", "file to write the coverage table to")
)

// A trial draws one organisation with a truth of its own, lets n observations happen to it, and says how the estimate
// made from them did.
type trial func(r *rand.Rand, n int64) result

type result struct {
	shown, holds bool // shown is false where the figure has no interval
	width        float64
}

// judge looks whether the estimate as shown holds the truth; the width is given in units of per.
func judge(e stat.Estimate, truth, per float64) result {
	i, ok := e.Interval()
	return result{ok, ok && i.Contains(truth), i.Width() / per}
}

// judgeRatio takes the width on a logarithmic scale.
func judgeRatio(e stat.Estimate, truth float64) result {
	i, ok := e.Interval()
	return result{ok, ok && i.Contains(truth), math.Log(i.High / i.Low)}
}

type row struct {
	estimate, truths string
	// covers are the definitions whose interval is made in this way.
	covers []string
	trial  trial
	// from is the least number of observations the figure has an interval at; 0 is always.
	from int64
}

// hard rows are there to be seen, not to pass: the short default run still wants them within reach.
func (c row) hard() bool { return strings.HasPrefix(c.estimate, "*") }

func (c row) least() float64 {
	if c.hard() {
		return 0.80
	}
	return 0.93
}

func rows() []row {
	return lo.Flatten([][]row{shareRows(), ratingRows(), strataRows(), timeRows(), moneyRows()})
}

var sizes = []int64{5, 20, 100, 1000}

const head = "| estimate | truths | " + "n = 5 | n = 20 | n = 100 | n = 1000 |\n|---|---|---|---|---|---|\n"

// TestCoverage counts how often the nominal 95 % intervals hold the truth. The default run is small, and allows for
// its sampling error; this one makes the table of COVERAGE.md:
//
//	go test ./contract-tests/coverage -run Coverage -coverage.orgs 20000 -coverage.table table.md
func TestCoverage(t *testing.T) {
	all := rows()
	lines := make([]string, len(all))
	t.Run("rows", func(t *testing.T) {
		for k, row := range all {
			t.Run(row.estimate+", "+row.truths, func(t *testing.T) {
				t.Parallel()
				lines[k] = row.measure(t)
			})
		}
	})
	table := head + strings.Join(lines, "")
	t.Log("\n" + table)
	if *coverageTable != "" {
		if err := os.WriteFile(*coverageTable, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// measure is the row's line of the table.
func (c row) measure(t *testing.T) string {
	line := fmt.Sprintf("| %s | %s |", c.estimate, c.truths)
	for _, n := range sizes {
		seed := []byte(c.estimate + c.truths)
		random := rand.New(rand.NewPCG(uint64(n), uint64(lo.Sum(lo.Map(seed, func(b byte, i int) int { return int(b) * (i + 1) })))))
		var shown, held, width float64
		for range *coverageOrgs {
			if r := c.trial(random, n); r.shown {
				shown++
				width += r.width
				if r.holds {
					held++
				}
			}
		}
		if n < c.from {
			if shown > 0 {
				t.Errorf("n = %d: an interval in %v of %d, expected none below %d", n, shown, *coverageOrgs, c.from)
			}
			line += " none |"
			continue
		}
		share := held / shown
		line += fmt.Sprintf(" %.1f · %.3f |", 100*share, width/shown)
		if share < c.least()-4*math.Sqrt(0.05*0.95/shown) {
			t.Errorf("n = %d: coverage %.3f", n, share)
		}
		if shown < 0.95*float64(*coverageOrgs) {
			t.Errorf("n = %d: shown in %v of %d", n, shown, *coverageOrgs)
		}
	}
	return line + "\n"
}

// TestEveryIntervalIsMeasured asks for a row for each definition with an interval, and for no row to be about a figure
// that nobody defined.
func TestEveryIntervalIsMeasured(t *testing.T) {
	measured := lo.FlatMap(lo.Reject(rows(), func(c row, _ int) bool { return c.hard() }), func(c row, _ int) []string { return c.covers })
	for _, d := range metric.Definitions() {
		if d.Interval != "" && !lo.Contains(measured, d.ID) {
			t.Errorf("%s has an interval (%s) and no row in the study", d.ID, d.Interval)
		}
	}
	for _, id := range measured {
		if d, ok := metric.Define(id); !ok || d.Interval == "" {
			t.Errorf("a row is about %s, which has no interval in the dictionary", id)
		}
	}
}

func drawBinomial(r *rand.Rand, n int64, p float64) int64 {
	var x int64
	for range n {
		if r.Float64() < p {
			x++
		}
	}
	return x
}

func between(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// drawGamma draws a gamma variable of the given shape by inverting its distribution function.
func drawGamma(r *rand.Rand, shape float64) float64 {
	x, _ := stat.GammaQuantile(r.Float64(), shape, 1)
	return x
}

func sigmoid(score float64) float64 {
	p, _ := stat.Sigmoid(score)
	return p
}
