package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// BenchmarkRead measures the reads of a dashboard over 90 days of conversations: 20,000, and as many as
// CSM_BENCH_ROWS says. What they cost must not grow with their number.
func BenchmarkRead(b *testing.B) {
	sizes := []int{20_000}
	if n, err := strconv.Atoi(os.Getenv("CSM_BENCH_ROWS")); err == nil {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchReads(b, n) })
	}
}

func benchReads(b *testing.B, n int) {
	ctx := context.Background()
	path := filepath.Join(b.TempDir(), "csm.db")
	s, err := sqlite.Open(ctx, "sqlite://"+path, storage.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	src := benchdata.Source{Org: uuid.New(), Start: epoch, Step: 90 * 24 * time.Hour / time.Duration(n)}
	for i := 0; i < n; i += group {
		changes := lo.Map(lo.Range(min(group, n-i)), func(j int, _ int) conversation.Change { return src.Change(i + j) })
		if _, err := s.Conversations.Apply(ctx, changes); err != nil {
			b.Fatal(err)
		}
	}
	for page, err := s.Conversations.List(ctx, src.Org, conversation.Query{Search: "refund"}); page.IndexedThrough.Before(time.Now().Add(-time.Second)); page, err = s.Conversations.List(ctx, src.Org, conversation.Query{Search: "refund"}) {
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	// Windows of 30 days that end amid a quarter hour, amid the data.
	end := epoch.Add(80*24*time.Hour + 13*time.Hour + 7*time.Minute + 12345*time.Millisecond)
	window := metric.Window{Start: end.Add(-30 * 24 * time.Hour), End: end, Zone: time.UTC}
	for _, c := range []struct {
		name string
		sel  metric.Selection
	}{
		{"dashboard", metric.Selection{By: metric.Grouping{Handler: true}}},
		{"trends", metric.Selection{By: metric.Grouping{Day: true, Handler: true}}},
		{"patterns", metric.Selection{By: metric.Grouping{Topic: true, Handler: true}}},
		{"cost", metric.Selection{By: metric.Grouping{Handler: true, Platform: true}}},
		{"one-topic", metric.Selection{By: metric.Grouping{Handler: true}, Where: metric.Filter{Topic: lo.ToPtr("topic 07")}}},
		{"one-platform-topics", metric.Selection{By: metric.Grouping{Topic: true}, Where: metric.Filter{Platform: conversation.Zendesk}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.sel.Window = window
			for b.Loop() {
				if _, err := s.Rollups.Rollup(ctx, src.Org, c.sel); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	middle, err := s.Conversations.List(ctx, src.Org, conversation.Query{Limit: 1, Offset: n / 2})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    conversation.Query
	}{
		{"page-first", conversation.Query{}},
		{"page-middle", conversation.Query{After: middle.Next}},
		{"page-filtered", conversation.Query{Escalated: lo.ToPtr(true), CSATMax: lo.ToPtr(2)}},
		{"page-customer", conversation.Query{Customer: lo.ToPtr("customer-7")}},
		{"page-total", conversation.Query{Total: true}},
		{"search-frequent", conversation.Query{Search: "the refund"}},
		{"search-rare", conversation.Query{Search: "notthere"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Conversations.List(ctx, src.Org, c.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("live-group-by", func(b *testing.B) {
		db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for b.Loop() {
			rows, err := db.Query(`SELECT handler, count(*), avg(csat), sum(escalated) FROM conversations WHERE org = ? AND started_at >= ? AND started_at < ? GROUP BY handler`,
				src.Org[:], window.Start.UnixMicro(), window.End.UnixMicro())
			if err != nil {
				b.Fatal(err)
			}
			for rows.Next() {
				continue
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if info, err := os.Stat(path); err == nil {
		fmt.Printf("%d conversations: %.0f bytes each\n", n, float64(info.Size())/float64(n))
	}
}
