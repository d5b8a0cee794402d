package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

// request makes the question of a metrics read.
func (c *call) request() (monitor.Request, error) {
	request, _, err := c.windowed()
	return request, err
}

// windowed is request with the query it came from, for reads that take more.
func (c *call) windowed() (monitor.Request, *query, error) {
	q, err := c.query()
	if err != nil {
		return monitor.Request{}, nil, err
	}
	out := monitor.Request{
		Org: c.who.org, Hours: or(q, "time_range", 0.0), Start: q.start("start"), End: q.end("end"),
		Platform: conversation.Platform(or(q, "platform", "")),
		Topic:    pointer[string](q, "topic"),
		AIAgent:  pointer[string](q, "ai_agent_id"),
	}
	if location, ok := get[*time.Location](q, "time_zone"); ok {
		out.TimeZone = location.String()
	}
	if p, ok := get[string](q, "priority"); ok {
		out.Priority = lo.ToPtr(conversation.Priority(p))
	}
	if out.Hours != 0 && !out.Start.IsZero() {
		q.fault("time_range", "must not be given together with start", "")
	}
	return out, q, q.check()
}

func (c *call) dashboard() error {
	return metrics(c, c.api.Monitor.Dashboard, func(d monitor.Dashboard) any {
		return wire.Dashboard{
			Frame: showFrame(d.Frame), Metrics: showFigures(d.Metrics, d.Currency),
			Previous: showPrevious(d.Frame, d.Previous), Change: showFigures(d.Change, d.Currency),
		}
	})
}

func (c *call) csatTrends() error {
	return metrics(c, c.api.Monitor.CSATTrends, func(t monitor.CSATTrends) any {
		return wire.CSATTrends{
			Frame: showFrame(t.Frame), Total: showFigures(t.Total, t.Currency), Previous: showPrevious(t.Frame, t.Previous),
			CSATTrends: lo.Map(t.Points, func(p monitor.TrendPoint, _ int) wire.TrendPoint {
				return wire.TrendPoint{Date: p.Date, Figures: showFigures(p.Figures, t.Currency)}
			}),
		}
	})
}

func (c *call) escalationPatterns() error {
	return metrics(c, c.api.Monitor.EscalationPatterns, func(e monitor.EscalationPatterns) any {
		return wire.EscalationPatterns{
			Frame: showFrame(e.Frame), Total: showFigures(e.Total, e.Currency), Previous: showPrevious(e.Frame, e.Previous),
			Reasons: showReasons(e.Reasons),
			EscalationPatterns: lo.Map(e.Topics, func(t monitor.TopicEscalation, _ int) wire.TopicEscalation {
				return wire.TopicEscalation{
					Topic: t.Topic, Reasons: showReasons(t.Reasons), Tested: t.Tested, Significant: t.Significant,
					PValue: t.PValue, Adjusted: t.Adjusted, Figures: showFigures(t.Figures, e.Currency),
				}
			}),
		}
	})
}

func (c *call) costAnalysis() error {
	return metrics(c, c.api.Monitor.CostAnalysis, func(a monitor.CostAnalysis) any {
		return wire.CostAnalysis{
			Frame: showFrame(a.Frame), CostAnalysis: showFigures(a.Total, a.Currency), Previous: showPrevious(a.Frame, a.Previous),
			Confidence: a.Confidence,
			Topics: lo.Map(a.Topics, func(t monitor.TopicCost, _ int) wire.TopicCost {
				return wire.TopicCost{Topic: t.Topic, Figures: showFigures(t.Figures, a.Currency)}
			}),
			Assumptions: lo.Map(a.Assumptions, func(v monitor.Assumption, _ int) wire.Assumption { return wire.Assumption(v) }),
			Never:       a.BreakEvenNever,
			Sensitivity: lo.Map(a.Sensitivity, func(s roi.Sensitivity, _ int) wire.Sensitivity {
				return wire.Sensitivity{
					Input: s.Input, Source: word(s.Source), Low: showScenario(s.Low, a.Currency), High: showScenario(s.High, a.Currency),
				}
			}),
		}
	})
}

func showScenario(s roi.Scenario, currency string) wire.Scenario {
	return wire.Scenario{
		Setting: s.Setting, AICost: amount(s.AICost, currency), HumanCost: amount(s.HumanCost, currency),
		Savings: amount(s.Savings, currency), ROIPercentage: percentage(s.Percent),
	}
}

// metrics asks and answers. The answer's type is told by show.
func metrics[T any](c *call, ask func(context.Context, monitor.Request) (T, error), show func(T) any) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	found, err := ask(c.r.Context(), request)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, show(found))
}
