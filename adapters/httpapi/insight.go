package httpapi

import (
	"net/http"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func (c *call) csatComparison() error {
	request, q, err := c.windowed()
	if err != nil {
		return err
	}
	v, err := c.api.Monitor.CSATComparison(c.r.Context(), request, csat.Target(or(q, "target", string(csat.CombinedMix))))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.CSATComparison{
		Frame: showFrame(v.Frame), Mixed: v.Mixed,
		Views: lo.Map(v.Views, func(w monitor.ComparisonView, _ int) wire.ComparisonView {
			return wire.ComparisonView{
				Name: w.Name, Verdict: string(w.Verdict), Target: string(w.Target), SupportShare: w.SupportShare,
				Strata: w.Strata, Supported: w.Supported, PValue: w.PValue,
				Figures: showFigures(w.Figures, v.Currency),
			}
		}),
		Scales: lo.Map(v.Scales, func(s monitor.ScaleCount, _ int) wire.ScaleCount {
			return wire.ScaleCount{Scale: string(s.Scale), Count: s.Count, Estimate: evidence(s.Estimate)}
		}),
		Silent: wire.Silence{
			Skewed: v.Silence.Skewed, PValue: v.Silence.PValue, UncoveredShare: v.Silence.UncoveredShare,
			Figures: showFigures(v.Silence.Figures, v.Currency),
		},
		Topics: lo.Map(v.Topics, func(t monitor.TopicSatisfaction, _ int) wire.TopicSatisfaction {
			return wire.TopicSatisfaction{Topic: t.Topic, Shrunk: t.Shrunk.Value, Estimate: evidence(t.Shrunk), Figures: showFigures(t.Figures, v.Currency)}
		}),
	})
}

func (c *call) escalationExplained() error {
	return metrics(c, c.api.Monitor.EscalationExplained, func(v monitor.EscalationExplained) any {
		return wire.EscalationExplained{
			Frame: showFrame(v.Frame), Figures: showFigures(v.Figures, v.Currency), Reasons: showReasons(v.Reasons),
			Change: showChange(v.Change, v.Currency),
			ByTurn: lo.Map(v.ByTurn, func(t monitor.TurnShare, _ int) wire.TurnShare {
				f := monitor.Figure{Decimals: 1, Estimate: t.Estimate}
				return wire.TurnShare{Turn: t.Turn, Share: showNumber(f, v.Currency), Estimate: showEstimate(f)}
			}),
			Avoidable: lo.Map(v.Avoidable, func(a monitor.AvoidableCount, _ int) wire.KindCount {
				return wire.KindCount{Kind: string(a.Kind), Count: a.Count, Estimate: evidence(a.Estimate)}
			}),
			Outcomes: lo.Map(v.Outcomes, func(o monitor.OutcomeCount, _ int) wire.KindCount {
				return wire.KindCount{Kind: string(o.Outcome), Count: o.Count, Estimate: evidence(o.Estimate)}
			}),
			AtRisk: lo.Map(v.AtRisk, func(r monitor.AtRisk, _ int) wire.AtRisk {
				return wire.AtRisk{
					ID: r.UID.String(), ConversationID: r.ConversationID, Topic: word(r.Topic), Risk: *r.Risk.Value, Estimate: evidence(r.Risk), Calibrated: r.Calibrated, Signals: words(r.Signals),
				}
			}),
		}
	})
}

func showChange(change *escalation.Change, currency string) *wire.RateChange {
	if change == nil {
		return nil
	}
	f := monitor.Figure{Decimals: 1, Estimate: change.Difference}
	return &wire.RateChange{
		Change: showNumber(f, currency), Estimate: showEstimate(f), PValue: change.PValue,
		Previous: 100 * change.Previous, Current: 100 * change.Current, Mix: 100 * change.Mix, Rate: 100 * change.Rate,
		Topics: lo.Map(change.Topics, func(t escalation.TopicChange, _ int) wire.TopicChange {
			return wire.TopicChange{Topic: t.Topic, Mix: 100 * t.Mix, Rate: 100 * t.Rate, Contribution: 100 * t.Contribution()}
		}),
	}
}

func (c *call) csatPredicted() error {
	return metrics(c, c.api.Monitor.PredictedCSAT, func(v monitor.Prediction) any {
		out := wire.CSATPrediction{
			Frame: showFrame(v.Frame), Figures: showFigures(v.Figures, v.Currency), ModelVersion: word(v.ModelVersion), Why: word(v.Why),
			Predicted: v.Predicted, Cut: v.Cut, Ratings: v.Report.Fitted, Judged: v.Report.Judged, Skill: v.Report.Brier.Skill, AUC: v.Report.AUC,
			Reliability: lo.Map(v.Report.Reliability, func(b stat.ReliabilityBin, _ int) wire.ReliabilityRow {
				return wire.ReliabilityRow{From: b.Low, To: b.High, N: b.N, Predicted: b.MeanPredicted, Observed: b.Observed}
			}),
		}
		if v.Report.Judged > 0 {
			out.Brier = &v.Report.Brier.Score
		}
		return out
	})
}

