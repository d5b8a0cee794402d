package monitor

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
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

// The bounds of learning and predicting. What is learned from comes from every stretch of the last year alike: the newest
// conversations of a busy organisation alone would all be of the month that a model is judged on.
const (
	learnStretch     = 30 * 24 * time.Hour
	learnStretches   = 12
	ratingsAStretch  = 1_500
	riskStretches    = 6
	runsAStretch     = 400
	predictAtMost    = 20_000
	modelFor         = time.Hour
	riskSettledAfter = 24 * time.Hour
)

// models keeps what was learned for an organisation for a while.
type models struct {
	satisfaction shelf[predict.Satisfaction]
	risk         shelf[predict.Risk]
}

func newModels() *models {
	return &models{
		satisfaction: shelf[predict.Satisfaction]{kept: map[tenant.ID]learned[predict.Satisfaction]{}},
		risk:         shelf[predict.Risk]{kept: map[tenant.ID]learned[predict.Risk]{}},
	}
}

// shelf keeps models of one kind.
type shelf[M any] struct {
	mu   sync.Mutex
	kept map[tenant.ID]learned[M]
}

// fetch is the model of an organisation; learn is called when none is young enough. An error of learn is returned, and nothing is
// kept.
func (s *shelf[M]) fetch(org tenant.ID, at time.Time, learn func(*learned[M]) error) (learned[M], error) {
	s.mu.Lock()
	l := s.kept[org]
	s.mu.Unlock()
	if l.fresh(at) {
		return l, nil
	}
	l = learned[M]{at: at}
	if err := learn(&l); err != nil {
		return learned[M]{}, err
	}
	s.mu.Lock()
	s.kept[org] = l
	s.mu.Unlock()
	return l, nil
}

type learned[M any] struct {
	model  M
	report predict.Report
	err    error
	at     time.Time
}

// fresh says whether the model is young enough to be used again at a time.
func (l learned[M]) fresh(at time.Time) bool {
	return !l.at.IsZero() && at.Sub(l.at) < modelFor && !at.Before(l.at)
}

// PredictedCSAT answers for conversations of the window that nobody rated. Without enough ratings to learn from, or
// where a model is no better than the plain guess, there is no prediction.
func (m *Monitor) PredictedCSAT(ctx context.Context, r Request) (Prediction, error) {
	v, err := m.open(ctx, r, CostHours)
	if err != nil {
		return Prediction{}, err
	}
	total := v.sum(metric.Grouping{})
	if err := v.read(ctx); err != nil {
		return Prediction{}, err
	}
	sum, err := total.total()
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
func (m *Monitor) learn(ctx context.Context, v view) (learned[predict.Satisfaction], error) {
	return m.models.satisfaction.fetch(v.org.ID, v.asOf, func(l *learned[predict.Satisfaction]) error {
		var samples []predict.Sample
		for c, err := range v.past(ctx, conversation.Query{Rated: lo.ToPtr(true)}, v.asOf, learnStretches, ratingsAStretch) {
			if err != nil {
				return err
			}
			if s, ok := predict.SampleOf(c); ok {
				samples = append(samples, s)
			}
		}
		l.model, l.report, l.err = predict.Train(samples)
		return nil
	})
}

// learnRisk fits a model of live risk to the organisation's own settled AI conversations of the last half year, once an
// hour. Its err says why there is none.
func (m *Monitor) learnRisk(ctx context.Context, v view) (learned[predict.Risk], error) {
	return m.models.risk.fetch(v.org.ID, v.asOf, func(l *learned[predict.Risk]) error {
		var samples []predict.RiskSample
		for c, err := range v.past(ctx, conversation.Query{AIHandled: lo.ToPtr(true)}, v.asOf.Add(-riskSettledAfter), riskStretches, runsAStretch) {
			if err != nil {
				return err
			}
			if len(c.Messages) > 0 { // without its text it shows nothing
				samples = append(samples, predict.RiskSampleOf(c))
			}
		}
		l.model, l.report, l.err = predict.TrainRisk(samples)
		return nil
	})
}

// past streams what q picks from each of the last stretches before a time, the newest of each and at most so many.
func (v view) past(ctx context.Context, q conversation.Query, before time.Time, stretches, each int) iter.Seq2[conversation.Conversation, error] {
	return func(yield func(conversation.Conversation, error) bool) {
		for k := range stretches {
			q.End = before.Add(-time.Duration(k) * learnStretch)
			q.Start = q.End.Add(-learnStretch)
			n := 0
			for c, err := range v.m.store.Conversations.Each(ctx, v.org.ID, q) {
				if !yield(c, err) || err != nil {
					return
				}
				if n++; n == each {
					break
				}
			}
		}
	}
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
