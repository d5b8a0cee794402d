package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/app/config"
)

// keyring holds the master key. Every other secret of the server is made from it, so that one file, or one variable, is
// all there is to keep.
type keyring struct {
	*seal.Keyring
	// made is the file that was written just now, empty when the key was there before.
	made string
}

// openKeyring finds the master key: configured, else in the data folder. Where may is set and there is neither a key nor
// a database it could belong to, a key is made.
func openKeyring(cfg config.Config, may bool) (*keyring, error) {
	if text := cfg.MasterKey.Reveal(); text != "" {
		ring, err := seal.Parse(seal.NewSecret(text))
		if err != nil {
			return nil, fmt.Errorf("CSM_MASTER_KEY is not a master key: %w", err)
		}
		return &keyring{Keyring: ring}, nil
	}
	if cfg.Storage.Scheme() == "memory" { // nothing outlives the process
		return passingKeyring()
	}
	_, err := os.Stat(cfg.KeyFile())
	if errors.Is(err, fs.ErrNotExist) && (!may || databaseExists(cfg)) {
		return nil, fmt.Errorf("there is no master key: it is expected in %s, or in the file that CSM_MASTER_KEY_FILE names. "+
			"What is stored was sealed with it and cannot be read without it", cfg.KeyFile())
	}
	ring, made, err := seal.File(cfg.KeyFile())
	if err != nil {
		return nil, fmt.Errorf("the master key: %w", err)
	}
	k := &keyring{Keyring: ring}
	if made {
		k.made = cfg.KeyFile()
	}
	return k, nil
}

// serverKeyring is the key of a server, which may be the first to use its data folder.
func serverKeyring(cfg config.Config) (*keyring, error) {
	if cfg.Storage.Scheme() != "memory" {
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("the data folder cannot be made: %w. CSM_DATA_DIR takes another", err)
		}
	}
	return openKeyring(cfg, true)
}

// passingKeyring lives as long as the process.
func passingKeyring() (*keyring, error) {
	key, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	ring, err := seal.Parse(seal.Text(key))
	if err != nil {
		return nil, err
	}
	return &keyring{Keyring: ring}, nil
}

// forget takes back a key that was made just now and turned out not to fit.
func (k *keyring) forget() error {
	if k.made == "" {
		return nil
	}
	return os.Remove(k.made)
}

// databaseExists says whether a database file is there whose key must be somewhere.
func databaseExists(cfg config.Config) bool {
	path, ok := strings.CutPrefix(cfg.Storage.Reveal(), "sqlite://")
	if !ok {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
