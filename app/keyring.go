package app

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/csm-monitor/csm-monitor/app/config"
)

// masterSize is the length of a master key.
const masterSize = 32

// keyring holds the master key. Every other secret of the server is derived from it, so that one file,
// or one variable, is all there is to keep.
type keyring struct {
	master [masterSize]byte
	// made is the file that was written just now, empty when the key was there before.
	made string
}

// derive is a key of its own for one purpose.
func (k *keyring) derive(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, k.master[:], nil, "csm-monitor "+purpose, 32)
}

// openKeyring finds the master key: configured, else in the data folder. Where may is set and there is neither a key nor
// a database it could belong to, a key is made.
func openKeyring(cfg config.Config, may bool) (*keyring, error) {
	if text := cfg.MasterKey.Reveal(); text != "" {
		return parseMaster(text, config.Prefix+"MASTER_KEY")
	}
	if cfg.Storage.Scheme() == "memory" { // nothing outlives the process
		return newKeyring(), nil
	}
	text, err := os.ReadFile(cfg.KeyFile())
	switch {
	case err == nil:
		return parseMaster(string(text), cfg.KeyFile())
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the master key cannot be read: %w", err)
	case !may || databaseExists(cfg):
		return nil, fmt.Errorf("there is no master key: it is expected in %s, or in the file that CSM_MASTER_KEY_FILE names. "+
			"The API keys of what is stored open nothing without it", cfg.KeyFile())
	}
	k := newKeyring()
	k.made = cfg.KeyFile()
	return k, k.save()
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

func newKeyring() *keyring {
	k := &keyring{}
	rand.Read(k.master[:])
	return k
}

// save writes a new key file, readable by its owner alone, and makes sure that it is on disk before anything is sealed.
func (k *keyring) save() error {
	f, err := os.OpenFile(k.made, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the master key cannot be written: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(k.master[:]) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("the master key cannot be written: %w", errors.Join(err, os.Remove(k.made)))
	}
	return nil
}

// forget takes back a key that was made just now and turned out not to fit.
func (k *keyring) forget() error {
	if k.made == "" {
		return nil
	}
	return os.Remove(k.made)
}

func parseMaster(text, where string) (*keyring, error) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if raw, err := decode(text); err == nil && len(raw) == masterSize {
			return &keyring{master: [masterSize]byte(raw)}, nil
		}
	}
	return nil, fmt.Errorf("%s is not a master key: it must be 32 bytes in base64 or hex, such as `openssl rand -base64 32` prints", where)
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
