package roi

import (
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

// Model names how a charge was reckoned. It is stored with every charge.
type Model string

// Reported is the client's own figure and wins over every price; MonthlyFee is the platform's fixed price.
const (
	Reported        Model = "reported"
	PerConversation Model = "per_conversation"
	PerResolution   Model = "per_resolution"
	PerToken        Model = "per_token"
	MonthlyFee      Model = "monthly_fee"
)

// TokenPrice is what a language model costs per million tokens, in units of the currency.
type TokenPrice struct {
	InputPerMillion  money.Exact
	OutputPerMillion money.Exact
}

const million = 1_000_000

// Cost is tokens · price / 1 000 000, both parts added and not rounded.
func (p TokenPrice) Cost(input, output int64) money.Exact {
	sum := money.Whole(input).Mul(p.InputPerMillion).Add(money.Whole(output).Mul(p.OutputPerMillion))
	return sum.Mul(money.Ratio(1, million))
}

// CostModel is what an organisation pays for its AI. Prices of 0 do not apply; those that do are added up. A
// conversation that reports its own cost is charged that and nothing else.
type CostModel struct {
	PerConversation money.Micro
	PerResolution   money.Micro
	Tokens          TokenPrice
	// MonthlyFee is charged per calendar month, not per conversation; ProrateFee spreads it.
	MonthlyFee money.Micro
}

// Usage is what AI-involved conversations used, of one conversation or summed over many: every field adds.
type Usage struct {
	// Reported is the sum of reported costs, over ReportedN conversations.
	Reported  money.Micro
	ReportedN int64
	// The rest is about conversations that reported no cost: their number, how many of them the vendor bills as
	// resolved (its definition, not ours), and the tokens of those TokenN that told them.
	Unreported         int64
	UnreportedResolved int64
	TokensIn           int64
	TokensOut          int64
	TokenN             int64
}

// Charge is one reason to pay.
type Charge struct {
	Model  Model
	Amount money.Exact
}

// Charges lists what the usage costs by model, without charges of 0, in the order reported, per conversation, per
// resolution, per token. It is linear: the charges of a sum are the sums of the charges.
func (m CostModel) Charges(u Usage) []Charge {
	return lo.Filter([]Charge{
		{Reported, u.Reported.Exact()},
		{PerConversation, m.PerConversation.Exact().Mul(money.Whole(u.Unreported))},
		{PerResolution, m.PerResolution.Exact().Mul(money.Whole(u.UnreportedResolved))},
		{PerToken, m.tokens(u)},
	}, func(c Charge, _ int) bool { return c.Amount.Sign() != 0 })
}

func (m CostModel) tokens(u Usage) money.Exact {
	if u.TokensIn == 0 && u.TokensOut == 0 {
		return money.Exact{}
	}
	return m.Tokens.Cost(u.TokensIn, u.TokensOut)
}

// Unpriced is how many conversations of the usage have a cost nobody knows: they report none and no price applies. A
// price per conversation, per resolution or per month covers all of them; token prices cover those that told tokens.
func (m CostModel) Unpriced(u Usage) int64 {
	switch {
	case m.PerConversation != 0 || m.PerResolution != 0 || m.MonthlyFee != 0:
		return 0
	case m.Tokens.InputPerMillion.Sign() != 0 || m.Tokens.OutputPerMillion.Sign() != 0:
		return u.Unreported - u.TokenN
	}
	return u.Unreported
}
