package monitor

import (
	"context"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/outcome"
)

// Dashboard answers with the headline figures of the window and of the one before it.
func (m *Monitor) Dashboard(ctx context.Context, r Request) (Dashboard, error) {
	v, err := m.open(ctx, r, DashboardHours)
	if err != nil {
		return Dashboard{}, err
	}
	asked, err := v.askHeadline(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	askedBefore, err := v.previous().askHeadline(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	if err := v.read(ctx); err != nil {
		return Dashboard{}, err
	}
	now, err := asked.figures(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	before, err := askedBefore.figures(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	return Dashboard{Frame: v.frame(), Metrics: now, Previous: before, Change: changes(now, before)}, nil
}

// headline is what the headline figures of a view are reckoned from.
type headline struct {
	view
	ages    ages
	account accountSums
}

func (v view) askHeadline(ctx context.Context) (h headline, err error) {
	h = headline{view: v, ages: v.byAge(v.asOf.Add(-outcome.PendingFor), true)}
	h.account, err = v.askAccount(ctx)
	return h, err
}

func (v headline) figures(ctx context.Context) (Figures, error) {
	settled, young, sum, err := v.ages.totals()
	if err != nil {
		return nil, err
	}
	account, err := v.account.reckon(ctx)
	if err != nil {
		return nil, err
	}
	ladder := outcome.Climb(settled, young)
	total, ai := sum.At(metric.Conversations), sum.At(metric.AIInvolved)
	all := ratings(sum, true, metric.Parties()...)
	figures := Figures{
		count("total_conversations", total, "conversations.count/v1"),
		count("ai_conversations", ai, "conversations.ai_involved/v1"),
		count("escalated_conversations", sum.At(metric.Escalated), "escalation.count/v1"),
		count("rated_conversations", all.N(), "csat.ratings/v1"),
		rating("avg_csat_score", ratings(sum, v.org.Settings.BinaryInAverage, metric.Parties()...), "csat.mean/v1"),
		rate("csat_pct", all.Satisfied(), all.N(), "csat.satisfied_share/v1"),
		rating("ai_avg_csat", ratings(sum, v.org.Settings.BinaryInAverage, conversation.PartyAI), "csat.mean_ai/v1"),
		rating("human_avg_csat", ratings(sum, v.org.Settings.BinaryInAverage, conversation.PartyHuman), "csat.mean_human/v1"),
		responseRate(sum),
		rate("rated_share_of_closed_pct", all.N(), sum.At(metric.Closed), "csat.rated_share/v1"),
		rate("escalation_rate", sum.At(metric.Escalated), total, "escalation.rate/v1"),
		rate("ai_escalation_rate", sum.At(metric.EscalatedAI), ai, "escalation.ai_rate/v1"),
		rate("containment_rate", sum.At(metric.Contained), ai, "containment.rate/v1"),
		resolution(ladder),
		rate("involvement_rate", ai, total, "involvement.rate/v1"),
		rate("negative_sentiment_rate",
			sum.At(metric.SentimentLabel(conversation.Negative))+sum.At(metric.SentimentLabel(conversation.Frustrated)),
			total-sum.At(metric.SentimentLabel("")), "sentiment.unhappy_share/v1"),
		rate("first_contact_resolution_rate", sum.At(metric.FirstContactYes),
			sum.At(metric.FirstContactYes)+sum.At(metric.FirstContactNo), "resolution.first_contact/v1"),
		count("unmet_requests", sum.At(metric.UnmetRequest), "escalation.unmet_requests/v1"),
		count("failed_conversations", sum.At(metric.Failed), "gap.failed/v1"),
		median("median_first_response_seconds", sum, metric.FirstResponse, "time.first_response_median/v1"),
		median("median_resolution_seconds", sum, metric.Resolution, "time.resolution_median/v1"),
	}
	return append(figures, costFigures(account)...), nil
}

func responseRate(sum metric.Vector) Figure {
	return rate("response_rate_pct", sum.At(metric.OfferedRated), sum.At(metric.Offered), "csat.response_rate/v1")
}

func resolution(l outcome.Ladder) Figure {
	return Figure{Name: "resolution_rate", Decimals: percent, Estimate: l.Resolved()}
}

func median(name string, v metric.Vector, kind metric.Seconds, definition string) Figure {
	return Figure{Name: name, Decimals: whole, Estimate: v.Median(kind, definition)}
}
