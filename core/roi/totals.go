package roi

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Totals are the figures that ledger lines add up to, exactly.
type Totals struct {
	AICost    money.Micro
	HumanCost money.Micro
}

// Figures turns totals into savings and return.
func (t Totals) Figures() Figures {
	return Figures{AICost: t.AICost.Exact(), HumanCost: t.HumanCost.Exact()}
}

// human tells the two figures apart; reversing lines count where the lines they reverse do.
func (l Line) human() bool { return l.Kind.Base() == HumanCostAvoided }

// Total adds lines up, of one month or of any number of months: totals of months add up to the total of the range to
// the last millionth. It returns money.ErrRange when a sum does not fit.
func Total(lines []Line) (Totals, error) {
	amounts := func(human bool) []money.Micro {
		return lo.FilterMap(lines, func(l Line, _ int) (money.Micro, bool) { return l.Amount, l.human() == human })
	}
	ai, err := money.Sum(amounts(false)...)
	if err != nil {
		return Totals{}, err
	}
	human, err := money.Sum(amounts(true)...)
	return Totals{AICost: ai, HumanCost: human}, err
}

// Export is lines rounded for a report.
type Export struct {
	// Rounded runs parallel to the lines, in the currency's minor unit.
	Rounded []money.Micro
	// AICost and HumanCost are the exact totals rounded half-even; the rounded lines of each figure add up to it.
	AICost, HumanCost money.Micro
	// Savings is the exact difference rounded, so it may be a minor unit off the difference of the two.
	Savings money.Micro
	// Percent is the return with one decimal; nil when the AI cost nothing.
	Percent *string
}

// RoundForExport rounds the lines of a report by largest remainder, so that what is printed adds up to what is printed
// as the total. It is a pure function of the lines: a closed month always exports the same.
func RoundForExport(lines []Line, currency string) (Export, error) {
	totals, err := Total(lines)
	if err != nil {
		return Export{}, err
	}
	out := Export{Rounded: make([]money.Micro, len(lines)), Percent: totals.Figures().PercentText()}
	for _, figure := range []struct {
		human bool
		total *money.Micro
	}{{false, &out.AICost}, {true, &out.HumanCost}} {
		places := lo.FilterMap(lines, func(l Line, i int) (int, bool) { return i, l.human() == figure.human })
		rounded, total, err := money.ApportionMicro(lo.Map(places, func(i, _ int) money.Micro { return lines[i].Amount }), currency)
		if err != nil {
			return Export{}, err
		}
		*figure.total = total
		for k, i := range places {
			out.Rounded[i] = rounded[k]
		}
	}
	savings, err := totals.HumanCost.Sub(totals.AICost)
	if err != nil {
		return Export{}, err
	}
	out.Savings, err = savings.Round(currency)
	return out, err
}