func (c *call) definitions() error {
	return c.answer(http.StatusOK, wire.Definitions{
		Success: true,
		Definitions: lo.Map(metric.Definitions(), func(d metric.Definition, _ int) wire.Definition {
			return wire.Definition{
				ID: d.ID, Name: d.Name, Words: d.Words, Unit: d.Unit, Formula: d.Formula, Numerator: word(d.Numerator),
				Denominator: word(d.Denominator), Interval: word(d.Interval), Source: word(d.Source),
			}
		}),
	})
}

// streamRoutes are the calls that go on for as long as there is something to send.
func streamRoutes() []route {
	params := lo.Reject(listParams(), func(p param, _ int) bool { return lo.Contains([]string{"limit", "offset", "total"}, p.name) })
	return []route{
		{
			method: "GET", path: "/api/v1/conversations/export", need: tenant.Viewer, area: "conversations",
			summary: "Stream all conversations that match",
			details: "Newest first, without a ceiling, as NDJSON or CSV. Every row carries a cursor: when the connection breaks, go on with that of the last row that came whole.",
			params:  append(params, param{name: "format", shape: choice, choices: []string{"ndjson", "csv"}, fallback: "ndjson", doc: "How rows are written."}),
			streams: map[string]any{ndjsonType: wire.ExportedConversation{}, "text/csv": ""}, handle: (*call).exportConversations,
		},
		{
			method: "GET", path: "/api/v1/stream", need: tenant.Viewer, area: "metrics",
			summary: "Live changes as server-sent events",
			details: "Events: totals (the last 24 hours, when they moved), escalation, gap. A connection that sends Last-Event-ID goes on where the last one stopped.",
			headers: []param{{name: "Last-Event-ID", shape: whole, low: 0, high: 1 << 53, doc: "The id of the last event that was received; none begins with the present."}},
			streams: map[string]any{"text/event-stream": ""}, refusals: []int{http.StatusBadRequest}, handle: (*call).stream,
		},
	}
}

// insightRoutes are the reads that explain the headline figures.
func insightRoutes() []route {
	return []route{
		{
			method: "GET", path: "/api/v1/cs-metrics/csat-comparison", need: tenant.Viewer, area: "metrics",
			summary: "AI against people on the same mix of cases",
			params: append(metricParams("720"), param{
				name: "target", shape: choice, choices: []string{"combined", "ai"}, fallback: "combined",
				doc: "Whose mix both sides are put on: that of all rated cases, or the AI's, which asks what people would have scored on the AI's cases.",
			}),
			details: "Raw averages compare different customers with different questions. Here both sides are put on the same mix of topic and priority, by three rules of whom a rating judges, and what non-response may hide is said.",
			answers: map[int]any{http.StatusOK: wire.CSATComparison{}}, handle: (*call).csatComparison,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/csat-predicted", need: tenant.Viewer, area: "metrics",
			summary: "What conversations nobody rated were probably like", params: metricParams("720"),
			details: "A model of the organisation's own ratings, calibrated and judged on ratings it never saw. Without enough ratings, or without skill, there is none. Predictions are never added to real ratings.",
			answers: map[int]any{http.StatusOK: wire.CSATPrediction{}}, handle: (*call).csatPredicted,
		},
		{
			method: "GET", path: "/api/v1/cs-metrics/escalation-explained", need: tenant.Viewer, area: "metrics",
			summary: "Why conversations reach a human, when, what changed, and what was avoidable", params: metricParams("168"),
			answers: map[int]any{http.StatusOK: wire.EscalationExplained{}}, handle: (*call).escalationExplained,
		},
		{
			method: "GET", path: "/api/v1/roi/waterfall", need: tenant.Viewer, area: "roi",
			summary: "From what a simple calculator claims to the savings that hold, step by step",
			params: append(metricParams("720"), param{
				name: "view", shape: choice, choices: []string{"standard", "conservative", "gross"}, fallback: "standard", doc: "Which resolutions are credited.",
			}),
			answers: map[int]any{http.StatusOK: wire.Waterfall{}}, handle: (*call).waterfall,
		},
		{
			method: "GET", path: "/api/v1/roi/ledger", need: tenant.Viewer, area: "roi",
			summary: "One month of the ledger, line by line",
			params:  []param{{name: "period", shape: text, low: 7, high: 7, fallback: "the current month", doc: "The month, YYYY-MM."}},
			answers: map[int]any{http.StatusOK: wire.LedgerMonth{}}, handle: (*call).ledgerMonth,
		},
		{
			method: "POST", path: "/api/v1/roi/ledger/close", need: tenant.Admin, area: "roi",
			summary: "Close a month for good", details: "Its lines are chained by hashes and never change; later corrections are booked as reversing lines in an open month.",
			body: wire.CloseMonth{}, types: []string{jsonType}, answers: map[int]any{http.StatusOK: wire.ClosedMonth{}},
			refusals: []int{http.StatusConflict}, handle: (*call).closeMonth,
		},
		{
			method: "GET", path: "/api/v1/roi/ledger/verify", need: tenant.Viewer, area: "roi",
			summary: "Whether every line of the ledger is as it was written", answers: map[int]any{http.StatusOK: wire.LedgerCheck{}}, handle: (*call).verifyLedger,
		},
		{
			method: "GET", path: "/api/v1/definitions", need: tenant.Viewer, area: "metrics",
			summary: "What every figure means", answers: map[int]any{http.StatusOK: wire.Definitions{}}, handle: (*call).definitions,
		},
	}
}
