package roi

import (
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

// BreakEven is the smallest whole number of conversations a month at which the AI pays for its monthly fee:
// ⌈fee / (creditShare · humanCost − variableCost)⌉, exactly. creditShare is the share of conversations credited to the
// AI, a fraction; the costs are per conversation. ok is false when no number of conversations pays (the margin is not
// positive); an answer beyond 2⁶³ is ErrRange.
func BreakEven(fee, variableCost, humanCost, creditShare money.Exact) (conversations int64, ok bool, err error) {
	margin := creditShare.Mul(humanCost).Sub(variableCost)
	if margin.Sign() <= 0 {
		return 0, false, nil
	}
	needed, err := fee.Div(margin)
	if err != nil {
		return 0, false, err
	}
	conversations, err = needed.Ceil()
	return conversations, err == nil, err
}

// Payback is set-up cost over mean monthly savings, in months and not rounded. ok is false when the savings of the
// months given are not positive, or there are none.
func Payback(setUp money.Exact, monthlySavings []money.Exact) (months money.Exact, ok bool) {
	total := lo.Reduce(monthlySavings, func(sum, s money.Exact, _ int) money.Exact { return sum.Add(s) }, money.Exact{})
	if total.Sign() <= 0 {
		return money.Exact{}, false
	}
	months, err := setUp.Mul(money.Whole(int64(len(monthlySavings)))).Div(total)
	return months, err == nil
}
