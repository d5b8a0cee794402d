package app

import (
	"runtime"
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, growthMost}, {10 << 20, growthMost}, {12 << 20, growthMost}, {16 << 20, 100}, {24 << 20, 33}, {32 << 20, growthLeast}, {1 << 40, growthLeast}} {
		if got := growth(c.live); got != c.want {
			t.Errorf("with %d bytes in use the heap may grow by %d per cent, wanted %d", c.live, got, c.want)
		}
	}
}

func TestAfterEachCollection(t *testing.T) {
	stop, told := make(chan struct{}), make(chan uint64, 100)
	afterEachCollection(stop, func(live uint64) { told <- live })
	for range 3 {
		runtime.GC()
		select {
		case live := <-told:
			if live == 0 {
				t.Error("nothing is in use after a collection")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a collection went by unnoticed")
		}
	}
	close(stop)
}
