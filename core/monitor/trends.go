package monitor

import (
	"context"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// CSATTrends answers with a point for every local day of the window.
func (m *Monitor) CSATTrends(ctx context.Context, r Request) (CSATTrends, error) {
	v, err := m.open(ctx, r, TrendHours)
	if err != nil {
		return CSATTrends{}, err
	}
	days := v.days()
	if len(days) > maxDays {
		return CSATTrends{}, &conversation.Invalid{Faults: []conversation.Fault{{Field: "/start", Message: "must be at most 3700 days before end: a trend has a point for every day"}}}
	}
	daily, before := v.sum(metric.Grouping{Day: true}), v.previous().sum(metric.Grouping{})
	if err := v.read(ctx); err != nil {
		return CSATTrends{}, err
	}
	byDay := lo.SliceToMap(daily.cells, func(c metric.Cell) (int64, metric.Vector) { return c.Key.Bucket.Unix(), c.Values })
	out := CSATTrends{Frame: v.frame()}
	for _, day := range days {
		out.Points = append(out.Points, TrendPoint{
			Date: day.In(v.window.Zone).Format(time.DateOnly), Figures: v.satisfaction(byDay[day.Unix()]),
		})
	}
	sum, err := daily.total()
	if err != nil {
		return CSATTrends{}, err
	}
	out.Total = v.satisfaction(sum)
	sum, err = before.total()
	out.Previous = v.satisfaction(sum)
	return out, err
}

// days are the starts, UTC, of the local days the window touches.
func (v view) days() []time.Time {
	var out []time.Time
	last := metric.LocalDay(v.window.End.Add(-time.Microsecond), v.window.Zone)
	for day := metric.LocalDay(v.window.Start, v.window.Zone); !day.After(last) && len(out) <= maxDays; {
		out = append(out, day)
		y, mo, d := day.In(v.window.Zone).Date()
		day = metric.StartOfDay(y, mo, d+1, v.window.Zone)
	}
	return out
}

// satisfaction is what a sum says of ratings, by whom they judge.
func (v view) satisfaction(sum metric.Vector) Figures {
	binary := v.org.Settings.BinaryInAverage
	all := ratings(sum, true, metric.Parties()...)
	of := func(name, definition string, parties ...conversation.Party) Figure {
		return rating(name, ratings(sum, binary, parties...), definition)
	}
	share := func(name, definition string, party conversation.Party) Figure {
		h := ratings(sum, true, party)
		return rate(name, h.Satisfied(), h.N(), definition)
	}
	return Figures{
		count("total_conversations", sum.At(metric.Conversations), "conversations.count/v1"),
		count("rated_conversations", all.N(), "csat.ratings/v1"),
		of("avg_csat", "csat.mean/v1", metric.Parties()...),
		of("ai_avg_csat", "csat.mean_ai/v1", conversation.PartyAI),
		of("human_avg_csat", "csat.mean_human/v1", conversation.PartyHuman),
		of("mixed_avg_csat", "csat.mean_mixed/v1", conversation.PartyMixed),
		rate("csat_pct", all.Satisfied(), all.N(), "csat.satisfied_share/v1"),
		share("ai_csat_pct", "csat.satisfied_share_ai/v1", conversation.PartyAI),
		share("human_csat_pct", "csat.satisfied_share_human/v1", conversation.PartyHuman),
	}
}
