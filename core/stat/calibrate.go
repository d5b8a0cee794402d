package stat

import (
	"cmp"
	"math"
	"slices"
)

// Isotonic fits the closest never-falling sequence, in least squares, to outcomes already ordered by score: pool
// adjacent violators with equal weights. Each outcome counts 1 when true and 0 when false.
func Isotonic(outcomes []bool) []float64 {
	blocks := make([]block, len(outcomes))
	for i, yes := range outcomes {
		blocks[i] = block{yes: tally(yes), size: 1}
	}
	fitted := make([]float64, 0, len(outcomes))
	for _, b := range pool(blocks) {
		for range b.size {
			fitted = append(fitted, b.rate())
		}
	}
	return fitted
}

func tally(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// block is a run of outcomes sharing one fitted rate; score is the highest of the run.
type block struct {
	yes, size int64
	score     float64
}

func (b block) rate() float64 { return float64(b.yes) / float64(b.size) }

// pool merges neighbours until the rates rise strictly. Comparing by cross products keeps it in whole numbers.
func pool(blocks []block) []block {
	var out []block
	for _, b := range blocks {
		for len(out) > 0 {
			last := out[len(out)-1]
			if last.yes*b.size < b.yes*last.size {
				break
			}
			b = block{last.yes + b.yes, last.size + b.size, b.score}
			out = out[:len(out)-1]
		}
		out = append(out, b)
	}
	return out
}

// Calibration maps a model's score to the share of outcomes seen at such scores.
type Calibration struct {
	// Upto[i] is the highest score of step i, rising; Rate[i] is that step's share, rising.
	Upto []float64 `json:"upto"`
	Rate []float64 `json:"rate"`
}

// Calibrate fits an isotonic step function to scores and outcomes in any order; equal scores share a step. No scores,
// lists of different lengths, or scores that are not finite have no answer.
func Calibrate(scores []float64, outcomes []bool) (Calibration, bool) {
	if len(scores) == 0 || len(scores) != len(outcomes) || !finite(scores...) {
		return Calibration{}, false
	}
	blocks := make([]block, len(scores))
	for i := range scores {
		blocks[i] = block{tally(outcomes[i]), 1, scores[i]}
	}
	slices.SortFunc(blocks, func(a, b block) int { return cmp.Compare(a.score, b.score) })
	distinct := blocks[:1]
	for _, b := range blocks[1:] {
		if last := &distinct[len(distinct)-1]; last.score == b.score {
			last.yes += b.yes
			last.size += b.size
			continue
		}
		distinct = append(distinct, b)
	}
	var c Calibration
	for _, b := range pool(distinct) {
		c.Upto, c.Rate = append(c.Upto, b.score), append(c.Rate, b.rate())
	}
	return c, true
}

// At is the calibrated share at a score; scores beyond the last step get the last step's. An empty calibration, or a
// score that is NaN, has none.
func (c Calibration) At(score float64) (float64, bool) {
	if len(c.Rate) == 0 || len(c.Rate) != len(c.Upto) || math.IsNaN(score) {
		return 0, false
	}
	i, _ := slices.BinarySearch(c.Upto, score)
	return answer(c.Rate[min(i, len(c.Rate)-1)])
}

// BrierScore says how good predicted probabilities are.
type BrierScore struct {
	Score    float64  // mean (predicted - observed)²; 0 is perfect
	BaseRate float64  // the same for always predicting the observed share p: p(1-p)
	Skill    *float64 // 1 - Score/BaseRate; nil when all outcomes agree. At or below 0 the model is worth nothing.
}

// Brier scores predictions, each 0 to 1, against what happened. Nothing predicted, or lists of different lengths, have
// no answer.
func Brier(predicted []float64, observed []bool) (BrierScore, bool) {
	if !predictions(predicted, observed) {
		return BrierScore{}, false
	}
	var sum float64
	var events int64
	for i, p := range predicted {
		off := p - float64(tally(observed[i]))
		sum += off * off
		events += tally(observed[i])
	}
	n := float64(len(predicted))
	b := BrierScore{Score: sum / n, BaseRate: float64(events) / n * ((n - float64(events)) / n)}
	if b.BaseRate > 0 {
		skill := 1 - b.Score/b.BaseRate
		b.Skill = &skill
	}
	return b, true
}

func predictions(predicted []float64, observed []bool) bool {
	return len(predicted) > 0 && len(predicted) == len(observed) &&
		!slices.ContainsFunc(predicted, func(p float64) bool { return !probability(p) })
}

// reliabilityBins is the number of rows of a reliability table.
const reliabilityBins = 10

// ReliabilityBin is one row of a reliability table: predictions from Low to below High (the last row includes 1).
type ReliabilityBin struct {
	Low, High     float64
	N, Events     int64
	MeanPredicted *float64 // nil when the bin is empty
	Observed      *float64 // share of events; nil when the bin is empty
	Interval      *Interval
}

// Reliability sorts predictions into ten equal bins and sets the mean prediction of each beside the share that
// happened, with its 95 % Wilson interval.
func Reliability(predicted []float64, observed []bool) ([]ReliabilityBin, bool) {
	if !predictions(predicted, observed) {
		return nil, false
	}
	bins := make([]ReliabilityBin, reliabilityBins)
	sums := make([]float64, reliabilityBins)
	for i, p := range predicted {
		k := min(int(p*reliabilityBins), reliabilityBins-1)
		bins[k].N++
		bins[k].Events += tally(observed[i])
		sums[k] += p
	}
	for k := range bins {
		b := &bins[k]
		b.Low, b.High = float64(k)/reliabilityBins, float64(k+1)/reliabilityBins
		if i, ok := Wilson(b.Events, b.N, Confidence95); ok {
			mean, share := sums[k]/float64(b.N), float64(b.Events)/float64(b.N)
			b.MeanPredicted, b.Observed, b.Interval = &mean, &share, &i
		}
	}
	return bins, true
}
