package vfs

import (
	"runtime"
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
	// held is what was gathered, and from where on it belongs.
	held []byte
	from int64
}

func fileOf(handle uintptr) *file {
	f, _ := files.Load(*at[uintptr](handle + room))
	return f.(*file)
}

func write(tls *libc.TLS, handle, data uintptr, size int32, offset int64) int32 {
	f := fileOf(handle)
	b := unsafe.Slice(at[byte](data), int(size))
	if f.Gather == 0 {
		return f.put(tls, handle, b, offset)
	}
	if offset != f.from+int64(len(f.held)) || len(f.held)+len(b) > f.Gather {
		if rc := f.flush(tls, handle); rc != sqlite3.SQLITE_OK {
			return rc
		}
		f.from = offset
	}
	if len(b) > f.Gather {
		return f.put(tls, handle, b, offset)
	}
	if f.held == nil {
		f.held = make([]byte, 0, f.Gather)
	}
	f.held = append(f.held, b...)
	return sqlite3.SQLITE_OK
}

// flush writes what was gathered. What cannot be written is given up: SQLite is told, and takes its transaction back.
func (f *file) flush(tls *libc.TLS, handle uintptr) int32 {
	if len(f.held) == 0 {
		return sqlite3.SQLITE_OK
	}
	b := f.held
	f.held = f.held[:0]
	return f.put(tls, handle, b, f.from)
}

func (f *file) put(tls *libc.TLS, handle uintptr, b []byte, offset int64) int32 {
	f.tell(Event{Kind: Write, At: offset, Data: b})
	defer runtime.KeepAlive(b)
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.own.FxWrite)(tls, handle, uintptr(unsafe.Pointer(unsafe.SliceData(b))), int32(len(b)), offset)
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
	if rc := call[func(*libc.TLS, uintptr) int32](f.own.FxClose)(tls, handle); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return flushed
}
