package escalation

import (
	"cmp"
	"math"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// MinTested is how many AI-involved conversations a topic needs to be tested, and FalseDiscoveryRate the share of wrong
// alarms accepted among the topics named.
const (
	MinTested          = 20
	FalseDiscoveryRate = 0.10
)

// Topic counts one topic's AI-involved conversations and how many of them escalated.
type Topic struct {
	Name      string
	Escalated int64
	Total     int64
}

// Standing is how a topic compares with all others together.
type Standing struct {
	Topic
	Lift       stat.Estimate
	Difference stat.Estimate
	// PValue and Adjusted are nil for a topic that is too small to test.
	PValue      *float64
	Adjusted    *float64
	Significant bool
}

// StandOut compares every topic with all the others: relative risk with Katz's interval, difference with Newcombe's,
// and a test whose p-values are adjusted for the number of topics (Benjamini and Hochberg 1995). Significant topics come
// first, then by escalations, ties by name.
func StandOut(topics []Topic) []Standing {
	var total Topic
	for _, t := range topics {
		total.Escalated += t.Escalated
		total.Total += t.Total
	}
	out := make([]Standing, len(topics))
	var tested []int
	var p []float64
	for i, t := range topics {
		rest := Topic{Escalated: total.Escalated - t.Escalated, Total: total.Total - t.Total}
		out[i] = Standing{
			Topic:      t,
			Lift:       lift(t, rest),
			Difference: stat.ProportionDifference(t.Escalated, t.Total, rest.Escalated, rest.Total, 100, "escalation.topic_difference/v1"),
		}
		if t.Total < MinTested {
			continue
		}
		if c, ok := stat.CompareProportions(t.Escalated, t.Total, rest.Escalated, rest.Total); ok {
			tested, p = append(tested, i), append(p, c.P)
		}
	}
	if adjusted, rejected, ok := stat.BenjaminiHochberg(p, FalseDiscoveryRate); ok {
		for k, i := range tested {
			out[i].PValue, out[i].Adjusted, out[i].Significant = &p[k], &adjusted[k], rejected[k]
		}
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(-compareBool(a.Significant, b.Significant), cmp.Compare(b.Escalated, a.Escalated), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// lift is unknown where nothing escalated on either side: the ratio of two empty counts would only show their sizes.
func lift(t, rest Topic) stat.Estimate {
	if t.Escalated+rest.Escalated == 0 {
		return stat.Unknown("escalation.lift/v1", t.Total+rest.Total)
	}
	return stat.Lift(t.Escalated, t.Total, rest.Escalated, rest.Total, "escalation.lift/v1")
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// TopicChange is one topic's part in the change of the overall rate.
type TopicChange struct {
	Topic string
	// Mix is the part due to the topic's share of the traffic, Rate the part due to its own rate, as fractions.
	Mix, Rate float64
}

// Contribution is Mix + Rate.
func (t TopicChange) Contribution() float64 { return t.Mix + t.Rate }

// Change splits the change of the overall rate into what traffic and what service did (Kitagawa 1955).
type Change struct {
	Previous, Current float64
	Mix, Rate         float64
	Topics            []TopicChange
	// Difference is Current − Previous in per cent points with Newcombe's interval, PValue that of the two-proportion test.
	Difference stat.Estimate
	PValue     *float64
}

// Pair is one topic's counts in both periods.
type Pair struct {
	Topic             string
	Previous, Current Topic
}

// Explain decomposes the change from the previous to the current period; its parts add up to the whole. A topic absent
// in one period borrows the other's rate, so it is all mix. ok is false when a period has no conversation.
func Explain(pairs []Pair) (c Change, ok bool) {
	var n0, n1, x0, x1 int64
	for _, p := range pairs {
		n0, x0 = n0+p.Previous.Total, x0+p.Previous.Escalated
		n1, x1 = n1+p.Current.Total, x1+p.Current.Escalated
	}
	if n0 == 0 || n1 == 0 {
		return Change{}, false
	}
	c.Previous, c.Current = float64(x0)/float64(n0), float64(x1)/float64(n1)
	c.Difference = stat.ProportionDifference(x1, n1, x0, n0, 100, "escalation.change/v1")
	if test, ok := stat.CompareProportions(x1, n1, x0, n0); ok {
		c.PValue = &test.P
	}
	middle := (c.Previous + c.Current) / 2
	for _, p := range pairs {
		w0, w1 := float64(p.Previous.Total)/float64(n0), float64(p.Current.Total)/float64(n1)
		r0, r1 := rates(p)
		t := TopicChange{Topic: p.Topic, Mix: (w1 - w0) * ((r0+r1)/2 - middle), Rate: (r1 - r0) * (w0 + w1) / 2}
		c.Mix += t.Mix
		c.Rate += t.Rate
		c.Topics = append(c.Topics, t)
	}
	return c, true
}

// BySize orders the parts of a change, largest in either direction first.
func BySize(topics []TopicChange) []TopicChange {
	out := slices.Clone(topics)
	slices.SortStableFunc(out, func(a, b TopicChange) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Contribution()), math.Abs(a.Contribution())), cmp.Compare(a.Topic, b.Topic))
	})
	return out
}

func rates(p Pair) (r0, r1 float64) {
	switch {
	case p.Previous.Total == 0 && p.Current.Total == 0:
		return 0, 0
	case p.Previous.Total == 0:
		r1 = float64(p.Current.Escalated) / float64(p.Current.Total)
		return r1, r1
	case p.Current.Total == 0:
		r0 = float64(p.Previous.Escalated) / float64(p.Previous.Total)
		return r0, r0
	default:
		return float64(p.Previous.Escalated) / float64(p.Previous.Total), float64(p.Current.Escalated) / float64(p.Current.Total)
	}
}

// Avoidable says what could have kept a conversation from a human.
type Avoidable string

// The kinds; they are reported apart and never as one sum.
const (
	ByContent    Avoidable = "content"    // the AI lacked or repeated an answer
	ByDeflection Avoidable = "deflection" // asked for a person before trying, on a topic the AI does well
	NotAvoidable Avoidable = "no"
	Undetermined Avoidable = "undetermined"
)

// GoodTopic is the lower bound of the AI's success share from which a topic counts as done well.
const GoodTopic = 0.60

// Avoid judges one escalation. answersBefore is the number of substantive AI answers before the request, nil when
// unknown; success of total AI conversations on the topic were solved without a return.
func Avoid(reason conversation.Reason, answersBefore *int, success, total *int64) Avoidable {
	switch reason {
	case conversation.KnowledgeGap, conversation.RepeatedFailure:
		return ByContent
	case conversation.PolicyRequired:
		return NotAvoidable
	case conversation.CustomerRequested:
		if answersBefore == nil || *answersBefore > 0 || success == nil || total == nil {
			return Undetermined
		}
		if i, ok := stat.Wilson(*success, *total, stat.Confidence95); ok && i.Low >= GoodTopic {
			return ByDeflection
		}
	}
	return Undetermined
}
