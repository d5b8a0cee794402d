// Command csm-server takes conversations in and answers with figures. Run it with --help for its settings.
package main

import (
	"os"

	"github.com/csm-monitor/csm-monitor/app"
)

func main() {
	os.Exit(app.ServerProgram().Main(os.Args[1:], os.Environ(), app.Output{Out: os.Stdout, Log: os.Stderr}))
}
