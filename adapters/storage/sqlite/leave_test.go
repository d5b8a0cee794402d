package sqlite_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// A read whose caller left, at whatever moment, fails with that and not with what it broke off.
func TestWhoLeavesAReadIsTheReasonOfItsFailure(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "csm.db"), storage.Options{})
	defer closed(t, s)
	source := benchdata.Source{Org: uuid.New(), Start: epoch, Step: time.Minute}
	if _, err := s.Conversations.Apply(t.Context(), lo.Times(300, source.Change)); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for reader := range 8 {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(reader), 1))
			for range 500 {
				ctx, leave := context.WithTimeout(t.Context(), time.Duration(rng.IntN(int(5*time.Millisecond))))
				_, err := s.Conversations.List(ctx, source.Org, conversation.Query{Limit: 50, Total: true, Search: "the"})
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("who left was told %v", err)
				}
				leave()
			}
		})
	}
	readers.Wait()
}
