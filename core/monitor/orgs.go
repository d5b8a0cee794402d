package monitor

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// CreateOrg makes an organisation with default settings.
func (m *Monitor) CreateOrg(ctx context.Context, name string, plan tenant.Plan) (tenant.Org, error) {
	if !plan.Valid() {
		return tenant.Org{}, fmt.Errorf("unknown plan %q", plan)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return tenant.Org{}, err
	}
	o := tenant.Org{
		ID: id, Address: newAddress(), Name: name, Plan: plan, CreatedAt: m.now(), Settings: tenant.DefaultSettings(),
	}
	return o, m.store.Orgs.Create(ctx, o)
}

// newAddress draws 130 random bits.
func newAddress() string {
	raw := make([]byte, 17)
	rand.Read(raw)
	return "org_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))[:26]
}

// Org returns one organisation.
func (m *Monitor) Org(ctx context.Context, id tenant.ID) (tenant.Org, error) {
	return m.store.Orgs.Get(ctx, id)
}

// UpdateSettings stores what fn makes of an organisation's settings, or returns *conversation.Invalid naming every
// setting that is out of range. They bear on conversations that arrive from now on and on every read.
func (m *Monitor) UpdateSettings(ctx context.Context, org tenant.ID, fn func(tenant.Settings) (tenant.Settings, error)) (tenant.Org, error) {
	updated, err := m.store.Orgs.Update(ctx, org, func(o tenant.Org) (tenant.Org, error) {
		settings, err := fn(o.Settings)
		if err != nil {
			return o, err
		}
		if err := validateSettings(settings); err != nil {
			return o, err
		}
		o.Settings = settings
		return o, nil
	})
	if err != nil {
		return tenant.Org{}, err
	}
	m.cache.mu.Lock()
	delete(m.cache.orgs, org)
	m.cache.mu.Unlock()
	return updated, nil
}

func validateSettings(s tenant.Settings) error {
	var v conversation.Invalid
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
		v.Add("/time_zone", "must be an IANA time zone such as Europe/Berlin")
	}
	if !money.ValidCurrency(s.Currency) {
		v.Add("/currency", "must be an ISO 4217 code such as USD")
	}
	if s.CSATThreshold < 1 || s.CSATThreshold > 5 {
		v.Add("/csat_threshold", "must be from 1 to 5")
	}
	if s.RetentionDays != nil && (*s.RetentionDays < 0 || *s.RetentionDays > 36500) {
		v.Add("/retention_days", "must be from 1 to 36500, or 0 to keep everything")
	}
	if s.Costs.HandleSeconds != nil && (*s.Costs.HandleSeconds <= 0 || *s.Costs.HandleSeconds > 86400) {
		v.Add("/costs/handle_seconds", "must be above 0 and at most 86400")
	}
	if s.Costs.HumanHourly != nil && *s.Costs.HumanHourly <= 0 {
		v.Add("/costs/human_hourly", "must be above 0")
	}
	for _, price := range []struct {
		field  string
		amount money.Micro
	}{
		{"/costs/monthly_fee", s.Costs.MonthlyFee}, {"/costs/per_conversation", s.Costs.PerConversation},
		{"/costs/per_resolution", s.Costs.PerResolution}, {"/costs/input_per_million", s.Costs.InputPerMillion},
		{"/costs/output_per_million", s.Costs.OutputPerMillion}, {"/costs/set_up", s.Costs.SetUp},
	} {
		if price.amount < 0 {
			v.Add(price.field, "must not be negative")
		}
	}
	return v.OrNil()
}
