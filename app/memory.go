package app

import (
	"runtime"

	"go.uber.org/fx"
)

// ballastBytes is memory that is reserved and never touched, so it takes no room. The collector counts it as in use and
// waits until as much again has been thrown away: a server that holds a few megabytes would else collect after every
// few hundred requests.
const ballastBytes = 16 << 20

// ballast holds it from start to stop.
func ballast(lc fx.Lifecycle) {
	reserved := make([]byte, ballastBytes)
	lc.Append(fx.StopHook(func() { runtime.KeepAlive(reserved) }))
}
