package roi

import (
	"fmt"
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

// FeeShare is the part of a monthly fee that falls into a window.
type FeeShare struct {
	// Cost is the sum of the exact shares, rounded half-even to the currency's minor unit.
	Cost money.Exact
	// Months are the shares oldest first, rounded by largest remainder so that they add up to Cost.
	Months []MonthCost
}

// MonthCost is one month's part.
type MonthCost struct {
	Period Period
	Cost   money.Exact
}

// maxMonths bounds a window, so that a wrong date cannot cost unbounded work: 200 years.
const maxMonths = 2400

// ProrateFee charges a fee per calendar month to the window [start, end): fee · seconds of the window inside the month
// / seconds of that month, where months are those of loc and so may be an hour short or long. An empty window costs
// nothing. An unknown currency or a window of more than 200 years is an error.
func ProrateFee(fee money.Exact, start, end time.Time, loc *time.Location, currency string) (FeeShare, error) {
	var periods []Period
	var shares []money.Exact
	for at := start; at.Before(end); {
		period := PeriodOf(at, loc)
		first, next, err := period.Bounds(loc)
		if err != nil {
			return FeeShare{}, err
		}
		if len(periods) == maxMonths {
			return FeeShare{}, fmt.Errorf("a window of more than %d months", maxMonths)
		}
		until := lo.Ternary(end.Before(next), end, next)
		periods = append(periods, period)
		shares = append(shares, fee.Mul(money.Ratio(int64(until.Sub(at)), int64(next.Sub(first)))))
		at = next
	}
	rounded, total, err := money.Apportion(shares, currency)
	if err != nil {
		return FeeShare{}, err
	}
	months := lo.Map(periods, func(p Period, i int) MonthCost { return MonthCost{Period: p, Cost: rounded[i]} })
	return FeeShare{Cost: total, Months: months}, nil
}
