package predict

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/stat"
)

// The gates of a model. EventsPerFeature is the number of the rarer outcome needed for each feature that varies
// (Peduzzi and others 1996).
const (
	MinRatings       = 200
	EventsPerFeature = 10
	// MinJudged is how many cases the latest month needs, with at least one of each outcome, to judge a model.
	MinJudged = 20
)

// JudgedOn is the length of the latest part of the past, which a model is judged on and never fitted to.
const JudgedOn = 30 * 24 * time.Hour

// Why there is no model. Report says the numbers.
var (
	ErrTooFew    = errors.New("predict: too few cases to learn from")
	ErrTooRare   = errors.New("predict: too few of the rarer outcome for the number of features")
	ErrUnjudged  = errors.New("predict: the latest month has too few cases to judge a model on")
	ErrNoSkill   = errors.New("predict: no better than the plain guess on the latest month")
	ErrNoFinding = errors.New("predict: no model fits the cases")
)

// Report says what a model was learned from and how good it is. It is filled as far as learning got, also when there is
// no model.
type Report struct {
	// Cases and Yes count all cases, and those with the outcome predicted; Fitted and Judged how many the model was
	// fitted to and judged on.
	Cases, Yes, Fitted, Judged int
	// Rarer counts the rarer outcome among the fitted, Features the features that vary there.
	Rarer, Features int
	// From and To are the first and last start of the fitted, JudgedFrom and JudgedTo of the judged.
	From, To, JudgedFrom, JudgedTo time.Time
	// Brier is the score on the judged month, with the skill against that month's own base rate.
	Brier stat.BrierScore
	// AUC is the chance that a case with the outcome was ranked above one without; TopicAUC and TopicBrier are those of
	// knowing nothing but the topic. Nil when not judged.
	AUC, TopicAUC, TopicBrier *float64
	// Reliability sets predictions beside what happened, in ten rows.
	Reliability []stat.ReliabilityBin
}

// Model is what was learned. It can be stored as JSON; the same cases give the same model to the last bit.
type Model struct {
	// Version names the model by its content: two models with the same version predict the same.
	Version string `json:"version"`
	// Features name the weights of Regression in order.
	Features    []string         `json:"features"`
	Regression  stat.Logistic    `json:"regression"`
	Calibration stat.Calibration `json:"calibration"`
	// Topics is each topic's rate of the outcome, shrunk; a topic not in it has the pooled rate.
	Topics map[string]float64 `json:"topics"`
	Pooled float64            `json:"pooled"`
	// Usual stands in for features a conversation does not show, such as times the source did not give.
	Usual []float64 `json:"usual"`
	// Cases is how many the model was fitted to and Error its Brier score on the month it was judged on, of Judged cases.
	Cases  int     `json:"cases"`
	Judged int     `json:"judged"`
	Error  float64 `json:"error"`
}

// example is one case: its features without that of the topic (NaN where not shown), and what happened.
type example struct {
	row   []float64
	topic string
	yes   bool
	at    time.Time
}

const folds = 5

// learn fits to all but the latest month, calibrates on cross-fitted scores, and judges on the latest month. names are
// those of the rows; the topic's is added.
func learn(names []string, all []example, minimum int) (Model, Report, error) {
	// A fixed order makes the model independent of how the cases came.
	all = slices.Clone(all)
	slices.SortFunc(all, compareExamples)
	r := Report{Cases: len(all), Yes: lo.CountBy(all, func(e example) bool { return e.yes })}
	if len(all) < max(minimum, 1) {
		return Model{}, r, fmt.Errorf("%w: %d of %d", ErrTooFew, len(all), minimum)
	}
	cut := all[len(all)-1].at.Add(-JudgedOn)
	n, _ := slices.BinarySearchFunc(all, cut, func(e example, t time.Time) int {
		if e.at.After(t) {
			return 1
		}
		return -1
	})
	past, latest := all[:n], all[n:]
	r.Fitted, r.Judged = len(past), len(latest)
	if n == 0 {
		return Model{}, r, fmt.Errorf("%w: all of them are of the latest month", ErrTooFew)
	}
	r.From, r.To, r.JudgedFrom, r.JudgedTo = past[0].at, past[n-1].at, latest[0].at, latest[len(latest)-1].at

	m := Model{Features: append(slices.Clone(names), "topic_rate"), Cases: n, Judged: len(latest)}
	others := m.rates(past)
	m.usual(past)
	rows := lo.Map(past, func(e example, _ int) []float64 { return m.features(e.row, others(e)) })
	outcomes := yes(past)
	r.Rarer = min(lo.Count(outcomes, true), lo.Count(outcomes, false))
	r.Features = varying(rows)
	if r.Rarer < EventsPerFeature*max(r.Features, 1) {
		return Model{}, r, fmt.Errorf("%w: %d for %d features", ErrTooRare, r.Rarer, r.Features)
	}
	if judged := lo.CountBy(latest, func(e example) bool { return e.yes }); len(latest) < MinJudged || judged == 0 || judged == len(latest) {
		return Model{}, r, fmt.Errorf("%w: %d, %d with the outcome", ErrUnjudged, len(latest), judged)
	}
	if !m.fit(rows, outcomes) {
		return Model{}, r, ErrNoFinding
	}
	m.Error = m.judge(&r, latest)
	m.Version = m.digest()
	if r.Brier.Skill == nil || *r.Brier.Skill <= 0 {
		return Model{}, r, ErrNoSkill
	}
	return m, r, nil
}

func compareExamples(a, b example) int {
	return cmp.Or(a.at.Compare(b.at), strings.Compare(a.topic, b.topic), slices.Compare(a.row, b.row), -cmp.Compare(count(a.yes), count(b.yes)))
}

