package roi

import (
	"errors"
	"fmt"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// TopicCounts is what happened on one topic in a window. Every field adds, so it may come from cells.
type TopicCounts struct {
	Topic string
	// AIConversations is how many the AI took part in, AIOnly how many of them no person did, and Escalated how many of
	// them reached a person by escalation.
	AIConversations, AIOnly, Escalated int64
	// ConfirmedKept and AssumedKept are the AI-only resolutions that lasted; ConfirmedLost and AssumedLost those whose
	// customer returned in time.
	ConfirmedKept, AssumedKept, ConfirmedLost, AssumedLost int64
	// Usage is what the AI cost or used.
	Usage Usage
	// HumanOnly and AfterAI are the handle times of conversations that only people handled, and that people took over
	// from the AI.
	HumanOnly, AfterAI Handle
	// Terms are those of the closed month the row belongs to, so that what was booked is what is shown; nil takes the
	// inputs' own.
	Terms *Terms
}

// Credited is the number of conversations credited to the AI in the view.
func (t TopicCounts) Credited(view View) int64 {
	switch view {
	case Conservative:
		return t.ConfirmedKept
	case Gross:
		return t.AIOnly
	}
	return t.ConfirmedKept + t.AssumedKept
}

// Inputs is everything a Statement is reckoned from.
type Inputs struct {
	// Currency is the one currency all amounts are in.
	Currency string
	// Topics has a row for each topic, and for each topic of a closed month with terms of its own.
	Topics []TopicCounts
	Human  HumanCost
	Model  CostModel
	// Fee is the platform's fee for this window, see ProrateFee; the monthly fee itself is in Model.
	Fee money.Micro
	// SetUp is what introducing the AI cost, once, and MonthlySavings the savings of the whole months since; both are for
	// the payback only.
	SetUp          money.Micro
	MonthlySavings []money.Micro
	// Rates value the contacts; nil learns them from the HumanOnly times of Topics. A short window does better with rates
	// learnt from a longer one.
	Rates *Rates
}

var (
	errTopicTwice    = errors.New("a topic is listed twice")
	errNegativeCount = errors.New("a count is negative")
)

func (in Inputs) validate() error {
	if _, err := money.MinorUnits(in.Currency); err != nil {
		return err
	}
	type row struct {
		topic string
		terms *Terms
	}
	if twice := lo.FindDuplicatesBy(in.Topics, func(t TopicCounts) row { return row{t.Topic, t.Terms} }); len(twice) > 0 {
		return fmt.Errorf("topic %q: %w", twice[0].Topic, errTopicTwice)
	}
	for _, t := range in.Topics {
		counts := []int64{t.AIConversations, t.AIOnly, t.Escalated, t.ConfirmedKept, t.AssumedKept, t.ConfirmedLost,
			t.AssumedLost, t.HumanOnly.N, t.AfterAI.N}
		if lo.Min(counts) < 0 {
			return fmt.Errorf("topic %q: %w", t.Topic, errNegativeCount)
		}
	}
	return nil
}

func (in Inputs) rates() (Rates, error) {
	if in.Rates != nil {
		return *in.Rates, nil
	}
	return Learn(in.Human, in.Currency, lo.Map(in.Topics, func(t TopicCounts, _ int) TopicHandle {
		return TopicHandle{Topic: t.Topic, Handle: t.HumanOnly}
	}))
}
