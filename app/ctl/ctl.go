// Package ctl is csmctl, the operator's tool.
package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/app"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
)

// The exit codes.
const (
	codeOK          = 0
	codeRefused     = 1
	codeFailed      = 2
	codeInterrupted = 130
)

// errRefused says that the work was done and something was refused, which was reported already.
var errRefused = errors.New("some lines were refused")

type commands struct {
	Import      importCmd      `cmd:"" help:"Import conversations from a file into a server."`
	Export      exportCmd      `cmd:"" help:"Export conversations from a server into a file."`
	Keys        keysCmd        `cmd:"" help:"Create, list and revoke API keys; rotate the keys that seal what is stored."`
	Orgs        orgsCmd        `cmd:"" help:"List the organisations of the store in CSM_STORAGE, or destroy one."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the schema of the store in CSM_STORAGE up to date, without starting a server."`
	Assess      assessCmd      `cmd:"" help:"Read conversations without a server: what each shows, with the evidence."`
	Gaps        gapsCmd        `cmd:"" help:"Gather questions into knowledge gaps without a server."`
	Simulate    simulateCmd    `cmd:"" help:"Make up an organisation whose truth is known, as a file to import."`
	SelfAudit   selfAuditCmd   `cmd:"" name:"self-audit" help:"Hold the figures against simulated organisations whose truth is known."`
	Definitions definitionsCmd `cmd:"" help:"Print what every figure means."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

const description = `The operator's tool of csm-monitor.

It speaks to a server: CSM_MONITOR_API_KEY holds the API key, CSM_MONITOR_ENDPOINT the address (` + sdk.DefaultEndpoint + `
unless set). What needs no server works on the store itself, which CSM_STORAGE and CSM_DATA_DIR name as they do for
csm-server.

Exit status: 0 done, 1 some lines were refused, 2 it could not be done.`

// session is what every command gets.
type session struct {
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string
}

// exit ends the command line early, as --help does.
type exit int

// Main runs csmctl and returns its exit code.
func Main(ctx context.Context, args, environ []string, in io.Reader, out, errs io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			early, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(early)
		}
	}()
	parser, err := kong.New(&commands{}, kong.Name("csmctl"), kong.Description(description), kong.Writers(out, errs),
		kong.Exit(func(code int) { panic(exit(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		fmt.Fprintf(errs, "csmctl: %v\n", err)
		return codeFailed
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errs, "csmctl: %v\ncsmctl --help says what can be done.\n", err)
		return codeFailed
	}
	err = command.Run(&session{ctx: ctx, in: in, out: out, err: errs, environ: environ})
	switch {
	case err == nil:
		return codeOK
	case errors.Is(err, errRefused):
		return codeRefused
	case ctx.Err() != nil:
		return codeInterrupted
	}
	fmt.Fprintf(errs, "csmctl: %v\n", explain(err))
	return codeFailed
}

// explain adds what to do where that is known.
func explain(err error) string {
	var none *sdk.Unreachable
	switch {
	case errors.As(err, &none):
		return fmt.Sprintf("%v. Is the server running? %s names its address", err, sdk.EnvEndpoint)
	case errors.Is(err, sdk.ErrUnauthenticated):
		return fmt.Sprintf("%v. %s holds the key", err, sdk.EnvAPIKey)
	}
	return err.Error()
}

// config is what csm-server would be configured with.
func (s *session) config() (config.Config, error) {
	return config.Load(nil, s.environ, builtin.Schemes())
}

// local opens the store that csm-server would use.
func (s *session) local(may bool) (*app.Local, config.Config, error) {
	cfg, err := s.config()
	if err != nil {
		return nil, cfg, err
	}
	l, err := app.OpenLocal(s.ctx, cfg, may)
	return l, cfg, err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s *session) error {
	_, err := fmt.Fprint(s.out, app.VersionLine("csmctl"))
	return err
}

type migrateCmd struct{}

// Run opens the store, which migrates it, and closes it.
func (migrateCmd) Run(s *session) error {
	l, cfg, err := s.local(true)
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is up to date.\n", cfg.Storage)
	return err
}
