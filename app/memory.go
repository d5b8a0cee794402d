package app

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app/config"
)

const (
	// ballastBytes is memory that is reserved and never touched, so it takes no room. The collector counts it as in use:
	// a server that holds a few megabytes would else collect after every hundred requests.
	ballastBytes = 8 << 20
	// roomBytes is what the heap should stay within, ballast included.
	roomBytes = 25 << 20
	// growthMost and growthLeast bound by how many per cent the heap may grow between collections to fill that room: never
	// so little that a server with much to hold does nothing but collect.
	growthMost, growthLeast = 150, 20
)

// unprofiled keeps no profile of memory: it would grow to megabytes, and every collection goes through all of it.
var unprofiled = sync.OnceFunc(func() { runtime.MemProfileRate = 0 })

// frugal keeps the process small: the more the heap holds, the less it may grow between collections. Whoever sets GOGC
// decides for themselves.
func frugal(lc fx.Lifecycle, cfg config.Config) {
	if cfg.PprofAddr == "" {
		unprofiled()
	}
	if os.Getenv("GOGC") != "" {
		return
	}
	reserved := make([]byte, ballastBytes)
	stop := make(chan struct{})
	percent := growthMost
	debug.SetGCPercent(percent)
	afterEachCollection(stop, func(live uint64) {
		if now := growth(live); now != percent {
			percent = now
			debug.SetGCPercent(percent)
		}
	})
	var resting sync.WaitGroup
	lc.Append(fx.StartStopHook(
		func() { resting.Go(func() { giveBackAtRest(stop, restLooked, debug.FreeOSMemory) }) },
		func() {
			close(stop)
			resting.Wait()
			runtime.KeepAlive(reserved)
		},
	))
}

const (
	// restLooked is how often the server looks whether it is at rest, and restBytes what it may have allocated since the
	// last look if it is.
	restLooked = 10 * time.Second
	restBytes  = 4 << 20
)

// giveBackAtRest gives memory back to the system when the server has come to rest after work: left alone, it would hold
// for minutes what its busiest moment took.
func giveBackAtRest(stop <-chan struct{}, every time.Duration, giveBack func()) {
	look := time.NewTicker(every)
	defer look.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var before uint64
	for worked := true; ; {
		select {
		case <-stop:
			return
		case <-look.C:
		}
		metrics.Read(sample)
		allocated := sample[0].Value.Uint64()
		resting := allocated-before < restBytes
		if before = allocated; resting && worked {
			giveBack()
		}
		worked = !resting
	}
}

// growth is by how many per cent a heap of which so much is in use may grow.
func growth(live uint64) int {
	left := roomBytes - int64(live)
	return int(min(max(100*left/max(int64(live), 1), growthLeast), growthMost))
}

// afterEachCollection calls tune with the bytes the last collection found in use, until stop is closed.
func afterEachCollection(stop <-chan struct{}, tune func(live uint64)) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var again func(*[16]byte)
	again = func(mark *[16]byte) {
		select {
		case <-stop:
			return
		default:
		}
		metrics.Read(sample)
		tune(sample[0].Value.Uint64())
		runtime.SetFinalizer(mark, again) // the next collection finds it unused again
	}
	runtime.SetFinalizer(new([16]byte), again)
}
