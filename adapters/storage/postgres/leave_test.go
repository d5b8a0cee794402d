package postgres_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// others are the server's processes for connections to the database other than this one.
func others(t *testing.T, conn *pgx.Conn) []int {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	return pids
}

// A caller who gives up in the middle of a write takes no connection along, and no commit is broken off of which then
// nobody knows the outcome.
func TestWhoGivesUpAWriteTakesNoConnectionAlong(t *testing.T) {
	dsn := database(t)
	s, conn := open(t, dsn, storage.Options{}), connected(t, dsn)
	c := benchdata.Source{Org: uuid.New(), Start: epoch}.Conversation(0)
	var met atomic.Int64
	if _, err := s.Conversations.Apply(t.Context(), []conversation.Change{fresh(c, &met)}); err != nil {
		t.Fatal(err)
	}
	before := others(t, conn)
	for range 10 {
		ctx, leave := context.WithCancel(t.Context())
		_, err := s.Conversations.Apply(ctx, []conversation.Change{{Key: c.Key, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
			if old != nil { // in the transaction
				leave()
				time.Sleep(10 * time.Millisecond) // until everybody has heard
			}
			return fresh(c, &met).Fn(old)
		}}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
	}
	if gone, _ := lo.Difference(before, others(t, conn)); len(gone) > 0 {
		t.Errorf("%d of %d connections are gone", len(gone), len(before))
	}
}

// A caller who leaves during a read that is over soon takes no connection along, and the next read needs no new one. The
// first does, and a machine that is busy may delay some of the others.
func TestWhoLeavesAReadTakesNoConnectionAlong(t *testing.T) {
	const rounds, excused = 10, 4
	dsn := database(t)
	s, conn := open(t, dsn, storage.Options{}), connected(t, dsn)
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	reader := func() (pid int) {
		t.Helper()
		for pid == 0 {
			err := conn.QueryRow(t.Context(), `SELECT COALESCE(MAX(pid), 0) FROM pg_locks WHERE NOT granted AND relation = 'conversations'::regclass`).Scan(&pid)
			if err != nil {
				t.Fatal(err)
			}
		}
		return pid
	}
	made := 0
	for range rounds {
		before := others(t, conn)
		exec(`BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE`)
		ctx, leave := context.WithCancel(t.Context())
		answer := make(chan error)
		go func() {
			_, err := s.Changes.Head(ctx, uuid.New())
			answer <- err
		}()
		if !lo.Contains(before, reader()) {
			made++
		}
		leave()
		exec(`ROLLBACK`)
		if err := <-answer; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	}
	if made > excused {
		t.Errorf("%d reads whose callers left needed %d connections", rounds, made)
	}
}

// A read that goes on and on is broken off when its caller has left.
func TestALongReadEndsWithItsCaller(t *testing.T) {
	dsn := database(t)
	s, conn := open(t, dsn, storage.Options{}), connected(t, dsn)
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	began := time.Now()
	if _, err := s.Changes.Head(ctx, uuid.New()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who left got %v", err)
	}
	if took := time.Since(began); took > 3*time.Second { // by itself the read would end after five
		t.Errorf("the read ended after %s", took)
	}
}

// A write whose wait for the disk failed was committed, and others hear of it.
func TestWhatWasCommittedIsToldWhateverComesOfTheDisk(t *testing.T) {
	dsn := database(t)
	s, conn := open(t, dsn, storage.Options{}), connected(t, dsn)
	source := benchdata.Source{Org: uuid.New(), Start: epoch}
	heard, err := s.Changes.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var met atomic.Int64
	_, durable, err := s.Conversations.(groupcommit.Stager).Stage(t.Context(), []conversation.Change{fresh(source.Conversation(0), &met)})
	if err != nil {
		t.Fatal(err)
	}
	ended, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'commit'`)
	if err != nil || ended.RowsAffected() != 1 {
		t.Fatal(ended, err)
	}
	if err := durable(); err == nil {
		t.Error("a connection outlived its end")
	}
	select {
	case org := <-heard:
		if org != source.Org {
			t.Errorf("heard of %s", org)
		}
	case <-time.After(5 * time.Second):
		t.Error("nobody heard")
	}
}

// Connections that the server ended while nobody used them cost no caller an error: there are others.
func TestConnectionsThatEndedAreNotUsed(t *testing.T) {
	dsn := database(t)
	s, conn := open(t, dsn+"&application_name=ours", storage.Options{}), connected(t, dsn)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	for n := range 10 {
		for range 2 {
			if _, err := s.Changes.Head(t.Context(), source.Org); err != nil {
				t.Error(err)
			}
			if _, err := s.Conversations.Apply(t.Context(), []conversation.Change{source.Change(n)}); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ours' AND state = 'idle'`); err != nil {
				t.Fatal(err)
			}
		}
	}
}
