package httpapi

import (
	"encoding/json"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

func showFrame(f monitor.Frame) wire.Frame {
	return wire.Frame{
		Success: true, AsOf: f.AsOf, Currency: f.Currency,
		Window: wire.Window{Start: f.Start, End: f.End, TimeZone: f.TimeZone},
	}
}

func showPrevious(f monitor.Frame, figures monitor.Figures) wire.Previous {
	return wire.Previous{
		Start: f.Start.Add(-f.End.Sub(f.Start)), End: f.Start, Figures: showFigures(figures, f.Currency),
	}
}

func showFigures(figures monitor.Figures, currency string) wire.Figures {
	return lo.Map(figures, func(f monitor.Figure, _ int) wire.Figure {
		return wire.Figure{Name: f.Name, Number: showNumber(f, currency), Estimate: showEstimate(f)}
	})
}

// showNumber is the plain number of a figure: exact money in the currency's decimals, or the value in its own.
func showNumber(f monitor.Figure, currency string) wire.Number {
	switch {
	case f.Money != nil:
		return amount(*f.Money, currency)
	case f.Estimate.Value == nil:
		return ""
	}
	return wire.Number(stat.Round(*f.Estimate.Value, f.Decimals))
}

// amount is money in the decimals of its currency, or all of them for a currency we do not know.
func amount(m money.Micro, currency string) wire.Number {
	text, err := m.Format(currency)
	if err != nil {
		text = m.String()
	}
	return wire.Number(text)
}

func showEstimate(f monitor.Figure) wire.Estimate {
	e := f.Estimate
	value := wire.Decimal(e.Value)
	if f.Money != nil {
		value = wire.Number(f.Money.String())
	}
	return wire.Estimate{
		Value: value, N: e.N, Denominator: e.Denominator, Low: wire.Decimal(e.Low), High: wire.Decimal(e.High),
		Confidence: e.Confidence, Method: string(e.Method), Definition: e.Definition, Maturity: showMaturity(e.Maturity),
	}
}

// evidence is an estimate that stands by itself.
func evidence(e stat.Estimate) wire.Estimate { return showEstimate(monitor.Figure{Estimate: e}) }

func showMaturity(m stat.Maturity) wire.Maturity {
	return wire.Maturity{State: string(m.State), MatureShare: m.MatureShare}
}

func showReasons(reasons []monitor.ReasonCount) []wire.ReasonCount {
	return lo.Map(reasons, func(r monitor.ReasonCount, _ int) wire.ReasonCount {
		return wire.ReasonCount{Reason: string(r.Reason), Count: r.Count, Estimate: evidence(r.Estimate)}
	})
}

func showWarnings(warnings []intake.Warning) []wire.Warning {
	return lo.Map(warnings, func(w intake.Warning, _ int) wire.Warning { return wire.Warning(w) })
}

// showConversation is a conversation as the API shows it. It points to parts of c, which must not change any more.
func showConversation(c *conversation.Conversation) wire.Conversation {
	f := &c.Facts
	out := wire.Conversation{
		ID:                     c.UID().String(),
		ConversationID:         c.ID,
		Platform:               string(c.Platform),
		CustomerID:             said(&f.CustomerID),
		AIAgentID:              said(&f.AIAgentID),
		Messages:               make([]wire.Message, len(c.Messages)),
		Sentiment:              sentimentOf(c),
		Escalated:              c.Findings.Escalation.Escalated,
		EscalatedSource:        stated(f.Escalated.OK() && f.Escalated.Value == c.Findings.Escalation.Escalated),
		EscalationReason:       said(&f.EscalationReason),
		ResolutionTimeSeconds:  wire.Decimal(said(&f.ResolutionSeconds)),
		FirstContactResolution: said(&f.FirstContactResolution),
		AIHandled:              c.AIHandled(),
		AIHandledSource:        stated(f.AIHandled.OK() && len(c.Messages) == 0),
		Topic:                  said(&f.Topic),
		Subtopic:               said(&f.Subtopic),
		Priority:               written((*string)(&f.Priority.Value)),
		Metadata:               raw(f.Metadata.Value),
		Tags:                   f.Tags.Value,
		CreatedAt:              said(&f.CreatedAt),
		ClosedAt:               said(&f.ClosedAt),
		RatedAt:                showTime(&f.Rating.Value.At),
		HandedOffAt:            said(&f.HandedOffAt),
		SurveyOffered:          said(&f.Offered),
		HandleTimeSeconds:      wire.Decimal(said(&f.HandleSeconds)),
		InputTokens:            said(&f.TokensIn),
		OutputTokens:           said(&f.TokensOut),
		Handler:                string(lo.CoalesceOrEmpty(c.Findings.Handler, conversation.HandlerUnknown)),
		StartedAt:              c.StartedAt,
		EndedAt:                c.EndedAt,
		ReceivedAt:             c.ReceivedAt,
		UpdatedAt:              c.UpdatedAt,
		Trust:                  trust(c.Trust),
		Findings:               showFindings(&c.Findings),
	}
	for i := range c.Messages {
		out.Messages[i] = showMessage(&c.Messages[i])
	}
	if f.Rating.OK() {
		out.CSATScore = &f.Rating.Value.Score
	}
	if out.Sentiment != nil {
		source := stated(f.Sentiment.OK())
		out.SentimentSource = &source
	}
	if f.Cost.OK() {
		out.CostUSD = wire.Number(f.Cost.Value.String())
	}
	return out
}

func showMessage(m *conversation.Message) wire.Message {
	return wire.Message{
		SenderType: string(m.Sender), Content: m.Content, Timestamp: showTime(&m.At), SenderID: written(&m.SenderID),
		MessageID: written(&m.ID), Metadata: raw(m.Metadata),
	}
}

func showFindings(f *conversation.Findings) wire.Findings {
	out := wire.Findings{
		HandlerConflict: f.HandlerConflict, Attribution: written((*string)(&f.Attribution)), LastTouch: written((*string)(&f.LastTouch)),
		CustomerTurns: f.CustomerTurns, FirstResponseSeconds: f.FirstResponseSeconds,
		ResolutionSeconds: f.ResolutionSeconds, HandleSeconds: f.HandleSeconds,
		Escalation: wire.Escalation{
			Escalated: f.Escalation.Escalated, At: showTime(&f.Escalation.At), Reason: written((*string)(&f.Escalation.Primary)),
			Secondary: words(f.Escalation.Secondary), Signals: words(f.Escalation.Signals),
			UnmetRequest: f.Escalation.UnmetRequest, FlagConflict: f.Escalation.FlagConflict,
			Evidence: showEvidence(f.Escalation.Evidence),
		},
		Sentiment: wire.SentimentFinding{
			Label: written((*string)(&f.Sentiment.Label)), Compound: f.Sentiment.Compound, Frustration: f.Sentiment.Frustration,
			Language: written(&f.Sentiment.Language), LanguageSupported: f.Sentiment.LanguageSupported,
			Evidence: showEvidence(f.Sentiment.Evidence),
		},
		Outcome: wire.Outcome{Kind: written((*string)(&f.Outcome.Kind)), Evidence: showEvidence(f.Outcome.Evidence)},
	}
	if f.Escalation.Turn > 0 {
		out.Escalation.Turn = &f.Escalation.Turn
	}
	if f.Failure.Failed() {
		out.FailedQuestion = &wire.FailedQuestion{
			Question: written(&f.Failure.Question), Kinds: words(f.Failure.Kinds), AskedAt: showTime(&f.Failure.At),
		}
	}
	return out
}

func showEvidence(evidence []conversation.Evidence) []wire.Evidence {
	out := make([]wire.Evidence, len(evidence))
	for i := range evidence {
		e := &evidence[i]
		out[i] = wire.Evidence{Signal: string(e.Signal), Words: e.Words}
		if e.Message >= 0 {
			out[i].Message = &e.Message
		}
	}
	return out
}

// said is what was stated, or null.
func said[T any](s *conversation.Said[T]) *T {
	if !s.OK() {
		return nil
	}
	return &s.Value
}

// written is a text where it stands, or null when it is empty.
func written(v *string) *string {
	if *v == "" {
		return nil
	}
	return v
}

// sentimentOf is the label that filters use, where it stands.
func sentimentOf(c *conversation.Conversation) *string {
	if c.Facts.Sentiment.OK() {
		return written((*string)(&c.Facts.Sentiment.Value))
	}
	return written((*string)(&c.Findings.Sentiment.Label))
}

// word is a text, or null when there is none.
func word[T ~string](v T) *string {
	if v == "" {
		return nil
	}
	return lo.ToPtr(string(v))
}

func words[T ~string](v []T) []string {
	return lo.Map(v, func(w T, _ int) string { return string(w) })
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// showTime is a time where it stands, or null when it is zero.
func showTime(t *time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return t
}

func stated(declared bool) string {
	if declared {
		return "declared"
	}
	return "derived"
}

func trust(t conversation.Trust) string {
	switch t {
	case conversation.Signed:
		return "signed"
	case conversation.Confirmed:
		return "confirmed"
	default:
		return "unverified"
	}
}
