package assess

import (
	"cmp"
	"slices"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Count is how many conversations have one property.
type Count struct {
	Name  string
	Count int64
}

// Summary is what all conversations say together. Counts are in falling order, ties by name.
type Summary struct {
	Conversations int64
	Handlers      []Count
	// Escalation is of all conversations, AIEscalation of those the AI took part in; both in per cent.
	Escalation, AIEscalation stat.Estimate
	Reasons                  []Count
	Outcomes                 []Count
	Sentiments               []Count
	// Average is the mean rating of all, AI and Human that of each side.
	Average, AI, Human stat.Estimate
	UnmetRequests      int64
	// Failed counts conversations in which the AI failed, Unextracted those of them without a question to be told.
	Failed, Unextracted int64
}

// Summary sums up by the same integers a server keeps. The error is metric.ErrOverflow.
func (a *Assessor) Summary() (Summary, error) {
	var sum metric.Vector
	handlers := map[string]int64{}
	for _, c := range a.Conversations() {
		cell := metric.Contribution(&c)
		handlers[string(cell.Key.Handler)]++
		var err error
		if sum, err = sum.Plus(cell.Values); err != nil {
			return Summary{}, err
		}
	}
	ratings := func(parties ...conversation.Party) stat.Histogram {
		return lo.Reduce(parties, func(h stat.Histogram, p conversation.Party, _ int) stat.Histogram {
			return h.Plus(stat.Histogram(sum.Histogram(p, nil)))
		}, stat.Histogram{})
	}
	return Summary{
		Conversations: sum.At(metric.Conversations),
		Handlers:      counts(handlers),
		Escalation:    stat.Proportion(sum.At(metric.Escalated), sum.At(metric.Conversations), 100, "escalation.rate/v1"),
		AIEscalation:  stat.Proportion(sum.At(metric.EscalatedAI), sum.At(metric.AIInvolved), 100, "escalation.ai_rate/v1"),
		Reasons:       measured(sum, conversation.Reasons(), metric.EscalatedFor),
		Outcomes:      measured(sum, conversation.Outcomes(), metric.Ended),
		Sentiments:    measured(sum, conversation.Sentiments(), metric.SentimentLabel),
		Average:       stat.MeanRating(ratings(metric.Parties()...), "csat.mean/v1"),
		AI:            stat.MeanRating(ratings(conversation.PartyAI), "csat.mean_ai/v1"),
		Human:         stat.MeanRating(ratings(conversation.PartyHuman), "csat.mean_human/v1"),
		UnmetRequests: sum.At(metric.UnmetRequest), Failed: sum.At(metric.Failed), Unextracted: sum.At(metric.Unextracted),
	}, nil
}

func measured[T ~string](v metric.Vector, list []T, measure func(T) metric.Measure) []Count {
	return counts(lo.SliceToMap(list, func(x T) (string, int64) { return string(x), v.At(measure(x)) }))
}

func counts(of map[string]int64) []Count {
	out := lo.FilterMap(lo.Keys(of), func(name string, _ int) (Count, bool) { return Count{name, of[name]}, of[name] > 0 })
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return out
}
