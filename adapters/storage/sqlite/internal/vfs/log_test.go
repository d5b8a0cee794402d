package vfs

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func newLog(t *testing.T, watch func(Event)) *Log {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	registry.Lock()
	defer registry.Unlock()
	l, err := openLog(path, watch)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCallersShareASync(t *testing.T) {
	var syncs atomic.Int64
	busy, free := make(chan struct{}), make(chan struct{})
	l := newLog(t, func(Event) {
		if syncs.Add(1) == 1 {
			close(busy)
			<-free
		}
	})
	defer l.leave()
	var all sync.WaitGroup
	wait := func() {
		all.Go(func() {
			if err := l.Sync(); err != nil {
				t.Error(err)
			}
		})
	}
	l.commit()
	wait()
	<-busy
	for range 20 { // their commits come too late for the sync that is under way
		l.commit()
		wait()
	}
	close(free)
	all.Wait()
	if n := syncs.Load(); n != 2 {
		t.Errorf("21 commits took %d syncs, wanted 2", n)
	}
	if err := l.Sync(); err != nil || syncs.Load() != 2 {
		t.Errorf("nothing was committed since: %v, %d syncs", err, syncs.Load())
	}
}

func TestAfterASyncThatFailedNothingIsStored(t *testing.T) {
	l := newLog(t, nil)
	defer l.leave()
	if err := l.disk.Close(); err != nil {
		t.Fatal(err)
	}
	if !l.commit() {
		t.Fatal("the first commit was refused")
	}
	for range 2 {
		if err := l.Sync(); !errors.Is(err, errLost) {
			t.Errorf("a sync that failed: %v", err)
		}
		if l.commit() {
			t.Error("a commit was taken after a sync had failed")
		}
	}
}

func TestALogIsForgottenWithItsLastConnection(t *testing.T) {
	l := newLog(t, nil)
	registry.Lock()
	second, err := openLog(l.path, nil)
	registry.Unlock()
	if err != nil || second != l {
		t.Fatalf("two connections have two logs, %v", err)
	}
	l.leave()
	if LogOf(l.path) != l {
		t.Error("the log is forgotten while a connection has it open")
	}
	l.leave()
	if LogOf(l.path) != nil {
		t.Error("the log is kept after its last connection")
	}
	if err := l.Sync(); err != nil {
		t.Errorf("a log that SQLite has closed is on the disk, not %v", err)
	}
}
