package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const (
	orgCreate = "Orgs.Create"
	orgGet    = "Orgs.Get"
	byAddress = "Orgs.ByAddress"
	orgUpdate = "Orgs.Update"
	orgAll    = "Orgs.All"
)

func orgCases() []Case {
	return []Case{
		{
			About: orgCreate, Sentence: "every setting comes back, told and not told",
			Reason: "a default that looks like a statement makes a false assumption invisible",
			Check:  orgRoundTrip,
		},
		{
			About: orgCreate, Sentence: "ErrConflict when the ID or the address is taken, and nothing is stored",
			Reason: "a delivery would reach somebody else",
			Check:  orgConflicts,
		},
		{
			About: orgGet, Sentence: "ErrNotFound where there is none, by ID and by address",
			Reason: "an unknown address is answered like a wrong one",
			Check: func(ctx context.Context, s port.Storage) error {
				_, byID := s.Orgs.Get(ctx, orgID(1))
				_, addressed := s.Orgs.ByAddress(ctx, organisation(1).Address)
				_, updated := s.Orgs.Update(ctx, orgID(1), func(o tenant.Org) (tenant.Org, error) { return o, nil })
				return first(
					func() error { return wantError("Get", byID, port.ErrNotFound) },
					func() error { return wantError("ByAddress", addressed, port.ErrNotFound) },
					func() error { return wantError("Update", updated, port.ErrNotFound) },
				)
			},
		},
		{
			About: byAddress, Sentence: "finds by the whole address, byte for byte, also after it was replaced",
			Reason: "a replaced address must stop working",
			Check:  addresses,
		},
		{
			About: orgUpdate, Sentence: "stores what fn makes of it; an error of fn changes nothing and is returned",
			Reason: "a refused setting must not be half set",
			Check:  orgUpdates,
		},
		{
			About: orgUpdate, Sentence: "no update is lost among many at the same time",
			Reason: "two people save settings",
			Check:  orgRace,
		},
		{
			About: orgAll, Sentence: "yields every organisation in the order of ID",
			Reason: "a job that skips one keeps its text for ever",
			Check:  orgsInOrder,
		},
	}
}

// told is an organisation that has said everything there is to say.
func told(n int) tenant.Org {
	o := organisation(n)
	o.Name, o.Plan = "Ünïcode & Söhne 東京", tenant.Professional
	o.CreatedAt = time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC)
	o.Settings = tenant.Settings{
		TimeZone: "Asia/Kathmandu", Currency: "JPY", CSATThreshold: 3.7, BinaryInAverage: false, RetentionDays: ptr(0),
		PolicyTopics: []string{"legal", "Legal", ""},
		Costs: tenant.Costs{
			HumanHourly: ptr(money.Micro(25_000_001)), HandleSeconds: ptr(412.5), MonthlyFee: 1, PerConversation: 2, PerResolution: 3,
			InputPerMillion: 4, OutputPerMillion: 5, SetUp: 1_000_000_000_000,
		},
	}
	return o
}

func orgRoundTrip(ctx context.Context, s port.Storage) error {
	for n, o := range []tenant.Org{organisation(1), told(2)} {
		if err := s.Orgs.Create(ctx, o); err != nil {
			return fmt.Errorf("Create: %w", err)
		}
		got, err := s.Orgs.Get(ctx, o.ID)
		if err != nil {
			return fmt.Errorf("Get: %w", err)
		}
		if err := same(fmt.Sprintf("Get of organisation %d", n+1), o, got); err != nil {
			return err
		}
		if p := got.Settings.Costs.HumanHourly; p != nil {
			*p = 0 // the store's own must stay
		}
		if got, err = s.Orgs.ByAddress(ctx, o.Address); err != nil {
			return fmt.Errorf("ByAddress: %w", err)
		}
		if err := same("ByAddress", o, got); err != nil {
			return err
		}
	}
	return nil
}

func orgConflicts(ctx context.Context, s port.Storage) error {
	o := organisation(1)
	if err := s.Orgs.Create(ctx, o); err != nil {
		return err
	}
	sameID, sameAddress := organisation(2), organisation(3)
	sameID.ID, sameAddress.Address = o.ID, o.Address
	if err := first(
		func() error { return wantError("the same ID", s.Orgs.Create(ctx, sameID), port.ErrConflict) },
		func() error { return wantError("the same address", s.Orgs.Create(ctx, sameAddress), port.ErrConflict) },
		func() error { return s.Orgs.Create(ctx, organisation(4)) },
	); err != nil {
		return err
	}
	_, err := s.Orgs.Update(ctx, orgID(4), func(x tenant.Org) (tenant.Org, error) {
		x.Address = o.Address
		return x, nil
	})
	return first(
		func() error { return wantError("moving to a taken address", err, port.ErrConflict) },
		func() error { return allOrgs(ctx, s, o, organisation(4)) },
	)
}

