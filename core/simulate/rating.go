package simulate

import (
	"math/rand/v2"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Two kinds of customers, by the shares of the ratings 1 to 5 they give; a mean between the two is a mixture of both,
// which has the familiar two humps.
var (
	unhappyShares = [5]float64{0.50, 0.20, 0.15, 0.10, 0.05}
	happyShares   = [5]float64{0.01, 0.01, 0.03, 0.15, 0.80}
)

// shares is the distribution of ratings with the given mean, as far as the two kinds reach.
func shares(mean float64) (out [5]float64) {
	low, high := meanOf(unhappyShares), meanOf(happyShares)
	unhappy := min(max((high-mean)/(high-low), 0), 1)
	for k := range out {
		out[k] = unhappy*unhappyShares[k] + (1-unhappy)*happyShares[k]
	}
	return out
}

func meanOf(shares [5]float64) (mean float64) {
	for k, s := range shares {
		mean += float64(k+1) * s
	}
	return mean
}

func draw(r *rand.Rand, shares [5]float64) int {
	u := r.Float64()
	for k, s := range shares {
		if u -= s; u < 0 {
			return k + 1
		}
	}
	return 5
}

// mean is the planted mean rating of all customers of a topic at a priority, index into priorities, whom the AI served
// first or not.
func (p Plan) mean(t Topic, priority int, ai bool, at time.Time) float64 {
	m := t.Satisfaction + priorities[priority].satisfaction
	if ai {
		m += t.Gap
	}
	if p.Drop != nil && !at.Before(p.Drop.At) {
		m -= p.Drop.By
	}
	return m
}

// scores is the distribution of one customer's verdict. Escalated conversations are rated lower, the others as much
// higher as keeps the planted mean.
func (p Plan) scores(t Topic, priority int, ai, escalated bool, at time.Time) [5]float64 {
	m := p.mean(t, priority, ai, at)
	if ai {
		m += t.Escalation * escalatedLoss
		if escalated {
			m -= escalatedLoss
		}
	}
	return shares(m)
}

// chance is that of a rating of score being given at all.
func (a Answer) chance(ai bool, score int) float64 {
	unhappy := score <= 2
	switch {
	case ai && unhappy:
		return a.AIUnhappy
	case ai:
		return a.AI
	case unhappy:
		return a.HumanUnhappy
	default:
		return a.Human
	}
}

// Means is the planted mean rating of one kind of case on one side.
type Means struct {
	// All is that of all customers, Rated that of those who answer.
	All, Rated float64
}

// Means is exact: it follows from the plan, not from what was drawn. It holds for conversations before a drop.
func (p Plan) Means(topic string, priority conversation.Priority, ai bool) (Means, bool) {
	for _, t := range p.Topics {
		for k, pr := range priorities {
			if t.Name == topic && pr.name == priority {
				return p.means(t, k, ai), true
			}
		}
	}
	return Means{}, false
}

func (p Plan) means(t Topic, priority int, ai bool) Means {
	var sum, weight float64
	for _, escalated := range []bool{false, true} {
		part := 1.0
		switch {
		case ai && escalated:
			part = t.Escalation
		case ai:
			part = 1 - t.Escalation
		case escalated:
			continue
		}
		for k, share := range p.scores(t, priority, ai, escalated, p.Start) {
			w := part * share * p.Answer.chance(ai, k+1)
			sum += w * float64(k+1)
			weight += w
		}
	}
	return Means{All: p.mean(t, priority, ai, p.Start), Rated: sum / weight}
}

// Ratings draws a day's ratings, 1 to 5, as counts: perDay of them in the mean, with the given mean rating.
func Ratings(r *rand.Rand, perDay, mean float64) (histogram [5]int64) {
	s := shares(mean)
	for range poisson(r, perDay) {
		histogram[draw(r, s)-1]++
	}
	return histogram
}
