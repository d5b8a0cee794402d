package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
)

// Program is a process that is configured and runs until it is told to stop.
type Program struct {
	Name, About, More string
	// Serves says that it answers requests.
	Serves bool
	Graph  func(config.Config) fx.Option
}

// ServerProgram is csm-server.
func ServerProgram() Program {
	return Program{
		Name: "csm-server", Serves: true, Graph: Server,
		About: "csm-server takes in what support chatbots say to customers and answers with figures that can be believed.",
		More: `Examples
  csm-server --demo
      Serves a made-up organisation to look around in, with new conversations
      coming in. Keeps nothing.
  csm-server
      Serves on this machine, keeps everything in ./csm-data. The first start makes
      an organisation and prints its API key.
  csm-server --addr :8080 --data-dir /var/lib/csm
      Serves everybody who can reach this machine.
  CSM_STORAGE_FILE=/run/secrets/dsn CSM_MASTER_KEY_FILE=/run/secrets/key csm-server
      Uses PostgreSQL, shared with further servers and with csm-worker.
`,
	}
}

// WorkerProgram is csm-worker.
func WorkerProgram() Program {
	return Program{
		Name: "csm-worker", Graph: Worker,
		About: "csm-worker does what happens behind the write: links returns, gathers knowledge gaps, removes what retention ends. " +
			"It shares a PostgreSQL database with csm-server; with any other store the server does this itself.",
		More: `The other settings of csm-server are taken and make no difference, so that both can
share one environment.

Example
  CSM_STORAGE=postgres://csm@db/csm CSM_MASTER_KEY_FILE=/run/secrets/key csm-worker
`,
	}
}

// Main runs the program and returns its exit code: 0 after an orderly stop, 2 for a configuration that cannot be, 1 for
// everything else.
func (p Program) Main(args, environ []string, out Output) int {
	p, args = p.withDemo(args)
	cfg, err := config.Load(args, environ, builtin.Schemes())
	var asked *config.Asked
	switch {
	case errors.As(err, &asked) && asked.Help:
		p.help(out.Out)
		return 0
	case errors.As(err, &asked):
		fmt.Fprint(out.Out, VersionLine(p.Name))
		return 0
	case err != nil:
		fmt.Fprintf(out.Log, "%s: %v\n", p.Name, err)
		return 2
	}
	if err := p.run(cfg, out); err != nil {
		fmt.Fprintf(out.Log, "%s: %v\n", p.Name, dig.RootCause(err))
		return 1
	}
	return 0
}

func (p Program) run(cfg config.Config, out Output) error {
	graph := fx.New(p.Graph(cfg), fx.Replace(out))
	if err := graph.Err(); err != nil {
		return err
	}
	// Listened for before the first request can come: whoever sees the server answer may tell it to stop.
	stop := graph.Wait()
	start, cancel := context.WithTimeout(context.Background(), graph.StartTimeout())
	defer cancel()
	if err := graph.Start(start); err != nil {
		return errors.Join(err, graph.Stop(start)) // the hooks were stopped already; this ends the listening
	}
	signalled := <-stop
	// From here on a second Ctrl-C ends the process at once.
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	end, cancel := context.WithTimeout(context.Background(), graph.StopTimeout())
	defer cancel()
	if err := graph.Stop(end); err != nil {
		return err
	}
	if signalled.ExitCode != 0 {
		return errors.New("stopped after an error, which the log names")
	}
	return nil
}

func (p Program) help(w io.Writer) {
	for _, line := range config.Wrap(p.About, 80) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\nUsage: %s [--name value]…\n\nEvery setting is a variable or a flag of the same name; flags win. A secret can be\n"+
		"read from a file: CSM_STORAGE_FILE, CSM_MASTER_KEY_FILE. Unknown names are refused.\n", p.Name)
	config.WriteSettings(w, p.Serves)
	fmt.Fprintf(w, "\nOther\n  %-18s %s\n  %-18s %s\n\n%s", "--help", "This text.", "--version", "The version.", p.More)
}
