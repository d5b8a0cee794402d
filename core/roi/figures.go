package roi

import (
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

const secondsPerHour = 3600

// Figures are the two totals a return is reckoned from, in units of the currency and not yet rounded.
type Figures struct {
	// AICost is the variable AI cost plus platform fees prorated to the window.
	AICost money.Exact
	// HumanCost is what people would have cost for the contacts credited to the AI.
	HumanCost money.Exact
}

// Savings is human cost minus AI cost; negative when the AI cost more than it saved.
func (f Figures) Savings() money.Exact { return f.HumanCost.Sub(f.AICost) }

// Percent is the return on the AI's cost, 100 · savings / AI cost. There is none when the AI cost nothing.
func (f Figures) Percent() (money.Exact, bool) {
	ratio, err := f.Savings().Mul(money.Whole(100)).Div(f.AICost)
	return ratio, err == nil
}

// PercentText is Percent with one decimal, halves away from zero; nil when there is none.
func (f Figures) PercentText() *string {
	if p, ok := f.Percent(); ok {
		return lo.ToPtr(p.FixedAway(1))
	}
	return nil
}

// Credit is a number of contacts credited to the AI, and the mean time a person spends on one of them.
type Credit struct {
	Contacts    int64
	MeanSeconds money.Exact
}

// HumanTotal is Σ contacts · mean seconds · hourly / 3600, not rounded.
func HumanTotal(hourly money.Exact, credits []Credit) money.Exact {
	seconds := lo.Reduce(credits, func(sum money.Exact, c Credit, _ int) money.Exact {
		return sum.Add(money.Whole(c.Contacts).Mul(c.MeanSeconds))
	}, money.Exact{})
	return hourly.Mul(seconds).Mul(money.Ratio(1, secondsPerHour))
}