func allOrgs(ctx context.Context, s port.Storage, want ...tenant.Org) error {
	var got []tenant.Org
	for o, err := range s.Orgs.All(ctx) {
		if err != nil {
			return fmt.Errorf("All: %w", err)
		}
		got = append(got, o)
	}
	return same("All", want, got)
}

func addresses(ctx context.Context, s port.Storage) error {
	o := organisation(1)
	if err := s.Orgs.Create(ctx, o); err != nil {
		return err
	}
	old := o.Address
	for _, near := range []string{"", "org_", old[:len(old)-1], old + " ", "ORG" + old[3:], old[:len(old)-1] + "B", "%"} {
		if _, err := s.Orgs.ByAddress(ctx, near); wantError("", err, port.ErrNotFound) != nil {
			return wantError(fmt.Sprintf("ByAddress %q", near), err, port.ErrNotFound)
		}
	}
	moved, err := s.Orgs.Update(ctx, o.ID, func(o tenant.Org) (tenant.Org, error) {
		o.Address = organisation(77).Address
		return o, nil
	})
	if err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	_, gone := s.Orgs.ByAddress(ctx, old)
	got, err := s.Orgs.ByAddress(ctx, moved.Address)
	return first(
		func() error { return err },
		func() error { return same("the new address", moved, got) },
		func() error { return wantError("the old address", gone, port.ErrNotFound) },
	)
}

func orgUpdates(ctx context.Context, s port.Storage) error {
	o := organisation(1)
	if err := first(
		func() error { return s.Orgs.Create(ctx, o) },
		func() error { return s.Orgs.Create(ctx, organisation(2)) },
	); err != nil {
		return err
	}
	want := told(1)
	got, err := s.Orgs.Update(ctx, o.ID, func(old tenant.Org) (tenant.Org, error) {
		if d := differ(o, old); d != "" {
			return old, fmt.Errorf("fn was handed another organisation: %s", d)
		}
		want.CreatedAt = old.CreatedAt
		return want, nil
	})
	if err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	if err := same("Update", want, got); err != nil {
		return err
	}
	errFn := errors.New("fn says no")
	_, err = s.Orgs.Update(ctx, o.ID, func(old tenant.Org) (tenant.Org, error) {
		old.Name = "half"
		return old, errFn
	})
	return first(
		func() error { return wantError("Update whose fn fails", err, errFn) },
		func() error { return allOrgs(ctx, s, want, organisation(2)) },
	)
}

func orgRace(ctx context.Context, s port.Storage) error {
	o := organisation(1)
	if err := s.Orgs.Create(ctx, o); err != nil {
		return err
	}
	const writers = 20
	if err := together(writers, func(int) error {
		_, err := s.Orgs.Update(ctx, o.ID, func(o tenant.Org) (tenant.Org, error) {
			o.Settings.Costs.SetUp++
			return o, nil
		})
		return err
	}); err != nil {
		return err
	}
	o.Settings.Costs.SetUp = writers
	return allOrgs(ctx, s, o)
}

// together runs n at the same time and returns the first error.
func together(n int, run func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = guard(func() error { return run(i) }) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func orgsInOrder(ctx context.Context, s port.Storage) error {
	var want []tenant.Org
	for n := range 30 {
		want = append(want, organisation(n+1))
	}
	want[29].ID = tenant.ID{0xff, 15: 0xff} // beyond what a signed byte holds
	want[0].ID = tenant.ID{0x00, 15: 0x01}
	for _, i := range newGen(70).Perm(len(want)) {
		if err := s.Orgs.Create(ctx, want[i]); err != nil {
			return err
		}
	}
	if err := allOrgs(ctx, s, want...); err != nil {
		return err
	}
	n := 0
	for range s.Orgs.All(ctx) {
		if n++; n == 3 {
			break // stopping early must not hang
		}
	}
	_, err := s.Orgs.Get(ctx, want[5].ID)
	return err
}
