package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// A store whose server takes no writes, as one that is no longer the primary, is not ready until it takes some again.
func TestAStoreThatCannotBeWrittenIsNotReady(t *testing.T) {
	dsn := database(t)
	s, conn := open(t, dsn+"&application_name=ours", storage.Options{}), connected(t, dsn)
	readOnly := func(ctx context.Context, on string) {
		t.Helper()
		for _, statement := range []string{
			`SET default_transaction_read_only = off`,
			`ALTER DATABASE ` + pgx.Identifier{conn.Config().Database}.Sanitize() + ` SET default_transaction_read_only = ` + on,
			`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ours'`,
		} {
			if _, err := conn.Exec(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	write := func(n int) error {
		_, err := s.Conversations.Apply(t.Context(), []conversation.Change{source.Change(n)})
		return err
	}
	if err := errors.Join(write(0), s.Ready(t.Context())); err != nil {
		t.Fatal(err)
	}
	readOnly(t.Context(), "on")
	if err := write(1); !errors.Is(err, port.ErrUnavailable) {
		t.Errorf("a write that cannot be stored: %v", err)
	}
	for range 2 {
		if err := s.Ready(t.Context()); !errors.Is(err, port.ErrUnwritable) {
			t.Errorf("a store that cannot be written says of being ready: %v", err)
		}
	}
	readOnly(t.Context(), "off")
	if err := errors.Join(s.Ready(t.Context()), write(1)); err != nil {
		t.Errorf("a store that can be written again: %v", err)
	}
}
