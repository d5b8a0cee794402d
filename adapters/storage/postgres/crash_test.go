package postgres_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/groupcommit"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/contract-tests/pgtest"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Who follows the changes may be ahead of the disk, and of the writer who waits for it. A crash then forgets nothing that
// was followed, or its number would be given to another conversation, which nobody who follows would ever see.
func TestACrashForgetsNothingThatWasFollowed(t *testing.T) {
	database := pgtest.NewCluster(t)
	s := open(t, database.Address, storage.Options{})
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	var met atomic.Int64
	followed := func() []string {
		list, err := s.Changes.Since(t.Context(), source.Org, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return lo.Map(list, func(c conversation.Conversation, _ int) string { return c.Key.ID })
	}
	change := func(n int) []conversation.Change {
		return []conversation.Change{fresh(source.Conversation(n), &met)}
	}
	_, durable, err := s.Conversations.(groupcommit.Stager).Stage(t.Context(), change(0))
	if err != nil {
		t.Fatal(err)
	}
	before := followed()
	database.Crash()
	database.Start()
	if err := durable(); err == nil {
		t.Error("a connection outlived the crash")
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := s.Conversations.Apply(t.Context(), change(1)); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if after := followed(); len(before) != 1 || len(after) != 2 || after[0] != before[0] {
		t.Errorf("followed were %v before the crash, and %v after it", before, after)
	}
}
