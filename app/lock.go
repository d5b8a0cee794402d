package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app/config"
)

var errLocked = errors.New("somebody else has the lock")

// held says that this process may use the store: it has it to itself, or the store is one that processes share.
type held struct{}

// hold keeps a second server from using the same database file. Stores that processes share need no such thing, and
// csmctl may work beside a server: it changes single rows and runs no jobs.
func hold(lc fx.Lifecycle, cfg config.Config, _ *keyring) (held, error) {
	path, ok := strings.CutPrefix(cfg.Storage.Reveal(), "sqlite://")
	if !ok {
		return held{}, nil
	}
	// The lock stands beside the file itself, whatever links lead to it.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	lock, err := lockFile(path + ".lock")
	if errors.Is(err, errLocked) {
		return held{}, fmt.Errorf("another csm-server is using %s; one process at a time may", cfg.Storage)
	}
	if err != nil {
		return held{}, err
	}
	lc.Append(fx.StopHook(lock.Close))
	return held{}, nil
}
