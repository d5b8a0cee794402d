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
	}{{0, growthMost}, {10 << 20, growthMost}, {11 << 20, 127}, {14 << 20, 78}, {20 << 20, 25}, {25 << 20, growthLeast}, {1 << 40, growthLeast}} {
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

func TestMemoryIsGivenBackOnceAtRest(t *testing.T) {
	stop, given := make(chan struct{}), make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		giveBackAtRest(stop, 20*time.Millisecond, func() { given <- struct{}{} })
	}()
	wait := func() {
		t.Helper()
		select {
		case <-given:
		case <-time.After(10 * time.Second):
			t.Fatal("memory is kept at rest")
		}
	}
	wait()
	work := time.Now().Add(200 * time.Millisecond)
	for time.Now().Before(work) {
		kept = make([]byte, 1<<20)
	}
	wait()
	time.Sleep(100 * time.Millisecond) // a slow machine may have looked like rest amid the work
	for len(given) > 0 {
		<-given
	}
	time.Sleep(200 * time.Millisecond)
	if len(given) > 0 {
		t.Errorf("memory was given back %d times more without any work between", len(given))
	}
	close(stop)
	<-ended
}

// kept keeps the compiler from doing without what is allocated.
var kept []byte
