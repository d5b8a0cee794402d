package roi

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// The ids of the definitions that a statement's estimates name.
const (
	HumanCostDefinition      = "roi.human_cost/v1"
	SavingsDefinition        = "roi.savings/v1"
	PercentageDefinition     = "roi.percentage/v1"
	EscalationDragDefinition = "roi.escalation_drag/v1"
	HandleDefinition         = "time.handle_mean/v1"
	PerContactDefinition     = "roi.human_cost_per_contact/v1"
)

// Statement is the return on a support AI over a window. Amounts are exact to the millionth and rounded when shown.
type Statement struct {
	Currency string
	Rates    Rates
	// AICost is what the AI cost: Charges, the platform's fee among them, add up to it.
	AICost  money.Micro
	Charges []ChargeTotal
	// Unpriced is the number of AI conversations whose cost nobody knows; AICost is without them.
	Unpriced int64
	// Confidence is low while a default is in use, no hourly cost is known, or conversations are unpriced.
	Confidence Confidence
	// Standard is the headline.
	Standard, Conservative, Gross ViewFigures
	Topics                        []TopicFigures
	Drag                          Drag
	// Sensitivity shows what the headline becomes when one input changes; empty when there is no headline.
	Sensitivity []Sensitivity
	BreakEven   BreakEvenPoint
	// PaybackMonths is not rounded; nil when the months so far have not saved anything, or no set-up cost is known.
	PaybackMonths *money.Exact

	topics []TopicCounts
	// terms are those of each row of topics, and each the human cost of one contact there, not rounded.
	terms []*Terms
	each  []money.Exact
}

// ChargeTotal is one model's part of the AI's cost.
type ChargeTotal struct {
	Model  Model
	Amount money.Micro
}

// ViewFigures are the figures of one view. HumanCost, Savings and Percent are nil when the hourly cost is unknown, and
// Percent also when the AI cost nothing.
type ViewFigures struct {
	View      View
	Credited  int64
	HumanCost *money.Micro
	Savings   *money.Micro
	// Percent is the return on the AI's cost in per cent, not rounded.
	Percent *money.Exact
	// The estimates carry the interval that the measured handle times leave, in units of the currency and in per cent.
	// They have none while a stand-in for the handle time is in use: Sensitivity shows what that may mean.
	HumanCostEstimate, SavingsEstimate, PercentEstimate stat.Estimate
}

// PercentText is Percent with one decimal, halves away from zero; nil when there is none.
func (v ViewFigures) PercentText() *string {
	if v.Percent == nil {
		return nil
	}
	return lo.ToPtr(v.Percent.FixedAway(1))
}

// TopicFigures is one topic's part of the standard view. The parts add up to the whole; the platform's fee belongs to no
// topic.
type TopicFigures struct {
	Topic      string
	Credited   int64
	Rate       TopicRate
	PerContact *money.Micro
	HumanCost  *money.Micro
	// AICost is what the AI cost on the topic's AIConversations; Priced is false where nobody knows the price of any.
	AICost          money.Micro
	AIConversations int64
	Priced          bool
	// The estimates carry the interval that the measured handle times leave; none while a stand-in is in use.
	HandleEstimate, PerContactEstimate, HumanCostEstimate stat.Estimate
}

// BreakEvenPoint says how many conversations a month pay for the monthly fee at the window's shares and costs.
// Conversations is nil when nothing is known, or when Never: each conversation costs at least what it saves.
type BreakEvenPoint struct {
	Conversations *int64
	Never         bool
}

