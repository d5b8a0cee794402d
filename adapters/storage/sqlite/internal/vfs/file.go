package vfs

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Kind is what happens to a file.
type Kind int

// What a watcher is told of.
const (
	Write Kind = iota
	Sync
	Truncate
)

// Event is something that reaches the system.
type Event struct {
	Path string
	Kind Kind
	// At is where Data is written, or the length a file is cut to. Data is only lent.
	At   int64
	Data []byte
}

// file is an open file. SQLite uses it from one connection at a time.
type file struct {
	layer
	path string
	// own are SQLite's methods.
	own *sqlite3.Tsqlite3_io_methods
	// log is the log the file is, nil for a database.
	log *Log
	// held is how many bytes were gathered, buffer where they lie, in SQLite's memory, and from where in the file they
	// belong.
	held   int
	buffer uintptr
	from   int64
}

func fileOf(handle uintptr) *file {
	f, _ := files.Load(*at[uintptr](handle + room))
	return f.(*file)
}

func write(tls *libc.TLS, handle, data uintptr, size int32, offset int64) int32 {
	f := fileOf(handle)
	n := int(size)
	if f.log != nil {
		f.log.size.Store(offset + int64(n))
	}
	if offset != f.from+int64(f.held) || f.held+n > f.Gather {
		if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
			return rc
		}
		f.from = offset
	}
	if f.buffer == 0 && f.Gather > 0 {
		f.buffer = libc.Xmalloc(tls, libc.Tsize_t(f.Gather))
	}
	if n > f.Gather || f.buffer == 0 {
		return f.put(tls, handle, data, n, offset)
	}
	copy(bytes(f.buffer, f.Gather)[f.held:], bytes(data, n))
	f.held += n
	return sqlite3.SQLITE_OK
}

func bytes(address uintptr, n int) []byte { return unsafe.Slice(at[byte](address), n) }

// flush writes what was gathered. What cannot be written is given up: SQLite is told, and takes its transaction back.
func (f *file) flush(tls *libc.TLS, handle uintptr) int32 {
	n := f.held
	if n == 0 {
		return sqlite3.SQLITE_OK
	}
	f.held = 0
	return f.put(tls, handle, f.buffer, n, f.from)
}

func (f *file) put(tls *libc.TLS, handle, data uintptr, n int, offset int64) int32 {
	f.tell(Event{Kind: Write, At: offset, Data: bytes(data, n)})
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.own.FxWrite)(tls, handle, data, int32(n), offset)
}

func (f *file) tell(e Event) {
	if f.Watch != nil {
		e.Path = f.path
		f.Watch(e)
	}
}

func read(tls *libc.TLS, handle, data uintptr, size int32, offset int64) int32 {
	f := fileOf(handle)
	if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.own.FxRead)(tls, handle, data, size, offset)
}

func truncate(tls *libc.TLS, handle uintptr, size int64) int32 {
	f := fileOf(handle)
	if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	f.tell(Event{Kind: Truncate, At: size})
	return call[func(*libc.TLS, uintptr, int64) int32](f.own.FxTruncate)(tls, handle, size)
}

func syncFile(tls *libc.TLS, handle uintptr, flags int32) int32 {
	f := fileOf(handle)
	if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if f.Later && f.log != nil && flags == sqlite3.SQLITE_SYNC_NORMAL {
		if !f.log.commit() {
			return sqlite3.SQLITE_IOERR_FSYNC
		}
		return sqlite3.SQLITE_OK
	}
	f.tell(Event{Kind: Sync})
	return call[func(*libc.TLS, uintptr, int32) int32](f.own.FxSync)(tls, handle, flags)
}

func fileSize(tls *libc.TLS, handle, out uintptr) int32 {
	f := fileOf(handle)
	if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return call[func(*libc.TLS, uintptr, uintptr) int32](f.own.FxFileSize)(tls, handle, out)
}

func closeFile(tls *libc.TLS, handle uintptr) int32 {
	f := fileOf(handle)
	flushed := f.flush(tls, handle)
	files.Delete(*at[uintptr](handle + room))
	libc.Xfree(tls, f.buffer)
	if f.log != nil {
		f.log.leave()
	}
	if rc := call[func(*libc.TLS, uintptr) int32](f.own.FxClose)(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return flushed
}
