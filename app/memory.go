package app

import (
	"os"
	"runtime"
	"runtime/debug"

	"go.uber.org/fx"
)

const (
	// ballastBytes is memory that is reserved and never touched, so it takes no room. The collector counts it as in use:
	// a server that holds a few megabytes would else collect after every hundred requests.
	ballastBytes = 8 << 20
	// growth is by how many per cent the heap may grow between collections: less than Go's 100, as a server that holds
	// much should not take twice as much.
	growth = 60
)

// frugal keeps the process small: see ballastBytes and growth. Whoever sets GOGC decides for themselves.
func frugal(lc fx.Lifecycle) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	reserved := make([]byte, ballastBytes)
	lc.Append(fx.StopHook(func() { runtime.KeepAlive(reserved) }))
}
