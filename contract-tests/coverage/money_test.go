package coverage

import (
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func moneyRows() []row {
	human, percent := []string{"roi.human_cost/v1", "roi.savings/v1"}, []string{"roi.percentage/v1"}
	topic := []string{"time.handle_mean/v1", "roi.human_cost_per_contact/v1"}
	return []row{
		{"human cost and savings", "1 topic, n contacts, σ 0.4–0.8", human, cost(1, 0, 0.4, 0.8, humanCost), roi.Prior},
		{"human cost and savings", "5 topics, n contacts each, σ 0.4–0.8", human, cost(5, 0.3, 0.4, 0.8, humanCost), 0},
		{"human cost and savings", "20 topics, n contacts each, σ 0.4–0.8", human, cost(20, 0.4, 0.4, 0.8, humanCost), 0},
		{"ROI", "5 topics, n contacts each, σ 0.4–0.8", percent, cost(5, 0.3, 0.4, 0.8, returned), 0},
		{"handle time and cost of a contact on a topic", "the last of 5 topics, n contacts each", topic, cost(5, 0.3, 0.4, 0.8, perContact), 0},
		{"escalation drag", "2 topics, n contacts before and after the AI", []string{"roi.escalation_drag/v1"}, drag, 0},
		{"human cost and savings", "1 topic, n contacts, σ 1.0", human, cost(1, 0, 1, 1, humanCost), roi.Prior},
	}
}

const (
	hourly    = money.Micro(30_000_000)
	perSecond = 30.0 / 3600
)

// contacts draws handle times with a mean and a standard deviation of their logarithm.
func contacts(r *rand.Rand, n int64, mean, sigma float64) roi.Handle {
	var s stat.Sums
	for range n {
		s = s.With(int64(math.Round(mean * math.Exp(sigma*r.NormFloat64()-sigma*sigma/2))))
	}
	return roi.Handle{N: s.N, Sum: s.Sum, Squares: big.NewInt(s.SumSq)}
}

// cost has topics whose true mean handle times differ by a standard deviation of their logarithm, with n contacts each.
// show judges the statement by the true human cost, and by the true handle time of the last topic.
func cost(topics int, spread, low, high float64, show func(s roi.Statement, truth, last float64) result) trial {
	return func(r *rand.Rand, n int64) result {
		in := roi.Inputs{Currency: "USD", Human: roi.HumanCost{Hourly: lo.ToPtr(hourly)}}
		truth, mean := 0.0, 0.0
		for k := range topics {
			mean = 480 * math.Exp(spread*r.NormFloat64())
			credited := int64(50 + r.IntN(200))
			in.Topics = append(in.Topics, roi.TopicCounts{
				Topic: string(rune('a' + k)), AIConversations: credited, AIOnly: credited, ConfirmedKept: credited,
				HumanOnly: contacts(r, n, mean, between(r, low, high)), Usage: roi.Usage{Reported: 50_000_000, ReportedN: credited},
			})
			truth += perSecond * float64(credited) * mean
		}
		s, err := roi.State(in)
		if err != nil {
			return result{}
		}
		return show(s, truth, mean)
	}
}

// The widths are relative to the truth.

func humanCost(s roi.Statement, truth, _ float64) result {
	return judge(s.Standard.HumanCostEstimate, truth, truth)
}

func returned(s roi.Statement, truth, _ float64) result {
	ai := s.AICost.Float64()
	return judge(s.Standard.PercentEstimate, 100*(truth-ai)/ai, 100*truth/ai)
}

func perContact(s roi.Statement, _, mean float64) result {
	return judge(s.Topics[len(s.Topics)-1].PerContactEstimate, perSecond*mean, perSecond*mean)
}

// drag has people take longer or shorter after the AI than without it. Width is relative to what the contacts cost.
func drag(r *rand.Rand, n int64) result {
	in := roi.Inputs{Currency: "USD", Human: roi.HumanCost{Hourly: lo.ToPtr(hourly)}}
	truth, whole := 0.0, 0.0
	for k := range 2 {
		before, sigma := 480*math.Exp(0.3*r.NormFloat64()), between(r, 0.4, 0.8)
		after := before * between(r, 0.7, 1.5)
		escalated := int64(20 + r.IntN(100))
		in.Topics = append(in.Topics, roi.TopicCounts{
			Topic: string(rune('a' + k)), AIConversations: escalated, Escalated: escalated,
			HumanOnly: contacts(r, n, before, sigma), AfterAI: contacts(r, n, after, sigma),
		})
		truth += perSecond * float64(escalated) * (after - before)
		whole += perSecond * float64(escalated) * after
	}
	s, err := roi.State(in)
	if err != nil {
		return result{}
	}
	return judge(s.Drag.Estimate, truth, whole)
}
