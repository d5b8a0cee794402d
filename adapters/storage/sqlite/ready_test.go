package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// A store that could not store a write is not ready until it can store one, which it finds out without anybody's writing.
func TestAStoreThatCannotBeWrittenIsNotReady(t *testing.T) {
	for name, c := range map[string]struct{ refuse, take string }{
		"no room left": {`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1000000`}, // never fewer than there are
		"read-only":    {`PRAGMA query_only = 1`, `PRAGMA query_only = 0`},
	} {
		t.Run(name, func(t *testing.T) {
			s, tell, err := sqlite.OpenBounded(t.Context(), file(t), storage.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer closed(t, s)
			source, stored := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}, 0
			write := func() error {
				_, err := s.Conversations.Apply(t.Context(), lo.Times(500, func(i int) conversation.Change { return source.Change(stored + i) }))
				stored += 500
				return err
			}
			try := func(statement string) {
				t.Helper()
				if err := tell(statement); err != nil {
					t.Fatal(err)
				}
			}
			var refused *port.Unavailable
			if err := errors.Join(write(), s.Ready(t.Context())); err != nil {
				t.Fatal(err)
			}
			try(c.refuse)
			if err := write(); !errors.As(err, &refused) {
				t.Fatalf("a write that cannot be stored: %v", err)
			}
			for range 2 {
				if err := s.Ready(t.Context()); !errors.Is(err, port.ErrUnwritable) {
					t.Errorf("a store that cannot be written says of being ready: %v", err)
				}
			}
			try(c.take)
			if err := s.Ready(t.Context()); err != nil {
				t.Errorf("a store that can be written again: %v", err)
			}
			if err := write(); err != nil {
				t.Error(err)
			}
		})
	}
}
