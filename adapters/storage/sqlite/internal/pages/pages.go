// Package pages gives SQLite memory of its own for the pages it caches. A connection that reads drops its whole cache when
// another has written; pages from the common allocator then go back to the system one by one, and come back from it one
// by one, which took a fifth of the time of all work beside writes.
package pages

import (
	"fmt"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// size is how long a page of a database is: SQLite's default.
const size = 4096

// Reserve sets memory for n pages aside, for all of this process's connections together; those beyond it come from the
// common allocator as before. Where that is too late, because SQLite has begun its work, nothing changes.
func Reserve(n int) error {
	tls := libc.NewTLS()
	defer tls.Close()
	room := libc.Xcalloc(tls, 1, 64)
	if room == 0 {
		return fmt.Errorf("no memory for the settings of SQLite")
	}
	defer libc.Xfree(tls, room)
	header := room + 32
	if rc := sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, libc.VaList(room, header)); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("asking SQLite for the size of a page's header: code %d", rc)
	}
	slot := (size + int(libc.AtomicLoadPInt32(header)) + 7) &^ 7
	memory := libc.Xmalloc(tls, libc.Tsize_t(n*slot))
	if memory == 0 {
		return fmt.Errorf("no memory for %d pages", n)
	}
	switch rc := sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PAGECACHE, libc.VaList(room, memory, int32(slot), int32(n))); rc {
	case sqlite3.SQLITE_OK:
		return nil
	case sqlite3.SQLITE_MISUSE:
		libc.Xfree(tls, memory)
		return nil
	default:
		libc.Xfree(tls, memory)
		return fmt.Errorf("giving SQLite memory for pages: code %d", rc)
	}
}
