package vfs

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// Log is the log of one database, as all connections of this process write it.
type Log struct {
	path  string
	watch func(Event)
	// disk is the log's file, opened beside SQLite's own: a sync of either is a sync of both.
	disk *os.File
	// connections is how many connections have the log open; the registry guards it.
	connections int
	size        atomic.Int64

	mu   sync.Mutex
	idle *sync.Cond
	// committed is how many commits handed their part of the log to the system, synced how many of them are on the disk.
	committed, synced uint64
	syncing           bool
	failed            error
}

// logs are the open logs by the path SQLite has for them. The registry guards it.
var logs = map[string]*Log{}

// LogOf is the log at a path, as SQLite spells it; nil where no connection has it open.
func LogOf(path string) *Log {
	registry.Lock()
	defer registry.Unlock()
	return logs[path]
}

// openLog counts a connection in. The caller holds the registry.
func openLog(path string, watch func(Event)) (*Log, error) {
	l := logs[path]
	if l == nil {
		disk, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		l = &Log{path: path, watch: watch, disk: disk}
		l.idle = sync.NewCond(&l.mu)
		logs[path] = l
	}
	l.connections++
	return l, nil
}

// leave counts a connection out. SQLite removes the log with the last one.
func (l *Log) leave() {
	registry.Lock()
	defer registry.Unlock()
	if l.connections--; l.connections > 0 {
		return
	}
	delete(logs, l.path)
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.syncing {
		l.idle.Wait()
	}
	_ = l.disk.Close() // it was only synced through
	l.disk = nil
}

// Size is where the newest part of the log ends, in bytes. It falls when SQLite begins the log anew.
func (l *Log) Size() int64 { return l.size.Load() }

// Sync returns when every commit made before the call is on the disk. Callers that wait at the same time share one sync.
// After a sync that failed nobody knows what the disk has, and a later one that succeeds does not tell: from then on every
// call fails, and so does every commit, until the database is opened anew.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for mine := l.committed; l.failed == nil && l.synced < mine && l.disk != nil; {
		if l.syncing {
			l.idle.Wait()
			continue
		}
		l.syncing = true
		upTo, disk := l.committed, l.disk
		l.mu.Unlock()
		if l.watch != nil {
			l.watch(Event{Path: l.path, Kind: Sync})
		}
		err := disk.Sync()
		l.mu.Lock()
		l.syncing = false
		l.note(upTo, err)
		l.idle.Broadcast()
	}
	return l.failed
}

// errLost is what a log says whose sync failed.
var errLost = errors.New("the database's log could not be written to the disk; nothing is stored until the disk is mended and the server started again")

// note says how a sync of the first so many commits ended. The caller holds the lock.
func (l *Log) note(commits uint64, err error) {
	if err != nil && l.failed == nil {
		l.failed = fmt.Errorf("%w: %w", errLost, err)
	}
	if err == nil {
		l.synced = max(l.synced, commits)
	}
}

// commit counts a commit whose part of the log the system has; false where none may be made any more.
func (l *Log) commit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return false
	}
	l.committed++
	return true
}
