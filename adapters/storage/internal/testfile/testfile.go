// Package testfile gives tests a SQLite file of their own. It is migrated once in a process and copied from then on:
// reading the migrations costs more than most tests do, above all under the race detector.
package testfile

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// template is what a migrated file holds.
var template struct {
	once    sync.Once
	content []byte
	err     error
}

// New returns the path of an empty database that migrate has prepared. It goes away with the test.
func New(t testing.TB, migrate func(dsn string) error) string {
	t.Helper()
	template.once.Do(func() { template.content, template.err = migrated(filepath.Join(t.TempDir(), "template.db"), migrate) })
	if template.err != nil {
		t.Fatal(template.err)
	}
	path := filepath.Join(t.TempDir(), "csm.db")
	if err := os.WriteFile(path, template.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func migrated(path string, migrate func(dsn string) error) ([]byte, error) {
	if err := migrate("sqlite://" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
