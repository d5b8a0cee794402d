package roi

import (
	"slices"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

// Kind says what a ledger line is about, and so which figure it belongs to.
type Kind string

// AICost and PlatformFee lines add up to the AI's cost, HumanCostAvoided lines to the human cost. Each kind has a
// reversing one with the opposite sign.
const (
	AICost           Kind = "ai_cost"
	PlatformFee      Kind = "platform_fee"
	HumanCostAvoided Kind = "human_cost_avoided"
)

const reversalSuffix = "_reversal"

// Reversal is the kind that takes lines of kind k back; a reversing kind is its own.
func (k Kind) Reversal() Kind {
	if k.Reverses() {
		return k
	}
	return k + reversalSuffix
}

// Reverses reports whether lines of this kind take others back.
func (k Kind) Reverses() bool { return strings.HasSuffix(string(k), reversalSuffix) }

// Base is the kind without the reversing suffix.
func (k Kind) Base() Kind { return Kind(strings.TrimSuffix(string(k), reversalSuffix)) }

// Line is one entry of the ledger. Lines are only ever appended.
type Line struct {
	// Seq counts from 1 without gaps.
	Seq int64
	// Period is the month the line is booked in.
	Period Period
	Kind   Kind
	// Ref is the conversation, or "fee:2026-01" for a monthly fee.
	Ref   string
	Topic string
	// Amount is exact: months and ranges of months add up to the last millionth, and are rounded when shown. Costs and
	// savings are both positive; reversing lines are negative.
	Amount   money.Micro
	Currency string
	// Model is how a charge was reckoned, "" for human cost.
	Model Model
	// Rate is the price or the hourly cost and handle time the amount comes from, in words.
	Rate string
	// CorrectsPeriod is the closed month a correction belongs to; "" for a line of its own month.
	CorrectsPeriod Period
	// PostedAt is when the line was written, UTC in microseconds.
	PostedAt time.Time
	// Prev is the hash of the line before, Hash that of this line.
	Prev Hash
	Hash Hash
}

// Origin is the month whose conversations the line is about: the corrected month, else its own.
func (l Line) Origin() Period {
	if l.CorrectsPeriod != "" {
		return l.CorrectsPeriod
	}
	return l.Period
}

// reversal is the draft that takes l back in an open month.
func (l Line) reversal(open Period) Line {
	l.CorrectsPeriod = l.Origin()
	l.Period, l.Kind, l.Amount = open, l.Kind.Reversal(), -l.Amount
	l.Seq, l.PostedAt, l.Prev, l.Hash = 0, time.Time{}, Hash{}, Hash{}
	return l
}

// takesBack reports whether l is the reversal of earlier. A reversal from elsewhere may not name the month it corrects.
func (l Line) takesBack(earlier Line) bool {
	return l.Kind == earlier.Kind.Reversal() && !earlier.Kind.Reverses() && l.Ref == earlier.Ref && l.Topic == earlier.Topic &&
		l.Amount == -earlier.Amount && l.Model == earlier.Model &&
		(l.CorrectsPeriod == "" || l.CorrectsPeriod == earlier.Origin())
}

// unreversed lists the lines that are still in force: no reversing ones, and none that a later line takes back.
func unreversed(lines []Line) []Line {
	var standing []Line
	for _, l := range lines {
		if !l.Kind.Reverses() {
			standing = append(standing, l)
			continue
		}
		for i, earlier := range standing {
			if l.takesBack(earlier) {
				standing = append(standing[:i:i], standing[i+1:]...)
				break
			}
		}
	}
	return standing
}

// PeriodSum is the plain sum of a month's amounts.
type PeriodSum struct {
	Period Period
	Amount money.Exact
}

// SumByPeriod adds amounts by the month they are booked in, oldest month first, whatever their kind.
func SumByPeriod(lines []Line) []PeriodSum {
	sums := map[Period]money.Exact{}
	for _, l := range lines {
		sums[l.Period] = sums[l.Period].Add(l.Amount.Exact())
	}
	periods := lo.Keys(sums)
	slices.Sort(periods)
	return lo.Map(periods, func(p Period, _ int) PeriodSum { return PeriodSum{Period: p, Amount: sums[p]} })
}
