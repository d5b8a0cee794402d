package postgres_test

import (
	"context"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/testdb"
	"github.com/csm-monitor/csm-monitor/adapters/storage/postgres"
	"github.com/csm-monitor/csm-monitor/contract-tests/storagetest"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestContract(t *testing.T) {
	suite(t, storage.Options{})
}

func TestContractSealed(t *testing.T) {
	suite(t, storage.Options{Sealer: keyring(t)})
}

func TestContractSealedAndGrouped(t *testing.T) {
	o := storage.Options{Sealer: keyring(t)}
	storagetest.Run(t, func(t *testing.T) port.Storage {
		return grouped(t, open(t, database(t), o))
	}, storagetest.Options{
		Second: func(t *testing.T) (port.Storage, port.Storage) {
			dsn := database(t)
			return grouped(t, open(t, dsn, o)), grouped(t, open(t, dsn, o))
		},
	})
}

// grouped puts group commit before a store, as servers do.
func grouped(t *testing.T, s port.Storage) port.Storage {
	t.Helper()
	s = groupcommit.Wrap(s, groupcommit.Options{Writers: 2})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
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

// database is the address of an empty database.
func database(t *testing.T) string {
	t.Helper()
	return testdb.New(t, func(dsn string) error { return postgres.Migrate(context.Background(), dsn) })
}

func open(t *testing.T, dsn string, o storage.Options) port.Storage {
	t.Helper()
	s, err := postgres.Open(context.Background(), dsn, o)
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

func suite(t *testing.T, o storage.Options) {
	t.Helper()
	storagetest.Run(t, func(t *testing.T) port.Storage { return open(t, database(t), o) }, storagetest.Options{
		Reopen: func(t *testing.T) (port.Storage, func() port.Storage) {
			dsn := database(t)
			s := open(t, dsn, o)
			return s, func() port.Storage {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open(t, dsn, o)
				return s
			}
		},
		Second: func(t *testing.T) (port.Storage, port.Storage) {
			dsn := database(t)
			return open(t, dsn, o), open(t, dsn, o)
		},
	})
}
