package sentiment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

var labels = []sentiment.Label{sentiment.Positive, sentiment.Neutral, sentiment.Negative, sentiment.Frustrated}

// floor is the macro-F1 that the labelled conversations must reach.
const floor = 0.92

// TestLabelledConversations judges invented conversations that a reader has labelled, and prints how often which label
// was taken for which.
func TestLabelledConversations(t *testing.T) {
	confusion, unmodified := map[[2]sentiment.Label]int{}, map[[2]sentiment.Label]int{}
	n := 0
	for _, line := range lines(t, "testdata/labelled.txt") {
		label, turns, _ := strings.Cut(line, "\t")
		messages := conversation(t, turns)
		want, got := sentiment.Label(label), sentiment.Score(messages)
		confusion[[2]sentiment.Label{want, got.Label}]++
		unmodified[[2]sentiment.Label{want, byVaderAlone(messages)}]++
		n++
		if want != got.Label {
			t.Logf("read as %s, scored %q (c %s, l %s, F %d %v): %s",
				want, got.Label, show(got.Compound), show(got.Last), got.Frustration, got.Cues, turns)
		}
	}
	if n < 200 {
		t.Fatalf("%d labelled conversations", n)
	}
	macro := macroF1(confusion)
	t.Logf("%d conversations, macro-F1 %.3f (unmodified VADER alone %.3f)\n%s", n, macro, macroF1(unmodified), table(confusion))
	if macro < floor {
		t.Errorf("macro-F1 %.3f is below %.2f", macro, floor)
	}
}

// byVaderAlone is the baseline: the mean of the unmodified compounds, without overrides and cues.
func byVaderAlone(messages []sentiment.Message) sentiment.Label {
	customer := lo.Filter(messages, func(m sentiment.Message, _ int) bool { return m.Sender == sentiment.Customer })
	return sentiment.LabelOf(lo.MeanBy(customer, func(m sentiment.Message) float64 { return sentiment.Vader(m.Text) }))
}

func table(confusion map[[2]sentiment.Label]int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%-12s", "read\\scored")
	for _, got := range labels {
		fmt.Fprintf(&s, "%12s", got)
	}
	for _, want := range labels {
		fmt.Fprintf(&s, "\n%-12s", want)
		for _, got := range labels {
			fmt.Fprintf(&s, "%12d", confusion[[2]sentiment.Label{want, got}])
		}
		fmt.Fprintf(&s, "   F1 %.3f", f1(confusion, want))
	}
	return s.String()
}

func macroF1(confusion map[[2]sentiment.Label]int) float64 {
	return lo.MeanBy(labels, func(l sentiment.Label) float64 { return f1(confusion, l) })
}

func f1(confusion map[[2]sentiment.Label]int, label sentiment.Label) float64 {
	hit, wanted, got := 0, 0, 0
	for pair, n := range confusion {
		if pair[0] == label {
			wanted += n
		}
		if pair[1] == label {
			got += n
		}
		if pair[0] == label && pair[1] == label {
			hit += n
		}
	}
	return 2 * float64(hit) / float64(wanted+got)
}

func conversation(t *testing.T, turns string) []sentiment.Message {
	t.Helper()
	if turns == "" {
		return nil
	}
	var messages []sentiment.Message
	for turn := range strings.SplitSeq(turns, " | ") {
		who, said, ok := strings.Cut(turn, ": ")
		senders := map[string]sentiment.Sender{"C": sentiment.Customer, "A": sentiment.AI}
		if !ok || senders[who] == "" {
			t.Fatalf("turn %q", turn)
		}
		messages = append(messages, sentiment.Message{Sender: senders[who], Text: said})
	}
	return messages
}

func show(c *float64) string {
	if c == nil {
		return "none"
	}
	return fmt.Sprintf("%.3f", *c)
}
