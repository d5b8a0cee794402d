package httpapi

import (
	"errors"
	"net/http"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// manage reads the body of a management call.
func (c *call) manage(f *form, members fields) error {
	body, err := c.read(c.api.MaxBody)
	if err != nil {
		return err
	}
	defer c.api.release(body)
	return f.read(body.Bytes(), members)
}

func (c *call) getOrganization() error {
	org, err := c.api.Monitor.Org(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.OrganizationAnswer{Success: true, Organization: showOrg(org)})
}

// patchOrganization changes the settings that the body names and leaves the others.
func (c *call) patchOrganization() error {
	var changes []func(*tenant.Settings)
	f := &form{}
	if err := c.manage(f, fields{"settings": f.object(settingsFields(f, &changes))}); err != nil {
		return err
	}
	org, err := c.api.Monitor.UpdateSettings(c.r.Context(), c.who.org, func(s tenant.Settings) (tenant.Settings, error) {
		for _, change := range changes {
			change(&s)
		}
		return s, nil
	})
	var invalid *conversation.Invalid
	if errors.As(err, &invalid) {
		return ofInvalid(invalid, "/settings")
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.OrganizationAnswer{Success: true, Organization: showOrg(org)})
}

// settingsFields notes each setting as a change, to be made when all of the body was found good.
func settingsFields(f *form, changes *[]func(*tenant.Settings)) fields {
	then := func(change func(*tenant.Settings)) { *changes = append(*changes, change) }
	price := func(field func(*tenant.Costs) *money.Micro) func(string) error {
		return f.money(false, func(m *money.Micro) { then(func(s *tenant.Settings) { *field(&s.Costs) = *m }) })
	}
	return fields{
		"time_zone": f.text(64, func(v string) { then(func(s *tenant.Settings) { s.TimeZone = v }) }),
		"currency":  f.text(3, func(v string) { then(func(s *tenant.Settings) { s.Currency = v }) }),
		"csat_threshold": f.number(false, func(v *float64) {
			then(func(s *tenant.Settings) { s.CSATThreshold = *v })
		}),
		"binary_in_average": f.flag(func(v bool) { then(func(s *tenant.Settings) { s.BinaryInAverage = v }) }),
		"retention_days":    f.days(func(v *int) { then(func(s *tenant.Settings) { s.RetentionDays = v }) }),
		"policy_topics":     f.labels(func(v []string) { then(func(s *tenant.Settings) { s.PolicyTopics = v }) }),
		"costs": f.object(fields{
			"human_hourly": f.money(true, func(m *money.Micro) { then(func(s *tenant.Settings) { s.Costs.HumanHourly = m }) }),
			"handle_seconds": f.number(true, func(v *float64) {
				then(func(s *tenant.Settings) { s.Costs.HandleSeconds = v })
			}),
			"monthly_fee":        price(func(c *tenant.Costs) *money.Micro { return &c.MonthlyFee }),
			"per_conversation":   price(func(c *tenant.Costs) *money.Micro { return &c.PerConversation }),
			"per_resolution":     price(func(c *tenant.Costs) *money.Micro { return &c.PerResolution }),
			"input_per_million":  price(func(c *tenant.Costs) *money.Micro { return &c.InputPerMillion }),
			"output_per_million": price(func(c *tenant.Costs) *money.Micro { return &c.OutputPerMillion }),
			"set_up":             price(func(c *tenant.Costs) *money.Micro { return &c.SetUp }),
		}),
	}
}

func showOrg(o tenant.Org) wire.Organization {
	s := o.Settings
	exact := func(m money.Micro) wire.Number { return wire.Number(m.String()) }
	out := wire.Organization{
		ID: o.ID.String(), Address: o.Address, Name: o.Name, Plan: string(o.Plan), CreatedAt: o.CreatedAt,
		Settings: wire.Settings{
			TimeZone: s.TimeZone, Currency: s.Currency, CSATThreshold: s.CSATThreshold, BinaryInAverage: s.BinaryInAverage,
			RetentionDays: s.RetentionDays, PolicyTopics: append([]string{}, s.PolicyTopics...),
			Costs: wire.Costs{
				HandleSeconds: s.Costs.HandleSeconds, MonthlyFee: exact(s.Costs.MonthlyFee),
				PerConversation: exact(s.Costs.PerConversation), PerResolution: exact(s.Costs.PerResolution),
				InputPerMillion: exact(s.Costs.InputPerMillion), OutputPerMillion: exact(s.Costs.OutputPerMillion),
				SetUp: exact(s.Costs.SetUp),
			},
		},
	}
	if s.Costs.HumanHourly != nil {
		out.Settings.Costs.HumanHourly = exact(*s.Costs.HumanHourly)
	}
	return out
}

// maxKeyName is how long a key's name may be, in bytes.
const maxKeyName = 100

func (c *call) listKeys() error {
	keys, err := c.api.Keys.List(c.r.Context(), c.who.org)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.KeyList{
		Success: true, Keys: lo.Map(keys, func(k tenant.APIKey, _ int) wire.Key { return showKey(k) }),
	})
}

// createKey makes a key that may do no more than the caller.
func (c *call) createKey() error {
	f := &form{}
	label, role := "", tenant.Member
	err := c.manage(f, fields{
		"name": f.text(maxKeyName, func(v string) { label = v }),
		"role": f.text(20, func(v string) { role = tenant.Role(v) }),
	})
	if err != nil {
		return err
	}
	if label == "" {
		f.fault("/name", "is required")
	}
	if !tenant.Owner.Allows(role) {
		f.faults = append(f.faults, intake.Fault{Field: "/role", Message: "must be one of owner, admin, member, viewer", Unknown: true})
	}
	if err := f.check(); err != nil {
		return err
	}
	if !c.who.role.Allows(role) {
		return failure(codeForbidden, "a key can have the role "+string(c.who.role)+" at most")
	}
	secret, key, err := c.api.Keys.Create(c.r.Context(), c.who.org, label, role)
	if err != nil {
		return err
	}
	shown := showKey(key)
	shown.Secret = secret
	return c.answer(http.StatusCreated, wire.KeyAnswer{Success: true, Key: shown})
}

func (c *call) revokeKey() error {
	if err := c.api.Keys.Revoke(c.r.Context(), c.who.org, c.r.PathValue("id")); err != nil {
		return err
	}
	return c.answer(http.StatusOK, wire.Done{Success: true})
}

func showKey(k tenant.APIKey) wire.Key {
	return wire.Key{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, Role: string(k.Role), CreatedAt: k.CreatedAt, RevokedAt: showTime(&k.RevokedAt),
	}
}
