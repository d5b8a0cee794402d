package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyPrefix begins a master key as text, so that one that leaks is recognised by those who look for such things.
const keyPrefix = "csmkey_"

// NewMasterKey makes a master key from the system's randomness.
func NewMasterKey() (Secret, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return Secret{}, err
	}
	return NewSecret(string(key)), nil
}

// Text is a master key as it stands in a file or variable: csmkey_ and 43 characters.
func Text(key Secret) Secret {
	return NewSecret(keyPrefix + base64.RawURLEncoding.EncodeToString([]byte(key.Reveal())))
}

// Parse reads master keys as text, one a line or parted by commas, the newest first.
func Parse(text Secret) (*Keyring, error) {
	wrappers, err := parse(text)
	if err != nil {
		return nil, err
	}
	return New(wrappers[0], wrappers[1:]...), nil
}

func parse(text Secret) ([]Wrapper, error) {
	fields := strings.FieldsFunc(text.Reveal(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' || r == '\t' })
	var wrappers []Wrapper
	for _, f := range fields {
		raw, ok := strings.CutPrefix(f, keyPrefix)
		key, err := base64.RawURLEncoding.Strict().DecodeString(raw)
		if !ok || err != nil || len(key) != keyBytes {
			return nil, errors.New("seal: a master key is csmkey_ and 43 characters of base64url")
		}
		w, err := Local(NewSecret(string(key)))
		if err != nil {
			return nil, err
		}
		wrappers = append(wrappers, w)
	}
	if len(wrappers) == 0 {
		return nil, errors.New("seal: there is no master key")
	}
	return wrappers, nil
}

// Count is the number of master keys in a text.
func Count(text Secret) (int, error) {
	wrappers, err := parse(text)
	return len(wrappers), err
}

// File reads the master keys in a file, the newest first, lines that begin with # apart. A file that is not there is
// made with a new key, readable by its owner alone; one that others can read is refused. Made says that it was made. The
// keyring looks at the file again before it wraps anything and when it meets a key it does not know, so that a server
// goes on while the keys are rotated.
func File(path string) (ring *Keyring, made bool, err error) {
	f := &keyFile{path: path}
	wrappers, err := f.changed()
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeFile(path); err != nil {
			return nil, false, err
		}
		made = true
		wrappers, err = f.changed()
	}
	if err != nil {
		return nil, false, err
	}
	ring = New(wrappers[0], wrappers[1:]...)
	ring.file = f
	return ring, made, nil
}

// keyFile is a file of master keys as it was when it was last read.
type keyFile struct {
	path string
	seen fs.FileInfo
}

// changed reads the file if it is another than the one seen last; nil when it is the same.
func (f *keyFile) changed() ([]Wrapper, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.seen != nil {
		return nil, nil // who has the keys can go on without the file
	}
	if err != nil {
		return nil, err
	}
	if f.seen != nil && os.SameFile(info, f.seen) && info.ModTime().Equal(f.seen.ModTime()) && info.Size() == f.seen.Size() {
		return nil, nil
	}
	text, err := readKeys(f.path)
	if err != nil {
		return nil, err
	}
	wrappers, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	f.seen = info
	return wrappers, nil
}

// Rotate puts a new master key before those in a file. Until everything is wrapped under it the older ones stay.
func Rotate(path string) error {
	text, err := readKeys(path)
	if err != nil {
		return err
	}
	key, err := NewMasterKey()
	if err != nil {
		return err
	}
	return replace(path, header+Text(key).Reveal()+"\n"+strings.TrimSpace(text.Reveal())+"\n")
}

// Prune leaves only the newest master key in a file. Call it when nothing is wrapped under the others any more.
func Prune(path string) error {
	text, err := readKeys(path)
	if err != nil {
		return err
	}
	return replace(path, header+strings.Fields(text.Reveal())[0]+"\n")
}

const header = "# The master key of this csm-monitor. Without it nothing sealed can be read. Keep a copy apart from the database.\n"

func readKeys(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Secret{}, fmt.Errorf("seal: %s can be read by others (mode %04o); make it 0600", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, err
	}
	var keys strings.Builder
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			keys.WriteString(line + "\n")
		}
	}
	if keys.Len() == 0 {
		return Secret{}, fmt.Errorf("seal: %s holds no master key; restore it from its copy", path)
	}
	return NewSecret(keys.String()), nil
}

// makeFile makes a file with a new key. Of two processes that do so at once, one wins and both use its key.
func makeFile(path string) error {
	key, err := NewMasterKey()
	if err != nil {
		return err
	}
	temp, err := write(path, header+Text(key).Reveal()+"\n")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }()
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(path)
}

func replace(path, text string) error {
	temp, err := write(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(path)
}

// write makes a file beside path that is on disk when it returns.
func write(path, text string) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
