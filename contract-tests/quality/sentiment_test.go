package quality

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

// sentimentFloors are for the proxy: the wizard's opinion that the customer was annoyed.
var sentimentFloors = map[string]ranking{"compound": {auc: 0.69, ap: 0.08}}

// TestSentiment ranks customers by how annoyed they sound, against the other side's opinion: a proxy, as no rating of the
// wording itself is at hand.
func TestSentiment(t *testing.T) {
	all := records[dialogue](t, outcomeFiles)
	dev := judge(all, "annoyed", false)
	rows := []method[judged]{
		{"majority", func(judged) float64 { return 0 }},
		{"VADER mean", func(j judged) float64 { return -j.vader }},
		{"mood (mean)", func(j judged) float64 { return -lo.FromPtr(j.signs.Mood) }},
		{"compound", func(j judged) float64 { return -lo.FromPtr(j.signs.Compound) }},
		{"frustration points", func(j judged) float64 { return float64(j.signs.Frustration) }},
		{"impatient messages", func(j judged) float64 { return float64(j.signs.Impatient) }},
	}
	t.Logf("annoyed\n%s", table(t, rows, dev, labelsOf(dev), sentimentFloors))
}

// TestSentimentLabels compares the label of invented conversations with a reader's, and says how long a message takes.
func TestSentimentLabels(t *testing.T) {
	if os.Getenv("CSM_QUALITY_DIR") == "" {
		t.Skip("NOT MEASURED: set CSM_QUALITY_DIR (see README.md)")
	}
	content, err := os.ReadFile("../../core/scoring/sentiment/testdata/labelled.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want, ours, plain []sentiment.Label
	for line := range strings.Lines(string(content)) {
		label, turns, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		messages := lo.Map(strings.Split(turns, " | "), func(turn string, _ int) sentiment.Message {
			who, said, _ := strings.Cut(turn, ": ")
			return sentiment.Message{Sender: lo.Ternary(who == "C", sentiment.Customer, sentiment.AI), Text: said}
		})
		said := lo.Filter(messages, func(m sentiment.Message, _ int) bool { return m.Sender == sentiment.Customer })
		want, ours = append(want, sentiment.Label(label)), append(ours, sentiment.Score(messages).Label)
		plain = append(plain, sentiment.LabelOf(lo.MeanBy(said, func(m sentiment.Message) float64 { return sentiment.Vader(m.Text) })))
	}
	three := func(list []sentiment.Label) []sentiment.Label { return lo.Map(list, ofThree) }
	t.Logf("%d labelled conversations; three labels take frustrated as negative", len(want))
	for _, row := range []struct {
		name       string
		four, less []sentiment.Label
	}{{"majority", majority(want), majority(three(want))}, {"VADER alone", plain, three(plain)}, {"ours", ours, three(ours)}} {
		t.Logf("%-11s  four labels: accuracy %.3f, macro-F1 %.3f; three: accuracy %.3f, macro-F1 %.3f", row.name,
			accuracy(want, row.four), macroF1(want, row.four), accuracy(three(want), row.less), macroF1(three(want), row.less))
	}

	var texts []string
	for _, d := range records[dialogue](t, outcomeFiles)[:500] {
		for _, m := range d.conversation().Messages {
			if m.Sender == conversation.Customer {
				texts = append(texts, m.Content)
			}
		}
	}
	each := func(score func(string) float64) float64 {
		return float64(testing.Benchmark(func(b *testing.B) {
			for i := range b.N {
				score(texts[i%len(texts)])
			}
		}).NsPerOp()) / 1000
	}
	t.Logf("µs a message: ours %.2f, VADER alone %.2f", each(sentiment.MessageCompound), each(sentiment.Vader))
}

func ofThree(l sentiment.Label, _ int) sentiment.Label {
	return lo.Ternary(l == sentiment.Frustrated, sentiment.Negative, l)
}

// majority guesses the most frequent label every time.
func majority(want []sentiment.Label) []sentiment.Label {
	most := lo.MaxBy(want, func(a, b sentiment.Label) bool { return lo.Count(want, a) > lo.Count(want, b) })
	return slices.Repeat([]sentiment.Label{most}, len(want))
}

func accuracy(want, got []sentiment.Label) float64 {
	right := 0
	for i := range want {
		if got[i] == want[i] {
			right++
		}
	}
	return float64(right) / float64(len(want))
}

func macroF1(want, got []sentiment.Label) float64 {
	labels := lo.Uniq(want)
	return lo.MeanBy(labels, func(l sentiment.Label) float64 {
		hits, misses := 0, 0
		for i := range want {
			if got[i] == l && want[i] == l {
				hits++
			} else if got[i] == l {
				misses++
			}
		}
		return f1(hits, misses, lo.Count(want, l))
	})
}