func yes(examples []example) []bool {
	return lo.Map(examples, func(e example, _ int) bool { return e.yes })
}

func count(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// rates learns how the outcome differs by topic (Kleinman's shrinkage). It returns the rate of a case's topic among the
// other cases: a case must not be told its own outcome.
func (m *Model) rates(past []example) func(example) float64 {
	byTopic := lo.GroupBy(past, func(e example) string { return e.topic })
	topics := lo.Keys(byTopic)
	slices.Sort(topics)
	totals := lo.Map(topics, func(t string, _ int) int64 { return int64(len(byTopic[t])) })
	events := lo.Map(topics, func(t string, _ int) int64 {
		return lo.SumBy(byTopic[t], func(e example) int64 { return count(e.yes) })
	})
	s, _ := stat.ShrinkRates(events, totals) // counts of cases are never impossible
	m.Pooled, m.Topics = s.Pooled, make(map[string]float64, len(topics))
	place := make(map[string]int, len(topics))
	for i, t := range topics {
		m.Topics[t], place[t] = s.Shrunk[i], i
	}
	return func(e example) float64 {
		if s.Strength == nil {
			return m.Pooled
		}
		i, pull := place[e.topic], *s.Strength
		return (float64(events[i]-count(e.yes)) + pull*m.Pooled) / (float64(totals[i]-1) + pull)
	}
}

// rate is a topic's rate of the outcome.
func (m Model) rate(topic string) float64 {
	if p, ok := m.Topics[topic]; ok {
		return p
	}
	return m.Pooled
}

// usual learns what stands in for a feature that is not shown: the mean where it is.
func (m *Model) usual(past []example) {
	m.Usual = make([]float64, len(m.Features)-1)
	for j := range m.Usual {
		shown := lo.FilterMap(past, func(e example, _ int) (float64, bool) { return e.row[j], !math.IsNaN(e.row[j]) })
		m.Usual[j], _ = stat.Average(shown)
	}
}

// leastRate keeps a topic's rate off 0 and 1, so that its log-odds are finite.
const leastRate = 1e-3

// features are a row with what is usual where it shows nothing, and the log-odds of the topic's rate.
func (m Model) features(row []float64, rate float64) []float64 {
	out := make([]float64, 0, len(row)+1)
	for j, x := range row {
		if math.IsNaN(x) {
			x = m.Usual[j]
		}
		out = append(out, x)
	}
	shift, _ := stat.Logit(min(max(rate, leastRate), 1-leastRate))
	return append(out, shift)
}

func varying(rows [][]float64) int {
	n := 0
	for j := range rows[0] {
		if slices.ContainsFunc(rows, func(row []float64) bool { return row[j] != rows[0][j] }) {
			n++
		}
	}
	return n
}

// fit learns the weights from all rows and the calibration from scores that each fifth of them got by weights learned
// from the other four.
func (m *Model) fit(rows [][]float64, outcomes []bool) bool {
	var ok bool
	if m.Regression, ok = stat.FitLogistic(rows, outcomes); !ok {
		return false
	}
	scores := make([]float64, len(rows))
	for k := range folds {
		var others [][]float64
		var theirs []bool
		for i := range rows {
			if i%folds != k {
				others, theirs = append(others, rows[i]), append(theirs, outcomes[i])
			}
		}
		without, ok := stat.FitLogistic(others, theirs)
		if !ok {
			return false
		}
		for i := k; i < len(rows); i += folds {
			if scores[i], ok = without.Risk(rows[i]); !ok {
				return false
			}
		}
	}
	m.Calibration, ok = stat.Calibrate(scores, outcomes)
	return ok
}

// probability is the calibrated chance of the outcome.
func (m Model) probability(row []float64, topic string) (float64, bool) {
	if len(row) != len(m.Usual) {
		return 0, false
	}
	score, ok := m.Regression.Risk(m.features(row, m.rate(topic)))
	if !ok {
		return 0, false
	}
	return m.Calibration.At(score)
}

// judge fills the report from the latest month and returns the Brier score.
func (m Model) judge(r *Report, latest []example) float64 {
	outcomes := yes(latest)
	predicted := lo.Map(latest, func(e example, _ int) float64 { p, _ := m.probability(e.row, e.topic); return p })
	byTopic := lo.Map(latest, func(e example, _ int) float64 { return m.rate(e.topic) })
	r.Brier, _ = stat.Brier(predicted, outcomes)
	r.Reliability, _ = stat.Reliability(predicted, outcomes)
	r.AUC, r.TopicAUC = area(predicted, outcomes), area(byTopic, outcomes)
	if b, ok := stat.Brier(byTopic, outcomes); ok {
		r.TopicBrier = &b.Score
	}
	return r.Brier.Score
}

// area is the area under the ROC curve, by mid-ranks; nil when all outcomes agree.
func area(scores []float64, outcomes []bool) *float64 {
	order := lo.Range(len(scores))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var ranks, n float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if outcomes[k] {
				ranks += float64(i+1+j) / 2
				n++
			}
		}
		i = j
	}
	others := float64(len(scores)) - n
	if n == 0 || others == 0 {
		return nil
	}
	return lo.ToPtr((ranks - n*(n+1)/2) / (n * others))
}

// digest names the model by its content.
func (m Model) digest() string {
	m.Version = ""
	content, err := json.Marshal(m)
	if err != nil { // only for numbers JSON cannot carry, which no fit returns
		return ""
	}
	sum := sha256.Sum256(content)
	return "logit-1-" + hex.EncodeToString(sum[:6])
}
