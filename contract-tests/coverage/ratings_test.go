package coverage

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

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

func ratingRows() []row {
	means := []string{"csat.mean/v1", "csat.mean_ai/v1", "csat.mean_human/v1", "csat.mean_mixed/v1"}
	kinds := profiles()
	out := []row{
		{"mean rating", "organisations of all five kinds below", means, meanRating(20, kinds...), 0},
		{"change of a mean rating (MOVER)", "n before, n now, of one kind", []string{"change.difference/v1"}, changedRating, 0},
		{"predicted CSAT % of n unrated", "learned from 500 ratings, judged on 100", []string{"csat.predicted_share/v1"}, predictedShare, 0},
		{"*hard:* mean rating", "any shares at all, equally likely", means, meanRating(5, profile{[5]float64{0.2, 0.2, 0.2, 0.2, 0.2}, 1}), 0},
	}
	for _, k := range kinds {
		percent := lo.Map(k.shares[:], func(s float64, _ int) string { return strconv.Itoa(int(math.Round(100 * s))) })
		out = append(out, row{"*one kind:* mean rating", "exactly " + strings.Join(percent, "/") + " %", means, meanRating(0, k), 0})
	}
	return out
}

// meanRating picks a profile, and varies its shares from organisation to organisation: Dirichlet with the given
// concentration, or exactly the shares when it is 0.
func meanRating(concentration float64, kinds ...profile) trial {
	return func(r *rand.Rand, n int64) result {
		own := choose(r, kinds)
		if concentration > 0 {
			own = dirichlet(r, own, concentration)
		}
		return judge(stat.MeanRating(rate(r, own, n), ""), meanOf(own), 1)
	}
}

func changedRating(r *rand.Rand, n int64) result {
	kind := choose(r, profiles())
	before, now := dirichlet(r, kind, 20), dirichlet(r, kind, 20)
	e := stat.Change(stat.MeanRating(rate(r, now, n), ""), stat.MeanRating(rate(r, before, n), ""), "")
	return judge(e, meanOf(now)-meanOf(before), 1)
}

func meanOf(shares [5]float64) float64 {
	mean := 0.0
	for k, s := range shares {
		mean += float64(k+1) * s
	}
	return mean
}

func rate(r *rand.Rand, shares [5]float64, n int64) stat.Histogram {
	var h stat.Histogram
	for range n {
		h[pick(r, shares)]++
	}
	return h
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

// A guesser is an organisation with the model learned from its rated conversations: the chance that a customer is
// satisfied depends on the mood.
type guesser struct {
	base, slope float64
	model       predict.Satisfaction
	err         error
}

func (g guesser) draw(r *rand.Rand) (predict.Signs, bool) {
	mood := between(r, -1, 1)
	return predict.Signs{Compound: &mood}, r.Float64() < sigmoid(g.base+g.slope*mood)
}

// guessers are few, as learning takes long; each is asked many times.
var guessers = sync.OnceValue(func() []guesser {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return lo.Times(40, func(k int) guesser {
		r := rand.New(rand.NewPCG(uint64(k), 1))
		g := guesser{base: between(r, 0, 1.5), slope: between(r, 1.5, 4)}
		samples := lo.Times(600, func(i int) predict.Sample {
			signs, satisfied := g.draw(r)
			return predict.Sample{Signs: signs, Satisfied: satisfied, StartedAt: start.Add(time.Duration(i) * 180 * 24 * time.Hour / 600)}
		})
		g.model, _, g.err = predict.Train(samples)
		return g
	})
})

// predictedShare predicts n unrated conversations. The truth is the share of those that are satisfied without saying so.
func predictedShare(r *rand.Rand, n int64) result {
	g := guessers()[r.IntN(len(guessers()))]
	if g.err != nil {
		return result{}
	}
	satisfied := 0.0
	chances := lo.Times(int(n), func(int) float64 {
		signs, yes := g.draw(r)
		if yes {
			satisfied++
		}
		p, _ := g.model.Predict(signs, "")
		return p
	})
	return judge(g.model.Share(chances), 100*satisfied/float64(n), 100)
}
