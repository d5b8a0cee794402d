package roi

import (
	"errors"
	"fmt"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Sensitivity is what the headline becomes when one input is lower or higher and the others stay.
type Sensitivity struct {
	// Input is what changes: "hourly", "handle_seconds", "assumed_right" or "ai_cost".
	Input string
	// Source is where the input comes from; "" when it has no source.
	Source    Source
	Low, High Scenario
}

// Scenario is the headline under one changed input.
type Scenario struct {
	// Setting says what was changed to: "-50 %", "+10 %", or for the assumed resolutions the share that is right.
	Setting   string
	AICost    money.Micro
	HumanCost money.Micro
	Savings   money.Micro
	// Percent is the return on the AI's cost, not rounded; nil when it cost nothing.
	Percent *money.Exact
}

// Inputs known from the organisation move by a tenth, stand-ins by half: published handle times alone differ fourfold.
const (
	usualSwing   = 10
	defaultSwing = 50
)

func swing(source Source) int64 {
	return lo.Ternary[int64](source == SourceDefault, defaultSwing, usualSwing)
}

func (s *Statement) addSensitivity(Inputs) error {
	if s.Standard.HumanCost == nil {
		return nil
	}
	ai, human := s.AICost.Exact(), s.Standard.HumanCost.Exact()
	rows := []struct {
		input  string
		source Source
		vary   func(factor money.Exact) Figures
	}{
		{"hourly", s.Rates.HourlySource, func(f money.Exact) Figures { return Figures{ai, human.Mul(f)} }},
		{"handle_seconds", s.Rates.Any.Source, func(f money.Exact) Figures { return Figures{ai, human.Mul(f)} }},
		{"ai_cost", "", func(f money.Exact) Figures { return Figures{ai.Mul(f), human} }},
	}
	for _, r := range rows {
		points := swing(r.source)
		low, err := scenario(fmt.Sprintf("-%d %%", points), r.vary(money.Ratio(100-points, 100)))
		if err != nil {
			return err
		}
		high, err := scenario(fmt.Sprintf("+%d %%", points), r.vary(money.Ratio(100+points, 100)))
		if err != nil {
			return err
		}
		s.Sensitivity = append(s.Sensitivity, Sensitivity{r.input, r.source, low, high})
	}
	none, err := scenario("0 %", Figures{ai, s.Conservative.HumanCost.Exact()})
	if err != nil {
		return err
	}
	all, err := scenario("100 %", Figures{ai, human})
	s.Sensitivity = append(s.Sensitivity, Sensitivity{Input: "assumed_right", Low: none, High: all})
	return err
}

func scenario(setting string, f Figures) (Scenario, error) {
	out := Scenario{Setting: setting}
	var err1, err2, err3 error
	out.AICost, err1 = f.AICost.Micro()
	out.HumanCost, err2 = f.HumanCost.Micro()
	out.Savings, err3 = f.Savings().Micro()
	if percent, ok := f.Percent(); ok {
		out.Percent = &percent
	}
	return out, errors.Join(err1, err2, err3)
}
