package sqlite

import (
	"sync"

	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/pages"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
)

// files is the VFS through which the store writes: what one commit writes to the log reaches the system at once.
const files = "csm"

// gathered is how many bytes of writes are held at most: about thirty pages. SQLite's own files take no 128 KiB at once.
const gathered = 124 << 10

// reserved is how many pages have memory set aside: as many as the caches of one store hold, about 7 MB.
const reserved = 1700

// prepare sets SQLite up, once in a process. Where somebody else opened a database before, its pages stay in the common
// memory.
var prepare = sync.OnceValue(func() error {
	if err := pages.Reserve(reserved); err != nil {
		return err
	}
	return vfs.Register(files, vfs.Options{Gather: gathered, Later: true})
})
