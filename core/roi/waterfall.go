package roi

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// The steps of a waterfall in their order. It starts from what a simple calculator would claim and takes away, one by
// one, what does not hold.
const (
	// StepGross is every conversation the AI took part in, at the organisation's mean human cost per contact.
	StepGross = "gross"
	// StepEscalated is those that reached a person by escalation.
	StepEscalated = "escalated"
	// StepUnresolved is those that ended without a resolution: given up, still open, or answered by nobody.
	StepUnresolved = "unresolved"
	// StepReturned is the resolutions whose customer came back in time.
	StepReturned = "returned"
	// StepAssumed is the resolutions that nobody confirmed; only the conservative view takes them away.
	StepAssumed = "assumed"
	// StepTopicMix is the difference between the organisation's mean cost and that of the topics really resolved.
	StepTopicMix = "topic_mix"
	// StepAIUsage is the variable cost of the AI, StepFees the platform's.
	StepAIUsage = "ai_usage"
	StepFees    = "fees"
	// StepNet is the headline savings: the sum of the steps before it.
	StepNet = "net"
)

// Step is one bar of a waterfall.
type Step struct {
	Name string
	// Amount is rounded to the minor unit; taking away is negative. The steps before StepNet add up to it exactly.
	Amount money.Micro
	// Conversations is how many the step is about; 0 for steps that are not about conversations.
	Conversations int64
	// Running is the sum of the amounts up to this step.
	Running money.Micro
	// Percent is the return on the AI's whole cost if the reckoning stopped at this step, not rounded; nil when the AI cost
	// nothing. At StepNet it is that of the rounded savings.
	Percent *money.Exact
}

// Waterfall explains the savings of a view step by step. There is none (nil) while the hourly cost is unknown. In the
// gross view unresolved, returned and assumed conversations are not taken away.
func (s Statement) Waterfall(view View) ([]Step, error) {
	figures := s.figuresOf(view)
	if figures.Savings == nil {
		return nil, nil
	}
	steps, err := s.contactSteps(view)
	if err != nil {
		return nil, err
	}
	soFar, err := money.Sum(lo.Map(steps, func(step Step, _ int) money.Micro { return step.Amount })...)
	if err != nil {
		return nil, err
	}
	mix, err := figures.HumanCost.Sub(soFar)
	if err != nil {
		return nil, err
	}
	fee, _ := lo.Find(s.Charges, func(c ChargeTotal) bool { return c.Model == MonthlyFee })
	steps = append(steps, Step{Name: StepTopicMix, Amount: mix, Conversations: figures.Credited},
		Step{Name: StepAIUsage, Amount: fee.Amount - s.AICost}, Step{Name: StepFees, Amount: -fee.Amount})
	return s.rounded(steps)
}

func (s Statement) figuresOf(view View) ViewFigures {
	switch view {
	case Conservative:
		return s.Conservative
	case Gross:
		return s.Gross
	}
	return s.Standard
}

// contactSteps goes from all AI conversations to those credited, each at the organisation's mean cost.
func (s Statement) contactSteps(view View) ([]Step, error) {
	sum := func(field func(TopicCounts) int64) int64 { return lo.SumBy(s.topics, field) }
	all := sum(func(t TopicCounts) int64 { return t.AIConversations })
	escalated := sum(func(t TopicCounts) int64 { return t.Escalated })
	kept := sum(func(t TopicCounts) int64 { return t.ConfirmedKept + t.AssumedKept })
	returned := sum(func(t TopicCounts) int64 { return t.ConfirmedLost + t.AssumedLost })
	assumed := kept - s.figuresOf(view).Credited
	if view == Gross {
		kept, returned, assumed = s.Gross.Credited, 0, 0
	}
	each, _ := s.Rates.cost(s.Rates.Any.Seconds)
	counts := []struct {
		name  string
		count int64
		sign  int64
	}{
		{StepGross, all, 1}, {StepEscalated, escalated, -1}, {StepUnresolved, all - escalated - returned - kept, -1},
		{StepReturned, returned, -1}, {StepAssumed, assumed, -1},
	}
	steps := make([]Step, 0, len(counts)+4)
	for _, c := range counts {
		amount, err := each.Mul(money.Whole(c.sign * c.count)).Micro()
		if err != nil {
			return nil, err
		}
		steps = append(steps, Step{Name: c.name, Amount: amount, Conversations: c.count})
	}
	return steps, nil
}

// rounded brings the steps to the minor unit by largest remainder, so that they add up to the rounded savings, and adds
// the running sums and the net step.
func (s Statement) rounded(steps []Step) ([]Step, error) {
	amounts, net, err := money.ApportionMicro(lo.Map(steps, func(step Step, _ int) money.Micro { return step.Amount }), s.Currency)
	if err != nil {
		return nil, err
	}
	usage := len(steps) - 2
	running := money.Micro(0)
	for i := range steps {
		if running, err = running.Add(amounts[i]); err != nil {
			return nil, err
		}
		value := running
		if i < usage { // the AI's cost is not yet in the running sum
			if value, err = running.Sub(s.AICost); err != nil {
				return nil, err
			}
		} else if i == usage {
			value = running + steps[i+1].Amount
		}
		steps[i].Amount, steps[i].Running, steps[i].Percent = amounts[i], running, s.percentOf(value)
	}
	return append(steps, Step{Name: StepNet, Amount: net, Running: net, Percent: s.percentOf(net)}), nil
}

func (s Statement) percentOf(savings money.Micro) *money.Exact {
	percent, err := savings.Exact().Mul(money.Whole(100)).Div(s.AICost.Exact())
	if err != nil {
		return nil
	}
	return &percent
}
