package sqlite

import (
	"sync"

	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
)

// files is the VFS through which the store writes: what one commit writes to the log reaches the system at once.
const files = "csm"

// gathered is how many bytes of writes are held at most: about thirty pages. SQLite's own files take no 128 KiB at once.
const gathered = 124 << 10

var register = sync.OnceValue(func() error { return vfs.Register(files, vfs.Options{Gather: gathered}) })