// State reckons the statement of a window. Errors are an unknown currency, a topic listed twice, a negative count, and
// money.ErrRange.
func State(in Inputs) (Statement, error) {
	if err := in.validate(); err != nil {
		return Statement{}, err
	}
	rates, err := in.rates()
	if err != nil {
		return Statement{}, err
	}
	s := Statement{Currency: in.Currency, Rates: rates, topics: in.Topics}
	own := &Terms{Rates: rates, Model: in.Model}
	s.terms = lo.Map(in.Topics, func(t TopicCounts, _ int) *Terms { return lo.CoalesceOrEmpty(t.Terms, own) })
	s.each = lo.Map(in.Topics, func(t TopicCounts, i int) money.Exact {
		each, _ := s.terms[i].Rates.PerContact(t.Topic)
		return each
	})
	s.Confidence = rates.Confidence()
	for i, t := range in.Topics {
		s.Unpriced += s.terms[i].Model.Unpriced(t.Usage)
		s.Confidence = lo.CoalesceOrEmpty(s.Confidence, s.terms[i].Rates.Confidence())
	}
	if s.Unpriced > 0 {
		s.Confidence = LowConfidence
	}
	steps := []func(Inputs) error{s.addAICost, s.addViews, s.addDrag, s.addSensitivity, s.addBreakEven}
	for _, step := range steps {
		if err := step(in); err != nil {
			return Statement{}, err
		}
	}
	if months, ok := payback(in); ok {
		s.PaybackMonths = &months
	}
	return s, nil
}

// addAICost rounds each model's total to the millionth and spreads it over the topics.
func (s *Statement) addAICost(in Inputs) error {
	handlings := map[*Terms]handling{}
	s.Topics = lo.Map(in.Topics, func(t TopicCounts, i int) TopicFigures {
		rate := s.terms[i].Rates.Of(t.Topic)
		handling, made := handlings[s.terms[i]]
		if !made {
			handling = s.terms[i].Rates.handling()
			handlings[s.terms[i]] = handling
		}
		return TopicFigures{
			Topic: t.Topic, Credited: t.Credited(Standard), Rate: rate, AIConversations: t.AIConversations,
			Priced:             t.AIConversations == 0 || t.Usage.ReportedN > 0 || s.terms[i].Model.Unpriced(t.Usage) < t.Usage.Unreported,
			HandleEstimate:     handling.estimate(rate),
			PerContactEstimate: stat.Unknown(PerContactDefinition, rate.Handle.N), HumanCostEstimate: stat.Unknown(HumanCostDefinition, rate.Handle.N),
		}
	})
	charges := lo.Map(in.Topics, func(t TopicCounts, i int) []Charge { return s.terms[i].Model.Charges(t.Usage) })
	for _, model := range []Model{Reported, PerConversation, PerResolution, PerToken} {
		parts, total, err := money.Millionths(lo.Map(charges, func(cs []Charge, _ int) money.Exact {
			charge, _ := lo.Find(cs, func(c Charge) bool { return c.Model == model })
			return charge.Amount
		}))
		if err != nil {
			return err
		}
		if err := s.charge(model, total); err != nil {
			return err
		}
		for i := range parts {
			if s.Topics[i].AICost, err = s.Topics[i].AICost.Add(parts[i]); err != nil {
				return err
			}
		}
	}
	return s.charge(MonthlyFee, in.Fee)
}

func (s *Statement) charge(model Model, amount money.Micro) (err error) {
	if amount != 0 {
		s.Charges = append(s.Charges, ChargeTotal{model, amount})
	}
	s.AICost, err = s.AICost.Add(amount)
	return err
}

func (s *Statement) addViews(in Inputs) (err error) {
	for _, v := range []struct {
		view View
		into *ViewFigures
	}{{Standard, &s.Standard}, {Conservative, &s.Conservative}, {Gross, &s.Gross}} {
		if *v.into, err = s.view(v.view); err != nil {
			return err
		}
	}
	defer func() { s.Topics = mergeFigures(s.Topics) }()
	if s.Standard.HumanCost == nil {
		return nil
	}
	parts, _, err := money.Millionths(s.contacts(Standard))
	if err != nil {
		return err
	}
	for i, each := range s.each {
		rounded, err := each.Micro()
		if err != nil {
			return err
		}
		t, second := &s.Topics[i], perSecond(lo.FromPtr(s.terms[i].Rates.Hourly))
		t.HumanCost, t.PerContact = &parts[i], &rounded
		t.PerContactEstimate = times(t.HandleEstimate, second, rounded, PerContactDefinition)
		t.HumanCostEstimate = times(t.HandleEstimate, second*float64(t.Credited), parts[i], HumanCostDefinition)
	}
	return nil
}

