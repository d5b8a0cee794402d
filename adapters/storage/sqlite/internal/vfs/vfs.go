package vfs

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options are what a VFS does with writes.
type Options struct {
	// Gather is how many bytes of writes to a log that follow one another are held before they are written; 0 holds none.
	Gather int
	// Later leaves the wait of a commit for the disk to Log.Sync.
	Later bool
	// Watch, where there is one, is told what reaches the system, before it does. Calls for one file come in their order.
	Watch func(Event)
}

// Register makes a VFS known to SQLite in this process, for good: connections ask for it with vfs=NAME. Under it lies
// SQLite's own.
func Register(name string, o Options) error {
	registry.Lock()
	defer registry.Unlock()
	tls := libc.NewTLS()
	defer tls.Close()
	below := sqlite3.Xsqlite3_vfs_find(tls, 0)
	if below == 0 {
		return errors.New("SQLite has no VFS of its own")
	}
	text, err := libc.CString(name)
	if err != nil {
		return err
	}
	above := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if above == 0 {
		return errors.New("no memory for a VFS")
	}
	v := at[sqlite3.Tsqlite3_vfs](above)
	*v = *at[sqlite3.Tsqlite3_vfs](below)
	room = uintptr(v.FszOsFile+7) &^ 7
	v.FszOsFile = int32(room + unsafe.Sizeof(uintptr(0)))
	v.FpNext, v.FzName, v.FxOpen = 0, text, entry(open)
	layers[above] = layer{Options: o, below: below}
	if rc := sqlite3.Xsqlite3_vfs_register(tls, above, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("registering a VFS with SQLite: code %d", rc)
	}
	return nil
}

// layer is a registered VFS and the one under it.
type layer struct {
	Options
	below uintptr
}

var (
	registry sync.Mutex
	layers   = map[uintptr]layer{}
	// tables are SQLite's tables of methods, and what is used in their place.
	tables = map[*sqlite3.Tsqlite3_io_methods]uintptr{}
	// room is how much of an open file is SQLite's own; the number of ours comes after it.
	room uintptr
	// files are the open files by number. A file cannot keep its own: it lies in memory the collector does not look at.
	files  sync.Map
	opened uintptr
)

// open is xOpen. It opens the file and puts our methods for writing, and what must see what was written, in place of
// SQLite's; all others stay as they are.
func open(tls *libc.TLS, vfs, name, handle uintptr, flags int32, out uintptr) int32 {
	registry.Lock()
	defer registry.Unlock()
	l := layers[vfs]
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](l.below).FxOpen)(tls, l.below, name, handle, flags, out)
	if rc != sqlite3.SQLITE_OK || flags&(sqlite3.SQLITE_OPEN_MAIN_DB|sqlite3.SQLITE_OPEN_WAL) == 0 {
		return rc
	}
	methods := &at[sqlite3.Tsqlite3_file](handle).FpMethods
	own := at[sqlite3.Tsqlite3_io_methods](*methods)
	table := tables[own]
	if table == 0 {
		if table = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*own))); table == 0 {
			return rc // the file is written as SQLite writes it
		}
		m := at[sqlite3.Tsqlite3_io_methods](table)
		*m = *own
		m.FxRead, m.FxWrite, m.FxTruncate, m.FxSync, m.FxFileSize, m.FxClose = entry(read), entry(write), entry(truncate), entry(syncFile), entry(fileSize), entry(closeFile)
		tables[own] = table
	}
	f := &file{layer: l, path: libc.GoString(name), own: own}
	if flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		f.Gather = 0
	} else if log, err := openLog(f.path, l.Watch); err == nil { // else a commit waits for the disk, as SQLite has it
		f.log = log
	}
	opened++
	files.Store(opened, f)
	*at[uintptr](handle + room) = opened
	*methods = table
	return rc
}

// at is what lies at an address in SQLite's memory, which the collector neither moves nor frees.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// call is the function behind an entry of one of SQLite's tables.
func call[F any](entry uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{entry})) }

// entry is what stands for a function in one of SQLite's tables: where the function's value lies. It must be a function
// of this package by name, whose value nobody moves.
func entry(function any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&function))[1] }
