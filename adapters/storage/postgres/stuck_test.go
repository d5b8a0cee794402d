package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/contract-tests/pgtest"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// asked is the outcome of a call that the store may hold.
type asked chan error

func store(s port.Storage, changes ...conversation.Change) asked {
	done := make(asked, 1)
	go func() {
		_, err := s.Conversations.Apply(context.Background(), changes)
		done <- err
	}()
	return done
}

// refused fails the test where a caller has not been told within a minute to come again, who by then has long given up.
func (done asked) refused(t *testing.T) {
	t.Helper()
	select {
	case err := <-done:
		if after, ok := port.RetryAfter(err); !errors.Is(err, port.ErrUnavailable) || !ok || after <= 0 {
			t.Errorf("the caller was told %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the caller was told nothing")
	}
}

// soon stores a conversation, again and again until it is stored.
func soon(t *testing.T, s port.Storage, change conversation.Change) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithDeadline(t.Context(), end)
		_, err := s.Conversations.Apply(ctx, []conversation.Change{change})
		cancel()
		if err == nil {
			return
		}
		if !errors.Is(err, port.ErrUnavailable) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// A lock that somebody holds for ever holds no caller for ever, those who came later no longer than the first, and when it
// is gone writes go on.
func TestALockThatIsNeverGivenBackIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s, conn := grouped(t, open(t, dsn, storage.Options{})), connected(t, dsn)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	var met atomic.Int64
	soon(t, s, fresh(source.Conversation(0), &met))
	if _, err := conn.Exec(t.Context(), `BEGIN; LOCK TABLE conversations`); err != nil {
		t.Fatal(err)
	}
	var all []asked
	for n := range 2000 { // more than the groups that are under way take
		all = append(all, store(s, fresh(source.Conversation(1+n), &met)))
	}
	for _, done := range all {
		done.refused(t)
	}
	if _, err := conn.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	soon(t, s, fresh(source.Conversation(1), &met))
	equalsFold(t, s, source.Org, 2)
	if met.Load() != 0 {
		t.Error("what was refused had been stored")
	}
}

// freeze stops all processes of a server, which then says nothing while the system goes on to acknowledge what it is sent.
func freeze(t *testing.T, conn *pgx.Conn) (thaw func()) {
	t.Helper()
	var file string
	if err := conn.QueryRow(t.Context(), `SELECT pg_read_file('postmaster.pid')`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(file, "\n")
	server, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	frozen := append(others(t, conn), server)
	signal := func(s syscall.Signal) {
		for _, pid := range frozen {
			_ = syscall.Kill(pid, s) // some end in between
		}
	}
	signal(syscall.SIGSTOP)
	thaw = func() { signal(syscall.SIGCONT) }
	t.Cleanup(thaw)
	return thaw
}

// A server that answers nothing, though its machine does, holds no caller for ever, and when it answers again writes go on.
// Of a write that was under way nobody knows whether it will be stored, so that its caller is told to come again.
func TestAServerThatIsFrozenIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	s, conn := grouped(t, open(t, cluster.Address, storage.Options{})), connected(t, cluster.Address)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	var met atomic.Int64
	soon(t, s, fresh(source.Conversation(0), &met))
	thaw := freeze(t, conn)
	first, reading := store(s, fresh(source.Conversation(1), &met)), make(asked, 1)
	go func() {
		_, err := s.Changes.Head(context.Background(), source.Org)
		reading <- err
	}()
	first.refused(t)
	store(s, fresh(source.Conversation(2), &met)).refused(t)
	reading.refused(t)
	thaw()
	soon(t, s, source.Change(1))
	soon(t, s, source.Change(2))
	equalsFold(t, s, source.Org, 3)
}

// The same where the server stops after the write, while its caller waits for the disk.
func TestAServerThatIsFrozenBeforeTheDiskHasIt(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t)
	direct := open(t, cluster.Address, storage.Options{})
	conn := connected(t, cluster.Address)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	var met atomic.Int64
	soon(t, direct, fresh(source.Conversation(0), &met))
	_, durable, err := direct.Conversations.(groupcommit.Stager).Stage(t.Context(), []conversation.Change{fresh(source.Conversation(1), &met)})
	if err != nil {
		t.Fatal(err)
	}
	thaw := freeze(t, conn)
	waiting := make(asked, 1)
	go func() { waiting <- durable() }()
	waiting.refused(t)
	thaw()
	soon(t, direct, source.Change(1))
	equalsFold(t, direct, source.Org, 2)
}
