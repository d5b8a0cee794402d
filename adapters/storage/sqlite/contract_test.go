package sqlite_test

import (
	"context"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/testfile"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/contract-tests/storagetest"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestContract(t *testing.T) {
	suite(t, storage.Options{})
}

func TestContractSealed(t *testing.T) {
	suite(t, storage.Options{Sealer: keyring(t)})
}

func keyring(t *testing.T) *seal.Keyring {
	t.Helper()
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	w, err := seal.Local(key)
	if err != nil {
		t.Fatal(err)
	}
	return seal.New(w)
}

// file is the path of an empty database.
func file(t *testing.T) string {
	t.Helper()
	return testfile.New(t, func(dsn string) error { return sqlite.Migrate(context.Background(), dsn) })
}

func suite(t *testing.T, o storage.Options) {
	t.Helper()
	open := func(t *testing.T, path string) port.Storage {
		t.Helper()
		s, err := sqlite.Open(context.Background(), "sqlite://"+path, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	storagetest.Run(t, func(t *testing.T) port.Storage {
		return open(t, file(t))
	}, storagetest.Options{
		Reopen: func(t *testing.T) (port.Storage, func() port.Storage) {
			path := file(t)
			s := open(t, path)
			return s, func() port.Storage {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, path)
				return s
			}
		},
	})
}
