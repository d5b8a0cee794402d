package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Prediction is what a model expects of conversations nobody rated. It is never mixed into real ratings.
type Prediction struct {
	Frame
	// Figures are the real CSAT % of the rated, and the predicted one of the unrated, apart.
	Figures Figures
	// ModelVersion is empty and Why says the reason where there is no model.
	ModelVersion string
	Why          string
	// Predicted counts the unrated conversations; Looked says that only the newest were looked at.
	Predicted int
	Cut       bool
	Report    predict.Report
}

// The bounds of learning and predicting.
const (
	learnRatingsFrom = 365 * 24 * time.Hour
	learnAtMost      = 20_000
	predictAtMost    = 20_000
	modelFor         = time.Hour
)

// models keeps what was learned for an organisation for a while.
type models struct {
	mu   sync.Mutex
	orgs map[tenant.ID]learned
}

type learned struct {
	model  predict.Satisfaction
	report predict.Report
	err    error
	at     time.Time
}

// PredictedCSAT answers for conversations of the window that nobody rated. Without enough ratings to learn from, or
// where a model is no better than the plain guess, there is no prediction.
func (m *Monitor) PredictedCSAT(ctx context.Context, r Request) (Prediction, error) {
	v, err := m.open(ctx, r, CostHours)
	if err != nil {
		return Prediction{}, err
	}
	sum, err := v.total(ctx)
	if err != nil {
		return Prediction{}, err
	}
	l, err := m.learn(ctx, v)
	if err != nil {
		return Prediction{}, err
	}
	real, _ := v.satisfaction(sum).Get("csat_pct")
	out := Prediction{Frame: v.frame(), Report: l.report}
	var chances []float64
	if l.err != nil {
		out.Why = l.err.Error()
	} else {
		out.ModelVersion = l.model.Version
		if chances, out.Cut, err = v.chances(ctx, l.model); err != nil {
			return Prediction{}, err
		}
	}
	out.Predicted = len(chances)
	out.Figures = Figures{real, {Name: "predicted_csat_pct", Decimals: percent, Estimate: l.model.Share(chances)}}
	return out, nil
}

// learn fits a model to the organisation's ratings of the last year, once an hour.
func (m *Monitor) learn(ctx context.Context, v view) (learned, error) {
	m.models.mu.Lock()
	l, ok := m.models.orgs[v.org.ID]
	m.models.mu.Unlock()
	if ok && v.asOf.Sub(l.at) < modelFor && !v.asOf.Before(l.at) {
		return l, nil
	}
	var samples []predict.Sample
	q := conversation.Query{Start: v.asOf.Add(-learnRatingsFrom), Rated: lo.ToPtr(true)}
	for c, err := range m.store.Conversations.Each(ctx, v.org.ID, q) {
		if err != nil {
			return learned{}, err
		}
		if s, ok := predict.SampleOf(c); ok {
			samples = append(samples, s)
		}
		if len(samples) == learnAtMost {
			break
		}
	}
	l = learned{at: v.asOf}
	l.model, l.report, l.err = predict.Train(samples)
	m.models.mu.Lock()
	m.models.orgs[v.org.ID] = l
	m.models.mu.Unlock()
	return l, nil
}

// chances predicts the unrated conversations of the view, newest first.
func (v view) chances(ctx context.Context, model predict.Satisfaction) (chances []float64, cut bool, err error) {
	q := conversation.Query{
		Start: v.window.Start, End: v.window.End, Rated: lo.ToPtr(false), Platform: v.where.Platform, Topic: v.where.Topic,
		Priority: v.where.Priority, AIAgent: v.aiAgent,
	}
	for c, err := range v.m.store.Conversations.Each(ctx, v.org.ID, q) {
		if err != nil {
			return nil, false, err
		}
		if len(chances) == predictAtMost {
			return chances, true, nil
		}
		if p, ok := model.Predict(predict.Look(c), c.Facts.Topic.Value); ok {
			chances = append(chances, p)
		}
	}
	return chances, false, nil
}
