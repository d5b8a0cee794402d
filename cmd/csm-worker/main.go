// Command csm-worker does what happens behind the write, beside servers that share a PostgreSQL database.
package main

import (
	"os"

	"github.com/csm-monitor/csm-monitor/app"
)

func main() {
	os.Exit(app.WorkerProgram().Main(os.Args[1:], os.Environ(), app.Output{Out: os.Stdout, Log: os.Stderr}))
}
