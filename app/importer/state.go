package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// StateSuffix is what the name of a state file has behind that of the imported one.
const StateSuffix = ".csm-import"

// state is what is kept beside a file while it is imported.
type state struct {
	// File tells whether it is still the same file, Endpoint whether it goes to the same server.
	File     string   `json:"file"`
	Endpoint string   `json:"endpoint"`
	Progress Progress `json:"progress"`
}

// State keeps the progress of one import on disk.
type State struct {
	path  string
	state state
}

// OpenState reads what an earlier import of the file to the same server has left. resumed is false when there is
// nothing to go on from.
func OpenState(file, endpoint string) (s *State, from Progress, resumed bool, err error) {
	print, err := fingerprint(file)
	if err != nil {
		return nil, from, false, err
	}
	s = &State{path: file + StateSuffix, state: state{File: print, Endpoint: endpoint}}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, from, false, nil
	}
	if err != nil {
		return nil, from, false, err
	}
	var old state
	if json.Unmarshal(raw, &old) != nil || old.File != s.state.File || old.Endpoint != endpoint {
		return s, from, false, nil
	}
	return s, old.Progress, old.Progress.Line > 0, nil
}

// Save replaces what is kept.
func (s *State) Save(p Progress) error {
	s.state.Progress = p
	raw, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	next := s.path + ".new"
	if err := os.WriteFile(next, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("the import's state cannot be kept: %w", err)
	}
	return os.Rename(next, s.path)
}

// Remove ends the story: the next import of the file begins anew.
func (s *State) Remove() error {
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// fingerprint is a digest of a file's size, its beginning and its end.
func fingerprint(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, info.Size())
	const part = 64 << 10
	for _, offset := range []int64{0, max(0, info.Size()-part)} {
		if _, err := io.Copy(h, io.NewSectionReader(f, offset, part)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
