package ctl

import (
	"fmt"
	"text/tabwriter"
	"time"
)

type orgsCmd struct {
	List    listOrgs   `cmd:"" help:"List the organisations."`
	Destroy destroyOrg `cmd:"" help:"Remove an organisation with everything it has, and its keys last."`
}

type listOrgs struct{}

// Run lists the organisations.
func (listOrgs) Run(s *session) error {
	l, _, err := s.local(false)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	orgs, err := l.Orgs(s.ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tPLAN\tCREATED")
	for _, org := range orgs {
		fmt.Fprintf(table, "%s\t%q\t%s\t%s\n", org.ID, org.Name, org.Plan, org.CreatedAt.Format(time.RFC3339))
	}
	return table.Flush()
}

type destroyOrg struct {
	ID   string `arg:"" help:"The organisation's id, as list shows it."`
	Name string `help:"The organisation's name, to be sure that it is the right one." required:"" placeholder:"NAME"`
}

// Help says what is lost.
func (destroyOrg) Help() string {
	return `Everything is removed: conversations, figures, ledger, knowledge gaps, API keys and the organisation itself. The keys that
seal its data go last; with them, what is left of its rows in copies of the database without those keys opens nowhere.
Nothing brings it back but a backup from before. A destruction that was interrupted is begun anew.`
}

// Run destroys an organisation.
func (c destroyOrg) Run(s *session) error {
	l, _, err := s.local(false)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	org, err := l.Org(s.ctx, c.ID)
	if err != nil {
		return err
	}
	if org.Name != c.Name {
		return fmt.Errorf("organisation %s is called %q and not %q; nothing was removed", org.ID, org.Name, c.Name)
	}
	if err := l.Keeper.Destroy(s.ctx, org.ID); err != nil {
		return fmt.Errorf("removing stopped; the same command goes on: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "%s (%q) is destroyed.\n", org.ID, org.Name)
	return err
}
