package ctl

import (
	"errors"
	"fmt"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/app"
	"github.com/csm-monitor/csm-monitor/app/config"
)

type rotateCmd struct {
	Data bool `help:"Also make every organisation a new data key and seal everything anew under it, which reads and writes all that is stored."`
}

// Help says what a rotation is good for.
func (rotateCmd) Help() string {
	return `The master key wraps a key of each organisation, and those seal what is stored. A rotation puts a new master key first
in the key file and wraps the organisations' keys under it: from then on the older master key opens nothing in the
database. Servers and workers that read the same file notice by themselves and go on. The older key stays in the file
until csmctl keys prune. A rotation that was interrupted is begun anew.

Where CSM_MASTER_KEY or CSM_MASTER_KEY_FILE holds the key, put the new one before the old one there, for every process,
and restart them one after the other; then rotate. Without a second key there, rotate prints one that it made.

Whoever had the older master key and a copy of the database can still read that copy. --data makes what is stored from now
on, and all that is stored already, unreadable with what they have.`
}

// Run rotates.
func (c rotateCmd) Run(s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if err := s.newMasterKey(cfg); err != nil {
		return err
	}
	l, err := app.OpenLocal(s.ctx, cfg, false)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	orgs, err := l.Keeper.Rewrap(s.ctx)
	if err != nil {
		return fmt.Errorf("the rotation stopped after %d organisations; the same command begins anew: %w", orgs, err)
	}
	fmt.Fprintf(s.out, "The keys of %s are wrapped under the newest master key.\n", count(orgs, "organisation"))
	if c.Data {
		if err := renew(s, l); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(s.out, "The older master key is not needed for this database any more, only for copies made before. csmctl keys prune takes it away.")
	return err
}

// newMasterKey sees to it that there is a new master key before the one in use.
func (s *session) newMasterKey(cfg config.Config) error {
	text := cfg.MasterKey.Reveal()
	if text == "" {
		if err := seal.Rotate(cfg.KeyFile()); err != nil {
			return fmt.Errorf("the master key cannot be rotated: %w", err)
		}
		return nil
	}
	n, err := seal.Count(seal.NewSecret(text))
	if err != nil || n > 1 {
		return err
	}
	key, err := seal.NewMasterKey()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, seal.Text(key).Reveal())
	return errors.New("CSM_MASTER_KEY holds one key, so there is none to rotate to. Put the new key on standard output before it, with a comma, " +
		"for every server, worker and csmctl; restart them; and rotate again")
}

// renew gives every organisation a new data key.
func renew(s *session, l *app.Local) error {
	orgs, err := l.Orgs(s.ctx)
	if err != nil {
		return err
	}
	all := 0
	bar := newSteps(s.err, len(orgs), "organisations")
	for _, org := range orgs {
		values, err := l.Keeper.Renew(s.ctx, org.ID)
		if err != nil {
			bar.end()
			return fmt.Errorf("sealing anew stopped at organisation %s; the same command goes on: %w", org.ID, err)
		}
		all += values
		bar.step()
	}
	bar.end()
	_, err = fmt.Fprintf(s.out, "%s sealed anew under new data keys.\n", count(all, "value"))
	return err
}

type pruneCmd struct{}

// Run takes older master keys away once nothing is wrapped under them.
func (pruneCmd) Run(s *session) error {
	l, cfg, err := s.local(false)
	if err != nil {
		return err
	}
	_, err = l.Keeper.Rewrap(s.ctx)
	if err = errors.Join(err, l.Close()); err != nil {
		return err
	}
	if cfg.MasterKey.Reveal() != "" {
		_, err = fmt.Fprintln(s.out, "Nothing is wrapped under an older master key. Leave only the first one in CSM_MASTER_KEY.")
		return err
	}
	if err := seal.Prune(cfg.KeyFile()); err != nil {
		return fmt.Errorf("the older master keys cannot be taken away: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "%s holds one master key, under which everything is wrapped. Keep a copy of it in another place.\n", cfg.KeyFile())
	return err
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
