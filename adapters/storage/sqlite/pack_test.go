package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// An organisation that gives each conversation a topic of its own has more cells in an hour than one part of a pack holds.
func TestManyTopicsInOneHour(t *testing.T) {
	const topics = 9000
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	s := openAt(t, path, storage.Options{})
	org := tenant.ID{3}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: epoch}
	for _, part := range lo.Chunk(lo.Range(topics), 500) {
		_, err := s.Conversations.Apply(ctx, lo.Map(part, func(n, _ int) conversation.Change {
			key := conversation.Key{Org: org, Platform: conversation.Custom, ID: fmt.Sprint(n)}
			topic := fmt.Sprint("a rather long name of a topic, number ", n)
			p := conversation.NewPatch(key, conversation.Facts{Topic: conversation.State(&topic, stamp)}, []conversation.Message{{Sender: conversation.Customer, Content: "Hello", At: epoch.Add(time.Duration(n) * time.Millisecond)}}, stamp, epoch)
			return conversation.Change{Key: key, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
				return conversation.Merge(old, &p), nil
			}}
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	counted := func(want int) {
		t.Helper()
		for _, window := range []metric.Window{
			{Start: epoch, End: epoch.Add(time.Hour)},
			{Start: epoch.Add(-24 * time.Hour), End: epoch.Add(48 * time.Hour)},
			{Start: epoch, End: epoch.Add(topics * time.Millisecond)}, // from rows: more than are read as one, half of them fewer
		} {
			sums, err := s.Rollups.Rollup(ctx, org, metric.Selection{Window: window, By: metric.Grouping{Topic: true}})
			if err != nil {
				t.Fatal(err)
			}
			if cells := sums[0]; len(cells) != want || lo.SomeBy(cells, func(c metric.Cell) bool { return c.Values.At(metric.Conversations) != 1 }) {
				t.Fatalf("%d cells from %s, wanted %d of one conversation each", len(cells), window.Start, want)
			}
		}
	}
	counted(topics)
	if _, err := s.Conversations.Delete(ctx, org, conversation.Query{End: epoch.Add(topics / 2 * time.Millisecond)}, epoch); err != nil {
		t.Fatal(err)
	}
	counted(topics / 2)
	closed(t, s)
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var parts int
	if err := db.QueryRow("SELECT max(part) FROM cells").Scan(&parts); err != nil || parts == 0 {
		t.Errorf("the newest part is number %d, %v: the test does not reach a second one", parts, err)
	}
}