// contacts is the human cost of the contacts credited in the view, by topic and not rounded.
func (s *Statement) contacts(view View) []money.Exact {
	return lo.Map(s.topics, func(t TopicCounts, i int) money.Exact { return s.each[i].Mul(money.Whole(t.Credited(view))) })
}

func (s *Statement) view(view View) (ViewFigures, error) {
	out := ViewFigures{View: view, Credited: lo.SumBy(s.topics, func(t TopicCounts) int64 { return t.Credited(view) })}
	n := s.Rates.Any.Handle.N
	out.HumanCostEstimate = stat.Unknown(HumanCostDefinition, n)
	out.SavingsEstimate = stat.Unknown(SavingsDefinition, n)
	out.PercentEstimate = stat.Unknown(PercentageDefinition, n)
	if s.Rates.Hourly == nil {
		return out, nil
	}
	_, human, err := money.Millionths(s.contacts(view))
	if err != nil {
		return out, err
	}
	savings, err := human.Sub(s.AICost)
	if err != nil {
		return out, err
	}
	out.HumanCost, out.Savings = &human, &savings
	if percent, ok := (Figures{AICost: s.AICost.Exact(), HumanCost: human.Exact()}).Percent(); ok {
		out.Percent = &percent
	}
	s.estimates(&out, n)
	return out, nil
}

// estimates adds the intervals that the measured handle times leave.
func (s *Statement) estimates(v *ViewFigures, n int64) {
	v.HumanCostEstimate = stat.Exact(v.HumanCost.Float64(), n, HumanCostDefinition)
	v.SavingsEstimate = stat.Exact(v.Savings.Float64(), n, SavingsDefinition)
	if v.Percent != nil {
		v.PercentEstimate = stat.Exact(v.Percent.Float64(), n, PercentageDefinition)
	}
	human, ok := s.humanInterval(v.View)
	if !ok {
		return
	}
	ai := s.AICost.Float64()
	savings := stat.Interval{Low: human.Low - ai, High: human.High - ai}
	v.HumanCostEstimate = carried(v.HumanCost.Float64(), human, n, HumanCostDefinition)
	v.SavingsEstimate = carried(v.Savings.Float64(), savings, n, SavingsDefinition)
	if v.Percent != nil && ai > 0 {
		v.PercentEstimate = carried(v.Percent.Float64(), savings.Scale(100/ai), n, PercentageDefinition)
	}
}

// carried is an estimate whose interval was carried through a formula.
func carried(value float64, i stat.Interval, n int64, definition string) stat.Estimate {
	return stat.WithInterval(value, i, stat.Confidence95, stat.MethodDelta, n, definition)
}

// addBreakEven asks how many conversations pay for the monthly fee at the shares and costs of this window.
func (s *Statement) addBreakEven(in Inputs) error {
	all := lo.SumBy(s.topics, func(t TopicCounts) int64 { return t.AIConversations })
	if all == 0 || s.Standard.HumanCost == nil || in.Model.MonthlyFee == 0 {
		return nil
	}
	variable := s.AICost.Exact().Sub(in.Fee.Exact()).Mul(money.Ratio(1, all))
	saved := s.Standard.HumanCost.Exact().Mul(money.Ratio(1, all)) // share · human cost, in one
	n, ok, err := BreakEven(in.Model.MonthlyFee.Exact(), variable, saved, money.Whole(1))
	s.BreakEven = BreakEvenPoint{Never: !ok}
	if ok {
		s.BreakEven.Conversations = &n
	}
	return err
}

func payback(in Inputs) (money.Exact, bool) {
	if in.SetUp == 0 {
		return money.Exact{}, false
	}
	return Payback(in.SetUp.Exact(), lo.Map(in.MonthlySavings, func(m money.Micro, _ int) money.Exact { return m.Exact() }))
}
