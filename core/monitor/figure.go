package monitor

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

// How plain numbers are shown.
const (
	whole   = 0
	percent = 1
	average = 2
)

func count(name string, n int64, definition string) Figure {
	return Figure{Name: name, Decimals: whole, Estimate: stat.Exact(float64(n), n, definition)}
}

func rate(name string, x, n int64, definition string) Figure {
	return Figure{Name: name, Decimals: percent, Estimate: stat.Proportion(x, n, 100, definition)}
}

func rating(name string, h stat.Histogram, definition string) Figure {
	return Figure{Name: name, Decimals: average, Estimate: stat.MeanRating(h, definition)}
}

// amount shows money. Nil is unknown.
func amount(name string, m *money.Micro, e stat.Estimate) Figure {
	return Figure{Name: name, Decimals: average, Money: m, Estimate: e}
}

// ratings is the histogram of one party, or of all of them, over the scales that count in averages.
func ratings(v metric.Vector, binary bool, of ...conversation.Party) stat.Histogram {
	var h stat.Histogram
	for _, party := range of {
		h = h.Plus(stat.Histogram(v.Histogram(party, func(s conversation.Scale) bool { return binary || s != conversation.Binary })))
	}
	return h
}

// difference is that of a figure to its value before, where both are rates or means: the intervals of the two
// windows are taken as independent.
func difference(now, before Figure) (Figure, bool) {
	if now.Decimals == whole || now.Money != nil || !now.Estimate.Known() || !before.Estimate.Known() {
		return Figure{}, false
	}
	return Figure{Name: now.Name, Decimals: now.Decimals, Estimate: stat.Change(now.Estimate, before.Estimate, "change.difference/v1")}, true
}

// changes compares every rate and mean with the one of the same name before.
func changes(now, before Figures) Figures {
	return lo.FilterMap(now, func(f Figure, _ int) (Figure, bool) {
		b, ok := before.Get(f.Name)
		if !ok {
			return Figure{}, false
		}
		return difference(f, b)
	})
}
