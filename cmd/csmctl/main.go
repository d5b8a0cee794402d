// Command csmctl is the operator's tool: it imports files, manages API keys, migrates stores.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/csm-monitor/csm-monitor/app/ctl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	os.Exit(ctl.Main(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
