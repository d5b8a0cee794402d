package simulate

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Settings are those of the organisation: what it pays, and which topics people handle by rule.
func (p Plan) Settings(s tenant.Settings) (tenant.Settings, error) {
	s.Costs.HumanHourly = lo.ToPtr(p.Costs.HumanHourly)
	s.Costs.MonthlyFee = p.Costs.MonthlyFee
	s.Costs.PerConversation = p.Costs.PerConversation
	s.PolicyTopics = lo.FilterMap(p.Topics, func(t Topic, _ int) (string, bool) { return t.Name, t.Policy })
	return s, nil
}
