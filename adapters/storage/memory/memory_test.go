package memory_test

import (
	"context"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/contract-tests/storagetest"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, open, storagetest.Options{})
}

func open(t *testing.T) port.Storage {
	s := memory.New()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestDriverRefusesAPlace(t *testing.T) {
	for _, dsn := range []string{"memory:///tmp/data", "memory://x", "memory://?a=b"} {
		_, err := storage.Open(context.Background(), dsn, storage.Options{}, memory.Driver)
		if err == nil || !strings.Contains(err.Error(), "memory:// and nothing more") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	s, err := storage.Open(context.Background(), "memory://", storage.Options{}, memory.Driver)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
