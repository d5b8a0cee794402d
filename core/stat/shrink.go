package stat

import "math"

// Shrinkage is a set of group rates pulled towards their common rate, the more so the fewer trials a group has.
type Shrinkage struct {
	Pooled   float64   // all events / all trials
	Rho      float64   // share of the variation that is between groups, 0 to 1
	Strength *float64  // trials' worth of pull, (1-ρ)/ρ; nil when ρ is 0 and every group is simply the pooled rate
	Shrunk   []float64 // one rate per group, in the order given
}

// ShrinkRates estimates how much groups differ by the moments of a beta-binomial with weights n (Kleinman 1973), and
// shrinks each group's rate accordingly. Groups without trials take no part in the estimate and get the pooled rate.
// A single group, rates all 0 or all 1, and groups of one trial each tell nothing about variation between groups:
// everything is the pooled rate. No trials at all, or impossible counts, have no answer.
func ShrinkRates(events, totals []int64) (Shrinkage, bool) {
	if len(events) != len(totals) {
		return Shrinkage{}, false
	}
	var x, n float64
	for i := range totals {
		if totals[i] != 0 && !counts(events[i], totals[i]) || totals[i] == 0 && events[i] != 0 {
			return Shrinkage{}, false
		}
		x += float64(events[i])
		n += float64(totals[i])
	}
	if n == 0 {
		return Shrinkage{}, false
	}
	s := Shrinkage{Pooled: x / n, Shrunk: make([]float64, len(totals))}
	s.Rho = kleinmanRho(events, totals, n, x)
	strength := (1 - s.Rho) / s.Rho
	if s.Rho == 0 || !finite(strength) {
		s.Rho = 0
		for i := range s.Shrunk {
			s.Shrunk[i] = s.Pooled
		}
		return s, true
	}
	s.Strength = &strength
	for i := range s.Shrunk {
		s.Shrunk[i] = s.Pooled
		if weight := float64(totals[i]) + strength; totals[i] > 0 {
			s.Shrunk[i] = (float64(events[i]) + strength*s.Pooled) / weight
		}
	}
	return s, true
}

func kleinmanRho(events, totals []int64, n, x float64) float64 {
	p, pq := x/n, x/n*((n-x)/n)
	var between, a, b float64
	for i := range totals {
		if totals[i] == 0 {
			continue
		}
		size := float64(totals[i])
		off := float64(events[i])/size - p
		between += size * off * off
		a += 1 - size/n
		b += size * (1 - size/n)
	}
	if pq == 0 || b-a <= 1e-12*b {
		return 0
	}
	return math.Min(1, math.Max(0, (between-pq*a)/(pq*(b-a))))
}
