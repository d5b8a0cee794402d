package predict

import (
	"math"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// Sample is one rated conversation of an organisation.
type Sample struct {
	Signs     Signs
	Topic     string // as stored; empty when not known
	Satisfied bool   // rated 4 or 5
	StartedAt time.Time
}

// SampleOf makes a sample of a rated conversation; ok is false without a rating.
func SampleOf(c conversation.Conversation) (s Sample, ok bool) {
	rating := c.Facts.Rating.Get()
	if rating == nil {
		return Sample{}, false
	}
	return Sample{Signs: Look(c), Topic: c.Facts.Topic.Value, Satisfied: rating.Satisfied(), StartedAt: c.StartedAt}, true
}

// Satisfaction predicts whether customers who gave no rating were satisfied.
type Satisfaction struct{ Model }

// satisfactionFeatures name what satisfactionRow holds.
func satisfactionFeatures() []string {
	return []string{
		"compound", "frustration", "escalated", "bot_gave_up", "repetition", "customer_turns", "first_answer_seconds_log",
		"outcome", "news",
	}
}

func satisfactionRow(s Signs) []float64 {
	return []float64{
		orUnknown(s.Compound), float64(s.Frustration + min(s.Impatient, impatientCounted)), indicator(s.Escalated), indicator(s.GaveUp),
		indicator(s.Repeated), math.Log1p(float64(max(s.CustomerTurns, 0))), logSeconds(s.FirstAnswerSeconds),
		rung(s), float64(s.News),
	}
}

// rung puts the outcome on a line, best first. What the customer gave up on counts as doubt, whatever came after.
func rung(s Signs) float64 {
	switch {
	case s.Outcome == conversation.OutcomeConfirmed:
		return 1
	case s.Outcome == conversation.OutcomeAmbiguous, s.Outcome == conversation.OutcomeAbandoned, s.Resigned:
		return -1
	default:
		return 0
	}
}

func indicator(yes bool) float64 { return float64(count(yes)) }

func orUnknown(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

func logSeconds(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return math.Log1p(max(*x, 0))
}

// Train learns from an organisation's rated conversations: a logistic regression, calibrated by isotonic regression on
// scores of ratings it was not fitted to, and judged on the latest month. There is none (one of the package's errors)
// with fewer than MinRatings ratings, with fewer than EventsPerFeature of the rarer answer for each feature that varies,
// or without skill on the latest month. The order of the samples does not matter.
func Train(samples []Sample) (Satisfaction, Report, error) {
	examples := make([]example, len(samples))
	for i, s := range samples {
		examples[i] = example{row: satisfactionRow(s.Signs), topic: s.Topic, yes: s.Satisfied, at: s.StartedAt}
	}
	m, r, err := learn(satisfactionFeatures(), examples, MinRatings)
	return Satisfaction{m}, r, err
}

// Predict is the calibrated chance, 0 to 1, that the customer was satisfied. ok is false for a model that was not
// learned.
func (m Satisfaction) Predict(s Signs, topic string) (p float64, ok bool) {
	return m.probability(satisfactionRow(s), topic)
}

// Share is the predicted CSAT in per cent over unrated conversations with the given chances, csat.predicted_share/v1.
// Its interval covers chance and how far off the model was in the month it was judged on. Unknown without predictions.
func (m Satisfaction) Share(chances []float64) stat.Estimate {
	const definition = "csat.predicted_share/v1"
	n := int64(len(chances))
	mean, ok := stat.Average(chances)
	if !ok || m.Judged == 0 {
		return stat.Unknown(definition, n)
	}
	variance := m.Error / float64(m.Judged)
	for _, p := range chances {
		variance += p * (1 - p) / float64(n*n)
	}
	i, _ := stat.NormalInterval(mean, math.Sqrt(variance), stat.Confidence95)
	i = stat.Interval{Low: 100 * max(i.Low, 0), High: 100 * min(i.High, 1)}
	return stat.WithInterval(100*mean, i, stat.Confidence95, stat.MethodNormal, n, definition)
}
