package quality

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

const outcomeFiles = "outcome-*.ndjson.gz"

// dialogue is one record of the outcome data.
type dialogue struct {
	ID     string `json:"id"`
	Split  string `json:"split"`
	Topic  string `json:"topic"`
	Labels struct {
		GoalMet *bool `json:"user_goal_met"`
		Annoyed *bool `json:"user_annoyed"`
	} `json:"labels"`
	Turns []struct {
		Role string `json:"role"`
		Text string `json:"text"`
	} `json:"turns"`
}

func (d dialogue) conversation() conversation.Conversation {
	messages := make([]conversation.Message, len(d.Turns))
	for i, t := range d.Turns {
		messages[i] = conversation.Message{Sender: conversation.AI, Content: t.Text, Order: time.Unix(int64(i), 0), Position: i}
		if t.Role == "user" {
			messages[i].Sender = conversation.Customer
		}
	}
	return conversation.Conversation{Messages: messages}
}

// unhappy says whether the customer was not satisfied, by one of the two labels; nil was not asked.
func (d dialogue) unhappy(label string) *bool {
	if label == "annoyed" {
		return d.Labels.Annoyed
	}
	if d.Labels.GoalMet == nil {
		return nil
	}
	return lo.ToPtr(!*d.Labels.GoalMet)
}

// judged is a labelled conversation with what the core reads in it.
type judged struct {
	dialogue
	unhappy bool
	signs   predict.Signs
	vader   float64
}

// judge looks at the conversations with the label, of the part to learn from or of all others.
func judge(all []dialogue, label string, train bool) []judged {
	return lo.FilterMap(all, func(d dialogue, _ int) (judged, bool) {
		v := d.unhappy(label)
		if v == nil || (d.Split == "train") != train {
			return judged{}, false
		}
		c := d.conversation()
		said := lo.Filter(c.Messages, func(m conversation.Message, _ int) bool { return m.Sender == conversation.Customer })
		compound := lo.MeanBy(said, func(m conversation.Message) float64 { return sentiment.Vader(m.Content) })
		return judged{d, *v, predict.Look(c), compound}, true
	})
}

func labelsOf(x []judged) []bool { return lo.Map(x, func(j judged, _ int) bool { return j.unhappy }) }

// samples are the conversations as ratings, spread over five months in the order of the file, so that a fifth of them
// are of the latest.
func samples(x []judged) []predict.Sample {
	return lo.Map(x, func(j judged, i int) predict.Sample {
		return predict.Sample{Signs: j.signs, Topic: j.Topic, Satisfied: !j.unhappy, StartedAt: spread(i, len(x))}
	})
}

func spread(i, n int) time.Time {
	const past = 5 * predict.JudgedOn
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(past / time.Duration(n) * time.Duration(i))
}

// outcomeFloors are what the figures must reach on the development split, a little under what they do.
var outcomeFloors = map[string]map[string]ranking{
	"goal":    {"default score": {auc: 0.88, ap: 0.73}, "learned": {auc: 0.95, ap: 0.85}},
	"annoyed": {"default score": {auc: 0.76, ap: 0.17}, "learned": {auc: 0.80, ap: 0.23}},
}

// TestOutcome ranks conversations by how likely the customer was not satisfied. Learned is fitted to the train split
// alone; nothing else has seen a label.
func TestOutcome(t *testing.T) {
	all := records[dialogue](t, outcomeFiles)
	for _, label := range []string{"goal", "annoyed"} {
		train, dev := judge(all, label, true), judge(all, label, false)
		model, report, err := predict.Train(samples(train))
		if err != nil {
			t.Fatalf("%s: %v (%+v)", label, err, report)
		}
		learned := func(topic bool) func(judged) float64 {
			return func(j judged) float64 {
				p, _ := model.Predict(j.signs, lo.Ternary(topic, j.Topic, ""))
				return 1 - p
			}
		}
		rows := []method[judged]{
			{"majority", func(judged) float64 { return 0 }},
			{"VADER compound", func(j judged) float64 { return -j.vader }},
			{"outcome ladder", func(j judged) float64 {
				return map[conversation.Outcome]float64{conversation.OutcomeConfirmed: 0, conversation.OutcomeAssumed: 1}[j.signs.Outcome] +
					lo.Ternary(j.signs.Outcome == conversation.OutcomeAmbiguous || j.signs.Outcome == conversation.OutcomeAbandoned, 2.0, 0)
			}},
			{"default score", func(j judged) float64 { return predict.Judge(j.signs).Score }},
			{"learned, no topic", learned(false)},
			{"learned", learned(true)},
		}
		t.Logf("not satisfied by %q, learned from %d, measured on %d\n%s", label, len(train), len(dev),
			table(t, rows, dev, labelsOf(dev), outcomeFloors[label]))
		t.Logf("model %s, latest month: %s", model.Version, describe(report))
	}
}

// TestTimeToLook says how long one conversation takes.
func TestTimeToLook(t *testing.T) {
	all := records[dialogue](t, outcomeFiles)[:1000]
	conversations := lo.Map(all, func(d dialogue, _ int) conversation.Conversation { return d.conversation() })
	messages := lo.SumBy(conversations, func(c conversation.Conversation) int { return len(c.Messages) })
	spent := testing.Benchmark(func(b *testing.B) {
		for i := range b.N {
			predict.Judge(predict.Look(conversations[i%len(conversations)]))
		}
	}).NsPerOp()
	t.Logf("%.0f µs a conversation of %.0f messages", float64(spent)/1000, float64(messages)/float64(len(conversations)))
}

func describe(r predict.Report) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d judged of %d, %d features, Brier %.4f (base rate %.4f", r.Judged, r.Cases, r.Features, r.Brier.Score, r.Brier.BaseRate)
	if r.Brier.Skill != nil {
		fmt.Fprintf(&s, ", skill %.3f", *r.Brier.Skill)
	}
	fmt.Fprintf(&s, "), AUC %.3f (topic alone %.3f)\n  predicted  n    mean  observed", lo.FromPtr(r.AUC), lo.FromPtr(r.TopicAUC))
	for _, b := range r.Reliability {
		if b.N > 0 {
			fmt.Fprintf(&s, "\n  %.1f-%.1f  %4d   %.3f   %.3f (%.3f-%.3f)", b.Low, b.High, b.N, *b.MeanPredicted, *b.Observed, b.Interval.Low, b.Interval.High)
		}
	}
	return s.String()
}
