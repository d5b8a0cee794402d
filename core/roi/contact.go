package roi

import (
	"github.com/csm-monitor/csm-monitor/core/money"
)

// What stands in while an organisation has not told its own values. The hourly cost is the median wage of United States
// customer service representatives (42 830 USD a year, 20.59 an hour) over the wage share of private-industry
// compensation, 70.4 % (both United States Bureau of Labor Statistics, 2023), so it exists in USD only. Published
// handle times for chat run from 3 to 13 minutes and disagree; eight minutes is their middle.
const (
	DefaultHourly        = 29_250_000 * money.Micro(1)
	DefaultHourlyCode    = "USD"
	DefaultHandleSeconds = 480
)

// Confidence qualifies figures. The zero value means that nothing speaks against them.
type Confidence string

// LowConfidence marks figures that rest on a default or miss the price of some conversations.
const LowConfidence Confidence = "low"

// HumanCostPerContact is hourly · seconds / 3600, rounded half-even to the millionth. Nil is unknown: the default
// stands in and the confidence is low.
func HumanCostPerContact(hourly, handleSeconds *money.Exact) (money.Micro, Confidence, error) {
	rate, seconds, confidence := DefaultHourly.Exact(), money.Whole(DefaultHandleSeconds), LowConfidence
	if hourly != nil {
		rate = *hourly
	}
	if handleSeconds != nil {
		seconds = *handleSeconds
	}
	if hourly != nil && handleSeconds != nil {
		confidence = ""
	}
	cost, err := HumanTotal(rate, []Credit{{Contacts: 1, MeanSeconds: seconds}}).Micro()
	return cost, confidence, err
}

// LoadedHourly is what an hour of work costs the employer: the wage over the share of wages in total compensation (a
// fraction, 0–1], in units of the currency and not rounded. A share of 0 is ErrDivideByZero.
func LoadedHourly(wage, wageShare money.Exact) (money.Exact, error) { return wage.Div(wageShare) }
