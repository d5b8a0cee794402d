package roi

import (
	"math"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// MeasuredTime is the handle time of a topic as measured: the mean and standard deviation of n contacts, in seconds,
// and how many contacts the AI is credited with there.
type MeasuredTime struct {
	Contacts int64
	Mean     float64
	SD       float64
	N        int64
}

// CostInterval is an estimated human cost with its 95 % interval, in units of the currency. The nil fields are unknown:
// all four when a credited topic has no measured contact, the last two also when the AI cost nothing.
type CostInterval struct {
	HumanCost       float64
	SE              *float64
	Low, High       *float64
	ROILow, ROIHigh *float64
}

// HumanCostInterval is the delta-method interval of Σ contacts · mean · hourly / 3600 with independent means:
// Var = (hourly/3600)² Σ contacts² · sd² / n, bounds ± 1.96 standard errors, not clamped. The return on the AI's cost
// at either bound is in per cent.
func HumanCostInterval(hourly, aiCost money.Exact, topics []MeasuredTime) CostInterval {
	perSecond := hourly.Float64() / secondsPerHour
	known, seconds, variance := true, 0.0, 0.0
	for _, t := range topics {
		credited := float64(t.Contacts)
		seconds += credited * t.Mean
		if t.Contacts == 0 {
			continue
		}
		if t.N < 1 {
			known = false
			continue
		}
		variance += credited * credited * t.SD * t.SD / float64(t.N)
	}
	out := CostInterval{HumanCost: perSecond * seconds}
	if !known {
		return out
	}
	se := perSecond * math.Sqrt(variance)
	return out.around(se, stat.Z95, aiCost.Float64())
}

// around adds the bounds out.HumanCost ± quantile · se.
func (out CostInterval) around(se, quantile, aiCost float64) CostInterval {
	low, high := out.HumanCost-quantile*se, out.HumanCost+quantile*se
	out.SE, out.Low, out.High = &se, &low, &high
	if aiCost != 0 {
		roiLow, roiHigh := 100*(low-aiCost)/aiCost, 100*(high-aiCost)/aiCost
		out.ROILow, out.ROIHigh = &roiLow, &roiHigh
	}
	return out
}
