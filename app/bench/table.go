//go:build unix

package main

import (
	"fmt"
	"io"
	"slices"
)

// goal is a ratio or figure to reach, and one to aim for; 0 is none.
type goal struct {
	reach, aim float64
	// least says that more is better; otherwise less is.
	least bool
}

func (g goal) met(v, bound float64) bool {
	if g.least {
		return v >= bound
	}
	return v <= bound
}

// verdict says which of the two was met.
func (g goal) verdict(v float64) string {
	switch {
	case g.reach == 0 && g.aim == 0:
		return ""
	case g.aim != 0 && g.met(v, g.aim):
		return "aim"
	case g.met(v, g.reach):
		return "reach"
	default:
		return "no"
	}
}

func (g goal) bound(v float64) string {
	if v == 0 {
		return "–"
	}
	sign := "≤"
	if g.least {
		sign = "≥"
	}
	return sign + " " + number(v)
}

// row is one line of the table.
type row struct {
	what, figure, yardstick string
	// value is what the goal judges: a ratio to the yardstick, or the figure itself where there is none.
	value float64
	ratio bool
	goal  goal
	cpu   string
}

// table prints rows as they become known, so that a run that is broken off has shown what it found.
type table struct {
	out  io.Writer
	head bool
}

func (t *table) add(r row) {
	if !t.head {
		t.head = true
		fmt.Fprintln(t.out, "| row | figure | yardstick | ratio | reach | aim | met | server CPU |\n|---|---|---|---|---|---|---|---|")
	}
	ratio := "–"
	if r.ratio {
		ratio = number(r.value)
	}
	fmt.Fprintf(t.out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", r.what, r.figure, or(r.yardstick), ratio,
		r.goal.bound(r.goal.reach), r.goal.bound(r.goal.aim), or(r.goal.verdict(r.value)), or(r.cpu))
}

// skip shows a row that could not be measured, and why.
func (t *table) skip(what, why string) { t.add(row{what: what, figure: "skipped: " + why}) }

func or(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// number shows three digits.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.4f", v)
	}
}

// median is the middle of the values, 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// pairs are measurements and their yardsticks, taken in turns.
type pairs struct{ own, yard []float64 }

func (p *pairs) add(own, yard float64) {
	p.own, p.yard = append(p.own, own), append(p.yard, yard)
}

// ratio is the median of the ratios of neighbours: what slows the machine for a while slows both.
func (p *pairs) ratio() float64 {
	var each []float64
	for i := range p.own {
		if p.yard[i] > 0 {
			each = append(each, p.own[i]/p.yard[i])
		}
	}
	return median(each)
}
